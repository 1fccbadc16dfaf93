import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { CanfarError } from "@canfar/contract";

/** One step of a schema; steps only ever get added and never changed, so a data folder of any age can be opened. */
export interface Migration {
  /** Unique in the whole platform, e.g. `sessions-1`. */
  readonly name: string;
  readonly sql: string;
}

/**
 * Opens the platform's database.
 *
 * WAL with synchronous=NORMAL: a killed process loses nothing that was committed; only a power cut can lose the
 * last commits. `busy_timeout` covers a second reader such as a backup.
 *
 * @param path file, or `:memory:`
 */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY;");
  database.exec(
    "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT",
  );
  return database;
}

/**
 * Applies the steps that this database has not seen yet, each in a transaction of its own.
 *
 * @throws CanfarError `platform.start_failed` where it has seen a step with another text: with tables of another shape than
 *   the code expects nothing that follows can be trusted
 */
export function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  addDigestColumn(database);
  const seen = database.prepare("SELECT digest FROM migrations WHERE name = ?");
  const record = database.prepare(
    "INSERT INTO migrations (name, applied_at, digest) VALUES (?, datetime('now'), ?)",
  );
  for (const { name, sql } of migrations) {
    const digest = digestOf(sql);
    const applied = seen.get(name) as { digest: string | null } | undefined;
    if (applied !== undefined && (applied.digest ?? digest) !== digest) throw otherShape(name);
    if (applied !== undefined) continue;
    transact(database, () => {
      database.exec(sql);
      record.run(name, digest);
    });
  }
}

/** Databases from before there were digests have none; what they have applied is taken as it is. */
function addDigestColumn(database: DatabaseSync): void {
  const columns = database.prepare("SELECT name FROM pragma_table_info('migrations')").all();
  if (columns.some(({ name }) => name === "digest")) return;
  database.exec("ALTER TABLE migrations ADD COLUMN digest TEXT");
}

/** Of what a step does: comments and blanks change nothing. */
function digestOf(sql: string): string {
  const bare = sql.replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ").trim();
  return createHash("sha256").update(bare).digest("hex").slice(0, 16);
}

function otherShape(name: string): CanfarError {
  return new CanfarError("platform.start_failed", {
    message: `the data folder was made by a version of the platform that is not on the way to this one (step '${name}' of its database differs)`,
    hint: "Start the version that made it, or choose another data folder with --data.",
    details: { step: name },
  });
}

/** Runs `work` in one write transaction: all of it lasts, or nothing. */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
