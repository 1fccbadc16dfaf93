import { join } from "node:path";

/** Files and folders of a session host below its data folder. */
export interface HostFolders {
  readonly root: string;
  readonly socket: string;
  readonly journal: string;
  /** A folder for each lane. */
  readonly lanes: string;
  /** A file for each attempt that was started. */
  readonly marks: string;
  readonly fifos: string;
  readonly log: string;
  readonly lock: string;
  readonly pid: string;
}

export function hostFolders(dataFolder: string): HostFolders {
  const root = join(dataFolder, "host");
  const below = (name: string) => join(root, name);
  return {
    ...{ root, socket: below("host.sock"), journal: below("journal.jsonl"), lanes: below("lanes") },
    ...{
      marks: below("marks"),
      fifos: below("fifos"),
      log: below("host.log"),
      lock: below("lock"),
      pid: below("pid"),
    },
  };
}
