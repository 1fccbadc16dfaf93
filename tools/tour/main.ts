/**
 * `npm run tour`: the whole walk on one machine, unattended, on real input. It ends with a summary and with exit code 0
 * only if everything held. `--keep` leaves the scratch folder for a look around.
 */
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { BUBBLEWRAP, installSystemPackages } from "../system-packages.ts";
import { runGalaxyBatch } from "./galaxy-batch.ts";
import { walkInteractive } from "./interactive.ts";
import { Report } from "./report.ts";

const keep = process.argv.includes("--keep");
const say = (line: string) => process.stderr.write(`${line}\n`);
const report = new Report();

installSystemPackages([BUBBLEWRAP], say);
const platform = await report.step("Starting a platform in a scratch folder", () => ScratchPlatform.start());
say(`  ${platform.url}, files in ${platform.home}`);
try {
  await report.step("Logging in", () => platform.login());
  await walkInteractive(platform, report);
  await runGalaxyBatch(platform, report);
} catch (error) {
  report.fail(error);
  say(platform.output);
} finally {
  if (keep) say(`\nKept: ${platform.home} (its platform goes on at ${platform.url}).`);
  else await platform.remove();
}
console.log(report.summary());
process.exitCode = report.failed === 0 ? 0 : 1;
