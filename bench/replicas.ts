import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import type { Figure } from "./main.ts";
import { median, time } from "./measure.ts";

const REPLICAS = 100;
const ROUNDS = 5;

/** 100 Replicas of `true` from `create` to all Completed, against the same number of bare sandboxes in a loop. */
export async function measure(): Promise<Figure[]> {
  await using platform = await ScratchPlatform.start();
  await platform.login();
  const seconds: number[] = [];
  const loops: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const taken = await runReplicas(platform, `bench-${round}`);
    const loop = await time({ program: "sh", words: ["-c", bareLoop] });
    if (round === 0) continue; // The first round warms both.
    seconds.push(taken);
    loops.push(loop);
  }
  const value = median(seconds);
  const from = { bareBubblewrapLoop: median(loops), perReplica: value / REPLICAS };
  return [{ name: "100 replicas of true, create to Completed", value, unit: "s", target: 1.5, from }];
}

const bareLoop = `i=0; while [ $i -lt ${REPLICAS} ]; do bwrap --unshare-pid --ro-bind / / --dev /dev --proc /proc true; i=$((i+1)); done`;

async function runReplicas(platform: ScratchPlatform, name: string): Promise<number> {
  const start = performance.now();
  const words = [
    "create",
    "-q",
    "-n",
    name,
    "--replicas",
    String(REPLICAS),
    "headless",
    "skaha/terminal:latest",
    "--",
    "true",
  ];
  const created = await platform.canfar(words);
  const ids = created.stdout.trim().split("\n");
  if (ids.length !== REPLICAS) throw new Error(`create answered ${ids.length} ids: ${created.stderr}`);
  const token = await tokenOf(platform);
  for (;;) {
    const sessions = (await (
      await fetch(`${platform.url}/skaha/v1/session?status=Completed`, {
        headers: { authorization: `Bearer ${token}` },
      })
    ).json()) as { name: string }[];
    if (sessions.filter((session) => session.name.startsWith(`${name}-`)).length === REPLICAS) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return (performance.now() - start) / 1000;
}

const tokens = new WeakMap<ScratchPlatform, string>();

/** The login's access token, read once, so that its cost is in no measured round but the first. */
async function tokenOf(platform: ScratchPlatform): Promise<string> {
  const known = tokens.get(platform) ?? (await platform.canfar(["auth", "token"])).stdout.trim();
  tokens.set(platform, known);
  return known;
}
