/** Options of the commands that launch. */
import {
  CanfarError,
  ITEM_MEASURES,
  ITEM_SPLITS,
  type ItemMeasure,
  type ItemSplit,
  parseSessionName,
} from "@canfar/contract";
import { flag } from "../flags.ts";
import { proposeNames } from "../propose-names.ts";
import {
  parseCount,
  parseDurationFlag,
  parseMemory,
  parsePositiveCount,
  parseQuantity,
} from "../quantities.ts";
import { type AfterWord, type NotifyWord, parseAfter, parseNotify } from "./policy-words.ts";

export interface LaunchFlags {
  readonly name?: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: number;
  readonly env?: readonly (readonly [name: string, value: string])[];
  readonly replicas?: number;
  readonly items?: string;
  readonly split?: ItemSplit;
  readonly weight?: ItemMeasure;
  readonly retries?: number;
  /** Milliseconds. */
  readonly retryDelay?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly maxFails?: number;
  readonly maxRunning?: number;
  readonly after?: readonly AfterWord[];
  readonly afterEach?: string;
  readonly notify?: readonly NotifyWord[];
  readonly requestId?: string;
  readonly wait?: boolean;
}

/** One option with a value. */
function valued<T>(parse: (text: string) => T, placeholder: string, brief: string) {
  return { kind: "parsed", parse, brief, placeholder, optional: true } as const;
}

/** The same, which may be given several times. */
function repeated<T>(parse: (text: string) => T, placeholder: string, brief: string) {
  return { kind: "parsed", parse, brief, placeholder, optional: true, variadic: true } as const;
}

export const launchFlags = {
  name: valued(parseSessionName, "NAME", "Name; a star's or an astronomer's when left out"),
  cpu: valued(parseQuantity, "CORES", "CPU cores; flexible when left out"),
  memory: valued(parseMemory, "SIZE", "Memory, 16G or 16 for GB; flexible when left out"),
  gpu: valued(parseCount, "COUNT", "GPUs"),
  env: repeated(parseVariable, "KEY=VALUE", "Environment variable KEY=VALUE; may be given several times"),
  replicas: valued(parsePositiveCount, "COUNT", "How many of the same"),
  items: valued(String, "FILE|GLOB|-", "Inputs to split: FILE with a list, 'GLOB', or - for stdin"),
  split: {
    kind: "enum",
    values: ITEM_SPLITS,
    brief: "How items are split; balanced when left out",
    optional: true,
  },
  weight: { kind: "enum", values: ITEM_MEASURES, brief: "Split by what items weigh", optional: true },
  retries: valued(parseCount, "COUNT", "Further attempts for a Replica that failed"),
  retryDelay: valued(parseDurationFlag, "TIME", "Before the second attempt, then doubled; 5s if left out"),
  timeout: valued(parseDurationFlag, "TIME", "End an attempt after so long: 90m, 1h30m, 2d"),
  maxFails: valued(parseCount, "COUNT", "Start no more Replicas once more than so many failed"),
  maxRunning: valued(parsePositiveCount, "COUNT", "Run at most so many Replicas at a time"),
  after: {
    ...repeated(parseAfter, "NAME[:ok|any|fail]", "Start after that Group: NAME, NAME:any or NAME:fail"),
    proposeCompletions: proposeNames,
  },
  afterEach: {
    ...valued(String, "NAME", "Start Replica i when Replica i of that Group completed"),
    proposeCompletions: proposeNames,
  },
  notify: repeated(parseNotify, "[WHEN:]TARGET", "Tell a web or mail address; failed:ADDRESS, done,failed:…"),
  requestId: valued(parseRequestId, "ID", "One id makes one Group, however often it is sent"),
  wait: flag("Wait until all have ended, and give their exit code"),
} as const;

export const launchAliases = { n: "name", c: "cpu", m: "memory", g: "gpu", e: "env", r: "replicas" } as const;

/** Splits at the first `=` only: values keep every character they have. */
function parseVariable(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0 && /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text.slice(0, at)))
    return [text.slice(0, at), text.slice(at + 1)];
  throw new CanfarError("command.usage", {
    message: `'${text}' is not KEY=VALUE`,
    hint: "Write --env NAME=value; NAME has letters, digits and '_'.",
  });
}

function parseRequestId(text: string): string {
  if (text.length >= 1 && text.length <= 200) return text;
  throw new CanfarError("command.usage", { message: "--request-id has 1 to 200 characters" });
}
