import { type Group, isGroupEnded, type User } from "@canfar/contract";
import { type Clock, pause } from "../clock.ts";
import type { GroupReader } from "./group-reader.ts";
import type { SessionChanges } from "./session-changes.ts";

/** Changes within this time are told as one: a Group of thousands changes hundreds of times a second. */
const PAUSE_MS = 250;

/** Items are recorded by their Replicas, without a word to the platform: it looks. */
const ITEMS_MS = 1_000;

/** Tells how Groups go on, to those who wait for them. */
export class GroupWatch {
  readonly #options;
  readonly #stopping = new AbortController();

  constructor(options: { groups: GroupReader; changes: SessionChanges; clock: Clock }) {
    this.#options = options;
  }

  /**
   * A Group now, and again whenever it changed, until it has ended, or `signal` aborts, or the platform stops.
   *
   * @throws CanfarError `group.not_found`, also when all its Sessions are deleted meanwhile
   */
  async *follow(user: User, id: string, signal: AbortSignal): AsyncGenerator<Group> {
    const { groups, changes } = this.#options;
    const stop = AbortSignal.any([signal, this.#stopping.signal]);
    let told = "";
    while (!stop.aborted) {
      const turn = new AbortController();
      const over = AbortSignal.any([stop, turn.signal]);
      // Asked for before looking: a change in between is not missed.
      const changed = changes.nextOfGroup(id, over);
      const group = groups.get(user, id);
      const text = JSON.stringify(group);
      if (text !== told) yield group;
      told = text;
      if (isGroupEnded(group)) return;
      await (group.items === undefined
        ? changed
        : Promise.race([changed, pause(this.#options.clock, ITEMS_MS, over)]));
      turn.abort();
      await pause(this.#options.clock, PAUSE_MS, stop);
    }
  }

  /** Lets all watchers go. */
  stop(): void {
    this.#stopping.abort();
  }
}
