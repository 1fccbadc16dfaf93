import { type FailureCause, formatReplicaSelection, MAX_FILES_OF_CAUSE, rangesOf } from "@canfar/contract";
import { commonPattern, filesIn, type LinePattern, patternOf, templateOf } from "./line-pattern.ts";

/** One failed Replica with what its newest attempt said, or one failed Item of it. */
export interface Failure {
  readonly index: number;
  readonly session: string;
  readonly reason: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The line that says why; empty where there is none. */
  readonly line: string;
  /** The Items that failed with it; null where there are none. */
  readonly items: readonly string[] | null;
}

/** The one reason that says nothing by itself: the program ended so. */
const PROGRAM_FAILED = "Error";

/**
 * Puts failures together that have the same cause: equal reason, exit code, signal and pattern of the error line.
 *
 * @returns the most frequent cause first
 */
export function causesOf(failures: readonly Failure[]): FailureCause[] {
  const seen = failures.map((failure) => ({ failure, pattern: patternOf(failure.line, [failure.session]) }));
  return [...Map.groupBy(seen, ({ failure, pattern }) => keyOf(failure, pattern)).values()]
    .map(describe)
    .sort((a, b) => b.count - a.count);
}

/** A program that was ended by the platform has the exit code that it happened to have. */
function keyOf({ reason, exitCode, signal }: Failure, pattern: LinePattern): string {
  const template = templateOf(pattern);
  return JSON.stringify(
    reason === PROGRAM_FAILED ? [reason, exitCode, signal, template] : [reason, template],
  );
}

function describe(members: readonly { failure: Failure; pattern: LinePattern }[]): FailureCause {
  const failures = members.map(({ failure }) => failure);
  const [first] = failures;
  const exitCode = common(failures.map((failure) => failure.exitCode));
  const signal = common(failures.map((failure) => failure.signal));
  const indices = new Set(failures.map(({ index }) => index));
  const files = new Set(members.flatMap(({ failure, pattern }) => failure.items ?? filesIn(pattern)));
  return {
    pattern: commonPattern(members.map(({ pattern }) => pattern)),
    example: first?.line ?? "",
    reason: first?.reason ?? PROGRAM_FAILED,
    ...(exitCode === null ? {} : { exitCode }),
    ...(signal === null ? {} : { signal }),
    count: indices.size,
    replicas: formatReplicaSelection({ ranges: rangesOf([...indices]), states: [] }),
    files: [...files].slice(0, MAX_FILES_OF_CAUSE),
    fileCount: files.size,
  };
}

/** The value that all have; null where they differ. */
function common<T>(values: readonly (T | null)[]): T | null {
  const [first = null] = values;
  return values.every((value) => value === first) ? first : null;
}
