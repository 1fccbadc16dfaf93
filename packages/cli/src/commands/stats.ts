import { defineCommand } from "../command/define-command.ts";
import { outputFlag } from "../command/flags.ts";
import type { OutputFormat } from "../output/data.ts";

interface Row {
  readonly resource: string;
  readonly requested: string;
  readonly available: string;
}

export const stats = defineCommand<{ output?: OutputFormat }>({
  brief: "Show the load of the server",
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" } },
  async run(context, { output }) {
    const { cores, ram, ...others } = await (await context.client()).stats();
    if (output !== undefined) return await context.data({ cores, ram, ...others }, output);
    const rows: Row[] = [
      {
        resource: "CPU cores",
        requested: String(cores.requestedCPUCores),
        available: String(cores.cpuCoresAvailable),
      },
      { resource: "Memory", requested: ram.requestedRAM, available: ram.ramAvailable },
    ];
    context.table(rows, [
      { title: "RESOURCE", value: ({ resource }) => resource },
      { title: "REQUESTED", value: ({ requested }) => requested },
      { title: "AVAILABLE", value: ({ available }) => available },
    ]);
    context.say(
      `Largest node: ${cores.maxCPUCores.cpuCores} cores with ${cores.maxCPUCores.withRam} memory.`,
    );
  },
});
