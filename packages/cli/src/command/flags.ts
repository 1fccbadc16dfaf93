/** Options that several commands share. */
import {
  CanfarError,
  isSessionKind,
  parseSessionStatus,
  SESSION_KINDS,
  SESSION_STATUSES,
  type SessionKind,
  type SessionStatus,
} from "@canfar/contract";
import { OUTPUT_FORMATS } from "../output/data.ts";
import { proposeNames } from "./propose-names.ts";

export const outputFlag = {
  kind: "enum",
  values: OUTPUT_FORMATS,
  brief: "Print data for programs",
  optional: true,
} as const;

export const quietFlag = {
  kind: "boolean",
  brief: "Print ids only",
  optional: true,
  withNegated: false,
} as const;

export const dryRunFlag = {
  kind: "boolean",
  brief: "Say what would be done, and do nothing",
  optional: true,
  withNegated: false,
} as const;

export const yesFlags = {
  yes: { kind: "boolean", brief: "Do not ask for confirmation", optional: true, withNegated: false },
  force: { kind: "boolean", brief: "The same as --yes", optional: true, withNegated: false, hidden: true },
} as const;

/** One option without a value. */
export function flag(brief: string) {
  return { kind: "boolean", brief, optional: true, withNegated: false } as const;
}

/** @throws CanfarError `command.usage` */
export function parseKind(text: string): SessionKind {
  const kind = text.toLowerCase();
  if (isSessionKind(kind)) return kind;
  throw new CanfarError("command.usage", {
    message: `'${text}' is not a Session Kind`,
    hint: `Use ${SESSION_KINDS.join(", ")}.`,
  });
}

/** @throws CanfarError `command.usage` */
export function parseStatus(text: string): SessionStatus {
  const status = parseSessionStatus(text);
  if (status !== null) return status;
  throw new CanfarError("command.usage", {
    message: `'${text}' is not a status of a Session`,
    hint: `Use ${SESSION_STATUSES.join(", ")}.`,
  });
}

const name = {
  brief: "Group or Session: id, beginning of one, name, @last, or Replicas: 'NAME[3-10]', 'NAME[failed]'",
  parse: String,
  placeholder: "NAME",
  proposeCompletions: proposeNames,
} as const;

/** Groups, Sessions and Replicas as arguments: one or more. */
export const names = { kind: "array", minimum: 1, parameter: name } as const;

/** The same, where none means all. */
export const namesOrNone = { kind: "array", parameter: name } as const;

/** Session ids as arguments, for what is done to one at a time: one or more. */
export const sessionIds = {
  kind: "array",
  minimum: 1,
  parameter: {
    brief: "Session id, a unique beginning of one, a Session's name, or @last",
    parse: String,
    placeholder: "ID",
    proposeCompletions: proposeSessionIds,
  },
} as const;

async function proposeSessionIds(): Promise<string[]> {
  const { openClient } = await import("@canfar/client");
  const client = await openClient();
  return (await client.sessions.list()).map(({ id }) => id);
}
