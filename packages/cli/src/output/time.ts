import { CanfarError } from "@canfar/contract";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** A length of time for people, in its two greatest units at most: `45 s`, `12 min`, `3 h 5 min`, `27 d`. */
export function formatDuration(milliseconds: number): string {
  const time = Math.max(0, milliseconds);
  if (time < MINUTE) return `${Math.floor(time / SECOND)} s`;
  if (time < HOUR) return `${Math.floor(time / MINUTE)} min`;
  if (time < DAY) return two(Math.floor(time / HOUR), "h", Math.floor((time % HOUR) / MINUTE), "min");
  const days = Math.floor(time / DAY);
  return days >= 7 ? `${days} d` : two(days, "d", Math.floor((time % DAY) / HOUR), "h");
}

function two(great: number, greatUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${great} ${greatUnit}` : `${great} ${greatUnit} ${small} ${smallUnit}`;
}

/** How long ago an ISO 8601 time was; "-" where there is none. */
export function formatAge(instant: string | undefined, now: Date): string {
  if (instant === undefined) return "-";
  return formatDuration(now.getTime() - Date.parse(instant));
}

/** `2026-11-24T04:00:00Z (12 min ago)`, or `(in 3 d)`. */
export function formatInstant(instant: string | undefined, now: Date): string | undefined {
  if (instant === undefined) return undefined;
  const difference = Date.parse(instant) - now.getTime();
  const when = difference > 0 ? `in ${formatDuration(difference)}` : `${formatDuration(-difference)} ago`;
  return `${instant} (${when})`;
}

/**
 * Reads a length of time such as `90m`, `1h30m`, `2d`; a bare number is seconds.
 *
 * @returns milliseconds, or null where the text is none
 */
export function parseDuration(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * SECOND;
  if (!/^(\d+(\.\d+)?[smhdw])+$/.test(text)) return null;
  return [...text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)].reduce(
    (sum, [, amount, unit = "s"]) => sum + Number(amount) * (UNITS[unit] ?? 0),
    0,
  );
}

/**
 * Reads a point in time: a length of time before `now`, or a date and time (without an offset: local time).
 *
 * @throws CanfarError `command.usage`
 */
export function parseInstant(text: string, now: Date): Date {
  const ago = parseDuration(text);
  if (ago !== null) return new Date(now.getTime() - ago);
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time);
  throw new CanfarError("command.usage", {
    message: `'${text}' is neither a length of time nor a date`,
    hint: "Write 10m, 1h30m, 2d or 2026-11-24T12:00:00Z.",
  });
}
