import { readFileSync } from "node:fs";
import { join } from "node:path";

const LINE_BYTES = 16;

/** Which Replica has an Item by the split; asked by its position, from 1. Null where whoever is free takes it. */
export function readShares(itemsFolder: string): (position: number) => number | null {
  const lasts = readLasts(join(itemsFolder, "shares"));
  return (position) => {
    if (lasts === null) return null;
    let low = 0;
    let high = lasts.length;
    // The first Replica whose last position is not before this one.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lasts[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

function readLasts(path: string): Uint32Array | null {
  try {
    const text = readFileSync(path, "latin1");
    return Uint32Array.from({ length: text.length / LINE_BYTES }, (_, at) =>
      Number(text.slice(at * LINE_BYTES + 8, (at + 1) * LINE_BYTES)),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
