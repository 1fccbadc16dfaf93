/** How amounts are written on the command line, the same everywhere: `90m`, `16G`, `10_000`. */
import { CanfarError } from "@canfar/contract";
import { parseDuration } from "../output/time.ts";

/** A whole number; `_` may stand between its digits. @throws CanfarError `command.usage` */
export function parseCount(text: string): number {
  const count = Number(text.replaceAll("_", ""));
  if (/^\d[\d_]*$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new CanfarError("command.usage", { message: `'${text}' is not a whole number` });
}

/** The same, from 1 on. @throws CanfarError `command.usage` */
export function parsePositiveCount(text: string): number {
  const count = parseCount(text);
  if (count > 0) return count;
  throw new CanfarError("command.usage", { message: `'${text}' is not a whole number greater than 0` });
}

/** @throws CanfarError `command.usage` */
export function parseQuantity(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new CanfarError("command.usage", { message: `'${text}' is not a number greater than 0` });
}

/** Memory; a bare number is GB: `16`, `16G`, `512M`. @returns GB @throws CanfarError `command.usage` */
export function parseMemory(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([MGT])(?:i?B)?)?$/i.exec(text);
  const factor = { M: 1 / 1024, G: 1, T: 1024 }[(match?.[2] ?? "G").toUpperCase()];
  const value = Number(match?.[1]) * (factor ?? Number.NaN);
  if (Number.isFinite(value) && value > 0) return value;
  throw new CanfarError("command.usage", {
    message: `'${text}' is not an amount of memory`,
    hint: "Write 16 or 16G.",
  });
}

/** A length of time; a bare number is seconds. @returns milliseconds @throws CanfarError `command.usage` */
export function parseDurationFlag(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== null) return milliseconds;
  throw new CanfarError("command.usage", {
    message: `'${text}' is not a length of time`,
    hint: "Write 90m, 1h30m, 2d, or a number of seconds.",
  });
}
