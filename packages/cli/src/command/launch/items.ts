import { stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { text as readText } from "node:stream/consumers";
import { CanfarError, type ItemsRequest } from "@canfar/contract";
import type { Context } from "../context.ts";
import type { LaunchFlags } from "./launch-flags.ts";

/** Files that are looked at for their sizes at the same time. */
const CONCURRENCY = 64;
/** What every Session sees, and every machine with this folder as well. */
const SHARED = "/arc/";

type ItemFlags = Pick<LaunchFlags, "items" | "split" | "weight">;

/**
 * The Items that the options name: lines of a file or of standard input, or files that fit a pattern. A pattern below
 * `/arc` that fits nothing on this machine is left to the server.
 *
 * @returns undefined without `--items`
 * @throws CanfarError `command.usage` where there are none, or they cannot be weighed
 */
export async function itemsFrom(context: Context, flags: ItemFlags): Promise<ItemsRequest | undefined> {
  if (flags.items === undefined) {
    const needless =
      flags.split !== undefined ? "--split" : flags.weight !== undefined ? "--weight" : undefined;
    if (needless === undefined) return undefined;
    throw usage(`${needless} says how items are split, but there are none`, "Give them with --items.");
  }
  const split = flags.split ?? (flags.weight === undefined ? "balanced" : "weight");
  const weighs = flags.weight !== undefined || split === "weight";
  const found = await findItems(context, flags.items);
  const base = { split, setAsideAfter: SET_ASIDE_AFTER };
  if ("glob" in found) return { ...base, glob: found.glob, ...(weighs ? { weighBy: "bytes" } : {}) };
  warnAboutLocalFiles(context, found);
  return { ...base, list: [...found.list], ...(weighs ? await weigh(found.list) : {}) };
}

const SET_ASIDE_AFTER = 3;

type Found = { readonly list: readonly string[]; readonly areLocal: boolean } | { readonly glob: string };

async function findItems(context: Context, source: string): Promise<Found> {
  if (source === "-")
    return { list: linesOf(await readText(context.streams.stdin), "standard input"), areLocal: false };
  const entry = await stat(source).catch(() => null);
  if (entry?.isFile()) return { list: await linesOfFile(source), areLocal: false };
  if (entry?.isDirectory())
    throw usage(
      `'${source}' is a folder, not a list of items`,
      `For the files in it write --items '${source.replace(/\/$/, "")}/*'.`,
    );
  if (!/[*?[{]/.test(source))
    throw usage(
      `There is no file '${source}'`,
      "Give a file with one item a line, a pattern in quotes, or - for standard input.",
    );
  const list = await filesThatFit(source);
  if (list.length > 0) return { list, areLocal: true };
  if (source.startsWith(SHARED)) return { glob: source };
  throw usage(
    `No file fits '${source}'`,
    "A pattern below /arc is looked up by the server; put it in quotes.",
  );
}

async function filesThatFit(pattern: string): Promise<string[]> {
  const { glob } = await import("tinyglobby");
  const files = await glob(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) });
  // In a Session the working folder may be another one; below /arc whole paths are right everywhere.
  const whole = `${process.cwd()}/`.startsWith(SHARED);
  return (whole ? files.map((file) => resolve(file)) : files).sort();
}

async function linesOfFile(path: string): Promise<string[]> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(path, "utf8");
  if (text.includes("\0")) {
    throw usage(
      `'${path}' is not a list: it has zero bytes in it`,
      "A list has one item a line. To make files themselves the items, give a pattern, such as '*.fits', in quotes.",
    );
  }
  return linesOf(text, `'${path}'`);
}

function linesOf(text: string, where: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length > 0) return lines;
  throw usage(`There are no items in ${where}`, "Give one item a line.");
}

function warnAboutLocalFiles(context: Context, found: { list: readonly string[]; areLocal: boolean }): void {
  const [first] = found.list;
  if (!found.areLocal || first === undefined || first.startsWith(SHARED)) return;
  context.say(`Note: ${first} is a path on this machine; a Session sees what is below /arc.`);
}

/** The sizes where they can be seen here; else the server is asked to look, which sees only what is below /arc. */
async function weigh(list: readonly string[]): Promise<Pick<ItemsRequest, "weights" | "weighBy">> {
  const sizes = new Array<number | null>(list.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < list.length; at = next++) {
      sizes[at] = await stat(list[at] ?? "").then(
        ({ size }) => size,
        () => null,
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, list.length) }, worker));
  if (sizes.every((size) => size !== null)) return { weights: sizes };
  if (list.every((item) => item.startsWith(SHARED))) return { weighBy: "bytes" };
  throw usage(
    `The size of '${list[sizes.indexOf(null)]}' is unknown: it is no file here, and not below /arc`,
    "Give paths below /arc, or split in another way: --split dynamic needs no sizes.",
  );
}

function usage(message: string, hint: string): CanfarError {
  return new CanfarError("command.usage", { message, hint });
}
