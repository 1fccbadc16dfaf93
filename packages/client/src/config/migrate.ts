type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What version 1 (canfar 1.4) kept with each server and version 2 does not. */
const DROPPED_FROM_SERVERS = ["cores", "ram", "gpus", "status"];

/**
 * Brings a version 1 document to version 2, in place of refusing it; every other document comes back as it is.
 * Nothing is written: the next change of the file stores version 2.
 */
export function migrateConfiguration(input: unknown): unknown {
  if (!isMapping(input) || (input.version !== 1 && input.version !== "1")) return input;
  const { servers, console, ...rest } = input;
  const migrated: Mapping = { ...rest, version: 2 };
  if (isMapping(servers)) {
    migrated.servers = Object.fromEntries(
      Object.entries(servers).map(([name, server]) => [
        name,
        isMapping(server) ? without(server, DROPPED_FROM_SERVERS) : server,
      ]),
    );
  }
  if (isMapping(console)) migrated.console = without(console, ["file"]);
  return migrated;
}

function without(mapping: Mapping, keys: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => !keys.includes(key)));
}
