import { type Session, shortImageReference } from "@canfar/contract";
import type { WireSession } from "@canfar/contract/wire";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { forEachInOrder } from "../command/every.ts";
import { outputFlag, sessionIds } from "../command/flags.ts";
import type { OutputFormat } from "../output/data.ts";
import { paintStatus, statusText } from "../output/session-table.ts";
import { formatFacts } from "../output/table.ts";
import { formatDuration } from "../output/time.ts";

export const info = defineCommand<{ output?: OutputFormat }, string[]>({
  brief: "Show everything about Sessions",
  examples: ["canfar info d1tsqexh", "canfar info @last -o json"],
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" }, positional: sessionIds },
  async run(context, { output }, ...ids) {
    const client = await context.client();
    const asSent = await context.asSent();
    const found: WireSession[] = [];
    let printed = 0;
    const look = async (id: string) => {
      const session = await client.sessions.resolve(id);
      if (output === undefined) print(context, session, printed++ > 0);
      else found.push(...(await asSent.info(session.id)));
    };
    try {
      await forEachInOrder(context, ids, look);
    } finally {
      if (output !== undefined) await context.data(found, output);
    }
  },
});

function print(context: Context, session: Session, separate: boolean): void {
  const time = (instant: string | undefined) => relative(instant, context.now());
  const place =
    session.replicaCount === undefined || session.replicaCount === 1
      ? undefined
      : `${session.replicaIndex} of ${session.replicaCount} in group ${session.group}`;
  const facts: [string, string | undefined][] = [
    ["Session ID", session.id],
    ["Name", session.name],
    ["Status", paintStatus(statusText(session), session.status, context.paint)],
    ["Message", session.message],
    ["Exit code", text(session.exitCode)],
    ["Kind", session.kind],
    ["Image", session.image === undefined ? undefined : shortImageReference(session.image)],
    ["Replica", place],
    ["Attempt", session.attempt === 1 ? undefined : text(session.attempt)],
    ["User", session.username],
    ["UID, GID", session.uid === undefined ? undefined : `${session.uid}, ${session.gid ?? "-"}`],
    ["Groups", session.groups.join(", ")],
    ["Created", time(session.createdAt)],
    ["Started", time(session.startedAt)],
    ["Ended", time(session.endedAt)],
    ["Expires", time(session.expiresAt)],
    ["CPU", usage(session.coresInUse, session.requestedCores, "cores")],
    ["Memory", usage(session.memoryInUseGB, session.requestedMemoryGB, "GB")],
    ["GPUs", session.requestedGpus ? text(session.requestedGpus) : undefined],
    ["Resources", session.fixedResources ? "fixed" : "flexible"],
    ["Address", session.connectUrl],
  ];
  context.write(`${separate ? "\n" : ""}${formatFacts(facts, context.paint)}`);
}

function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** `2026-11-24T04:00:00Z (12 min ago)`, or `(in 3 d)`. */
function relative(instant: string | undefined, now: Date): string | undefined {
  if (instant === undefined) return undefined;
  const difference = Date.parse(instant) - now.getTime();
  const when = difference > 0 ? `in ${formatDuration(difference)}` : `${formatDuration(-difference)} ago`;
  return `${instant} (${when})`;
}

function usage(used: number | undefined, asked: number | undefined, unit: string): string | undefined {
  if (used === undefined) return asked === undefined ? undefined : `${asked} ${unit} asked for`;
  return asked === undefined ? `${used} ${unit} in use` : `${used} of ${asked} ${unit} in use`;
}
