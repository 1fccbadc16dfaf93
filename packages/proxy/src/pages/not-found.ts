import { html } from "./html.ts";
import { commands, type Page } from "./layout.ts";

/** There is no Session at this address. */
export function notFoundPage(): Page {
  return {
    heading: "There is no session here",
    mood: "over",
    body: html`<p>The address may be mistyped, or the session was deleted.</p>
${commands([
  ["canfar ps --all", "lists your sessions, ended ones too"],
  ["canfar open ID", "opens one of them in the browser"],
  ["canfar create notebook skaha/astroml:latest", "starts a new notebook"],
])}`,
  };
}
