import { existsSync } from "node:fs";
import { CanfarError } from "@canfar/contract";
import { createAuthentication, generatePassword } from "./authentication/index.ts";
import type { Clock } from "./clock.ts";
import type { DataFolder } from "./data-folder/data-folder.ts";
import type { Log } from "./log.ts";
import { openDatabase } from "./records/database.ts";

/**
 * Gives an account of a data folder a new password and ends its logins; the platform may run meanwhile.
 *
 * @param options.password a generated one when absent
 * @returns the new password
 * @throws CanfarError `platform.not_running` where there is no platform's data, `request.invalid` for an unknown account
 */
export async function setPassword(options: {
  readonly folder: DataFolder;
  readonly username: string;
  readonly password: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<string> {
  const { folder, username, clock, log } = options;
  if (!existsSync(folder.database)) {
    throw new CanfarError("platform.not_running", {
      message: `there is no platform in ${folder.root}`,
      hint: "Name its data folder with --data, or start one with `canfar platform up`.",
    });
  }
  const database = openDatabase(folder.database);
  try {
    // Addresses play no part: nothing is served here.
    const origin = "http://127.0.0.1";
    const authentication = await createAuthentication({
      database,
      issuer: `${origin}/oidc`,
      origin,
      clock,
      log,
    });
    const password = options.password ?? generatePassword();
    await authentication.accounts.setPassword(username, password);
    authentication.close();
    return password;
  } finally {
    database.close();
  }
}
