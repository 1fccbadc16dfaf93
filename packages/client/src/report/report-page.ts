import { type GroupReport, type ReplicaCounts, shortImageReference } from "@canfar/contract";
import { adviceSection } from "./advice-table.ts";
import { causesSection } from "./causes-table.ts";
import { Html, html } from "./html.ts";
import { nextSteps } from "./next-steps.ts";
import { markIcon } from "./plots/frame.ts";
import { durationHistogram } from "./plots/histogram.ts";
import { efficiencyScatter } from "./plots/scatter.ts";
import { replicaTimeline } from "./plots/timeline.ts";
import { STYLE } from "./style.ts";
import { counted, formatCount, formatSeconds, formatShare } from "./words.ts";

/** Nothing is loaded and nothing runs: names and error lines come from other people's programs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * A report as one HTML page that needs nothing else: plots and tables, for light and dark, narrow and wide windows.
 *
 * @param reference how the user calls the Group in commands: its name or id
 */
export function groupReportPage(report: GroupReport, reference: string = report.id): string {
  const plots = [durationHistogram(report.replicas), efficiencyScatter(report)].filter(
    (plot) => plot !== null,
  );
  const timeline = replicaTimeline(report);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${report.name}: report</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<p class="brand">CANFAR <span>Science Platform</span></p>
<h1>${report.name}</h1>
<p class="quiet">Group ${report.id} of ${report.username} · ${shortImageReference(report.image)} · as of ${instant(report.reportedAt)}</p>
</header>
<main>
${overview(report)}
${causesSection(report, reference)}
<div class="plots">${plots.map((plot) => html`<section>${plot}</section>`)}${timeline === null ? "" : html`<section class="wide">${timeline}</section>`}</div>
${adviceSection(report)}
${nextSection(report, reference)}
</main>
</body>
</html>
`.text;
}

function overview(report: GroupReport): Html {
  const { counts, attempts, items, elapsedSeconds, duration } = report;
  const states = (["completed", "failed", "running", "pending"] as const).filter(
    (state) => counts[state] > 0,
  );
  const facts: (readonly [string, string | Html | undefined])[] = [
    ["Started", report.startedAt === undefined ? undefined : instant(report.startedAt)],
    ["Ended", report.endedAt === undefined ? undefined : instant(report.endedAt)],
    [
      report.endedAt === undefined ? "So far" : "Took",
      elapsedSeconds === undefined ? undefined : formatSeconds(elapsedSeconds),
    ],
    ["CPU time", report.cpuSeconds === 0 ? undefined : formatSeconds(report.cpuSeconds)],
    [
      "Attempts",
      attempts.repeated === 0
        ? undefined
        : `${formatCount(attempts.total)}, ${counted(attempts.repeated, "replica")} more than once`,
    ],
    [
      "A replica ran",
      duration === undefined
        ? undefined
        : `${formatSeconds(duration.p50)} (p50), ${formatSeconds(duration.p95)} (p95)`,
    ],
    [
      "Items",
      items === undefined
        ? undefined
        : `${formatCount(items.done)} of ${formatCount(items.total)} done, ${formatCount(items.failed)} failed, ${formatCount(items.setAside)} set aside`,
    ],
  ];
  return html`<section aria-label="Overview">
<ul class="counts">${states.map((state) => html`<li><span class="${state}">${markIcon(state)}</span> <b>${formatCount(counts[state])}</b> ${state}</li>`)}</ul>
<div class="share" aria-hidden="true">${states.map((state) => html`<i class="${state}" style="flex:${counts[state]} 0 0"></i>`)}</div>
<p class="quiet">${shareDone(counts)}</p>
<dl>${facts.flatMap(([name, value]) => (value === undefined ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`]))}</dl>
</section>`;
}

function shareDone({ completed, failed, running, pending }: ReplicaCounts): string {
  const all = completed + failed + running + pending;
  return `${formatShare(all === 0 ? 0 : completed / all)} of ${counted(all, "replica")} completed.`;
}

function nextSection(report: GroupReport, reference: string): Html {
  const steps = nextSteps(report, reference).filter(({ command }) => !command.startsWith("canfar create"));
  if (steps.length === 0) return html``;
  return html`<section aria-labelledby="next"><h2 id="next">Go on</h2>
<ul class="commands">${steps.map(({ command, what }) => html`<li><code>${command}</code><span>${what}</span></li>`)}</ul></section>`;
}

/** `2026-11-24 04:05 UTC`. */
function instant(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 16).replace("T", " ")} UTC</time>`;
}
