import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { numberOf } from "./item-records.ts";

/** Replicas whose Items that were set aside are to be tried again, each with its last attempt that is forgiven. */
export function readForgiven(itemsFolder: string): Map<number, number> {
  const folder = join(itemsFolder, "again");
  const attempts = new Map<number, number>();
  for (const name of readdirSync(folder)) {
    const replica = numberOf(name);
    if (replica !== null) attempts.set(replica, Number(readFileSync(join(folder, name), "utf8")));
  }
  return attempts;
}

/** @param attempt the Replica's last one */
export function forgive(itemsFolder: string, replica: number, attempt: number): void {
  tellSessions(join(itemsFolder, "again"), String(replica), `${attempt}\n`);
}

/** Writes a small file that Sessions read, whole or not at all. */
export function tellSessions(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
