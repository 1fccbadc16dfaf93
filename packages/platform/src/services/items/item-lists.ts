import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  CanfarError,
  dealItems,
  type ItemsRequest,
  type LaunchRequest,
  MAX_ITEMS,
  type User,
} from "@canfar/contract";
import type { GroupItems } from "../../records/group-store.ts";
import { ArcView } from "./arc-view.ts";
import { findFiles } from "./find-files.ts";
import { itemsFolders } from "./items-folders.ts";
import { makeDurable, notWritten, writeItems } from "./write-items.ts";

/** Lists that no Group has taken yet. */
const STAGED = ".staged";
/** Files that are measured in one turn. */
const MEASURED_AT_ONCE = 1000;

/** A list that is on the disk, and waits for its Group. */
export interface StagedItems extends AsyncDisposable {
  readonly items: GroupItems;
  /** Gives it to a Group. @throws CanfarError `storage.full` */
  giveTo(groupId: string): void;
}

/** Makes the lists of Items that launches ask for. */
export class ItemLists {
  readonly #groups: string;
  readonly #arc: { homes: string; projects: string };

  /** @param folders on the machine; `groups` has one for each Group with Items */
  constructor(folders: { groups: string; homes: string; projects: string }) {
    this.#groups = folders.groups;
    this.#arc = { homes: folders.homes, projects: folders.projects };
  }

  /**
   * Finds and weighs the Items of a launch, deals them out and writes the list durably. Disposed of before a Group has
   * taken it, it is gone.
   *
   * @returns null where the launch has no Items
   * @throws CanfarError `request.invalid`, `storage.full`
   */
  async stage(user: User, request: LaunchRequest): Promise<StagedItems | null> {
    const { items, replicas } = request;
    if (items === undefined) return null;
    checkCommand(request);
    const view = new ArcView(user, this.#arc);
    const list = await this.#list(view, items);
    checkOnce(list);
    const weights = items.weighBy === undefined ? items.weights : await weigh(view, list);
    const { split, setAsideAfter } = items;
    const deal = dealItems({ count: list.length, replicas, split, weights });
    const staged = join(this.#groups, STAGED, randomUUID());
    const discard = () => rm(staged, { recursive: true, force: true });
    try {
      await writeItems(join(staged, "items"), { list, deal, split, setAsideAfter });
      await mkdir(join(staged, "progress"));
      await makeDurable(staged);
    } catch (error) {
      await discard();
      throw error instanceof CanfarError ? error : notWritten(error);
    }
    return {
      items: { split, total: list.length, setAsideAfter },
      giveTo: (groupId) => this.#give(staged, groupId),
      [Symbol.asyncDispose]: discard,
    };
  }

  /** @throws CanfarError `request.invalid` */
  async #list(view: ArcView, { list, glob }: ItemsRequest): Promise<readonly string[]> {
    if (list !== undefined) return list;
    const pattern = glob ?? "";
    const found = await findFiles(view, pattern, MAX_ITEMS + 1);
    if (found.length > MAX_ITEMS)
      throw invalid(`'${pattern}' matches more than ${MAX_ITEMS} files`, "Launch them in several batches.");
    if (found.length === 0)
      throw invalid(
        `no file matches '${pattern}'`,
        "Look with `ls` in a session, and mind quotes: '*.fits'.",
      );
    const odd = found.find((path) => path.includes("\n"));
    if (odd !== undefined)
      throw invalid(`the name ${JSON.stringify(odd)} has a line end in it`, "Rename the file.");
    return found;
  }

  /** Inside the write of the launch: in its order on the disk the list comes before the record. */
  #give(staged: string, groupId: string): void {
    try {
      renameSync(staged, itemsFolders(this.#groups, groupId).group);
      const folder = openSync(this.#groups, "r");
      fsyncSync(folder);
      closeSync(folder);
    } catch (error) {
      throw notWritten(error);
    }
  }

  /** Makes the folder, and removes what a crash left of launches that were never acknowledged. */
  open(isKept: (groupId: string) => boolean): void {
    rmSync(join(this.#groups, STAGED), { recursive: true, force: true });
    mkdirSync(join(this.#groups, STAGED), { recursive: true });
    this.tidy(isKept);
  }

  /** Removes the Items of Groups that are not kept any more. @param isKept asked for each Group that has Items */
  tidy(isKept: (groupId: string) => boolean): void {
    for (const name of readdirSync(this.#groups)) {
      if (name !== STAGED && !isKept(name))
        rmSync(itemsFolders(this.#groups, name).group, { recursive: true, force: true });
    }
  }
}

/** Sizes in bytes, in the order of the list. */
async function weigh(view: ArcView, list: readonly string[]): Promise<number[]> {
  const weights: number[] = [];
  for (const [at, path] of list.entries()) {
    if (at % MEASURED_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    const size = view.size(path);
    if (size === null) {
      throw invalid(
        `the size of '${path}' is not known: it is no file below /arc that you may see`,
        "Give weights with the list, or choose another split.",
      );
    }
    weights.push(size);
  }
  return weights;
}

/** Two Items of the same text could not be told apart when they are recorded. */
function checkOnce(list: readonly string[]): void {
  const seen = new Set<string>();
  for (const item of list) {
    if (seen.has(item)) throw invalid(`'${item}' is listed twice`, "List each item once, as `sort -u` does.");
    seen.add(item);
  }
}

function checkCommand({ kind, command, args }: LaunchRequest): void {
  if (kind === "headless" && (command !== undefined || args.length > 0)) return;
  throw invalid(
    kind === "headless"
      ? "a batch with items needs a command to run on them"
      : `a ${kind} session has no items`,
    "Launch a headless session with a command: canfar create headless IMAGE --items FILE -- COMMAND {}",
  );
}

function invalid(message: string, hint: string): CanfarError {
  return new CanfarError("request.invalid", { message: `items: ${message}`, hint });
}
