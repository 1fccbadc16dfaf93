import type { Client, SelectedReplicas } from "@canfar/client";
import {
  CanfarError,
  countReplicas,
  type Group,
  isEnded,
  type ReplicaCounts,
  rangesOf,
  type Session,
  selectsAll,
} from "@canfar/contract";
import { drawBar } from "../../output/bar.ts";
import { countsText } from "../../output/group-table.ts";
import { statusText } from "../../output/session-table.ts";
import { formatDuration } from "../../output/time.ts";
import type { Context } from "../context.ts";
import { quoted } from "../missing-dashes.ts";
import { selectedSessions, selectorText } from "../selected.ts";
import { type Look, remainingMs } from "./remaining-time.ts";

export interface WaitOptions {
  /** Gives up after so long. */
  readonly timeoutMs?: number | undefined;
  /** Shows no progress. */
  readonly quiet?: boolean | undefined;
}

/** How one of those that were waited for has ended. */
export interface Ended {
  readonly selected: SelectedReplicas;
  readonly group: Group;
  /** Of the selected Replicas only. */
  readonly counts: ReplicaCounts;
  /** The Session, where only one was waited for. */
  readonly session?: Session | undefined;
}

/** The state of what is waited for, as one look after the other tells it. */
interface State {
  readonly group: Group;
  readonly counts: ReplicaCounts;
  readonly session?: Session | undefined;
}

/**
 * Waits until all the selected Replicas have ended, with a line of progress on standard error. Ctrl-C ends the waiting
 * alone.
 *
 * @throws CanfarError `command.timed_out`; `group.not_found` for what is deleted meanwhile
 */
export async function waitFor(
  context: Context,
  selected: readonly SelectedReplicas[],
  { timeoutMs, quiet }: WaitOptions,
): Promise<Ended[]> {
  const client = await context.client();
  const abort = new AbortController();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => abort.abort(), timeoutMs);
  const board = new Board(context, quiet === true);
  const release = context.interrupts.onInterrupt(() => context.say(detachedText(selected)));
  try {
    return await Promise.all(
      selected.map(async (each, place) => {
        let last: State | undefined;
        for await (const state of states(context, client, each, abort.signal)) {
          last = state;
          board.tell(place, state);
        }
        if (last === undefined) throw new Error("a watched Group told nothing");
        return { selected: each, ...last };
      }),
    );
  } catch (error) {
    if (abort.signal.aborted) throw timedOut(selected, timeoutMs ?? 0, board.text());
    throw error;
  } finally {
    clearTimeout(timer);
    abort.abort();
    release();
    board.end();
  }
}

/** Looks at the selected Replicas until they have ended. */
async function* states(
  context: Context,
  client: Client,
  selected: SelectedReplicas,
  signal: AbortSignal,
): AsyncGenerator<State> {
  const { group, replicas } = selected;
  if (selectsAll(replicas)) {
    for await (const now of client.groups.watch(group.id, { signal }))
      yield { group: now, counts: now.counts, session: now.session };
    return;
  }
  // Those that have a state now are waited for, whatever state they will have.
  const sessions = await selectedSessions(context, selected);
  const meant = { ranges: rangesOf(sessions.map(({ replicaIndex = 1 }) => replicaIndex)), states: [] };
  for await (const now of client.groups.watch(group.id, { signal })) {
    const found = await client.groups.replicas(group.id, meant);
    yield { group: now, counts: countReplicas(found), session: found.length === 1 ? found[0] : undefined };
    if (found.every(({ status }) => isEnded(status))) return;
  }
}

/** The line of progress: of all that is waited for together. */
class Board {
  readonly #context: Context;
  readonly #states = new Map<number, State>();
  readonly #progress;
  #first: Look | undefined;

  constructor(context: Context, quiet: boolean) {
    this.#context = context;
    this.#progress = quiet ? undefined : context.progress();
  }

  tell(place: number, state: State): void {
    this.#states.set(place, state);
    this.#progress?.update(this.text());
  }

  end(): void {
    this.#progress?.end();
  }

  text(): string {
    const all = [...this.#states.values()];
    const [only] = all;
    if (all.length === 1 && only?.session !== undefined) {
      const { id, name, message } = only.session;
      return `${name ?? id}: ${statusText(only.session)}${message === undefined ? "" : `, ${message}`}`;
    }
    const look = { at: this.#context.now().getTime(), counts: sum(all.map(({ counts }) => counts)) };
    this.#first ??= look;
    const started = all.flatMap(({ group: { startedAt } }) =>
      startedAt === undefined ? [] : Date.parse(startedAt),
    );
    const left = remainingMs(this.#first, look, started.length === 0 ? undefined : Math.min(...started));
    const eta = left === null || left === 0 ? "" : `, about ${formatDuration(left)} left`;
    return `${drawBar(look.counts, this.#context.talkBarStyle)} ${countsText(look.counts)}${eta}`;
  }
}

export function sum(all: readonly ReplicaCounts[]): ReplicaCounts {
  const total = (part: keyof ReplicaCounts) => all.reduce((count, counts) => count + counts[part], 0);
  return {
    pending: total("pending"),
    running: total("running"),
    completed: total("completed"),
    failed: total("failed"),
  };
}

function detachedText(selected: readonly SelectedReplicas[]): string {
  return `No longer waiting; everything goes on. Wait again with \`${waitAgain(selected)}\`.`;
}

function waitAgain(selected: readonly SelectedReplicas[]): string {
  return ["canfar wait", ...selected.map((each) => quoted(selectorText(each)))].join(" ");
}

function timedOut(selected: readonly SelectedReplicas[], timeoutMs: number, state: string): CanfarError {
  return new CanfarError("command.timed_out", {
    message: `After ${formatDuration(timeoutMs)} this had not ended: ${selected.map(selectorText).join(", ")}${state === "" ? "" : `: ${state}`}`,
    hint: `Everything goes on. Wait again with \`${waitAgain(selected)}\`.`,
    details: { timeoutSeconds: timeoutMs / 1000, groups: selected.map(({ group }) => group.id) },
  });
}
