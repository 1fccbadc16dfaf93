import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LaunchAnswer } from "@canfar/contract";
import { startTestPlatform } from "@canfar/testing";
import type { Figure } from "./main.ts";
import { compare } from "./measure.ts";

const TOOL = fileURLToPath(new URL("../packages/platform/session-tools/canfar-items", import.meta.url));
const ITEMS = 200;
const RUNS = 5;

/** Items of `true`, claimed, run and recorded one by one in a Replica, against a loop of the shell that only runs it. */
export async function measure(): Promise<Figure[]> {
  await using platform = await startTestPlatform();
  const body = JSON.stringify({
    ...{ name: "bench", kind: "headless", image: "skaha/terminal", command: "sleeper", args: ["{}"] },
    items: { list: Array.from({ length: ITEMS }, (_, at) => `img_${at}.fits`), split: "dynamic" },
  });
  const answer = await platform.fetch("/canfar/v1/group", { method: "POST", body });
  const { group } = (await answer.json()) as LaunchAnswer;
  const folder = join(platform.folder.groups, group);
  const progress = join(folder, "progress");
  const env = {
    ...{ PATH: process.env.PATH, CANFAR_ITEMS: join(folder, "items"), CANFAR_ITEMS_PROGRESS: progress },
    ...{ CANFAR_ITEMS_ATTEMPT: "1", REPLICA_ID: "1", REPLICA_COUNT: "1" },
  };
  const fresh = `rm -rf "${progress}" && mkdir "${progress}" && "${TOOL}" run -- /bin/true {}`;
  const loop = `i=0; while [ $i -lt ${ITEMS} ]; do /bin/true $i; i=$((i+1)); done`;
  const { seconds, baselineSeconds, ratio } = await compare(
    { program: "sh", words: ["-c", fresh], env },
    { program: "sh", words: ["-c", loop] },
    RUNS,
  );
  const value = seconds / ITEMS;
  const from = { plainLoop: baselineSeconds / ITEMS, ratio };
  return [{ name: "one item of true, claimed, run and recorded", value, unit: "s", from }];
}
