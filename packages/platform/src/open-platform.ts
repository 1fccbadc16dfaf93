import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";
import { readImageRecipes } from "@canfar/drivers/image-recipe";
import { createSessionProxy } from "@canfar/proxy";
import { createAuthentication } from "./authentication/index.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config/config.ts";
import { type DataFolder, makeDataFolder } from "./data-folder/data-folder.ts";
import { lockDataFolder } from "./data-folder/lock.ts";
import { removeRunFiles, runFilePaths, writeRunFiles } from "./data-folder/run-files.ts";
import { HttpFront } from "./http-front.ts";
import type { Log } from "./log.ts";
import { openDriver, whyNoPython } from "./open-driver.ts";
import { createPlatform } from "./platform.ts";
import { openDatabase } from "./records/database.ts";
import { Records } from "./records/records.ts";
import { sessionCommand } from "./session-command.ts";

/** The uid of Sessions where root runs the platform: nothing that a user starts is root. */
const UNPRIVILEGED_ID = 10_000;

export interface OpenPlatformOptions {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly version: string;
  /** Home folder of the operator, where clients look for running platforms. */
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Password of the first account; one is made up when absent. */
  readonly firstPassword: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenPlatform {
  readonly url: string;
  /** What runs the Sessions, in words. */
  readonly summary: string;
  /** What is missing on this machine, one sentence each. */
  readonly notices: readonly string[];
  /** The account of the first start, else null; its password is null where the operator chose it. */
  readonly firstAccount: { readonly username: string; readonly password: string | null } | null;
  /** Ends every user's Sessions; see `Platform.endSessions`. */
  endSessions(signal: AbortSignal): Promise<void>;
  /** Stops the platform in order; Sessions go on. */
  close(): Promise<void>;
}

/**
 * Opens a data folder and serves it: lock, port, records, identity, driver, in this order, so that whatever cannot be had
 * is known before anything is changed. What was opened is closed again when a later step fails.
 *
 * @throws CanfarError `platform.already_running`, `platform.port_taken`, `platform.start_failed`, `storage.full`
 */
export async function openPlatform(options: OpenPlatformOptions): Promise<OpenPlatform> {
  const { folder, config, environment, clock, log } = options;
  await using opening = new AsyncDisposableStack();
  makeDataFolder(folder);
  const lock = lockDataFolder(folder);
  opening.defer(() => lock.release());
  const front = await HttpFront.listen({ host: config.host, port: config.port, log });
  opening.defer(() => front.close());
  const url = config.publicUrl?.replace(/\/+$/, "") ?? front.address;
  const database = openDatabase(folder.database);
  opening.defer(() => database.close());
  const records = new Records(database);

  const authentication = await createAuthentication({
    ...{ database, issuer: `${url}/oidc`, origin: url, clock, log },
    isSessionActive: (session) => records.sessions.isActive(session),
  });
  opening.defer(() => authentication.close());
  const firstAccount = await authentication.accounts.ensureFirst({
    ...firstIdentity(),
    password: options.firstPassword,
  });
  const builds = new AbortController();
  opening.defer(() => builds.abort());
  const driver = await openDriver({ config, folder, environment, signal: builds.signal });
  opening.defer(() => driver.close());
  const recipes = await readImageRecipes(config.images ?? bundledImages());
  const platform = await createPlatform({
    ...{ config, folder, origin: url, version: options.version, driver, records, clock, log },
    // Behind a TLS proxy the public address may not be reachable, or not be trusted, from here.
    innerOrigin: front.address,
    identity: authentication,
    images: recipes.map(({ id, kinds, digest, description, folder: recipe }) => {
      return { id, kinds: [...kinds], digest, description, folder: recipe };
    }),
  });
  const proxy = createSessionProxy({
    ...{ routes: platform.routes, origin: () => url, log, cookieNames: authentication.cookieNames },
    admit: authentication.admit,
  });
  opening.defer(() => platform.stop());
  await platform.start();
  front.serve({ proxy, identity: authentication, api: (request) => platform.app.fetch(request) });

  const noPython = await whyNoPython(recipes, environment);
  const noCommand =
    sessionCommand() === null ? "Sessions have no `canfar` command: run `npm run build` first." : null;
  const missing = [noPython, noCommand].filter((notice) => notice !== null);
  const notices = [...platform.driver.notices, ...missing];
  const runFiles = runFilePaths(folder, options.home);
  const startedAt = clock.now().toISOString();
  writeRunFiles(runFiles, {
    ...{ url: front.address, pid: process.pid, data: folder.root, startedAt, version: options.version },
    notices,
  });
  opening.defer(() => removeRunFiles(runFiles));
  const opened = opening.move();
  return {
    ...{ url, summary: platform.driver.summary, firstAccount },
    notices,
    endSessions: (signal) => platform.endSessions(signal),
    async close() {
      // First those who wait for more, then all requests, then what they need.
      platform.stop();
      await front.close();
      await opened.disposeAsync();
    },
  };
}

/** The first account belongs to the person who starts the platform. */
function firstIdentity(): { username: string; uid: number; gid: number } {
  const { username, uid, gid } = userInfo();
  if (uid < 1 || gid < 1) return { username, uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID };
  return { username, uid, gid };
}

/** The recipes that come with the platform. */
function bundledImages(): string {
  return fileURLToPath(new URL("../../../images", import.meta.url));
}
