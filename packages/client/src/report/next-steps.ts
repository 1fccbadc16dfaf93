import type { FailureCause, GroupReport } from "@canfar/contract";

/** A command to go on with, and what it does. */
export interface NextStep {
  readonly command: string;
  readonly what: string;
}

/**
 * Commands that a report suggests.
 *
 * @param reference how the user calls the Group: its name or id
 */
export function nextSteps(report: GroupReport, reference: string): NextStep[] {
  const { counts, causes, advice, requested } = report;
  const [first] = causes;
  const steps: NextStep[] = [];
  if (first !== undefined) {
    steps.push({ command: lookAt(reference, first), what: "the last words of the most frequent failure" });
  }
  if (counts.failed > 0) {
    steps.push({ command: `canfar rerun ${reference} --failed`, what: "run exactly the failed ones again" });
  }
  const ask = askFor(report);
  if (ask !== null) steps.push({ command: `canfar create ${ask} …`, what: whyAsk(advice, requested) });
  if (counts.pending + counts.running > 0) {
    steps.push({ command: `canfar wait ${reference}`, what: "wait for the rest" });
  }
  return steps;
}

/** Prints the end of one Replica's output, the first of a cause. */
export function lookAt(reference: string, cause: FailureCause): string {
  const first = /^\d+/.exec(cause.replicas)?.[0];
  return `canfar logs '${reference}[${first ?? "failed"}]' --tail 20`;
}

/** The options that ask for what is advised; null where that is what was asked for. */
export function askFor({ advice, requested }: GroupReport): string | null {
  const { cores, memoryGiB } = advice;
  const isNew =
    requested.mode === "flexible" || cores !== requested.cores || memoryGiB !== requested.memoryGiB;
  if ((cores === undefined && memoryGiB === undefined) || !isNew) return null;
  return [
    ...(cores === undefined ? [] : [`--cpu ${cores}`]),
    ...(memoryGiB === undefined ? [] : [`--memory ${memoryGiB}`]),
  ].join(" ");
}

function whyAsk(advice: GroupReport["advice"], { mode, cores, memoryGiB }: GroupReport["requested"]): string {
  if (mode === "flexible") return "what the next launch should ask for; this one asked for nothing";
  const less = (advice.cores ?? cores) <= cores && (advice.memoryGiB ?? memoryGiB) <= memoryGiB;
  return `${less ? "enough" : "better"} for the next launch; this one asked for ${cores} cores and ${memoryGiB} GiB`;
}
