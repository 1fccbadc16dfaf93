/** What a run is called, and what lies in its folder beside the files that were carried. All of it pure. */
import { basename, extname } from "node:path";
import { SESSION_NAME_MAX_LENGTH } from "@canfar/contract";
import { type FileToCarry, writtenFile } from "./carrier.ts";
import type { InlineDependencies } from "./inline-dependencies.ts";
import type { RunParameter } from "./parameters.ts";
import { MAKE_ENVIRONMENT } from "./programs/make-environment.ts";
import { RUN_COPIES } from "./programs/run-copies.ts";
import { RUN_NOTEBOOK } from "./programs/run-notebook.ts";
import type { ScriptKind } from "./script-kind.ts";

/** Where the run's own programs and lists lie, below its folder. */
const OWN = ".run";

/** The Session's name: the script's, as far as a name can have it. */
export function nameOf(script: string): string {
  const own = basename(script, extname(script)).toLowerCase();
  // Room for the number of a Replica.
  const name = own
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SESSION_NAME_MAX_LENGTH - 7)
    .replace(/^-+|-+$/g, "");
  return name === "" ? "run" : name;
}

/**
 * Below the home; all runs of one script are beside each other. The last name sorts by time, and differs for runs of the
 * same second: `sky-runs/20261124-142205-x7k`.
 */
export function newRunFolder(script: string, now: Date, random: () => number = Math.random): string {
  const time = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const ending = Math.floor(random() * 36 ** 3)
    .toString(36)
    .padStart(3, "0");
  return `${basename(script, extname(script))}-runs/${time}-${ending}`;
}

export function ownFiles(
  kind: ScriptKind,
  parameters: readonly RunParameter[],
  dependencies: InlineDependencies | null,
): FileToCarry[] {
  const lists = parameters.flatMap((parameter) =>
    "values" in parameter
      ? [writtenFile(`${OWN}/lists/${parameter.name}`, `${parameter.values.join("\n")}\n`)]
      : [],
  );
  return [
    writtenFile(`${OWN}/run.sh`, RUN_COPIES),
    ...lists,
    ...(kind === "notebook" ? [writtenFile(`${OWN}/notebook.py`, RUN_NOTEBOOK)] : []),
    ...(dependencies === null
      ? []
      : [
          writtenFile(`${OWN}/environment.py`, MAKE_ENVIRONMENT),
          writtenFile(`${OWN}/dependencies.json`, JSON.stringify(dependencies)),
        ]),
  ];
}

/** What `/bin/sh` gets behind the run's folder. */
export function wordsOf(
  folder: string,
  options: {
    kind: ScriptKind;
    name: string;
    /** Its path in the run's folder. */
    script: string;
    copies: number;
    parameters: readonly RunParameter[];
    args: readonly string[];
  },
): string[] {
  const { kind, name, script, copies, parameters, args } = options;
  const words = parameters.map((parameter) =>
    "values" in parameter ? `l:${parameter.name}` : `v:${parameter.name}=${parameter.value}`,
  );
  return [`${folder}/${OWN}/run.sh`, kind, script, name, String(copies), ...words, "--", ...args];
}
