import { Html, html } from "./html.ts";
import type { Page } from "./page.ts";

export interface LoginPageOptions {
  /** Why a login is needed: one sentence. */
  readonly reason: string;
  /** Path that the form is sent to. */
  readonly action: string;
  /** What went wrong the last time. */
  readonly problem?: string;
  readonly username?: string;
  /** Where a browser goes after the login. */
  readonly next?: string;
  /** A second button that gives up. */
  readonly canCancel: boolean;
}

/** Username and password. Works without JavaScript; password stores recognise it by the autocomplete names. */
export function loginPage(options: LoginPageOptions): Page {
  const { reason, action, problem, username = "", next, canCancel } = options;
  const nothing = html``;
  return {
    heading: "Log in",
    body: html`<p>${reason}</p>
${problem === undefined ? nothing : html`<p class="problem" role="alert">${sentence(problem)}</p>`}
<form method="post" action="${action}">
${next === undefined ? nothing : html`<input type="hidden" name="next" value="${next}">`}
<label for="username">Username</label>
<input id="username" name="username" type="text" value="${username}" required maxlength="64"
  autocomplete="username" autocapitalize="none" spellcheck="false"${username === "" ? AUTOFOCUS : nothing}>
<label for="password">Password</label>
<input id="password" name="password" type="password" required maxlength="1024"
  autocomplete="current-password"${username === "" ? nothing : AUTOFOCUS}>
<button type="submit">Log in</button>
${canCancel ? CANCEL : nothing}
</form>`,
  };
}

const AUTOFOCUS = new Html(" autofocus");
const CANCEL = html`<button class="second" type="submit" name="abort" value="yes" formnovalidate>Cancel</button>`;

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function loggedInPage(username: string): Page {
  return {
    heading: "You are logged in",
    body: html`<p>You are logged in as <strong>${username}</strong>. Session pages open now; you can close this one.</p>
${LOG_OUT}`,
  };
}

export function logoutPage(): Page {
  return {
    heading: "Log out",
    body: html`<p>Session pages will ask for your password again in this browser. Sessions go on running.</p>
${LOG_OUT}`,
  };
}

export function loggedOutPage(): Page {
  return {
    heading: "You are logged out",
    body: html`<p>Session pages are closed to this browser now.</p>
<p class="quiet">The canfar command has its own login: <strong>canfar auth rm local</strong> ends it.</p>`,
  };
}

const LOG_OUT = html`<form method="post" action="/session/logout"><button type="submit">Log out</button></form>`;
