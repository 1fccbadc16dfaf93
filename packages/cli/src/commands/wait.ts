import { encodeGroup } from "@canfar/contract/wire";
import { defineCommand } from "../command/define-command.ts";
import { names, outputFlag } from "../command/flags.ts";
import { parseDurationFlag } from "../command/quantities.ts";
import { withSelected } from "../command/selected.ts";
import { outcomeExitCode, sayOutcome } from "../command/wait/outcome.ts";
import { waitFor } from "../command/wait/wait-for.ts";
import type { OutputFormat } from "../output/data.ts";
import { AlreadyReported } from "../output/errors.ts";

interface Flags {
  readonly timeout?: number;
  readonly quiet?: boolean;
  readonly output?: OutputFormat;
}

export const waitCommand = defineCommand<Flags, string[]>({
  brief: "Wait until Groups and Sessions have ended",
  details:
    "Wait until everything named has ended. The exit code is that of a single Session's program; of Replicas 0 when all completed, 7 when some failed, 1 when all failed; 8 when --timeout is over. Ctrl-C ends the waiting, nothing else.",
  examples: [
    "canfar wait stars",
    "canfar wait 'stars[3-10]' --timeout 90m",
    "canfar wait @last && canfar report @last",
  ],
  parameters: {
    flags: {
      timeout: {
        kind: "parsed",
        parse: parseDurationFlag,
        brief: "Give up after so long: 90m, 1h30m, 2d",
        placeholder: "TIME",
        optional: true,
      },
      quiet: { kind: "boolean", brief: "Show no progress", optional: true, withNegated: false },
      output: outputFlag,
    },
    aliases: { q: "quiet", o: "output" },
    positional: names,
  },
  async run(context, { timeout, quiet, output }, ...words) {
    await withSelected(context, words, async (selected) => {
      const ended = await waitFor(context, selected, { timeoutMs: timeout, quiet });
      if (output !== undefined)
        await context.data(
          ended.map(({ group }) => encodeGroup(group)),
          output,
        );
      if (!quiet) await sayOutcome(context, ended);
      const code = outcomeExitCode(ended);
      if (code !== 0) throw new AlreadyReported(code);
    });
  },
});
