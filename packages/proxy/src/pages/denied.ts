import { html } from "./html.ts";
import { commands, type Page } from "./layout.ts";

/** Known, and not allowed: `why` says what is in the way. */
export function deniedPage({ why }: { readonly why: string }): Page {
  return {
    heading: "This session is not yours to open",
    mood: "problem",
    body: html`<p class="reason">${why}</p>
<p>Log in as the owner, or open one of your own sessions.</p>
${commands([
  ["canfar auth show", "shows who you are"],
  ["canfar ps", "lists your own sessions"],
  ["canfar open ID", "opens one of them in the browser, logged in as you"],
])}`,
  };
}
