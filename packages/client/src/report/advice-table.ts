import type { GroupReport, Spread } from "@canfar/contract";
import { type Html, html } from "./html.ts";
import { askFor } from "./next-steps.ts";
import { counted, formatShare } from "./words.ts";

interface Resource {
  readonly name: string;
  readonly amount: (value: number) => string;
  readonly asked: number;
  readonly advised: number | undefined;
  readonly used: Spread | undefined;
}

/** What was asked for, how much of it was used, and what the next launch should ask for. */
export function adviceSection(report: GroupReport): Html {
  const { advice, requested } = report;
  const cpu: Resource = {
    ...{ name: "CPU", amount: (cores) => counted(cores, "core") },
    ...{ asked: requested.cores, advised: advice.cores, used: report.cpuEfficiency },
  };
  const memory: Resource = {
    ...{ name: "Memory", amount: (gib) => `${gib} GiB` },
    ...{ asked: requested.memoryGiB, advised: advice.memoryGiB, used: report.memoryEfficiency },
  };
  const ask = askFor(report);
  return html`<section aria-labelledby="advice"><h2 id="advice">What to ask for next time</h2>
<div class="scroll"><table class="stack">
<thead><tr><th scope="col">Resource</th>${["Asked for", "Used, p50", "p95", "most", "Advised"].map((title) => html`<th class="number" scope="col">${title}</th>`)}</tr></thead>
<tbody>${[cpu, memory].map(resourceRow)}</tbody></table></div>
${requested.mode === "flexible" ? html`<p class="quiet">This launch asked for nothing and shared what was there; the shares are of what it was counted with.</p>` : ""}
${advice.reasons.map((reason) => html`<p class="quiet">${sentence(reason)}</p>`)}
${ask === null ? "" : html`<p><code>canfar create ${ask} …</code></p>`}
</section>`;
}

function resourceRow({ name, amount, asked, advised, used }: Resource): Html {
  const share = (of: "p50" | "p95" | "max") => (used === undefined ? "–" : formatShare(used[of]));
  const cells = [
    ["Asked for", html`${amount(asked)}`],
    ["Used, p50", html`${share("p50")}`],
    ["Used, p95", html`${share("p95")}`],
    ["Used, most", html`${share("max")}`],
    ["Advised", html`<b>${advised === undefined ? "–" : amount(advised)}</b>`],
  ] as const;
  return html`<tr><td data-title="Resource">${name}</td>${cells.map(([title, value]) => html`<td class="number" data-title="${title}">${value}</td>`)}</tr>`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
