import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import type { Figure } from "./main.ts";
import { median, residentMegabytes } from "./measure.ts";

const REPLICAS = 100_000;
const LISTED = 10_000;

/** Server memory after 100,000 ended Replicas, and the time of `ps --all` with 10,000 of them. */
export async function measure(): Promise<Figure[]> {
  // What the server keeps of a Session does not depend on how it ran: plain processes are over sooner.
  const folder = mkdtempSync(join(tmpdir(), "canfar-bench-"));
  const config = join(folder, "config.yaml");
  writeFileSync(config, "sandbox: none\n");
  await using platform = await ScratchPlatform.start({ arguments: ["--config", config] });
  rmSync(folder, { recursive: true });
  await platform.login();
  const started = await residentMegabytes(platform.runFile.pid);
  await run(platform, LISTED);
  const listed: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const before = performance.now();
    await platform.canfar(["ps", "--all"]);
    listed.push((performance.now() - before) / 1000);
  }
  const afterFirst = await residentMegabytes(platform.runFile.pid);
  const seconds = await run(platform, REPLICAS - LISTED);
  return [
    {
      name: `server memory after ${REPLICAS} ended replicas`,
      value: await residentMegabytes(platform.runFile.pid),
      unit: "MB",
      target: 250,
      from: { started, afterFirst, replicasPerSecond: (REPLICAS - LISTED) / seconds },
    },
    {
      name: `ps --all with ${LISTED} sessions`,
      value: median(listed),
      unit: "s",
      target: 1,
      from: { sessions: LISTED },
    },
  ];
}

/** @returns seconds until all have ended */
async function run(platform: ScratchPlatform, replicas: number): Promise<number> {
  const image = "skaha/terminal:latest";
  const words = ["create", "-q", "--replicas", String(replicas), "headless", image, "--", "true"];
  using records = new DatabaseSync(join(platform.data, "platform.sqlite"), { readOnly: true });
  const active = records.prepare("SELECT COUNT(*) AS n FROM sessions WHERE phase != 'ended'");
  const start = performance.now();
  const { exitCode, stderr } = await platform.canfar(words);
  if (exitCode !== 0) throw new Error(`create failed: ${stderr}`);
  while (Number(active.get()?.n) > 0) await new Promise((resolve) => setTimeout(resolve, 500));
  return (performance.now() - start) / 1000;
}
