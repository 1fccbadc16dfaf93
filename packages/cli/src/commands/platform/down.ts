import { confirm } from "../../command/confirm.ts";
import type { Context } from "../../command/context.ts";
import { defineCommand } from "../../command/define-command.ts";
import { flag, yesFlags } from "../../command/flags.ts";
import { dataFolder, endSessions, runningPlatform, stopPlatform } from "../../command/platform-process.ts";

interface Flags {
  readonly data?: string;
  readonly sessions?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export const platformDown = defineCommand<Flags>({
  brief: "Stop the platform on this machine; its Sessions go on",
  details:
    "Stop the platform on this machine. Its Sessions go on, and are found again by the next `canfar platform up`; with --sessions they are ended as well.",
  parameters: {
    flags: {
      data: {
        kind: "parsed",
        parse: String,
        brief: "Data folder (~/.canfar/platform)",
        placeholder: "DIR",
        optional: true,
      },
      sessions: flag("End the Sessions as well"),
      ...yesFlags,
    },
    aliases: { d: "data", y: "yes", f: "force" },
  },
  async run(context, flags) {
    const data = dataFolder(flags.data);
    if (flags.sessions && !flags.yes && !flags.force) {
      await confirm(context, `End all Sessions of the platform in ${data}?`);
    }
    await stop(context, data);
    if (!flags.sessions) return;
    await endSessions(data, (line) => context.say(line));
    context.say("Its Sessions were ended.");
  },
});

async function stop(context: Context, data: string): Promise<void> {
  const running = runningPlatform(data);
  if (running === null) return context.say(`No platform runs on ${data}.`);
  const progress = context.progress();
  progress.update("Stopping the platform");
  try {
    await stopPlatform(running);
  } finally {
    progress.end();
  }
  context.say(`Stopped the platform at ${running.url}.`);
}
