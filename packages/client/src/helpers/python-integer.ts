/**
 * Reads a whole number as Python's `int()` does: white space around it, a sign, and single underscores between digits
 * are fine. Null for anything else.
 */
export function parsePythonInteger(text: string): number | null {
  const trimmed = text.trim();
  return /^[+-]?\d+(?:_\d+)*$/.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : null;
}
