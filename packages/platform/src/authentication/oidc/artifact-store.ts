import type { DatabaseSync } from "node:sqlite";
import type { Adapter, AdapterPayload } from "oidc-provider";
import type { Clock } from "../../clock.ts";
import type { Lifetimes } from "../lifetimes.ts";
import { hashSecret } from "../secret.ts";

/** Their id alone opens doors, so the database keeps only its hash: a stolen copy of it logs nobody in. */
const BEARER_MODELS: ReadonlySet<string> = new Set([
  "AccessToken",
  "RefreshToken",
  "RegistrationAccessToken",
]);

/** Keeps everything of oidc-provider in one table; the payload as JSON, what is looked for in columns. */
export class ArtifactStore {
  readonly #clock: Clock;
  readonly #lifetimes: Lifetimes;
  readonly #upsert;
  readonly #find;
  readonly #findByUserCode;
  readonly #findByUid;
  readonly #consume;
  readonly #destroy;
  readonly #revokeGrant;
  readonly #revokeAccount;
  readonly #purge;
  readonly #purgeClients;

  constructor(options: { database: DatabaseSync; clock: Clock; lifetimes: Lifetimes }) {
    const { database } = options;
    this.#clock = options.clock;
    this.#lifetimes = options.lifetimes;
    this.#upsert = database.prepare(`
      INSERT INTO oidc_artifacts
        (model, id, payload, grant_id, user_code, uid, account_id, client_id, created_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
        user_code = excluded.user_code, uid = excluded.uid, account_id = excluded.account_id,
        client_id = excluded.client_id, expires_at = excluded.expires_at`);
    const find = (column: string) =>
      database.prepare(`SELECT payload, consumed_at FROM oidc_artifacts WHERE model = ? AND ${column} = ?`);
    this.#find = find("id");
    this.#findByUserCode = find("user_code");
    this.#findByUid = find("uid");
    // The first use counts: a second one must not prolong the grace.
    this.#consume = database.prepare(
      "UPDATE oidc_artifacts SET consumed_at = COALESCE(consumed_at, ?) WHERE model = ? AND id = ?",
    );
    this.#destroy = database.prepare("DELETE FROM oidc_artifacts WHERE model = ? AND id = ?");
    this.#revokeGrant = database.prepare("DELETE FROM oidc_artifacts WHERE model = ? AND grant_id = ?");
    this.#revokeAccount = database.prepare("DELETE FROM oidc_artifacts WHERE account_id = ?");
    this.#purge = database.prepare(
      "DELETE FROM oidc_artifacts WHERE expires_at < ? AND (model <> 'AccessToken' OR expires_at < ?)",
    );
    this.#purgeClients = database.prepare(`
      DELETE FROM oidc_artifacts WHERE model = 'Client' AND created_at < ? AND NOT EXISTS (
        SELECT 1 FROM oidc_artifacts AS used
        WHERE used.client_id = oidc_artifacts.id AND used.model IN ('Grant', 'DeviceCode'))`);
  }

  /** What oidc-provider calls for one of its models. */
  adapter(model: string): Adapter {
    const key = (id: string) => (BEARER_MODELS.has(model) ? hashSecret(id) : id);
    return {
      upsert: async (id, payload, expiresIn) => this.#save(model, key(id), payload, expiresIn),
      find: async (id) => this.#read(model, this.#find.get(model, key(id)), id),
      findByUserCode: async (userCode) => this.#read(model, this.#findByUserCode.get(model, userCode)),
      findByUid: async (uid) => this.#read(model, this.#findByUid.get(model, uid)),
      consume: async (id) => void this.#consume.run(this.#seconds(), model, key(id)),
      destroy: async (id) => void this.#destroy.run(model, key(id)),
      revokeByGrantId: async (grantId) => void this.#revokeGrant.run(model, grantId),
    };
  }

  /** Ends every login of an account. */
  revokeAccount(username: string): void {
    this.#revokeAccount.run(username);
  }

  /** Forgets what has expired, and registered clients that nobody uses. */
  purge(): void {
    const now = this.#seconds();
    this.#purge.run(now, now - this.#lifetimes.expiredKept);
    this.#purgeClients.run(now - this.#lifetimes.idleClient);
  }

  #save(model: string, key: string, payload: AdapterPayload, expiresIn: number | undefined): void {
    const { jti, ...rest } = payload;
    const stored = BEARER_MODELS.has(model) ? rest : payload;
    const { grantId = null, userCode = null, uid = null, accountId = null, clientId = null } = payload;
    // Client ids of registered clients are in the id; `clientId` is what refers to a client.
    this.#upsert.run(
      ...[model, key, JSON.stringify(stored), grantId, userCode, uid, accountId, clientId],
      ...[this.#seconds(), expiresIn === undefined ? null : (payload.exp ?? this.#seconds() + expiresIn)],
    );
  }

  #read(model: string, row: Record<string, unknown> | undefined, id?: string): AdapterPayload | undefined {
    if (row === undefined) return undefined;
    const payload: AdapterPayload = JSON.parse(String(row.payload));
    if (id !== undefined && BEARER_MODELS.has(model)) payload.jti = id;
    const consumed = row.consumed_at === null ? undefined : Number(row.consumed_at);
    return consumed === undefined || this.#isForgiven(model, consumed) ? payload : { ...payload, consumed };
  }

  /** A refresh token that was replaced a moment ago still counts as unused. */
  #isForgiven(model: string, consumed: number): boolean {
    return model === "RefreshToken" && this.#seconds() < consumed + this.#lifetimes.rotationGrace;
  }

  #seconds(): number {
    return Math.floor(this.#clock.now().getTime() / 1000);
  }
}
