import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { migrate, openDatabase } from "./database.ts";

const first = { name: "a-1", sql: "CREATE TABLE a (id TEXT) STRICT;" };
const second = { name: "a-2", sql: "ALTER TABLE a ADD COLUMN more TEXT;" };

function columns(database: DatabaseSync): unknown[] {
  return database
    .prepare("SELECT name FROM pragma_table_info('a')")
    .all()
    .map(({ name }) => name);
}

test("steps are applied once, in order, and later ones are added", () => {
  const database = openDatabase(":memory:");
  migrate(database, [first]);
  migrate(database, [first, second]);
  migrate(database, [first, second]);
  expect(columns(database)).toEqual(["id", "more"]);
});

test("comments and blanks may change, a step may not", () => {
  const database = openDatabase(":memory:");
  migrate(database, [first]);
  migrate(database, [{ ...first, sql: "-- why\n CREATE TABLE a\n (id TEXT) STRICT; " }]);
  const changed = { ...first, sql: "CREATE TABLE a (id TEXT, more TEXT) STRICT;" };
  expect(() => migrate(database, [changed])).toThrow(
    expect.objectContaining({ code: "platform.start_failed", message: expect.stringContaining("'a-1'") }),
  );
});

test("a database from before there were digests goes on", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT");
  database.exec(`${first.sql} INSERT INTO migrations VALUES ('a-1', '2026-01-01')`);
  migrate(database, [first, second]);
  expect(columns(database)).toEqual(["id", "more"]);
});

test("a step that fails leaves nothing behind and is tried again", () => {
  const database = openDatabase(":memory:");
  const broken = { name: "a-2", sql: `${second.sql} INSERT INTO nothing VALUES (1);` };
  expect(() => migrate(database, [first, broken])).toThrow("nothing");
  expect(columns(database)).toEqual(["id"]);
  migrate(database, [first, second]);
  expect(columns(database)).toEqual(["id", "more"]);
});
