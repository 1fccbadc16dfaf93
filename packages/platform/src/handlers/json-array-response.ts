/** Text is sent in pieces of about this many characters; a list that fits into one piece is sent whole. */
const PIECE_CHARACTERS = 32 * 1024;

/**
 * Answers with an indented JSON array, encoded item by item as fast as the client takes it: a list of thousands of
 * Sessions is never in memory as a whole.
 */
export function jsonArrayResponse<T>(items: Iterable<T>, encode: (item: T) => object): Response {
  const pieces = jsonArray(items, encode);
  const first = pieces.next();
  const text = first.done ? "" : first.value;
  const headers = { "Content-Type": "application/json" };
  if (text.endsWith("]") && text.length < PIECE_CHARACTERS) return new Response(text, { headers });
  const encoder = new TextEncoder();
  let next = first;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (next.done) return controller.close();
      controller.enqueue(encoder.encode(next.value));
      next = pieces.next();
    },
  });
  return new Response(body, { headers });
}

function* jsonArray<T>(items: Iterable<T>, encode: (item: T) => object): Generator<string> {
  let text = "[";
  let isFirst = true;
  for (const item of items) {
    // An array of one, without its brackets, is indented as it must be in the whole.
    text += `${isFirst ? "" : ","}${JSON.stringify([encode(item)], null, 2).slice(1, -2)}`;
    isFirst = false;
    if (text.length < PIECE_CHARACTERS) continue;
    yield text;
    text = "";
  }
  yield `${text}${isFirst ? "" : "\n"}]`;
}
