import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { silentLog } from "../log.ts";
import { openDatabase } from "../records/database.ts";
import { type Authentication, createAuthentication, type Lifetimes } from "./index.ts";

export const PASSWORD = "correct horse battery";

/** A clock that tests move by hand. It starts at the real time, which oidc-provider uses. */
export interface MovableClock extends Clock {
  advance(milliseconds: number): void;
}

/** The IDP on a real port, with one account `ada`. */
export interface Rig {
  readonly origin: string;
  readonly issuer: string;
  readonly authentication: Authentication;
  readonly clock: MovableClock;
  readonly database: DatabaseSync;
  post(path: string, form: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  /** The password grant. */
  logIn(form?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** @param options.path of the database; in memory when absent */
export async function startRig(options: {
  clock: MovableClock;
  path?: string;
  lifetimes?: Partial<Lifetimes>;
}): Promise<Rig> {
  const database = openDatabase(options.path ?? ":memory:");
  const { clock } = options;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${origin}/oidc`;
  const { lifetimes = {} } = options;
  const authentication = await createAuthentication({
    ...{ database, issuer, origin, clock, log: silentLog, lifetimes },
  });
  await authentication.accounts.ensureFirst({ username: "ada", uid: 1000, gid: 1000, password: PASSWORD });
  server.on("request", (request, response) => {
    const { pathname } = new URL(request.url ?? "/", origin);
    if (authentication.handles(pathname)) authentication.handle(request, response);
    else response.writeHead(404, { "Content-Type": "text/plain" }).end("no such page\n");
  });
  const post: Rig["post"] = (path, form, headers = {}) =>
    fetch(origin + path, { method: "POST", body: new URLSearchParams(form), headers, redirect: "manual" });
  return {
    ...{ origin, issuer, authentication, clock, database, post },
    logIn: (form = {}) =>
      post("/oidc/token", {
        ...{ grant_type: "password", client_id: "canfar-cli", username: "ada", password: PASSWORD },
        ...form,
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      authentication.close();
      database.close();
    },
  };
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
}

/** The answer as JSON, of the type that the test expects. */
export async function json<T = Record<string, unknown>>(response: Response): Promise<T> {
  return (await response.json()) as T;
}
