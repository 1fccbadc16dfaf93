import type { PlannedRun } from "@canfar/client";
import { formatBytes } from "../../output/bytes.ts";
import type { OutputFormat } from "../../output/data.ts";
import { formatFacts } from "../../output/table.ts";
import type { Context } from "../context.ts";
import { leftText } from "./say-started.ts";

/** What a run would be and carry: for people, or as data. */
export async function describeRun(
  context: Context,
  run: PlannedRun,
  output: OutputFormat | undefined,
): Promise<void> {
  const files = run.files.map(({ path, size, digest }) => ({ path, size, digest }));
  const { name, image, copies, replicas, dependencies, left } = run;
  const leftBehind = left.map(({ path, size }) => ({ path, size }));
  if (output !== undefined) {
    await context.data({ name, image, copies, replicas, files, left: leftBehind, dependencies }, output);
    return;
  }
  context.write(
    formatFacts(
      [
        ["name", name],
        ["image", image],
        ["replicas", String(replicas)],
        ["copies", String(copies)],
        ...files.map(({ path, size }): [string, string] => ["file", `${path}  ${formatBytes(size)}`]),
        ["packages", dependencies?.dependencies.join(", ") || undefined],
      ],
      context.paint,
    ),
  );
  for (const line of leftText(run)) context.say(line);
  context.say("Nothing was sent to the server.");
}
