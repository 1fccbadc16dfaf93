import type { FailureCause } from "@canfar/contract";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time for people, in its two greatest units at most: `0.4 s`, `45 s`, `2 min 5 s`, `3 h 5 min`, `2 d 4 h`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  // Rounded to the smaller unit first: 59.7 s are one minute, not 60 s.
  if (Math.round(seconds) < MINUTE) return `${Math.round(seconds)} s`;
  if (Math.round(seconds) < HOUR) return two(Math.round(seconds), MINUTE, "min", 1, "s");
  if (seconds < DAY - MINUTE / 2) return two(Math.round(seconds / MINUTE) * MINUTE, HOUR, "h", MINUTE, "min");
  return two(Math.round(seconds / HOUR) * HOUR, DAY, "d", HOUR, "h");
}

function two(seconds: number, great: number, greatUnit: string, small: number, smallUnit: string): string {
  const rest = (seconds % great) / small;
  const first = `${formatCount(Math.floor(seconds / great))} ${greatUnit}`;
  return rest === 0 ? first : `${first} ${rest} ${smallUnit}`;
}

/** `0.052` is `5.2 %`, `0.5` is `50 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** Thousands are set apart: `10,000`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** `1 Replica`, `2 Replicas`. */
export function counted(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
}

const REASONS: Readonly<Record<string, string>> = {
  OOMKilled: "ran out of memory",
  DeadlineExceeded: "ran out of time",
  NotStarted: "did not start",
  Lost: "was lost",
  Stopped: "was stopped",
};

/** How Replicas ended, for people: `exit code 2`, `SIGSEGV`, `ran out of memory`. */
export function endOf({
  reason,
  exitCode,
  signal,
}: Pick<FailureCause, "reason" | "exitCode" | "signal">): string {
  const known = REASONS[reason];
  if (known !== undefined) return known;
  if (signal !== undefined) return `ended by ${signal}`;
  if (reason !== "Error") return reason;
  return exitCode === undefined ? "failed" : `exit code ${exitCode}`;
}
