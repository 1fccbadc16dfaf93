import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import type { Figure } from "./main.ts";
import { median } from "./measure.ts";

const ROUNDS = 3;
/** Requests of one Session each, as clients of other servers send them; what many would take is reckoned from these. */
const SINGLE = 200;
const AT_A_TIME = 16;
const TARGETS = [
  { replicas: 10_000, target: 0.5 },
  { replicas: 100_000, target: 4 },
];

/** From the request for many Replicas to its answer, which comes when all are on record; against a request for each. */
export async function measure(): Promise<Figure[]> {
  await using platform = await ScratchPlatform.start();
  await platform.login();
  const launch = await launcher(platform);
  const figures: Figure[] = [];
  for (const { replicas, target } of TARGETS) {
    const rounds: { seconds: number; single: number }[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const taken = { seconds: await launch(replicas), single: await timeSingle(launch) };
      if (round > 0) rounds.push(taken); // The first round warms both.
    }
    const onePerRequest = median(rounds.map(({ single }) => (single / SINGLE) * replicas));
    figures.push({
      name: `${replicas} replicas, request to durable answer`,
      value: median(rounds.map(({ seconds }) => seconds)),
      unit: "s",
      target,
      from: { onePerRequest },
    });
  }
  return figures;
}

/** @returns what launches Replicas, answers how many seconds that took, and deletes them again */
async function launcher(platform: ScratchPlatform): Promise<(replicas: number) => Promise<number>> {
  const token = (await platform.canfar(["auth", "token"])).stdout.trim();
  const url = `${platform.url}/canfar/v1/group`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const request = { kind: "headless", image: "skaha/terminal:latest", command: "sleep", args: ["600"] };
  return async (replicas) => {
    const start = performance.now();
    const body = JSON.stringify({ ...request, name: `submit-${replicas}`, replicas });
    const answer = await fetch(url, { method: "POST", headers, body });
    const text = await answer.text();
    const seconds = (performance.now() - start) / 1000;
    if (!answer.ok) throw new Error(`the launch failed: ${text}`);
    const { group, sessions } = JSON.parse(text) as { group: string; sessions: string[] };
    if (sessions.length !== replicas) throw new Error(`${sessions.length} of ${replicas} were made`);
    const deleted = await fetch(`${url}/${group}`, { method: "DELETE", headers });
    if (!deleted.ok) throw new Error(`the deletion failed: ${await deleted.text()}`);
    await deleted.arrayBuffer();
    return seconds;
  };
}

async function timeSingle(launch: (replicas: number) => Promise<number>): Promise<number> {
  let seconds = 0;
  for (let made = 0; made < SINGLE; made += AT_A_TIME) {
    const taken = await Promise.all(Array.from({ length: AT_A_TIME }, () => launch(1)));
    seconds += Math.max(...taken);
  }
  return seconds;
}
