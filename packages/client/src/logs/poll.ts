import { wait } from "../clock.ts";
import type { Connection } from "../connection.ts";
import type { LogSource } from "./session-logs.ts";

const INTERVAL_MS = 2000;

/**
 * Follows the output on a server that can only send all of it: asks again and again, and passes on what is new. A
 * server that has thrown away the beginning meanwhile makes us start behind the last line known.
 */
export async function* pollLogs(
  { transport, clock }: Connection,
  source: LogSource,
  { tail, signal }: { tail?: number | undefined; signal?: AbortSignal | undefined },
): AsyncGenerator<string> {
  let seen = "";
  let first = true;
  for (;;) {
    // Asked before the output: what is written in between still comes out.
    const ended = await source.hasEnded();
    const query = { view: "logs" };
    const text = await transport.text({ method: "GET", path: source.path, query, signal });
    const whole = ended ? text : text.slice(0, text.lastIndexOf("\n") + 1);
    const fresh = splitLines(newPart(seen, whole));
    yield* first && tail !== undefined ? lastOf(fresh, tail) : fresh;
    first = false;
    seen = whole === "" ? seen : whole;
    if (ended) return;
    await wait(clock, INTERVAL_MS, signal);
  }
}

function newPart(seen: string, text: string): string {
  if (text.startsWith(seen)) return text.slice(seen.length);
  const lastLine = seen.slice(seen.lastIndexOf("\n", seen.length - 2) + 1);
  const at = text.lastIndexOf(lastLine);
  return at < 0 ? text : text.slice(at + lastLine.length);
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function lastOf(list: readonly string[], count: number): readonly string[] {
  return count === 0 ? [] : list.slice(-count);
}
