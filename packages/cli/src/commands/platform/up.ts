import { spawn } from "node:child_process";
import { readFileSync, truncateSync } from "node:fs";
import { constants } from "node:os";
import { CanfarError } from "@canfar/contract";
import type { Context } from "../../command/context.ts";
import { defineCommand } from "../../command/define-command.ts";
import { flag } from "../../command/flags.ts";
import {
  dataFolder,
  type PlatformCommand,
  platformCommand,
  type RunningPlatform,
  runningPlatform,
  startDetached,
  startLog,
} from "../../command/platform-process.ts";
import { parseCount } from "../../command/quantities.ts";
import { AlreadyReported } from "../../output/errors.ts";

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
/** Lines of the start's log that are worth showing when it failed. */
const LOG_LINES = 15;

interface Flags {
  readonly foreground?: boolean;
  readonly data?: string;
  readonly port?: number;
  readonly host?: string;
  readonly config?: string;
}

export const platformUp = defineCommand<Flags>({
  brief: "Start a platform on this machine",
  details: "Start a platform on this machine. It goes on in the background unless --foreground is given.",
  examples: ["canfar platform up", "canfar platform up --foreground --port 0 --data /tmp/try"],
  parameters: {
    flags: {
      foreground: flag("Stay here until Ctrl-C"),
      data: {
        kind: "parsed",
        parse: String,
        brief: "Data folder (~/.canfar/platform)",
        placeholder: "DIR",
        optional: true,
      },
      port: {
        kind: "parsed",
        parse: parseCount,
        brief: "TCP port (8088); 0 takes a free one",
        placeholder: "PORT",
        optional: true,
      },
      host: {
        kind: "parsed",
        parse: String,
        brief: "Address to listen on (127.0.0.1)",
        placeholder: "HOST",
        optional: true,
      },
      config: {
        kind: "parsed",
        parse: String,
        brief: "Configuration file",
        placeholder: "FILE",
        optional: true,
      },
    },
    aliases: { d: "data", p: "port" },
  },
  async run(context, flags) {
    const data = dataFolder(flags.data);
    const command = platformCommand(platformWords(flags, data));
    if (flags.foreground) return await stayInForeground(context, command);
    const running = runningPlatform(data);
    if (running !== null) return sayRunning(context, running);
    await startInBackground(context, command, data);
  },
});

function platformWords({ port, host, config }: Flags, data: string): string[] {
  return [
    ...["--data", data],
    ...(port === undefined ? [] : ["--port", String(port)]),
    ...(host === undefined ? [] : ["--host", host]),
    ...(config === undefined ? [] : ["--config", config]),
  ];
}

/** The platform gets the terminal; its end is this command's end. */
async function stayInForeground(context: Context, { program, words }: PlatformCommand): Promise<void> {
  const child = spawn(program, words, { stdio: "inherit" });
  // At a terminal Ctrl-C reaches the platform as well; this process waits for it to finish in order.
  context.interrupts.takeOver(() => {});
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exit, signal) => {
      // It could not say anything itself any more.
      if (signal !== null)
        context.say(`The platform was ended by ${signal}. Sessions go on; start it again.`);
      resolve(exit ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  if (code !== 0) throw new AlreadyReported(code);
}

async function startInBackground(context: Context, command: PlatformCommand, data: string): Promise<void> {
  const started = startDetached(command, data);
  const progress = context.progress();
  progress.update("Starting the platform");
  const end = performance.now() + START_TIMEOUT_MS;
  let ended = false;
  void started.ended.then(() => {
    ended = true;
  });
  try {
    for (;;) {
      const running = runningPlatform(data);
      const announced = announcement(data);
      if (running?.pid === started.pid && announced !== "" && (await answers(running.url))) {
        progress.end();
        // It may hold the password of the first account, which is shown only this once.
        truncateSync(startLog(data));
        return context.say(announced.replace(/^( *Stop +).*$/m, "$1canfar platform down").trimEnd());
      }
      if (ended) throw startFailed(data, "ended while it started");
      if (performance.now() > end)
        throw startFailed(data, `did not answer within ${START_TIMEOUT_MS / 1000} s`);
      progress.update("Starting the platform");
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    progress.end();
  }
}

async function answers(url: string): Promise<boolean> {
  return await fetch(`${url}/skaha/availability`).then(
    (response) => response.ok,
    () => false,
  );
}

/** What the platform says when it has started: address, how to log in, and at the first start the account. */
function announcement(data: string): string {
  return readFileSync(startLog(data), "utf8");
}

function startFailed(data: string, what: string): CanfarError {
  const lines = readFileSync(startLog(data), "utf8").trimEnd().split("\n").slice(-LOG_LINES);
  return new CanfarError("platform.start_failed", {
    message: `The platform ${what}. Its last words:\n${lines.map((line) => `  ${line}`).join("\n")}`,
    hint: `All of them are in ${startLog(data)}.`,
    details: { data },
  });
}

function sayRunning(context: Context, { url, pid, data }: RunningPlatform): void {
  context.say(`A platform runs already: ${url} (process ${pid}, data in ${data}).`);
  context.say("Next:  canfar login");
}
