import { createInterface } from "node:readline";

/** Lines of a pipe, one at a time; null when there are no more. */
export function pipedLines(stdin: NodeJS.ReadableStream): () => Promise<string | null> {
  const lines = createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]();
  return async () => {
    const { value, done } = await lines.next();
    return done ? null : value;
  };
}
