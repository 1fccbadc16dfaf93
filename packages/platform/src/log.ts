import type { Clock } from "./clock.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Facts that go with a line. Never a token, a password or a query string. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The platform's own log: one JSON object a line. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** @param options.write where each line, with its line end, goes */
export function createLog(options: { level: LogLevel; clock: Clock; write: (line: string) => void }): Log {
  const lowest = LOG_LEVELS.indexOf(options.level);
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(level) < lowest) return;
      const line = { time: options.clock.now().toISOString(), level, message, ...fields };
      options.write(`${JSON.stringify(line, plainErrors)}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** JSON would write an Error as `{}`. */
function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, ...Object(value) };
}

/** For tests and for parts that run without a log. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
