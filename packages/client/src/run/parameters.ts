import { CanfarError } from "@canfar/contract";

/** One parameter of a run: the same value for all copies, or one value for each. */
export type RunParameter =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly values: readonly string[] };

/** How often a script runs, and in how many Sessions. */
export interface Copies {
  readonly copies: number;
  readonly replicas: number;
}

/**
 * Reads one parameter as users write it: `name=value`; `name=@a,b,c` or `name=@file` (one value a line, empty lines left
 * out) for a list; `name=@@text` for a value that begins with `@`.
 *
 * @param readList the text of a file, or null where there is none of that name
 * @throws CanfarError `request.invalid`
 */
export function parseParameter(text: string, readList: (path: string) => string | null): RunParameter {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_-]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw invalid(`'${text}' is not NAME=VALUE`, "Write -p filter=r, -p filter=@g,r,i or -p file=@list.txt.");
  }
  if (!value.startsWith("@")) return { name, value };
  if (value.startsWith("@@")) return { name, value: value.slice(1) };
  return { name, values: listOf(name, value.slice(1), readList) };
}

function listOf(name: string, source: string, readList: (path: string) => string | null): string[] {
  const file = source === "" ? null : readList(source);
  if (file === null && !source.includes(",")) {
    throw invalid(
      `The parameter ${name} asks for the list '${source}', and there is no such file`,
      `Name a file with one value a line, write ${name}=@a,b,c, or ${name}=@@${source} for the text itself.`,
    );
  }
  const values = (file?.split(/\r?\n/) ?? source.split(",")).map((value) => value.trim()).filter(Boolean);
  if (values.length > 0) return values;
  throw invalid(
    `The list of the parameter ${name} is empty`,
    `Put one value a line into ${source || "a file"}.`,
  );
}

/**
 * One copy for each value of the lists, or for each Replica where there are none; one Replica for each copy, unless
 * `replicas` says to share.
 *
 * @throws CanfarError `request.invalid` where the lists differ in length, or leave Replicas without work
 */
export function planCopies(parameters: readonly RunParameter[], replicas: number | undefined): Copies {
  const seen = new Set<string>();
  for (const { name } of parameters) {
    if (seen.has(name)) throw invalid(`The parameter ${name} is given twice`, "Give each parameter once.");
    seen.add(name);
  }
  const lists = parameters.filter((parameter) => "values" in parameter);
  const [first, ...others] = lists;
  if (first === undefined) return { copies: replicas ?? 1, replicas: replicas ?? 1 };
  const copies = first.values.length;
  for (const { name, values } of others) {
    if (values.length === copies) continue;
    throw invalid(
      `The list of ${first.name} has ${copies} values, that of ${name} has ${values.length}`,
      "Copy i gets value i of each list, so that lists need the same length.",
    );
  }
  if (replicas === undefined || replicas <= copies) return { copies, replicas: replicas ?? copies };
  throw invalid(
    `There are ${copies} values for ${replicas} Replicas`,
    `Ask for at most ${copies}, or leave out the number for one Replica a value.`,
  );
}

function invalid(message: string, hint: string): CanfarError {
  return new CanfarError("request.invalid", { message, hint });
}
