import type { Client, errors, KoaContextWithOIDC, UnknownObject } from "oidc-provider";
import { type Html, html } from "./html.ts";
import { layout } from "./page.ts";

/** RFC 8628 section 3.3. The forms of oidc-provider hold absolute addresses, and scripts: these are ours. */
const ACTION = "/oidc/device";

/** Asks for the code; also what every problem of the device flow ends in. */
export function deviceCodeForm(
  context: KoaContextWithOIDC,
  _form: string,
  _out?: unknown,
  error?: errors.OIDCProviderError | Error,
): void {
  if (error?.name === "AbortedError") {
    show(context, "Denied", html`<p>The program was not logged in. You can close this page.</p>`);
    return;
  }
  const problem = error === undefined ? html`` : html`<p class="problem" role="alert">${reasonOf(error)}</p>`;
  show(
    context,
    "Log in a program",
    html`${problem}
<form method="post" action="${ACTION}">
${xsrfField(context)}
<label for="user_code">The code that the program shows</label>
<input id="user_code" name="user_code" type="text" required maxlength="20" autocomplete="off"
  autocapitalize="characters" spellcheck="false" autofocus>
<button type="submit">Continue</button>
</form>`,
  );
}

/** Shows the code once more, against approving somebody else's program (RFC 8628 section 5.4). */
export function deviceConfirmForm(
  context: KoaContextWithOIDC,
  _form: string,
  client: Client,
  _deviceInfo: UnknownObject,
  userCode: string,
): void {
  show(
    context,
    "Is this your code?",
    html`<p><strong>${client.clientName ?? client.clientId}</strong> asks to be logged in. It must show this code:</p>
<p class="code">${userCode}</p>
<p class="quiet">Somebody may have sent you this address. Continue only if you started the login yourself, just now.</p>
<form method="post" action="${ACTION}">
${xsrfField(context)}
<input type="hidden" name="user_code" value="${userCode}">
<button type="submit" name="confirm" value="yes">Continue</button>
<button class="second" type="submit" name="abort" value="yes">Deny</button>
</form>`,
  );
}

export function deviceApproved(context: KoaContextWithOIDC): void {
  const name = context.oidc.client?.clientName ?? "the program";
  show(
    context,
    "You are logged in",
    html`<p>Go back to <strong>${name}</strong>: it goes on by itself. You can close this page.</p>`,
  );
}

function show(context: KoaContextWithOIDC, heading: string, body: Html): void {
  context.type = "html";
  context.body = layout({ heading, body });
}

function xsrfField(context: KoaContextWithOIDC): Html {
  const secret = String(context.oidc.session?.state?.secret ?? "");
  return html`<input type="hidden" name="xsrf" value="${secret}">`;
}

/** As oidc-provider calls a code that it does not know. */
export const NO_SUCH_CODE: Error = Object.assign(new Error("no such code"), { name: "NotFoundError" });

function reasonOf(error: Error): string {
  if (error.name === "ExpiredError") return "This code has expired. Start the login again.";
  if (error.name === "AlreadyUsedError") return "This code has been used already. Start the login again.";
  if (error.name === "NotFoundError" || error.name === "NoCodeError")
    return "There is no such code. Type it again.";
  return "The login could not go on. Type the code again.";
}
