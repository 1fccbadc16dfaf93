import { CanfarError } from "@canfar/contract";
import { EXIT } from "../command/exit-code.ts";
import type { Paint } from "./colour.ts";

export interface ErrorFormat {
  /** One JSON object instead of text, as `-o json` asks. */
  readonly json: boolean;
  readonly paint: Paint;
  /** Adds the stack trace and the causes. */
  readonly stack: boolean;
}

/** Anything thrown, as an error of ours. A programming mistake becomes `command.failed`. */
export function asCanfarError(error: unknown): CanfarError {
  if (error instanceof CanfarError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CanfarError("command.failed", {
    message: `canfar failed in a way that it does not know: ${message}`,
    hint: "Run the command again with -vv to see where; please report it.",
    cause: error,
  });
}

/** What happened and why, then what to do. @returns text for standard error, with a newline at its end */
export function formatError(thrown: unknown, { json, paint, stack }: ErrorFormat): string {
  const error = asCanfarError(thrown);
  if (json) return `${JSON.stringify(error)}\n`;
  const lines = [`${paint("red", "Error:")} ${error.message}`];
  if (error.hint !== undefined) lines.push(`${paint("cyan", "Hint:")} ${error.hint}`);
  if (stack) lines.push(paint("dim", `${error.code}\n${stacks(error)}`));
  return `${lines.join("\n")}\n`;
}

function stacks(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\nCaused by: ${stacks(error.cause)}` : own;
}

/** Ends a command after its failures were reported one by one: only the exit code is left to say. */
export class AlreadyReported extends Error {
  readonly exitCode: number;
  constructor(exitCode: number = EXIT.failure) {
    super("failures were reported");
    this.exitCode = exitCode;
  }
}
