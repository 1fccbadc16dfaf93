import { CanfarError } from "@canfar/contract";
import {
  type AliasNotFoundError,
  type Application,
  ArgumentScannerError,
  buildApplication,
  type EnumValidationError,
  type FlagNotFoundError,
  formatMessageForArgumentScannerError,
  text_en,
  type UnexpectedFlagError,
  type UnexpectedPositionalError,
  type UnsatisfiedFlagError,
  type UnsatisfiedPositionalError,
} from "@stricli/core";
import { commands } from "../commands/routes.ts";
import type { Context } from "./context.ts";

/**
 * Puts the commands together. Stricli itself prints only help: every error goes to `keep`, so that all of them come out
 * in one form.
 *
 * @param words the command line, for hints
 */
export function buildCanfarApplication(
  words: readonly string[],
  keep: (error: unknown) => void,
): Application<Context> {
  const kept = (error: unknown): string => {
    keep(error);
    return "";
  };
  return buildApplication(commands, {
    name: "canfar",
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { useAliasInUsageLine: true, onlyRequiredInUsageLine: true, disableAnsiColor: true },
    localization: {
      text: {
        ...text_en,
        briefs: { ...text_en.briefs, argumentEscapeSequence: "What follows is never an option" },
        exceptionWhileParsingArguments: (error) => kept(usageError(error, words)),
        exceptionWhileLoadingCommandFunction: kept,
        exceptionWhileLoadingCommandContext: kept,
        exceptionWhileRunningCommand: kept,
        commandErrorResult: kept,
        exceptionWhileRunningIntegrationHook: ({ exception }) => kept(exception),
        exceptionWhileRunningIntegrationFlag: ({ exception }) => kept(exception),
        noCommandRegisteredForInput: ({ input, corrections }) => kept(unknownCommand(input, corrections)),
      },
    },
  });
}

function usageError(error: unknown, words: readonly string[]): unknown {
  if (!(error instanceof ArgumentScannerError)) return error;
  // What a parser of ours threw says more than Stricli's wrapping of it.
  const own = "exception" in error ? error.exception : undefined;
  if (own instanceof CanfarError) return own;
  return new CanfarError("command.usage", {
    message: formatMessageForArgumentScannerError(error, MESSAGES),
    hint: `See \`${["canfar", ...commandOf(words), "--help"].join(" ")}\`.`,
  });
}

const MESSAGES = {
  FlagNotFoundError: ({ input, corrections }: FlagNotFoundError) =>
    `There is no option --${input}${corrections.length === 0 ? "" : `; did you mean --${corrections.join(" or --")}?`}`,
  AliasNotFoundError: ({ input }: AliasNotFoundError) => `There is no option -${input}`,
  EnumValidationError: ({ externalFlagName, input, values }: EnumValidationError) =>
    `--${externalFlagName} cannot be '${input}'; use ${values.join(", ")}`,
  UnsatisfiedFlagError: ({ externalFlagName }: UnsatisfiedFlagError) => `--${externalFlagName} needs a value`,
  UnexpectedPositionalError: ({ input }: UnexpectedPositionalError) => `'${input}' is one word too many`,
  UnsatisfiedPositionalError: ({ placeholder }: UnsatisfiedPositionalError) => `${placeholder} is missing`,
  UnexpectedFlagError: ({ externalFlagName }: UnexpectedFlagError) =>
    `--${externalFlagName} is given more than once`,
};

/** The words that name the command: one, or two where the first is a noun such as `auth`. */
function commandOf(words: readonly string[]): string[] {
  const [first = "", second = ""] = words;
  const entry = commands.getRoutingTargetForInput(first);
  if (entry === undefined) return [];
  const nested =
    "getRoutingTargetForInput" in entry && entry.getRoutingTargetForInput(second as never) !== undefined;
  return nested ? [first, second] : [first];
}

function unknownCommand(input: string, corrections: readonly string[]): CanfarError {
  return new CanfarError("command.usage", {
    message: input.startsWith("-")
      ? `canfar has no option ${input} before a command`
      : `canfar has no command '${input}'`,
    hint:
      corrections.length > 0
        ? `Did you mean ${corrections.join(" or ")}? See \`canfar --help\`.`
        : "See `canfar --help`.",
  });
}
