import type { IncomingMessage, ServerResponse } from "node:http";
import { errors, type InteractionResults, type Provider } from "oidc-provider";
import type { PasswordLogin } from "../accounts/password-login.ts";
import { readForm } from "../browser/read-form.ts";
import { isSameOrigin } from "../browser/same-origin.ts";
import { consentPage } from "../pages/consent-page.ts";
import { problemPage } from "../pages/error-page.ts";
import { loginPage } from "../pages/login-page.ts";
import { redirect, showPage } from "../pages/page.ts";

type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

export interface InteractionRoutesOptions {
  readonly provider: Provider;
  readonly passwordLogin: PasswordLogin;
  readonly origin: string;
}

/** `/oidc/interaction/…`: the pages on which a person logs in and consents while a program waits. */
export class InteractionRoutes {
  readonly #options: InteractionRoutesOptions;

  constructor(options: InteractionRoutesOptions) {
    this.#options = options;
  }

  handles(pathname: string): boolean {
    return /^\/oidc\/interaction\/[\w-]+$/.test(pathname);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const interaction = await this.#options.provider.interactionDetails(request, response);
      if (request.method !== "POST") await this.#ask(response, interaction);
      else if (!isSameOrigin(request, this.#options.origin)) {
        showPage(response, 403, problemPage("This form was sent from another site."));
      } else await this.#answer(request, response, interaction);
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      showPage(response, 400, problemPage("This login has expired, or was started in another browser."));
    }
  }

  async #ask(response: ServerResponse, interaction: Interaction): Promise<void> {
    const clientName = await this.#clientName(interaction);
    const action = `/oidc/interaction/${interaction.uid}`;
    if (interaction.prompt.name === "consent") showPage(response, 200, consentPage({ clientName, action }));
    else showPage(response, 200, loginPage({ reason: reasonFor(clientName), action, canCancel: true }));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, interaction: Interaction): Promise<void> {
    const form = await readForm(request);
    if (form === null) {
      showPage(response, 400, problemPage("The form could not be read."));
    } else if (form.has("abort")) {
      const result = { error: "access_denied", error_description: "the user denied the login" };
      await this.#finish(request, response, result);
    } else if (interaction.prompt.name === "consent") {
      await this.#finish(request, response, { consent: { grantId: await this.#grantFor(interaction) } });
    } else {
      await this.#logIn({ request, response, interaction, form });
    }
  }

  async #logIn(options: {
    request: IncomingMessage;
    response: ServerResponse;
    interaction: Interaction;
    form: URLSearchParams;
  }): Promise<void> {
    const { request, response, interaction, form } = options;
    const username = form.get("username") ?? "";
    const result = await this.#options.passwordLogin.attempt(username, form.get("password") ?? "");
    if (result.kind === "user") {
      await this.#finish(request, response, { login: { accountId: result.user.username, remember: false } });
      return;
    }
    if (result.kind === "wait") response.setHeader("Retry-After", result.seconds);
    const page = loginPage({
      reason: reasonFor(await this.#clientName(interaction)),
      action: `/oidc/interaction/${interaction.uid}`,
      problem: result.message,
      username,
      canCancel: true,
    });
    showPage(response, result.kind === "wait" ? 429 : 403, page);
  }

  /** What oidc-provider asked for, and nothing more. */
  async #grantFor({ params, prompt, session }: Interaction): Promise<string> {
    const { provider } = this.#options;
    const grant = new provider.Grant({ accountId: session?.accountId, clientId: String(params.client_id) });
    const { missingOIDCScope } = prompt.details;
    if (Array.isArray(missingOIDCScope)) grant.addOIDCScope(missingOIDCScope.join(" "));
    return await grant.save();
  }

  /** Back to oidc-provider, by path: the browser may know this platform by another name than its own. */
  async #finish(
    request: IncomingMessage,
    response: ServerResponse,
    result: InteractionResults,
  ): Promise<void> {
    const { pathname } = new URL(await this.#options.provider.interactionResult(request, response, result));
    redirect(response, pathname);
  }

  async #clientName({ params }: Interaction): Promise<string> {
    const client = await this.#options.provider.Client.find(String(params.client_id));
    return client?.clientName ?? "a program";
  }
}

function reasonFor(clientName: string): string {
  return `Your password is needed to log in ${clientName}.`;
}
