import type { Session } from "@canfar/contract";
import { sessionColumns } from "../output/session-table.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import { forEvery } from "./every.ts";

export interface DeleteFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** Shows the Sessions, asks, and deletes them; with `--dry-run` only shows. */
export async function deleteSessions(
  context: Context,
  sessions: readonly Session[],
  flags: DeleteFlags,
): Promise<void> {
  const count = sessions.length === 1 ? "1 Session" : `${sessions.length} Sessions`;
  if (flags.dryRun) {
    context.table(sessions, sessionColumns(context.now()));
    context.say(`${count} would be deleted.`);
    return;
  }
  if (!flags.yes && !flags.force) {
    const names = sessions.slice(0, 5).map(({ id, name }) => (name === undefined ? id : `${name} (${id})`));
    const more = sessions.length > names.length ? ", …" : "";
    await confirm(context, `Delete ${count}: ${names.join(", ")}${more}?`);
  }
  const client = await context.client();
  await forEvery(context, sessions, async ({ id, name }) => {
    await client.sessions.delete(id);
    context.say(`Deleted ${id}${name === undefined ? "" : ` (${name})`}.`);
  });
}
