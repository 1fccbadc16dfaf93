import type { PlannedRun, StartedRun } from "@canfar/client";
import { formatBytes } from "../../output/bytes.ts";
import type { Context } from "../context.ts";

/** Files that are named in one sentence. */
const MOST_NAMED = 5;

/** Says on standard error what was carried, what was left behind, and where the run is. */
export function sayStarted(context: Context, run: StartedRun): void {
  const dim = (line: string) => context.say(context.paintTalk("dim", line));
  const many =
    run.replicas === 1
      ? `Session ${run.name} (${run.group})`
      : `Group ${run.name} (${run.group}), ${run.replicas} Replicas`;
  const copies = run.copies === run.replicas ? "" : `, ${run.copies} copies`;
  dim(`${many}${copies}, in ${run.image}`);
  dim(`Folder: ${run.folder}`);
  dim(`Carried: ${carriedText(run)}`);
  for (const line of leftText(run)) context.say(line);
  if (run.kind === "notebook")
    dim(`Executed copies: ${run.folder}/${run.name}-${run.copies === 1 ? "1" : "<number>"}.ipynb`);
}

function carriedText({ files, delivery, linksLargeFiles }: StartedRun): string {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const all = `${files.length} files, ${formatBytes(total)}`;
  if (linksLargeFiles) return `${all}, copied`;
  if (delivery.sentFiles === 0) return `${all}, all there already (0 bytes sent)`;
  return `${all}; ${delivery.sentFiles} of them new (${formatBytes(delivery.sentBytes)} sent)`;
}

/** What is too large to go along. */
export function leftText({ left, linksLargeFiles }: PlannedRun): string[] {
  if (left.length === 0) return [];
  const named = left.slice(0, MOST_NAMED).map(({ path, size }) => `${path} (${formatBytes(size)})`);
  const more = left.length > MOST_NAMED ? ` and ${left.length - MOST_NAMED} more` : "";
  const what = `${named.join(", ")}${more}`;
  return [
    linksLargeFiles ? `Too large to copy, so linked: ${what}` : `Too large to carry, left behind: ${what}`,
  ];
}
