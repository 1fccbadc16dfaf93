import { type Html, html } from "../html.ts";
import type { Scale } from "./scale.ts";

/** Width and height of every drawing in its own units; on the page it is stretched, lines and dots are not. */
export const UNITS = 1000;

export interface Axis {
  readonly scale: Scale;
  readonly label: string;
  readonly format: (mark: number) => string;
}

export interface Plot {
  readonly title: string;
  /** What it shows, in numbers, for those who cannot see it. */
  readonly summary: string;
  /** Absent where the axis has no numbers. */
  readonly x: Axis;
  readonly y: Axis;
  /** SVG elements in UNITS, y downwards. */
  readonly drawing: Html;
  readonly legend: readonly Mark[];
  /** Height of the drawing in pixels. */
  readonly height: number;
  /** True where y grows downwards, as Replicas in a list do. */
  readonly downwards?: boolean;
}

/** States are told by shape as well as by colour. */
export type Mark = "completed" | "failed" | "running" | "limit";

const LEGEND: Readonly<Record<Mark, string>> = {
  completed: "completed",
  failed: "failed",
  running: "running",
  limit: "what was asked for",
};

/** A drawing with its axes. Labels are text of the page, so that they stay readable at every width. */
export function plotFrame(plot: Plot): Html {
  const { title, summary, x, y, drawing, legend, height, downwards = false } = plot;
  const share = (mark: number, axis: Axis) => Number(((mark / axis.scale.end) * 100).toFixed(3));
  const fromTop = (mark: number) => (downwards ? share(mark, y) : 100 - share(mark, y));
  return html`<figure class="plot">
<figcaption><h3>${title}</h3><ul class="legend">${legend.map((mark) => html`<li>${markIcon(mark)} ${LEGEND[mark]}</li>`)}</ul></figcaption>
<div class="frame" style="--height:${height}px">
<div class="y" aria-hidden="true">${y.scale.marks.map((mark) => html`<span style="top:${fromTop(mark)}%">${y.format(mark)}</span>`)}</div>
<svg viewBox="0 0 ${UNITS} ${UNITS}" preserveAspectRatio="none" role="img" aria-label="${summary}">
<g class="grid">${y.scale.marks.map((mark) => html`<path d="M0 ${fromTop(mark) * 10}H${UNITS}"/>`)}</g>
${drawing}</svg>
<div class="x" aria-hidden="true">${x.scale.marks.map((mark) => html`<span style="left:${share(mark, x)}%">${x.format(mark)}</span>`)}</div>
<p class="label" aria-hidden="true">${x.label} →, ${y.label} ${downwards ? "↓" : "↑"}</p>
</div>
<p class="quiet">${summary}</p>
</figure>`;
}

/** The sign of a state, as text has it: a dot, a square, a ring, a line. */
export function markIcon(mark: Mark | "pending"): Html {
  const shapes = {
    completed: html`<circle cx="6" cy="6" r="4"/>`,
    failed: html`<rect x="2" y="2" width="8" height="8"/>`,
    running: html`<path d="M3 1.5 10 6 3 10.5Z"/>`,
    pending: html`<circle cx="6" cy="6" r="3.5" fill="none" stroke="currentColor" stroke-width="2"/>`,
    limit: html`<path d="M0 6H12" stroke="currentColor" stroke-width="2" stroke-dasharray="3 2"/>`,
  };
  return html`<svg class="icon ${mark}" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">${shapes[mark]}</svg>`;
}
