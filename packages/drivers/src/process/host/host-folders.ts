import { join } from "node:path";

/** Files and folders of a session host below its data folder. */
export interface HostFolders {
  readonly root: string;
  readonly socket: string;
  readonly journal: string;
  /** A folder for each attempt that runs. */
  readonly run: string;
  readonly fifos: string;
  readonly log: string;
  readonly lock: string;
  readonly pid: string;
}

export function hostFolders(dataFolder: string): HostFolders {
  const root = join(dataFolder, "host");
  const below = (name: string) => join(root, name);
  return {
    ...{ root, socket: below("host.sock"), journal: below("journal.jsonl"), run: below("run") },
    ...{ fifos: below("fifos"), log: below("host.log"), lock: below("lock"), pid: below("pid") },
  };
}
