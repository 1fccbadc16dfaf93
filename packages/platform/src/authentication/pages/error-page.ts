import type { KoaContextWithOIDC } from "oidc-provider";
import { html } from "./html.ts";
import { layout, type Page } from "./page.ts";

/** @param reason one sentence; shown as it is */
export function problemPage(reason: string): Page {
  return {
    heading: "This did not work",
    body: html`<p class="problem" role="alert">${reason}</p>
<p>Start again from the program or the address that brought you here.</p>`,
  };
}

/** In oidc-provider's own answers. */
export function errorPage(context: KoaContextWithOIDC, reason: string): void {
  context.type = "html";
  context.body = layout(problemPage(reason));
}
