import { writeFileSync } from "node:fs";
import { CanfarError, type GroupReport } from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { outputFlag } from "../command/flags.ts";
import type { OutputFormat } from "../output/data.ts";

interface Flags {
  readonly html?: string;
  readonly output?: OutputFormat;
}

export const report = defineCommand<Flags, [group: string]>({
  brief: "Say how a Group went, and why Replicas failed",
  details:
    "Say how a Group went: its failed Replicas by cause, with the files concerned; how long Replicas ran; how much of the CPU and memory they asked for they used, and what the next launch should ask for. --html writes a page with plots that needs nothing else.",
  examples: [
    "canfar report galaxy-batch",
    "canfar report @last --html report.html",
    "canfar report galaxy-batch -o json",
  ],
  parameters: {
    flags: {
      html: {
        kind: "parsed",
        parse: String,
        brief: "Write a page with plots to this file; - for standard output",
        placeholder: "FILE",
        optional: true,
      },
      output: outputFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Group or Session: id, a unique beginning of one, name, or @last",
          parse: String,
          placeholder: "GROUP",
          async proposeCompletions(this: Context) {
            return (await (await this.client()).groups.list()).map(({ name }) => name);
          },
        },
      ],
    },
  },
  async run(context, { html, output }, word) {
    const { groups } = await context.client();
    const { group } = await groups.resolve(word);
    const found = await groups.report(group.id);
    // The newest one may be another by the time that the report is read.
    const reference = word === "@last" ? group.id : word.replace(/\[.*$/, "");
    if (html !== undefined) await writePage(context, html, { found, reference });
    if (output !== undefined) await context.data(found, output);
    else if (html === undefined) await print(context, found, reference);
  },
});

async function print(context: Context, found: GroupReport, reference: string): Promise<void> {
  const { reportText } = await import("../output/report-text.ts");
  const width = context.onTerminal ? (context.streams.stdout.columns ?? 80) : undefined;
  context.write(reportText(found, { reference, paint: context.paint, width }));
}

async function writePage(
  context: Context,
  file: string,
  { found, reference }: { found: GroupReport; reference: string },
): Promise<void> {
  const { groupReportPage } = await import("@canfar/client/report");
  const page = groupReportPage(found, reference);
  if (file === "-") return context.write(page);
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new CanfarError("command.failed", {
      message: `the page could not be written to ${file}: ${(error as Error).message}`,
      hint: "Name a file in a folder that exists and that you may write to.",
      details: { file },
      cause: error,
    });
  }
  context.say(`Wrote ${file}; open it in a browser.`);
}
