import { userInfo } from "node:os";
import type { Authentication, DeviceCode, DiscoveredServer, Login } from "@canfar/client";
import { CanfarError } from "@canfar/contract";
import { chooseServer } from "./choose-server.ts";
import { ask } from "./confirm.ts";
import type { Context } from "./context.ts";
import { pipedLines } from "./piped-lines.ts";
import { askSecret } from "./secret.ts";
import { findServerByName } from "./server-search.ts";
import { showInBrowser } from "./show-in-browser.ts";

export interface LoginFlags {
  readonly force?: boolean;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly device?: boolean;
  readonly web?: boolean;
  readonly server?: string;
}

/** Wrong passwords that a person at a terminal may type before the command gives up. */
const TRIES = 3;

/** `canfar login`: which server, who, and what to do next. */
export async function logIn(context: Context, flags: LoginFlags): Promise<void> {
  const authentication = await context.authentication();
  const found = await chooseServer(context, await findServers(context, flags.server));
  const saved = (await authentication.list()).find(({ idp }) => idp === found.server.idp);
  if (saved !== undefined && !flags.force && isValid(saved, context.now())) {
    await authentication.use(saved.idp);
    context.say(`Already logged in to ${found.server.name}. Log in again with \`canfar login -f\`.`);
    return;
  }
  context.say(`Logging in to ${found.server.name} (${found.server.url}).`);
  const byBrowser = flags.device || flags.web;
  if (byBrowser) await withBrowser(context, authentication, found, flags);
  else await withPassword(context, authentication, found, flags);
  sayWhatNext(context, found);
}

async function findServers(context: Context, selector: string | undefined): Promise<DiscoveredServer[]> {
  const servers = await context.servers();
  return selector === undefined ? await servers.discover() : [await findServerByName(servers, selector)];
}

function isValid({ expiresAt, renewable }: Login, now: Date): boolean {
  return renewable || (expiresAt !== undefined && expiresAt > now);
}

async function withBrowser(
  context: Context,
  authentication: Authentication,
  found: DiscoveredServer,
  flags: LoginFlags,
): Promise<void> {
  const progress = { line: undefined as ReturnType<Context["progress"]> | undefined };
  const onCode = async (code: DeviceCode) => {
    const address = code.verificationUriComplete ?? code.verificationUri;
    context.say(`Open ${address}\nand confirm the code ${context.paintTalk("bold", code.userCode)}`);
    if (flags.web && !(await showInBrowser(address, context.streams.env)))
      context.say("No browser was found here.");
    progress.line = context.progress();
    progress.line.update("Waiting for the confirmation");
  };
  try {
    await authentication.loginWithDevice(found, { onCode });
  } finally {
    progress.line?.end();
  }
}

async function withPassword(
  context: Context,
  authentication: Authentication,
  found: DiscoveredServer,
  flags: LoginFlags,
): Promise<void> {
  if (flags.passwordStdin || !context.canAsk) {
    await authentication.loginWithPassword(found, await pipedCredentials(context, flags));
    return;
  }
  const suggestion = userInfo().username;
  const username =
    flags.username ?? ((await ask(context, `User name [${suggestion}]: `)).trim() || suggestion);
  for (let left = TRIES - 1; ; left -= 1) {
    const password = await askSecret(context, "Password: ");
    try {
      await authentication.loginWithPassword(found, { username, password });
      return;
    } catch (error) {
      if (!(error instanceof CanfarError) || error.code !== "authentication.denied" || left === 0)
        throw error;
      context.say("The user name or the password is wrong. Try again.");
    }
  }
}

/** User name (unless given) and password, a line each. @throws CanfarError `command.usage` where a line is missing */
async function pipedCredentials(
  context: Context,
  flags: LoginFlags,
): Promise<{ username: string; password: string }> {
  const next = pipedLines(context.streams.stdin);
  const nameGiven = flags.username ?? (flags.passwordStdin ? userInfo().username : undefined);
  const username = nameGiven ?? (await next())?.trim();
  const password = username === undefined ? null : await next();
  if (!username || password === null || password === "") {
    throw new CanfarError("command.usage", {
      message: "A password is needed, and nobody can type it here because this is not a terminal",
      hint: "Pipe two lines, user name and password, or use --username NAME --password-stdin, or --device.",
    });
  }
  return { username, password };
}

function sayWhatNext(context: Context, { server }: DiscoveredServer): void {
  context.say(`Logged in to ${server.name}; saved for the next commands.`);
  if (!context.canAsk) return;
  context.say("Next:  canfar image ls");
  context.say("       canfar create notebook skaha/astroml:latest");
}
