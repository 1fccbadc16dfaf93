import type { IncomingMessage, ServerResponse } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import { CanfarError, type User } from "@canfar/contract";
import {
  type Caller,
  type CallerIdentity,
  type Clock,
  createAuthentication,
  type Log,
  type Records,
} from "@canfar/platform";
import type { Admit } from "@canfar/proxy";

/** What a test platform needs of its identity provider. */
export interface TestIdentity extends CallerIdentity {
  /** @returns a bearer token */
  login(username: string, password: string): Promise<string>;
  readonly admit: Admit;
  readonly cookieNames: readonly string[];
  handles(pathname: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

/** Tokens that say who they are of. Users get their uid by the length of their name: nobody depends on it. */
export function quickIdentity(origin: string, clock: Clock): TestIdentity {
  return {
    login: async (username) => `test-token-of-${username}`,
    async authenticate(authorization): Promise<Caller> {
      if (authorization === undefined) {
        throw new CanfarError("authentication.required", { message: "Unauthorized: log in first" });
      }
      const username = /^Bearer test-token-of-([a-z][a-z0-9]*)$/.exec(authorization)?.[1];
      if (username === undefined) {
        throw new CanfarError("authentication.credential_invalid", {
          message: "Unauthorized: unknown token",
        });
      }
      return { user: userOf(username), session: null };
    },
    issueSessionCredential: async ({ username }) => `test-token-of-${username}`,
    issueTicket({ path }) {
      const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
      return { url: `${origin}${path}&ticket=test`, expiresAt };
    },
    admit: async () => ({ kind: "deny" }),
    cookieNames: [],
    handles: () => false,
    handle() {},
    close() {},
  };
}

/** The platform's own IDP. */
export async function realIdentity(options: {
  database: DatabaseSync;
  records: Records;
  origin: string;
  clock: Clock;
  log: Log;
  /** Of the first account. */
  password: string;
}): Promise<TestIdentity> {
  const { origin } = options;
  const authentication = await createAuthentication({
    ...{ ...options, issuer: `${origin}/oidc` },
    isSessionActive: (session) => options.records.sessions.isActive(session),
  });
  const { accounts } = authentication;
  await accounts.ensureFirst({ ...userOf("astro"), password: options.password });
  return {
    ...authentication,
    async login(username, password) {
      if (accounts.find(username) === null) await accounts.create({ ...userOf(username), password });
      const body = new URLSearchParams({
        grant_type: "password",
        client_id: "canfar-cli",
        username,
        password,
      });
      body.set("scope", "openid profile email offline_access");
      const response = await fetch(`${origin}/oidc/token`, { method: "POST", body });
      const answer = (await response.json()) as { access_token?: string };
      if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
      return answer.access_token;
    },
  };
}

function userOf(username: string): User {
  const uid = 10_000 + username.length;
  return { username, uid, gid: uid, groups: [uid + 1], administrator: false };
}
