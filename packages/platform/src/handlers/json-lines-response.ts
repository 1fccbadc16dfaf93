import { CanfarError } from "@canfar/contract";
import type { Context } from "hono";

/** JSON documents, one a line, as they come. */
export const JSON_LINES = "application/jsonl";

/**
 * Answers with one JSON document a line, as fast as the client takes them and no longer than it listens.
 *
 * @param read starts reading; what it throws before its first value becomes the answer, and a CanfarError behind it (a Group
 *   that was deleted meanwhile) ends the answer: who asks again learns the reason
 */
export async function jsonLinesResponse<T>(
  context: Context,
  read: (signal: AbortSignal) => AsyncGenerator<T>,
  encode: (value: T) => object,
): Promise<Response> {
  const abort = new AbortController();
  context.req.raw.signal.addEventListener("abort", () => abort.abort(), { once: true });
  const values = read(abort.signal);
  let next = await values.next();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next.done) return controller.close();
        controller.enqueue(encoder.encode(`${JSON.stringify(encode(next.value))}\n`));
        next = await values.next().catch(endOfAnswer);
        if (next.done) controller.close();
      },
      async cancel() {
        abort.abort();
        await values.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "Content-Type": JSON_LINES, "X-Accel-Buffering": "no" } });
}

function endOfAnswer(error: unknown): IteratorReturnResult<undefined> {
  if (error instanceof CanfarError) return { done: true, value: undefined };
  throw error;
}
