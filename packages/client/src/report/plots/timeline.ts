import type { GroupReport, ReplicaUsage } from "@canfar/contract";
import { grouped } from "../../grouped.ts";
import { type Html, html } from "../html.ts";
import { counted, formatCount, formatSeconds } from "../words.ts";
import { plotFrame, UNITS } from "./frame.ts";
import { timeScale } from "./scale.ts";

/** Rows that are told apart; more Replicas share them. */
const MOST_ROWS = 400;
const LEAST_HEIGHT = 80;
const MOST_HEIGHT = 400;
const ROW_HEIGHT = 12;

type State = "completed" | "failed" | "running";
type Span = readonly [from: number, to: number];

/** When each Replica's newest attempt ran. Null where none has started. */
export function replicaTimeline(report: GroupReport): Html | null {
  const { startedAt, replicas } = report;
  const started = replicas.filter((replica) => replica.startedAt !== undefined);
  if (startedAt === undefined || started.length === 0) return null;
  const from = Date.parse(startedAt);
  const now = Date.parse(report.endedAt ?? report.reportedAt);
  const seconds = (time: string | undefined) =>
    Math.max(0, ((time === undefined ? now : Date.parse(time)) - from) / 1000);
  const x = timeScale(started.reduce((most, { endedAt }) => Math.max(most, seconds(endedAt)), 0));
  const count = report.replicaCount;
  const rows = Math.min(count, MOST_ROWS);
  const at = (time: string | undefined) => Math.round((seconds(time) / x.end) * UNITS);
  const height = Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, rows * ROW_HEIGHT));
  const thickness = Math.max(1, Math.min(7, (height / rows) * 0.7));
  const spans = (state: State) =>
    pathOf(
      spansByRow(started, { state, rowOf: (index) => Math.floor(((index - 1) / count) * rows), at }),
      rows,
    );
  return plotFrame({
    title: "When replicas ran",
    summary: `${counted(started.length, "replica")} ran in ${formatSeconds(report.elapsedSeconds ?? 0)}${started.length < count ? `; ${counted(count - started.length, "replica")} did not start yet` : ""}.`,
    x: { scale: x, label: "time since the first start", format: formatSeconds },
    y: { scale: rowScale(count), label: "replica", format: (mark) => (mark === 0 ? "1" : formatCount(mark)) },
    drawing: html`<g style="--thick:${Number(thickness.toFixed(1))}px">${(["completed", "running", "failed"] as const).map((state) => html`<path class="spans ${state}" d="${spans(state)}"/>`)}</g>`,
    legend: [
      "completed",
      "failed",
      ...(started.some(({ state }) => state === "running") ? (["running"] as const) : []),
    ],
    height,
    downwards: true,
  });
}

function rowScale(count: number): { end: number; marks: number[] } {
  return { end: count, marks: count > 1 ? [0, count] : [0] };
}

function spansByRow(
  replicas: readonly ReplicaUsage[],
  options: { state: State; rowOf: (index: number) => number; at: (time: string | undefined) => number },
): Map<number, Span[]> {
  const { state, rowOf, at } = options;
  const chosen = replicas.filter((replica) => replica.state === state);
  const rows = grouped(chosen, ({ index }) => rowOf(index));
  return new Map(
    [...rows].map(([row, members]) => [
      row,
      merged(members.map(({ startedAt, endedAt }) => [at(startedAt), at(endedAt)])),
    ]),
  );
}

/** Spans that overlap or touch become one, so that thousands of Replicas in one row stay a few strokes. */
function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], to)];
    else result.push([from, to]);
  }
  return result;
}

/** Something that took no time is a dot. */
function pathOf(rows: ReadonlyMap<number, readonly Span[]>, count: number): string {
  return [...rows]
    .flatMap(([row, spans]) => {
      const y = Number((((row + 0.5) / count) * UNITS).toFixed(1));
      return spans.map(([from, to]) => `M${from} ${y}H${Math.max(to, from + 1)}`);
    })
    .join("");
}
