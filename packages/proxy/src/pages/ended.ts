import { html } from "./html.ts";
import { commands, type Page } from "./layout.ts";

/** Why a Session ended, and how to go on. */
export function endedPage({
  sessionId,
  message,
}: {
  readonly sessionId: string;
  readonly message: string;
}): Page {
  return {
    heading: "This session has ended",
    mood: "over",
    body: html`<p class="reason">${message}</p>
<p>Files under <code>/arc</code> are kept. Start a new session to go on with them.</p>
${commands([
  [`canfar logs ${sessionId}`, "shows what it printed"],
  [`canfar info ${sessionId}`, "shows how it ended: status, reason, exit code"],
  ["canfar create notebook skaha/astroml:latest", "starts a new notebook"],
])}`,
  };
}
