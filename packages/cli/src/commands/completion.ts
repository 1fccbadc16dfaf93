import { CanfarError } from "@canfar/contract";
import { completionScript, SHELLS, type Shell } from "../command/completion-script.ts";
import { defineCommand } from "../command/define-command.ts";

export const completion = defineCommand<NonNullable<unknown>, [shell: Shell]>({
  brief: "Print a completion script for bash, zsh or fish",
  examples: [
    'eval "$(canfar completion bash)"          # in ~/.bashrc',
    'eval "$(canfar completion zsh)"           # in ~/.zshrc',
    "canfar completion fish > ~/.config/fish/completions/canfar.fish",
  ],
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: SHELLS.join(", "),
          parse: parseShell,
          placeholder: "SHELL",
          proposeCompletions: () => [...SHELLS],
        },
      ],
    },
  },
  run(context, _flags, shell) {
    context.write(completionScript(shell));
  },
});

function parseShell(text: string): Shell {
  const shell = SHELLS.find((candidate) => candidate === text);
  if (shell !== undefined) return shell;
  throw new CanfarError("command.usage", {
    message: `There is no completion for '${text}'`,
    hint: `Use ${SHELLS.join(", ")}.`,
  });
}
