import { setImmediate as nextTurn } from "node:timers/promises";
import picomatch from "picomatch";
import type { ArcView } from "./arc-view.ts";

/** Folders in each other below a `**`. */
const MAX_DEPTH = 64;

/** A pattern as a walk needs it. */
type Step =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "pattern"; readonly matches: (name: string) => boolean }
  | { readonly kind: "any depth" };

/**
 * Files whose paths match a pattern of `*`, `?`, `[…]`, `{a,b}` and `**`, in alphabetical order; names that begin with a
 * dot only where the pattern says so. A link to a file counts as a file; into a folder that is a link leads only a step
 * that is written out. Lets others have their turn between two folders.
 *
 * @param most files that are looked for at most
 * @throws CanfarError `request.invalid` where the pattern leads outside of what the user sees
 */
export async function findFiles(view: ArcView, pattern: string, most: number): Promise<string[]> {
  const { root, steps } = view.split(pattern);
  const found = new Set<string>();
  const walk = async (folder: string, left: readonly Step[], depth: number): Promise<void> => {
    const [step, ...rest] = left;
    if (step === undefined || found.size >= most || depth > MAX_DEPTH) return;
    const isLast = rest.length === 0;
    if (step.kind === "name") {
      const path = `${folder}/${step.name}`;
      if (!isLast) await walk(path, rest, depth + 1);
      else if (view.size(path) !== null) found.add(path);
      return;
    }
    if (step.kind === "any depth") await walk(folder, isLast ? [EVERYTHING] : rest, depth);
    await nextTurn();
    for (const entry of view.entries(folder)) {
      if (found.size >= most) return;
      const path = `${folder}/${entry.name}`;
      if (step.kind === "any depth") {
        if (entry.isDirectory() && !entry.name.startsWith(".")) await walk(path, left, depth + 1);
      } else if (step.matches(entry.name)) {
        if (entry.isDirectory()) await walk(path, rest, depth + 1);
        else if (isLast && (entry.isFile() || view.size(path) !== null)) found.add(path);
      }
    }
  };
  await walk(root, steps.map(toStep), 0);
  return [...found].sort();
}

const EVERYTHING = toStep("*");

function toStep(text: string): Step {
  if (text === "**") return { kind: "any depth" };
  const { isGlob } = picomatch.scan(text);
  return isGlob ? { kind: "pattern", matches: picomatch(text) } : { kind: "name", name: text };
}
