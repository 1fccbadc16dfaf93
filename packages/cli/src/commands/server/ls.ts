import type { Server } from "@canfar/client";
import { defineCommand } from "../../command/define-command.ts";
import { outputFlag } from "../../command/flags.ts";
import type { OutputFormat } from "../../output/data.ts";
import type { Column } from "../../output/table.ts";

interface Row extends Server {
  readonly active: boolean;
}

export const serverLs = defineCommand<{ output?: OutputFormat }>({
  brief: "List saved servers",
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" } },
  async run(context, { output }) {
    const rows = await (await context.servers()).list();
    if (output !== undefined) await context.data(rows, output);
    else if (rows.length > 0) context.table(rows, COLUMNS);
    else context.say("No saved servers. Log in to one with `canfar login`.");
  },
});

const COLUMNS: readonly Column<Row>[] = [
  { title: "ACTIVE", value: ({ active }) => (active ? "*" : "") },
  { title: "NAME", value: ({ name }) => name },
  { title: "IDP", value: ({ idp }) => idp },
  { title: "URL", value: ({ url, version }) => `${url}/${version ?? "v1"}`, shrinks: true },
  { title: "FLEXIBLE", value: ({ resources }) => quantities(resources?.flexible) },
  { title: "FIXED", value: ({ resources }) => quantities(resources?.fixed) },
  { title: "GPUS", value: ({ resources }) => span(resources?.gpus) },
];

type Span = { readonly min: number; readonly max: number } | null | undefined;

function quantities(parts: { readonly cores?: Span; readonly ram?: Span } | null | undefined): string {
  if (!parts) return "unknown";
  return `${span(parts.cores)} cores, ${span(parts.ram)} GB`;
}

function span(range: Span): string {
  if (!range) return "unknown";
  if (range.max === 0) return "none";
  return range.min === range.max ? String(range.min) : `${range.min}-${range.max}`;
}
