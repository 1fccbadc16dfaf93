/** The second half of the walk: sources in 1,000 FITS images, measured by 100 Replicas, with the server killed midway. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { watch } from "./progress.ts";
import type { Report } from "./report.ts";
import { endedSessions, must } from "./sessions.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/galaxy-batch", import.meta.url));
const IMAGE = "skaha/astroml:latest";
const PROJECT = "projects/your_project";
const IMAGES = 1_000;
const REPLICAS = 100;
/** Replicas that have ended when the server is killed. */
const KILL_AFTER = 30;
const TIMEOUT_MS = 15 * 60_000;

/** What `summarise.py` prints as its last line. */
interface BatchSummary {
  readonly files_in: number;
  readonly files_processed: number;
  readonly processed_exactly_once: boolean;
  readonly sources_measured: number;
  readonly plot: string;
  readonly catalogue: string;
}

export async function runGalaxyBatch(platform: ScratchPlatform, report: Report): Promise<void> {
  for (const script of ["make_images.py", "my_script.py", "summarise.py"])
    platform.putInHome(join(EXAMPLE, script), script);
  await report.step(`Writing ${IMAGES} FITS images`, () => writeImages(platform, report));
  const ids = await report.step(`Launching ${REPLICAS} replicas from the library`, () =>
    launch(platform, report),
  );
  await report.step("Measuring sources (and killing the server midway)", () =>
    measure(platform, report, ids),
  );
  await report.step("Gathering the results", () => summarise(platform, report));
}

async function writeImages(platform: ScratchPlatform, report: Report): Promise<void> {
  const words = ["create", "-q", "-n", "make-images", "headless", IMAGE, "--"];
  const id = (
    await must(platform, [...words, "python", "make_images.py", `/arc/${PROJECT}`, String(IMAGES)])
  ).trim();
  const written = () => globSync("*.fits", { cwd: platform.arc(PROJECT) }).length;
  await watch("images", IMAGES, TIMEOUT_MS, async () => {
    const [ended] = await endedSessions(platform, [id]);
    if (ended?.status === "Failed") throw new Error(`writing failed: ${await must(platform, ["logs", id])}`);
    return { done: ended === undefined ? Math.min(written(), IMAGES - 1) : written() };
  });
  report.fact("Files in", written());
}

/** The launch as a TypeScript user writes it, with the login that the command saved. */
async function launch(platform: ScratchPlatform, report: Report): Promise<string[]> {
  process.env.HOME = platform.home;
  const { Session } = await import("canfar");
  const ids = await new Session().create({
    name: "galaxy-processing-batch",
    kind: "headless",
    image: "skaha/astroml:latest",
    cmd: "python",
    args: ["my_script.py"],
    replicas: REPLICAS,
  });
  report.check(`the library returns ${REPLICAS} ids`, new Set(ids).size === REPLICAS, ids.length);
  return ids;
}

async function measure(platform: ScratchPlatform, report: Report, ids: readonly string[]): Promise<void> {
  const ended = async () => ({ done: (await endedSessions(platform, ids)).length });
  await watch("before the kill", KILL_AFTER, TIMEOUT_MS, async () => ({
    done: Math.min((await ended()).done, KILL_AFTER),
  }));
  await platform.kill();
  process.stderr.write("  kill -9 of the server; starting it again\n");
  await platform.up();
  await watch("replicas", REPLICAS, TIMEOUT_MS, ended);
  const all = await endedSessions(platform, ids);
  const failed = all.filter(({ status }) => status !== "Completed");
  report.check("every replica completed with its real exit code", failed.length === 0, failed.slice(0, 3));
  const log = await must(platform, ["logs", ids[0] ?? ""]);
  report.check("the log of a replica from before the kill is still there", log.trim() !== "", log);
}

async function summarise(platform: ScratchPlatform, report: Report): Promise<void> {
  const words = [
    "create",
    "-q",
    "-n",
    "summarise",
    "headless",
    IMAGE,
    "--",
    "python",
    "summarise.py",
    `/arc/${PROJECT}`,
  ];
  const id = (await must(platform, words)).trim();
  await watch("summary", 1, TIMEOUT_MS, async () => ({ done: (await endedSessions(platform, [id])).length }));
  const log = await must(platform, ["logs", id]);
  const summary = JSON.parse(log.trim().split("\n").at(-1) ?? "{}") as BatchSummary;
  report.check(`${IMAGES} files went in`, summary.files_in === IMAGES, summary.files_in);
  report.check("each was processed exactly once", summary.processed_exactly_once, summary);
  report.check("sources were measured", summary.sources_measured > 0, summary.sources_measured);
  const plot = platform.arc(summary.plot.replace(/^\/arc\//, ""));
  const isPng = existsSync(plot) && readFileSync(plot).subarray(1, 4).toString() === "PNG";
  report.check("the plot is a PNG under /arc", isPng && statSync(plot).size > 1_000, plot);
  report.fact("Files processed", `${summary.files_processed} (each exactly once)`);
  report.fact("Sources measured", summary.sources_measured);
  report.fact("Plot", `${summary.plot} (${plot})`);
}
