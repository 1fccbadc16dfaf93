import type { SelectedReplicas } from "@canfar/client";
import { type PendingReasonAnswer, type Session, selectsAll } from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { names, outputFlag } from "../command/flags.ts";
import { forEachSelected, selectedSessions } from "../command/selected.ts";
import type { OutputFormat } from "../output/data.ts";
import { type Fact, formatFacts } from "../output/table.ts";
import { formatInstant } from "../output/time.ts";

export const why = defineCommand<{ output?: OutputFormat }, string[]>({
  brief: "Say what a Session waits for, its place, and when it may start",
  details:
    "Say what a Session waits for, what would let it start, its place in the queue, and when that may be. Of a Group it is the first Replica that waits.",
  examples: ["canfar why d1tsqexh", "canfar why stars", "canfar why stars-70 -o json"],
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" }, positional: names },
  async run(context, { output }, ...words) {
    const { sessions } = await context.client();
    const all: PendingReasonAnswer[] = [];
    let printed = 0;
    try {
      await forEachSelected(context, words, async (selected) => {
        const { asked, others } = await whomToAsk(context, selected);
        const answer = await sessions.why(asked.id);
        all.push(answer);
        if (output !== undefined) return;
        const facts = reasonFacts(asked, answer, context.now());
        context.write(`${printed++ > 0 ? "\n" : ""}${formatFacts(facts, context.paint)}`);
        if (others > 0) context.say(`${others} more of ${selected.group.name || selected.group.id} wait.`);
      });
    } finally {
      if (output !== undefined) await context.data(all, output);
    }
  },
});

/** The first that waits; where none does, the first at all says why not. */
async function whomToAsk(
  context: Context,
  selected: SelectedReplicas,
): Promise<{ asked: Session; others: number }> {
  const { group, replicas } = selected;
  if (selectsAll(replicas) && group.replicaCount > 1 && group.counts.pending > 0) {
    const waiting = await selectedSessions(context, { group, replicas: { ranges: [], states: ["pending"] } });
    return firstOf(waiting);
  }
  const sessions = await selectedSessions(context, selected);
  const waiting = sessions.filter(({ status }) => status === "Pending");
  return waiting.length > 0 ? firstOf(waiting) : { ...firstOf(sessions), others: 0 };
}

function firstOf(sessions: readonly Session[]): { asked: Session; others: number } {
  const [asked] = sessions;
  if (asked === undefined) throw new Error("nothing was selected");
  return { asked, others: sessions.length - 1 };
}

function reasonFacts({ id, name }: Session, answer: PendingReasonAnswer, now: Date): Fact[] {
  const { status, reason, message, unblock, position, ahead, running, eta } = answer;
  const waits = status === "Pending";
  return [
    ["Session", name === undefined ? id : `${name} (${id})`],
    ["Status", waits ? `${status} (${reason})` : status],
    ["Why", message],
    ["To start", unblock],
    ["Place", position === null ? undefined : `${position} in the queue`],
    ["Before it", position === null ? undefined : shareText(ahead)],
    ["Running", waits ? shareText(running) : undefined],
    ["Likely start", waits ? (formatInstant(eta ?? undefined, now) ?? "nobody can know yet") : undefined],
  ];
}

function shareText({ own, others }: PendingReasonAnswer["ahead"]): string {
  return `${own} of yours, ${others} of others`;
}
