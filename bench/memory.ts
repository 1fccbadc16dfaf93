import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import type { Figure } from "./main.ts";
import { median, residentMegabytes } from "./measure.ts";

const SESSIONS = 10_000;
const BATCH = 1_000;

/** Server memory after 10,000 ended Sessions, and the time of `ps --all` with all of them. */
export async function measure(): Promise<Figure[]> {
  await using platform = await ScratchPlatform.start();
  await platform.login();
  const started = await residentMegabytes(platform.runFile.pid);
  const start = performance.now();
  for (let made = 0; made < SESSIONS; made += BATCH) {
    const words = [
      "create",
      "-q",
      "--replicas",
      String(BATCH),
      "headless",
      "skaha/terminal:latest",
      "--",
      "true",
    ];
    await platform.canfar(words);
    await allEnded(platform, made + BATCH);
  }
  const seconds = (performance.now() - start) / 1000;
  const listed: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    const before = performance.now();
    await platform.canfar(["ps", "--all"]);
    listed.push((performance.now() - before) / 1000);
  }
  const value = await residentMegabytes(platform.runFile.pid);
  return [
    {
      name: "server memory after 10,000 sessions",
      value,
      unit: "MB",
      target: 200,
      from: { started, sessionsPerSecond: SESSIONS / seconds },
    },
    {
      name: "ps --all with 10,000 sessions",
      value: median(listed),
      unit: "s",
      target: 1,
      from: { sessions: SESSIONS },
    },
  ];
}

async function allEnded(platform: ScratchPlatform, count: number): Promise<void> {
  for (;;) {
    const ids = (await platform.canfar(["ps", "--all", "-q", "-s", "Completed"])).stdout.trim().split("\n");
    if (ids.length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
