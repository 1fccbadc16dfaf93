import { html } from "./html.ts";
import type { Page } from "./page.ts";

/** @param options.clientName as the client calls itself; anybody may register any name */
export function consentPage(options: { clientName: string; action: string }): Page {
  const { clientName, action } = options;
  return {
    heading: "Allow this program?",
    body: html`<p><strong>${clientName}</strong> asks to act for you on this platform: it may start, see and delete your Sessions, until you log it out.</p>
<p class="quiet">The name is what the program calls itself. Allow it only if you started it yourself.</p>
<form method="post" action="${action}">
<button type="submit" name="confirm" value="yes">Allow</button>
<button class="second" type="submit" name="abort" value="yes">Deny</button>
</form>`,
  };
}
