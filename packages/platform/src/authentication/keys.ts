import { generateKeyPair, randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type { JWK } from "oidc-provider";

/** Keys that outlive a restart, so that nobody is logged out by one. */
export interface AuthenticationKeys {
  /** Signs ID tokens. */
  readonly jwks: { readonly keys: JWK[] };
  /** Sign the cookies of login pages. */
  readonly cookieKeys: readonly string[];
  /** Signs the credentials of Sessions: 32 bytes, base64url. */
  readonly sessionKey: string;
}

/** Reads the keys, or makes them at the first start. They are as secret as the database that they are in. */
export async function loadKeys(database: DatabaseSync): Promise<AuthenticationKeys> {
  const find = database.prepare("SELECT value FROM authentication_keys WHERE name = ?");
  const insert = database.prepare(
    "INSERT INTO authentication_keys (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
  );
  const keep = async <T>(name: string, make: () => Promise<T> | T): Promise<T> => {
    if (find.get(name) === undefined) insert.run(name, JSON.stringify(await make()));
    return JSON.parse(String(find.get(name)?.value));
  };
  return {
    jwks: { keys: [await keep("signing-key", newSigningKey)] },
    cookieKeys: [await keep("cookie-key", () => randomBytes(32).toString("base64url"))],
    sessionKey: await keep("session-key", () => randomBytes(32).toString("base64url")),
  };
}

/** RS256, because OpenID Connect Discovery 1.0 section 3 asks every IDP for it. */
async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const kid = randomBytes(8).toString("base64url");
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid } as JWK;
}
