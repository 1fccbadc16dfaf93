import type { SessionUsage } from "@canfar/drivers";
import type { Clock } from "../clock.ts";

const GB = 1e9;

/** What a running Session uses now. */
export interface UsageNow {
  readonly coresInUse?: number;
  readonly memoryInUseGB: number;
}

interface Sample {
  readonly at: number;
  readonly usage: SessionUsage;
}

/** Keeps the last two samples of each running Session; nothing of ended ones. */
export class UsageMonitor {
  readonly #clock: Clock;
  readonly #samples = new Map<string, { before: Sample | null; last: Sample }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(sessionId: string, usage: SessionUsage): void {
    const last = { at: this.#clock.now().getTime(), usage };
    this.#samples.set(sessionId, { before: this.#samples.get(sessionId)?.last ?? null, last });
  }

  forget(sessionId: string): void {
    this.#samples.delete(sessionId);
  }

  now(sessionId: string): UsageNow | null {
    const samples = this.#samples.get(sessionId);
    if (samples === undefined) return null;
    const { before, last } = samples;
    const memoryInUseGB = last.usage.memoryBytes / GB;
    if (before === null || last.at <= before.at) return { memoryInUseGB };
    const seconds = (last.at - before.at) / 1000;
    return { coresInUse: (last.usage.cpuSeconds - before.usage.cpuSeconds) / seconds, memoryInUseGB };
  }
}
