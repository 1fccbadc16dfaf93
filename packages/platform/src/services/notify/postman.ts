import { CanfarError } from "@canfar/contract";
import type { Clock, Timer } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { NotificationRecord } from "../../records/notification-store.ts";
import type { Records } from "../../records/records.ts";
import { later } from "../observation-change.ts";

/** Sent at the same time, at most. */
const AT_ONCE = 8;
const FIRST_DELAY_SECONDS = 5;
const LONGEST_DELAY_SECONDS = 3600;
/** After so many attempts it is given up: about a day and a half. */
const MOST_ATTEMPTS = 40;
/** How long it is remembered what was sent. */
const KEPT_SECONDS = 30 * 86_400;

/** Sends one notification. @throws Error where it did not arrive; `GivenUp` where it never will */
export type Deliver = (notification: NotificationRecord, signal: AbortSignal) => Promise<void>;

/** The receiver wants no more of it. */
export class GivenUp extends Error {}

/** Seconds to the next attempt. @param attempts that failed so far, from 1 */
export function deliveryDelaySeconds(attempts: number): number {
  return Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_DELAY_SECONDS);
}

/**
 * Empties the outbox: sends what is due, tries again what did not arrive, over restarts. Each is sent at least once; one
 * that arrived is sent again only where the platform died before it could note so.
 */
export class Postman {
  readonly #options;
  readonly #underway = new Set<string>();
  readonly #stopping = new AbortController();
  #timer: Timer | null = null;

  constructor(options: { records: Records; deliver: Deliver; clock: Clock; log: Log }) {
    this.#options = options;
  }

  /** Sends what an earlier platform left, and from then on what comes. */
  start(): void {
    const { records, clock } = this.#options;
    const before = later(clock.now().toISOString(), -KEPT_SECONDS);
    records.write(() => records.notifications.deleteSettledBefore(before));
    this.look();
  }

  /** What is being sent is not waited for: it is still in the outbox. */
  stop(): void {
    this.#stopping.abort();
    this.#timer?.cancel();
  }

  /** Sends what is due now, and comes back when the next is. */
  look(): void {
    if (this.#stopping.signal.aborted) return;
    const { records, clock } = this.#options;
    // Those underway are still due: there are never more of them than are asked for beside new ones.
    const now = clock.now().toISOString();
    const horizon = later(now, LONGEST_DELAY_SECONDS);
    const due = records.notifications.due({ now, horizon }, 2 * AT_ONCE);
    for (const notification of due) {
      if (this.#underway.size >= AT_ONCE) break;
      if (!this.#underway.has(notification.id)) void this.#send(notification);
    }
    this.#schedule();
  }

  #schedule(): void {
    const { records, clock } = this.#options;
    this.#timer?.cancel();
    this.#timer = null;
    const next = records.notifications.nextDue();
    if (next === null) return;
    // No wait is longer than the longest one, however the clock was set.
    const left = Math.min(Date.parse(next) - clock.now().getTime(), LONGEST_DELAY_SECONDS * 1000);
    // What is due already waits for one of those underway, which looks again at its end.
    if (left > 0) this.#timer = clock.setTimer(left, () => this.look());
  }

  async #send(notification: NotificationRecord): Promise<void> {
    const { deliver, log } = this.#options;
    this.#underway.add(notification.id);
    try {
      const problem = await deliver(notification, this.#stopping.signal).then(
        () => null,
        (error: unknown) => error as Error,
      );
      if (this.#stopping.signal.aborted) return;
      this.#note(notification, problem);
    } catch (error) {
      // It stays in the outbox, due at once: only the end of another one, or a start, looks again.
      log.error("a notification could not be noted", { notification: notification.id, error });
      return;
    } finally {
      this.#underway.delete(notification.id);
    }
    this.look();
  }

  #note(notification: NotificationRecord, problem: Error | null): void {
    const { records, clock, log } = this.#options;
    const { id, groupId, target } = notification;
    const at = clock.now().toISOString();
    // What happens to a Group is told among the events of its first Replica.
    const told = records.sessions.firstOfGroup(groupId) ?? groupId;
    if (problem === null) {
      const message = `${withoutSecrets(target)} was told (${notification.moment})`;
      records.write(() => {
        records.notifications.settle(id, { at, problem: null });
        records.events.add(told, { type: "Normal", at, reason: "Notified", message });
      });
      log.info("notified", { notification: id, group: groupId, target: withoutSecrets(target) });
      return;
    }
    const attempts = notification.attempts + 1;
    const isOver = problem instanceof GivenUp || isRefused(problem) || attempts >= MOST_ATTEMPTS;
    const message = `${withoutSecrets(target)} could not be told (attempt ${attempts}): ${problem.message}`;
    records.write(() => {
      if (isOver) records.notifications.settle(id, { at, problem: problem.message });
      else {
        const dueAt = later(at, deliveryDelaySeconds(attempts));
        records.notifications.postpone(id, { dueAt, problem: problem.message });
      }
      const reason = isOver ? "NotificationFailed" : "NotificationDelayed";
      records.events.add(told, { type: "Warning", at, reason, message });
    });
    log.warn("a notification did not arrive", {
      notification: id,
      group: groupId,
      attempts,
      isOver,
      problem: problem.message,
    });
  }
}

/** Query strings of webhooks hold tokens. */
function withoutSecrets(target: string): string {
  return target.replace(/\?.*$/, "?…");
}

/** The operator does not let it go there, and will not in an hour. */
function isRefused(problem: Error): boolean {
  return problem instanceof CanfarError && problem.code === "request.invalid";
}
