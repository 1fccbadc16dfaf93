import type { GroupReport, ReplicaUsage } from "@canfar/contract";
import { type Html, html } from "../html.ts";
import { counted, formatShare } from "../words.ts";
import { plotFrame, UNITS } from "./frame.ts";
import { roundScale } from "./scale.ts";

/** CPU and memory of each Replica as shares of what was asked for; a line marks all of it. Null where nothing was measured. */
export function efficiencyScatter(report: GroupReport): Html | null {
  const measured = report.replicas.filter(
    ({ cpuEfficiency, memoryEfficiency }) => cpuEfficiency !== undefined && memoryEfficiency !== undefined,
  );
  if (measured.length === 0) return null;
  const most = (of: (replica: ReplicaUsage) => number) =>
    roundScale(measured.reduce((largest, replica) => Math.max(largest, of(replica)), 1));
  const x = most(({ cpuEfficiency = 0 }) => cpuEfficiency);
  const y = most(({ memoryEfficiency = 0 }) => memoryEfficiency);
  const dots = (failed: boolean) =>
    dotsOf(
      measured.filter(({ state }) => (state === "failed") === failed),
      { x: x.end, y: y.end },
    );
  const { cores, memoryGiB } = report.requested;
  const limit = { x: Math.round(UNITS / x.end), y: Math.round(UNITS - UNITS / y.end) };
  return plotFrame({
    title: "How well they used what they asked for",
    summary: `${counted(measured.length, "replica")}, each asked for ${counted(cores, "core")} and ${memoryGiB} GiB: half of them used at most ${formatShare(report.cpuEfficiency?.p50 ?? 0)} of the CPU time and ${formatShare(report.memoryEfficiency?.p50 ?? 0)} of the memory, the largest ${formatShare(report.cpuEfficiency?.max ?? 0)} and ${formatShare(report.memoryEfficiency?.max ?? 0)}.`,
    x: { scale: x, label: "CPU", format: formatShare },
    y: { scale: y, label: "memory", format: formatShare },
    drawing: html`<path class="limit" d="M${limit.x} 0V${UNITS}M0 ${limit.y}H${UNITS}"/>
<path class="dots completed" d="${dots(false)}"/><path class="dots failed" d="${dots(true)}"/>`,
    legend: ["completed", "failed", "limit"],
    height: 280,
  });
}

/** One path for all dots: points of no length, whose round or square ends are the dots. Equal places are drawn once. */
function dotsOf(replicas: readonly ReplicaUsage[], end: { x: number; y: number }): string {
  const places = replicas.map(({ cpuEfficiency = 0, memoryEfficiency = 0 }) => {
    return `M${Math.round((cpuEfficiency / end.x) * UNITS)} ${Math.round(UNITS - (memoryEfficiency / end.y) * UNITS)}h0`;
  });
  return [...new Set(places)].join("");
}
