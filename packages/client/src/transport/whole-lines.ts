import type { Connection } from "../connection.ts";
import { lines } from "../logs/lines.ts";
import type { ApiRequest } from "./transport.ts";

/** After this time without a word the question should be asked again: the connection may have died without telling. */
export const SILENCE_MS = 60_000;

/** What one connection tells: whole lines only, until it ends or falls silent. */
export async function* wholeLines(
  { transport, clock }: Pick<Connection, "transport" | "clock">,
  request: ApiRequest,
): AsyncGenerator<string> {
  const { signal } = request;
  const silence = new AbortController();
  const stop = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
  const startTimer = () => clock.setTimer(SILENCE_MS, () => silence.abort());
  let timer = startTimer();
  try {
    for await (const line of lines(transport.stream({ ...request, signal: stop }))) {
      timer.cancel();
      if (line.endsWith("\n")) yield line;
      timer = startTimer();
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!silence.signal.aborted) throw error;
  } finally {
    timer.cancel();
  }
}
