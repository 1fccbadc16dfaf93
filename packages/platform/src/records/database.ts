import { DatabaseSync } from "node:sqlite";

/** One step of a schema; steps only ever get added, so a data folder of any age can be opened. */
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

/** Applies the steps that this database has not seen yet, each in a transaction of its own. */
export function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  const seen = database.prepare("SELECT 1 FROM migrations WHERE name = ?");
  const record = database.prepare("INSERT INTO migrations (name, applied_at) VALUES (?, datetime('now'))");
  for (const { name, sql } of migrations) {
    if (seen.get(name) !== undefined) continue;
    transact(database, () => {
      database.exec(sql);
      record.run(name);
    });
  }
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
