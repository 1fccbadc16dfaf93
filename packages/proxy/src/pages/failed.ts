import { html } from "./html.ts";
import type { Page } from "./layout.ts";

/** A request that cannot be served as it is, or a fault of ours. */
export function failedPage({ heading, why }: { readonly heading: string; readonly why: string }): Page {
  return { heading, mood: "problem", body: html`<p class="reason">${why}</p>` };
}
