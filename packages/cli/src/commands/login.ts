import { defineCommand } from "../command/define-command.ts";
import { flag } from "../command/flags.ts";
import { type LoginFlags, logIn } from "../command/log-in.ts";

/** The same command stands at `canfar login` and `canfar auth login`. */
export const login = defineCommand<LoginFlags, [server?: string]>({
  brief: "Log in to a Science Platform Server and save the login",
  details:
    "Log in to a Science Platform Server and save the login in ~/.canfar/config.yaml. Finds the platforms that run on this machine and asks which one, for a user name and for a password. Where standard input is a pipe, its first line is the user name and its second the password.",
  examples: [
    "canfar login",
    "canfar login https://canfar.example.org",
    "canfar login --device",
    "canfar login --username ada --password-stdin < password.txt",
  ],
  parameters: {
    flags: {
      force: flag("Log in again even where a saved login is valid"),
      username: { kind: "parsed", parse: String, brief: "User name", placeholder: "NAME", optional: true },
      passwordStdin: flag("Read the password from the first line of standard input"),
      device: flag("Confirm in a browser, on any machine, with a code"),
      web: flag("Confirm in a browser on this machine"),
      server: {
        kind: "parsed",
        parse: String,
        brief: "Server Name or address",
        placeholder: "SERVER",
        optional: true,
      },
    },
    aliases: { f: "force", u: "username", s: "server" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Server Name or address", parse: String, placeholder: "SERVER", optional: true }],
    },
  },
  run: (context, flags, server) => logIn(context, { ...flags, ...(server === undefined ? {} : { server }) }),
});
