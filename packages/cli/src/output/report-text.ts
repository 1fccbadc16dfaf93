/** A Group's report as one screen of text. */
import {
  askFor,
  counted,
  endOf,
  formatCount,
  formatSeconds,
  formatShare,
  nextSteps,
} from "@canfar/client/report";
import { type FailureCause, type GroupReport, type Spread, shortImageReference } from "@canfar/contract";
import type { Colour, Paint } from "./colour.ts";
import { type Column, formatTable } from "./table.ts";

/** Causes that fit on one screen; `-o json` has all. */
const MOST_CAUSES = 8;
/** Files that are named for each cause. */
const MOST_FILES = 1;

export interface ReportTextOptions {
  /** How the user calls the Group. */
  readonly reference: string;
  readonly paint: Paint;
  /** Characters in one line of the terminal; undefined in a pipe, where nothing is cut. */
  readonly width: number | undefined;
}

/** Sections apart by an empty line: what it is, why Replicas failed, what they used, how to go on. */
export function reportText(report: GroupReport, options: ReportTextOptions): string {
  const sections = [
    heading(report, options),
    causes(report, options),
    use(report, options),
    next(report, options),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

function heading(report: GroupReport, { paint }: ReportTextOptions): string {
  const { id, name, image, counts, attempts, items } = report;
  const colours = { completed: "blue", failed: "red", running: "green", pending: "yellow" } as const;
  const states = (Object.entries(colours) as [keyof typeof colours, Colour][])
    .filter(([state]) => counts[state] > 0)
    .map(([state, colour]) => paint(colour, `${formatCount(counts[state])} ${state}`));
  const facts = [
    ...(report.elapsedSeconds === undefined
      ? []
      : [`${report.endedAt === undefined ? "runs for" : "took"} ${formatSeconds(report.elapsedSeconds)}`]),
    ...(report.cpuSeconds === 0 ? [] : [`CPU time ${formatSeconds(report.cpuSeconds)}`]),
    ...(attempts.repeated === 0
      ? []
      : [`${formatCount(attempts.total)} attempts, ${counted(attempts.repeated, "replica")} repeated`]),
  ];
  const ofItems =
    items === undefined
      ? []
      : [
          `items: ${formatCount(items.done)} of ${formatCount(items.total)} done, ${formatCount(items.failed)} failed, ${formatCount(items.setAside)} set aside`,
        ];
  const lines = [
    `${paint("bold", name)} (${id})  ${shortImageReference(image)}`,
    `${counted(report.replicaCount, "replica")}: ${states.join(", ") || "all deleted"}`,
    ...(facts.length === 0 ? [] : [facts.join("; ")]),
    ...ofItems,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function causes({ causes: all, counts }: GroupReport, { paint, width }: ReportTextOptions): string {
  if (counts.failed === 0) return "";
  const shown = all.slice(0, MOST_CAUSES);
  const columns: Column<FailureCause>[] = [
    { title: "FAILED", value: ({ count }) => formatCount(count) },
    { title: "END", value: endOf, paint: (text) => paint("red", text) },
    { title: "ERROR LINE", value: ({ pattern }) => pattern || "-", shrinks: true },
    { title: "REPLICAS", value: ({ replicas }) => replicas, shrinks: true },
  ];
  const rest = all.slice(MOST_CAUSES).reduce((sum, { count }) => sum + count, 0);
  const more = rest === 0 ? "" : `and ${counted(rest, "replica")} with other causes: see -o json\n`;
  return `${formatTable(shown, columns, { paint, width })}${more}${files(shown)}`;
}

function files(shown: readonly FailureCause[]): string {
  return shown
    .filter(({ fileCount }) => fileCount > 0)
    .map((cause) => {
      const named = cause.files.slice(0, MOST_FILES).join(", ");
      const more = cause.fileCount - Math.min(MOST_FILES, cause.files.length);
      return `files of ${firstOf(cause.replicas)}: ${named}${more > 0 ? ` and ${formatCount(more)} more` : ""}\n`;
    })
    .join("");
}

/** `3-10,…` for a selection of several parts. */
function firstOf(replicas: string): string {
  const [first = "", ...others] = replicas.split(",");
  return others.length === 0 ? first : `${first},…`;
}

interface Use {
  readonly name: string;
  readonly spread: Spread | undefined;
  readonly format: (value: number) => string;
  readonly asked: string;
  readonly advised: string;
}

function use(report: GroupReport, { paint, width }: ReportTextOptions): string {
  const { duration, requested, advice } = report;
  if (duration === undefined) return "";
  const asked = (amount: string) => (requested.mode === "flexible" ? `flexible (${amount})` : amount);
  const cores = (value: number | undefined) => (value === undefined ? "-" : counted(value, "core"));
  const memory = (value: number | undefined) => (value === undefined ? "-" : `${value} GiB`);
  const rows: Use[] = [
    { name: "time", spread: duration, format: formatSeconds, asked: "", advised: "" },
    {
      ...{ name: "CPU", spread: report.cpuEfficiency, format: formatShare },
      ...{ asked: asked(cores(requested.cores)), advised: cores(advice.cores) },
    },
    {
      ...{ name: "memory", spread: report.memoryEfficiency, format: formatShare },
      ...{ asked: asked(memory(requested.memoryGiB)), advised: memory(advice.memoryGiB) },
    },
  ];
  const of = (key: "p50" | "p95" | "max") => (row: Use) =>
    row.spread === undefined ? "-" : row.format(row.spread[key]);
  const columns: Column<Use>[] = [
    { title: "USED", value: ({ name }) => name },
    { title: "P50", value: of("p50") },
    { title: "P95", value: of("p95") },
    { title: "MOST", value: of("max") },
    { title: "ASKED FOR", value: (row) => row.asked },
    { title: "ADVISED", value: ({ advised }) => advised, paint: (text) => paint("bold", text) },
  ];
  const table = formatTable(rows, columns, { paint, width });
  return `${table}${advice.reasons.map((reason) => `${reason}\n`).join("")}`;
}

function next(report: GroupReport, { reference, paint, width }: ReportTextOptions): string {
  const ask = askFor(report);
  const steps = nextSteps(report, reference).map(({ command, what }) => ({ command, what }));
  if (steps.length === 0 && ask === null) return "";
  const columns: Column<(typeof steps)[number]>[] = [
    { title: "NEXT", value: ({ command }) => command },
    { title: "", value: ({ what }) => what, shrinks: true, paint: (text) => paint("dim", text) },
  ];
  return formatTable(steps, columns, { paint, width });
}
