import type { Dirent } from "node:fs";
import { CanfarError, type User } from "@canfar/contract";
import { ConfinedFolder } from "../../data-folder/confined-folder.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** Gets an open folder and a name in it, or an empty name for a folder that is a root. */
type Look<T> = (folder: ConfinedFolder, name: string) => T | null;

/**
 * What a user's Sessions see below `/arc`: their home, and all projects. Links are followed as a Session would follow
 * them, by the paths that it sees, and never out of these.
 */
export class ArcView {
  /** Paths in a Session, with the folders on the machine. */
  readonly #roots: Readonly<Record<string, string>>;

  /** @param folders on the machine */
  constructor(user: Pick<User, "username">, folders: { homes: string; projects: string }) {
    this.#roots = {
      [`/arc/home/${user.username}`]: `${folders.homes}/${user.username}`,
      "/arc/projects": folders.projects,
    };
  }

  /**
   * Divides a path into the folder that the user sees it in, and the steps below that.
   *
   * @throws CanfarError `request.invalid` where it is somewhere else
   */
  split(path: string): { root: string; steps: string[] } {
    const root = Object.keys(this.#roots).find((each) => path.startsWith(`${each}/`));
    const steps = path.slice(root?.length).split("/").filter(isStep);
    if (root !== undefined && steps.length > 0 && !steps.includes("..")) return { root, steps };
    const seen = Object.keys(this.#roots);
    throw new CanfarError("request.invalid", {
      message: `'${path}' is not below ${seen.join(" or ")}`,
      hint: "Write the whole path as your sessions see it, without '..', with the first '*' after that.",
      details: { path, folders: seen },
    });
  }

  /** Bytes of a file; null where the user sees no file of this path. */
  size(path: string): number | null {
    return this.#resolve(path, (folder, name) => {
      const stats = folder.stat(name);
      return stats?.isFile() ? stats.size : null;
    });
  }

  /** What is in a folder, in an order that is the same everywhere; nothing where the user sees no such folder. */
  entries(path: string): Dirent[] {
    const found = this.#resolve(path, (folder, name) => {
      if (name === "") return folder.entries();
      using inside = folder.folder(name);
      return inside?.entries() ?? null;
    });
    return (found ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Follows a path with its links, one after the other. Null for what does not exist or is outside. */
  #resolve<T>(path: string, look: Look<T>): T | null {
    let target = path;
    for (let links = 0; links <= MAX_LINKS; links += 1) {
      const answer = this.#follow(target, look);
      if ("found" in answer) return answer.found;
      target = answer.link;
    }
    return null;
  }

  /** Goes as far as the first link: where that leads, with the rest of the path behind it. */
  #follow<T>(path: string, look: Look<T>): { found: T | null } | { link: string } {
    const whole = normal(path);
    const root = Object.keys(this.#roots).find((each) => whole === each || whole.startsWith(`${each}/`));
    if (root === undefined) return { found: null };
    const steps = whole.slice(root.length).split("/").filter(isStep);
    using open = new DisposableStack();
    let folder = ConfinedFolder.open(this.#roots[root] ?? "");
    for (const [at, step] of steps.entries()) {
      if (folder === null) return { found: null };
      open.use(folder);
      const link = folder.link(step);
      if (link !== null) {
        const from = link.startsWith("/") ? "" : [root, ...steps.slice(0, at)].join("/");
        return { link: [from, link, ...steps.slice(at + 1)].join("/") };
      }
      if (at === steps.length - 1) return { found: look(folder, step) };
      folder = folder.folder(step);
    }
    if (folder === null) return { found: null };
    open.use(folder);
    return { found: look(folder, "") };
  }
}

function isStep(step: string): boolean {
  return step !== "" && step !== ".";
}

/** Without `.` and `..`. Only what a link says can hold a `..` here, and the folder that it stands in is no link. */
function normal(path: string): string {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "..") steps.pop();
    else if (isStep(step)) steps.push(step);
  }
  return `/${steps.join("/")}`;
}
