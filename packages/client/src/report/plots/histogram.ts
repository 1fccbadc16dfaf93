import type { ReplicaUsage } from "@canfar/contract";
import { type Html, html } from "../html.ts";
import { counted, formatCount, formatSeconds } from "../words.ts";
import { plotFrame, UNITS } from "./frame.ts";
import { roundScale, timeScale } from "./scale.ts";

const BINS = 40;

export interface Bin {
  readonly completed: number;
  readonly failed: number;
}

/** Counts of durations in equal parts of the axis; the last part holds its end as well. */
export function binsOf(replicas: readonly ReplicaUsage[], end: number, count: number = BINS): Bin[] {
  const bins = Array.from({ length: count }, () => ({ completed: 0, failed: 0 }));
  for (const { wallSeconds, state } of replicas) {
    if (wallSeconds === undefined || (state !== "completed" && state !== "failed")) continue;
    const bin = bins[Math.min(count - 1, Math.floor((wallSeconds / end) * count))];
    if (bin !== undefined) bin[state] += 1;
  }
  return bins;
}

/** How long Replicas ran: filled columns for completed ones, outlined above them for failed ones. */
export function durationHistogram(replicas: readonly ReplicaUsage[]): Html | null {
  const durations = replicas
    .filter(({ endedAt }) => endedAt !== undefined)
    .map(({ wallSeconds = 0 }) => wallSeconds);
  if (durations.length === 0) return null;
  const longest = durations.reduce((most, each) => Math.max(most, each), 0);
  const x = timeScale(longest);
  const bins = binsOf(replicas, x.end);
  const y = roundScale(Math.max(...bins.map(({ completed, failed }) => completed + failed)), 4);
  const height = (count: number) => Number(((count / y.end) * UNITS).toFixed(1));
  const width = UNITS / bins.length;
  const column = (at: number, { completed, failed }: Bin) => {
    const place = { left: at * width + 2, wide: width - 4 };
    const top = UNITS - height(completed);
    return html`${completed === 0 ? "" : box("completed", place, top, height(completed))}${failed === 0 ? "" : box("failed hollow", place, top - height(failed), height(failed))}`;
  };
  const whole = y.marks.filter(Number.isInteger);
  return plotFrame({
    title: "How long replicas ran",
    summary: `${counted(durations.length, "replica")} ended after ${formatSeconds(least(durations))} to ${formatSeconds(longest)}.`,
    x: { scale: x, label: "time", format: formatSeconds },
    y: { scale: { ...y, marks: whole }, label: "replicas", format: formatCount },
    drawing: html`${bins.map((bin, at) => column(at, bin))}`,
    legend: ["completed", "failed"],
    height: 220,
  });
}

function box(
  look: string,
  { left, wide }: { left: number; wide: number },
  top: number,
  height: number,
): Html {
  return html`<rect class="${look}" x="${left}" y="${Number(top.toFixed(1))}" width="${wide}" height="${height}"/>`;
}

function least(values: readonly number[]): number {
  return values.reduce((smallest, each) => Math.min(smallest, each), Number.POSITIVE_INFINITY);
}
