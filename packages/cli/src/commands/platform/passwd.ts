import { userInfo } from "node:os";
import type { Context } from "../../command/context.ts";
import { defineCommand } from "../../command/define-command.ts";
import { flag } from "../../command/flags.ts";
import { pipedLines } from "../../command/piped-lines.ts";
import { dataFolder, setPassword } from "../../command/platform-process.ts";
import { askSecret } from "../../command/secret.ts";

interface Flags {
  readonly data?: string;
  readonly generate?: boolean;
}

export const platformPasswd = defineCommand<Flags, [username?: string]>({
  brief: "Set the password of an account of the platform on this machine",
  details:
    "Set the password of an account of the platform on this machine, and end its logins. It is asked for, or read from standard input; with --generate it is made up and printed.",
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, brief: "Account (you)", placeholder: "USER", optional: true }],
    },
    flags: {
      data: {
        kind: "parsed",
        parse: String,
        brief: "Data folder (~/.canfar/platform)",
        placeholder: "DIR",
        optional: true,
      },
      generate: flag("Make a password up and print it"),
    },
    aliases: { d: "data" },
  },
  async run(context, flags, username = userInfo().username) {
    const password = flags.generate ? undefined : await askPassword(context, username);
    const generated = await setPassword(dataFolder(flags.data), username, password);
    if (generated !== null) context.write(`${generated}\n`);
    context.say(`The password of ${username} is set; their logins have ended.`);
  },
});

async function askPassword(context: Context, username: string): Promise<string> {
  const { stdin } = context.streams;
  if (stdin.isTTY) return await askSecret(context, `New password for ${username}: `);
  return (await pipedLines(stdin)()) ?? "";
}
