const SHORTEST_MS = 2_000;
const LONGEST_MS = 60_000;
/** So many times as long as a look takes, the next one waits: watching costs a small part of a core at most. */
const PATIENCE = 20;

/** Looks again and again, for ever; the longer a look takes, the more seldom. */
export async function atIntervals(look: () => Promise<void>): Promise<never> {
  for (;;) {
    const start = performance.now();
    await look();
    const pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, PATIENCE * (performance.now() - start)));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
