/**
 * The name that was probably meant: the one that needs the fewest edits, when they are few enough to be a slip.
 *
 * @param most edits that still are a slip
 * @returns null where none is near
 */
export function closest(
  text: string,
  names: readonly string[],
  most: number = Math.max(3, text.length / 3),
): string | null {
  let best: string | null = null;
  let least = most;
  for (const name of names) {
    // Names that differ more in length than the best one does at all need no look.
    if (Math.abs(name.length - text.length) > least) continue;
    const distance = editDistance(text, name);
    if (best === null ? distance <= least : distance < least) {
      best = name;
      least = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
