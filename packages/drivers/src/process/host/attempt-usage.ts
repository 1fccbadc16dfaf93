import type { SessionUsage } from "../../session-driver.ts";
import { type Cgroups, type GroupCounts, NOTHING_COUNTED } from "../cgroup/cgroup.ts";
import { startLongTimer, type Timer } from "./long-timer.ts";
import { familyUsage } from "./process-usage.ts";

/**
 * Without control groups the first look comes soon, the others ever later: most Sessions are short, and what the last look
 * misses is a small part of each.
 */
const FIRST_LOOK_MS = 20;
const LATER = 1.25;
const LAST_LOOK_MS = 10_000;

export interface UsageAtEnd {
  readonly usage: SessionUsage | undefined;
  readonly outOfMemory: boolean;
  /** Of its control group, if it has one. */
  readonly counts: GroupCounts | undefined;
}

/** How much one attempt has used: by its control group, else by looking at its processes from time to time. */
export class AttemptUsage {
  readonly #cgroups: Cgroups | null;
  #group: { readonly name: string; readonly before: GroupCounts } | null = null;
  #seen: SessionUsage | undefined;

  constructor(cgroups: Cgroups | null) {
    this.#cgroups = cgroups;
  }

  /** @param group that it runs in, and what that had counted before */
  begin(group: { readonly name: string; readonly before: GroupCounts } | null): void {
    this.#group = group;
  }

  /**
   * Looks at its processes by and by, where no control group counts.
   *
   * @param pid its launch wrapper's; null once that is gone
   */
  look(pid: () => number | null): Timer {
    let timer: Timer = { cancel() {} };
    if (this.#cgroups !== null) return timer;
    const wait = (milliseconds: number) => {
      timer = startLongTimer(milliseconds, () => {
        this.now(pid());
        wait(Math.min(milliseconds * LATER, LAST_LOOK_MS));
      });
    };
    wait(FIRST_LOOK_MS);
    return { cancel: () => timer.cancel() };
  }

  /** What it uses now, where that can be seen. */
  now(pid: number | null): SessionUsage | undefined {
    const counts = this.#counts();
    if (counts !== null) return counts.usage;
    const usage = pid === null ? undefined : familyUsage(pid);
    if (usage === undefined) return this.#seen;
    const peakMemoryBytes = Math.max(usage.peakMemoryBytes ?? 0, this.#seen?.peakMemoryBytes ?? 0);
    this.#seen = { ...usage, peakMemoryBytes };
    return this.#seen;
  }

  /**
   * What it used altogether, and whether memory ran out.
   *
   * @param cpuSeconds as its launch wrapper saw them, which does not see all that ran in a sandbox; null where it could not
   *   tell
   */
  atEnd(cpuSeconds: number | null): UsageAtEnd {
    const counts = this.#counts();
    if (counts !== null) return counts;
    const uncounted = { outOfMemory: false, counts: undefined };
    if (cpuSeconds === null) return { usage: this.#seen, ...uncounted };
    const seen = this.#seen ?? { cpuSeconds: 0, peakMemoryBytes: null };
    const usage = { ...seen, cpuSeconds: Math.max(cpuSeconds, seen.cpuSeconds), memoryBytes: 0 };
    return { usage, ...uncounted };
  }

  #counts(): (UsageAtEnd & { readonly usage: SessionUsage }) | null {
    const counts = this.#group === null ? undefined : this.#cgroups?.counts(this.#group.name);
    if (counts === undefined) return null;
    const { before } = this.#group ?? { before: NOTHING_COUNTED };
    const { memoryBytes, peakMemoryBytes } = counts;
    const cpuSeconds = counts.cpuSeconds - before.cpuSeconds;
    return {
      usage: { cpuSeconds, memoryBytes, peakMemoryBytes },
      outOfMemory: counts.memoryKills > before.memoryKills,
      counts,
    };
  }
}
