import type { FailureCause, GroupReport } from "@canfar/contract";
import { type Html, html } from "./html.ts";
import { lookAt } from "./next-steps.ts";
import { counted, endOf, formatCount } from "./words.ts";

/** Longer lists of Replicas are folded away. */
const SHORT = 40;

/** Why Replicas failed, a row for each cause. */
export function causesSection({ causes, counts }: GroupReport, reference: string): Html {
  if (counts.failed === 0) return html``;
  return html`<section aria-labelledby="causes"><h2 id="causes">Why ${counted(counts.failed, "replica")} failed</h2>
<div class="scroll"><table class="stack">
<thead><tr><th class="number" scope="col">Replicas</th><th scope="col">End</th><th scope="col">Error line</th><th scope="col">Which</th></tr></thead>
<tbody>${causes.map((cause) => causeRow(cause, reference))}</tbody>
</table></div></section>`;
}

function causeRow(cause: FailureCause, reference: string): Html {
  return html`<tr>
<td class="number" data-title="Replicas"><b>${formatCount(cause.count)}</b></td>
<td data-title="End">${endOf(cause)}</td>
<td data-title="Error line"><div>${cause.pattern === "" ? html`<span class="quiet">it said nothing</span>` : html`<code>${cause.pattern}</code>`}${exampleOf(cause)}${filesOf(cause)}</div></td>
<td data-title="Which"><div>${folded(cause.replicas)}<details><summary>Look at one</summary><code>${lookAt(reference, cause)}</code></details></div></td>
</tr>`;
}

function exampleOf({ pattern, example }: FailureCause): Html {
  if (example === "" || example === pattern) return html``;
  return html`<details><summary>As it was in the first one</summary><code>${example}</code></details>`;
}

function filesOf({ files, fileCount }: FailureCause): Html {
  if (fileCount === 0) return html``;
  const more = fileCount - files.length;
  return html`<details><summary>${counted(fileCount, "file")}</summary><ul>${files.map((file) => html`<li>${file}</li>`)}${more > 0 ? html`<li>and ${formatCount(more)} more</li>` : ""}</ul></details>`;
}

function folded(replicas: string): Html {
  if (replicas.length <= SHORT) return html`${replicas}`;
  const cut = replicas.lastIndexOf(",", SHORT);
  return html`<details><summary>${replicas.slice(0, cut)}, …</summary><p>${replicas.replaceAll(",", ", ")}</p></details>`;
}
