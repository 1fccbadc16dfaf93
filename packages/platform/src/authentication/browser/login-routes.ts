import type { IncomingMessage, ServerResponse } from "node:http";
import type { PasswordLogin } from "../accounts/password-login.ts";
import { problemPage } from "../pages/error-page.ts";
import { loggedInPage, loggedOutPage, loginPage, logoutPage } from "../pages/login-page.ts";
import { redirect, showPage } from "../pages/page.ts";
import type { BrowserLogins } from "./browser-logins.ts";
import { parseLocalPath } from "./local-path.ts";
import { readForm } from "./read-form.ts";
import { isSameOrigin } from "./same-origin.ts";

export interface LoginRoutesOptions {
  readonly browserLogins: BrowserLogins;
  readonly passwordLogin: PasswordLogin;
  readonly origin: string;
}

const REASON = "The pages of your Sessions are yours alone.";

/** `/login` and `/logout` for browsers. The form that logs out goes to `/session/logout`, where the cookie goes too. */
export class LoginRoutes {
  readonly #options: LoginRoutesOptions;

  constructor(options: LoginRoutesOptions) {
    this.#options = options;
  }

  handles(pathname: string): boolean {
    return ["/login", "/logout", "/session/logout", "/device"].includes(pathname);
  }

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const isPost = request.method === "POST";
    if (isPost && !isSameOrigin(request, this.#options.origin)) {
      showPage(response, 403, problemPage("This form was sent from another site."));
    } else if (url.pathname === "/device") {
      redirect(response, `/oidc/device${url.search}`);
    } else if (url.pathname === "/login") {
      await (isPost ? this.#logIn(request, response) : this.#askLogin(response, url));
    } else if (isPost && url.pathname === "/session/logout") {
      const setCookie = this.#options.browserLogins.end(request.headers.cookie);
      response.setHeader("Set-Cookie", setCookie);
      showPage(response, 200, loggedOutPage());
    } else {
      showPage(response, 200, logoutPage());
    }
  }

  #askLogin(response: ServerResponse, url: URL): void {
    const next = parseLocalPath(url.searchParams.get("next"));
    showPage(response, 200, loginPage({ ...FORM, ...(next === null ? {} : { next }) }));
  }

  async #logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await readForm(request);
    if (form === null) {
      showPage(response, 400, problemPage("The form could not be read."));
      return;
    }
    const next = parseLocalPath(form.get("next"));
    const username = form.get("username") ?? "";
    const result = await this.#options.passwordLogin.attempt(username, form.get("password") ?? "");
    if (result.kind !== "user") {
      if (result.kind === "wait") response.setHeader("Retry-After", result.seconds);
      const again = { ...FORM, username, problem: result.message, ...(next === null ? {} : { next }) };
      showPage(response, result.kind === "wait" ? 429 : 403, loginPage(again));
      return;
    }
    const setCookie = this.#options.browserLogins.start(result.user.username);
    if (next !== null) redirect(response, next, setCookie);
    else {
      response.setHeader("Set-Cookie", setCookie);
      showPage(response, 200, loggedInPage(result.user.username));
    }
  }
}

const FORM = { reason: REASON, action: "/login", canCancel: false };
