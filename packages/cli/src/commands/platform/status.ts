import { defineCommand } from "../../command/define-command.ts";
import { EXIT } from "../../command/exit-code.ts";
import { outputFlag } from "../../command/flags.ts";
import { dataFolder, runningPlatform } from "../../command/platform-process.ts";
import type { OutputFormat } from "../../output/data.ts";
import { AlreadyReported } from "../../output/errors.ts";
import { formatFacts } from "../../output/table.ts";
import { formatAge } from "../../output/time.ts";

export const platformStatus = defineCommand<{ data?: string; output?: OutputFormat }>({
  brief: "Show whether a platform runs on this machine",
  parameters: {
    flags: {
      data: {
        kind: "parsed",
        parse: String,
        brief: "Data folder (~/.canfar/platform)",
        placeholder: "DIR",
        optional: true,
      },
      output: outputFlag,
    },
    aliases: { d: "data", o: "output" },
  },
  async run(context, flags) {
    const data = dataFolder(flags.data);
    const running = runningPlatform(data);
    if (running === null) {
      if (flags.output !== undefined) await context.data({ running: false, data }, flags.output);
      else context.say(`No platform runs on ${data}. Start one with \`canfar platform up\`.`);
      throw new AlreadyReported(EXIT.failure);
    }
    const note = await availabilityNote(running.url);
    if (flags.output !== undefined) {
      return await context.data({ running: true, answers: note !== null, note, ...running }, flags.output);
    }
    context.write(
      formatFacts(
        [
          ["Address", running.url],
          ["Answers", note === null ? "no" : "yes"],
          ["About", note ?? undefined],
          ["Version", running.version],
          ["Process", String(running.pid)],
          ["Running for", formatAge(running.startedAt || undefined, context.now())],
          ["Data", running.data],
          ...running.notices.map((notice): [string, string] => ["Notice", notice]),
        ],
        context.paint,
      ),
    );
  },
});

/** What the platform says of itself (VOSI availability); null where it does not answer. */
async function availabilityNote(url: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/skaha/availability`, { signal: AbortSignal.timeout(5_000) });
    const note = /<(?:\w+:)?note>([^<]*)</.exec(await response.text())?.[1] ?? "";
    return response.ok ? unescapeXml(note) : null;
  } catch {
    return null; // Starting, stopping or stuck: the process is there and does not answer, which is what is shown.
  }
}

function unescapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole);
}
