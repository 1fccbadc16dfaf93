/** Cuts text that arrives in pieces into lines, each with its `\n`; only the last may lack it. */
export async function* lines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  // Pieces of one long line are joined once, not at each arrival.
  let open: string[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      const line = piece.slice(start, end + 1);
      yield open.length === 0 ? line : open.join("") + line;
      open = [];
      start = end + 1;
    }
    if (start < piece.length) open.push(piece.slice(start));
  }
  if (open.length > 0) yield open.join("");
}
