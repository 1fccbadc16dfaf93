/** The platform as a process: `node main.ts --data DIR --port N --host H --config FILE`. */
import { mkdirSync, openSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CanfarError } from "@canfar/contract";
import manifest from "../package.json" with { type: "json" };
import { systemClock } from "./clock.ts";
import { loadConfig } from "./config/load-config.ts";
import { type DataFolder, dataFolderAt } from "./data-folder/data-folder.ts";
import { createLog, type Log } from "./log.ts";
import { type OpenPlatform, openPlatform } from "./open-platform.ts";
import { setPassword } from "./set-password.ts";

interface Options {
  readonly data: string;
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly config: string | undefined;
  /** Only end the Sessions of a platform that is stopped. */
  readonly endSessions: boolean;
  /** Only set the password of this account, to CANFAR_PLATFORM_PASSWORD or to a generated one. */
  readonly setPassword: string | undefined;
}

/** Time that Sessions get to end, beyond their grace. */
const END_TIMEOUT_MS = 30_000;

/** @throws CanfarError `command.usage` */
function parseOptions(words: string[]): Options {
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        data: { type: "string", default: join(homedir(), ".canfar", "platform") },
        port: { type: "string" },
        host: { type: "string" },
        config: { type: "string" },
        "end-sessions": { type: "boolean", default: false },
        "set-password": { type: "string" },
      },
    });
    if (values.port !== undefined && !/^\d+$/.test(values.port)) {
      throw new TypeError(`--port ${values.port} is not a number`);
    }
    const endSessions = values["end-sessions"];
    const port = endSessions ? 0 : values.port === undefined ? undefined : Number(values.port);
    const { host, config } = values;
    return {
      data: resolve(values.data),
      port,
      host,
      config,
      endSessions,
      setPassword: values["set-password"],
    };
  } catch (error) {
    throw new CanfarError("command.usage", {
      message: (error as Error).message,
      hint: "Options: --data DIR, --port N, --host ADDRESS, --config FILE, --end-sessions, --set-password USER.",
      cause: error,
    });
  }
}

/** The log goes to a file: the terminal is for people. A disk that is full must not end the platform. */
function openLog(folder: DataFolder, level: "debug" | "info" | "warn" | "error"): Log {
  mkdirSync(folder.root, { recursive: true, mode: 0o700 });
  const file = openSync(folder.log, "a", 0o600);
  const write = (line: string) => {
    try {
      writeSync(file, line);
    } catch {
      process.stderr.write(line);
    }
  };
  return createLog({ level, clock: systemClock, write });
}

function announce(platform: OpenPlatform, folder: DataFolder): void {
  const lines = [
    `CANFAR Science Platform ${manifest.version} runs`,
    `  Address   ${platform.url}`,
    `  Sessions  ${platform.summary}`,
    `  Data      ${folder.root}`,
    ...platform.notices.map((notice) => `  Notice    ${notice}`),
    "",
    ...firstLogin(platform),
    "  Log in    canfar auth login -f",
    "  Stop      Ctrl-C (sessions go on, and are found again at the next start)",
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function firstLogin({ firstAccount }: OpenPlatform): string[] {
  if (firstAccount === null) return [];
  const { username, password } = firstAccount;
  const secret =
    password === null ? "the password that you chose" : `password ${password} (shown only this once)`;
  return [`  Account   ${username}, ${secret}`];
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const folder = dataFolderAt(options.data);
  const { CANFAR_PLATFORM_PASSWORD: firstPassword, ...environment } = process.env;
  if (options.setPassword !== undefined) {
    const log = createLog({ level: "warn", clock: systemClock, write: (line) => process.stderr.write(line) });
    const username = options.setPassword;
    const password = await setPassword({
      folder,
      username,
      password: firstPassword,
      clock: systemClock,
      log,
    });
    process.stdout.write(firstPassword === undefined ? `${password}\n` : "");
    process.exit(0);
  }
  const config = loadConfig({
    ...{ data: folder.root, file: options.config, environment },
    overrides: { host: options.host, port: options.port },
  });
  const log = openLog(folder, config.log.level);
  // One bug in one request must not end everybody's platform; it is in the log.
  process.on("unhandledRejection", (error) => log.error("an error was not handled", { error }));
  const platform = await openPlatform({
    ...{ folder, config, version: manifest.version, home: homedir(), environment },
    ...{ firstPassword, clock: systemClock, log },
  });
  if (options.endSessions) {
    await platform.endSessions(AbortSignal.timeout(config.sessions.graceSeconds * 1000 + END_TIMEOUT_MS));
    await platform.close();
    process.exit(0);
  }
  announce(platform, folder);
  log.info("started", { url: platform.url, pid: process.pid });
  const signal = await new Promise<string>((settle) => {
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(name, () => settle(name));
  });
  process.stdout.write("Stopping. Sessions go on; start the platform again to see them.\n");
  log.info("stopping", { signal });
  await platform.close();
  process.exit(0);
}

main().catch((error: unknown) => {
  const known = error instanceof CanfarError ? error : null;
  process.stderr.write(`canfar platform: ${known?.message ?? (error as Error).stack}\n`);
  if (known?.hint !== undefined) process.stderr.write(`  ${known.hint}\n`);
  process.exit(known?.code === "command.usage" ? 2 : 1);
});
