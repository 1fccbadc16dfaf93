import type { Migration } from "../records/database.ts";

/** Tables of the platform's own IDP: who may log in, and everything that a login leaves behind. */
export const AUTHENTICATION_MIGRATIONS: readonly Migration[] = [
  {
    name: "authentication-1",
    sql: `
      CREATE TABLE accounts (
        -- NOCASE: "Ada" and "ada" would share a home folder on some disks, and look the same in a list.
        username TEXT PRIMARY KEY COLLATE NOCASE,
        password_hash TEXT NOT NULL,
        uid INTEGER NOT NULL,
        gid INTEGER NOT NULL,
        -- Supplemental group ids, as JSON.
        groups TEXT NOT NULL,
        administrator INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        password_changed_at TEXT NOT NULL
      ) STRICT;

      -- Signing keys, made at the first start.
      CREATE TABLE authentication_keys (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) STRICT;

      -- Everything that oidc-provider stores: tokens, grants, device codes, registered clients, interactions.
      CREATE TABLE oidc_artifacts (
        model TEXT NOT NULL,
        -- SHA-256 of the id where the id alone is the credential.
        id TEXT NOT NULL,
        payload TEXT NOT NULL,
        grant_id TEXT,
        user_code TEXT,
        uid TEXT,
        account_id TEXT COLLATE NOCASE,
        client_id TEXT,
        created_at INTEGER NOT NULL,
        consumed_at INTEGER,
        -- Unix seconds; null: kept until it is destroyed.
        expires_at INTEGER,
        PRIMARY KEY (model, id)
      ) STRICT, WITHOUT ROWID;

      CREATE INDEX oidc_artifacts_grant ON oidc_artifacts (grant_id) WHERE grant_id IS NOT NULL;
      CREATE INDEX oidc_artifacts_user_code ON oidc_artifacts (user_code) WHERE user_code IS NOT NULL;
      CREATE INDEX oidc_artifacts_uid ON oidc_artifacts (uid) WHERE uid IS NOT NULL;
      CREATE INDEX oidc_artifacts_account ON oidc_artifacts (account_id) WHERE account_id IS NOT NULL;
      CREATE INDEX oidc_artifacts_client ON oidc_artifacts (client_id) WHERE client_id IS NOT NULL;
      CREATE INDEX oidc_artifacts_expiry ON oidc_artifacts (expires_at) WHERE expires_at IS NOT NULL;

      -- Browsers that may open the pages of Sessions.
      CREATE TABLE browser_logins (
        secret_hash TEXT PRIMARY KEY,
        username TEXT NOT NULL COLLATE NOCASE,
        -- Unix milliseconds.
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE INDEX browser_logins_user ON browser_logins (username);

      CREATE TABLE tickets (
        secret_hash TEXT PRIMARY KEY,
        username TEXT NOT NULL COLLATE NOCASE,
        session_id TEXT NOT NULL,
        -- Path and query that the ticket opens, without the ticket.
        path TEXT NOT NULL,
        -- Unix milliseconds.
        expires_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
];
