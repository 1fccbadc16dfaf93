import { type ContainerImage, type SessionKind, shortImageReference } from "@canfar/contract";
import { defineCommand } from "../../command/define-command.ts";
import { outputFlag, parseKind, quietFlag } from "../../command/flags.ts";
import type { OutputFormat } from "../../output/data.ts";
import type { Column } from "../../output/table.ts";

interface Flags {
  readonly kind?: SessionKind;
  readonly quiet?: boolean;
  readonly output?: OutputFormat;
}

const COLUMNS: readonly Column<ContainerImage>[] = [
  { title: "IMAGE", value: ({ id }) => shortImageReference(id) },
  { title: "ID", value: ({ digest }) => digest.replace(/^sha256:/, "").slice(0, 12) || "-" },
  { title: "KIND", value: ({ kinds }) => kinds.join(",") },
  { title: "DESCRIPTION", value: ({ description }) => description ?? "", shrinks: true },
];

export const imageLs = defineCommand<Flags>({
  brief: "List Container Images that can be launched",
  parameters: {
    flags: {
      kind: {
        kind: "parsed",
        parse: parseKind,
        brief: "Only images for this kind",
        placeholder: "KIND",
        optional: true,
      },
      quiet: quietFlag,
      output: outputFlag,
    },
    aliases: { k: "kind", q: "quiet", o: "output" },
  },
  async run(context, { kind, quiet, output }) {
    const images = (await (await context.client()).images.list())
      .filter(({ kinds }) => kind === undefined || kinds.includes(kind))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    if (quiet) context.write(images.map(({ id }) => `${shortImageReference(id)}\n`).join(""));
    else if (output !== undefined) await context.data(images, output);
    else if (images.length > 0) context.table(images, COLUMNS);
    else context.say("No such Container Images.");
  },
});
