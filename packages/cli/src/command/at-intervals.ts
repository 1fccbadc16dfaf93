const SHORTEST_MS = 2_000;
const LONGEST_MS = 10_000;
/** So many times as long as a look takes, the next one waits: watching costs some 10 % of a core at most, all told. */
const PATIENCE = 10;

/** Looks again and again, for ever; the longer a look takes, the more seldom. */
export async function atIntervals(look: () => Promise<void>): Promise<never> {
  // The first look also finds the way to the server, and tells nothing about the others.
  await look();
  let pause = SHORTEST_MS;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const start = performance.now();
    await look();
    pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, PATIENCE * (performance.now() - start)));
  }
}
