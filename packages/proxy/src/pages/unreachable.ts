import { html } from "./html.ts";
import { commands, type Page } from "./layout.ts";

/** The Session runs, but nobody answers at its port. */
export function unreachablePage({
  sessionId,
  why,
}: {
  readonly sessionId: string;
  readonly why: string;
}): Page {
  return {
    heading: "This session does not answer",
    mood: "problem",
    body: html`<p class="reason">${why}</p>
<p>It runs, but its own server gives no answer: it may be overloaded, out of memory, or stopped. Try again in a moment.</p>
${commands([
  [`canfar logs ${sessionId}`, "shows what its server said last"],
  [`canfar events ${sessionId}`, "shows what happened to it"],
  [`canfar delete ${sessionId}`, "ends it; files under /arc are kept"],
])}`,
  };
}
