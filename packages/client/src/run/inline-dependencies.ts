import { CanfarError } from "@canfar/contract";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import type { ScriptKind } from "./script-kind.ts";

/** What a script says that it needs on top of its image. */
export interface InlineDependencies {
  /** Requirements as pip reads them (PEP 508). */
  readonly dependencies: readonly string[];
  /** Range of Python versions (PEP 440), if it says. */
  readonly requiresPython?: string | undefined;
}

/** The reference's own pattern (PEP 723). */
const BLOCK = /^# \/\/\/ (?<type>[a-zA-Z0-9-]+)$\s(?<content>(^#(| .*)$\s)+)^# \/\/\/$/gm;

const oneLine = z
  .string()
  .min(1)
  .regex(/^[^\r\n]+$/);
const metadataSchema = z.looseObject({
  dependencies: z.array(oneLine).default([]),
  "requires-python": oneLine.optional(),
});

const notebookSchema = z.looseObject({
  cells: z.array(
    z.looseObject({ cell_type: z.string(), source: z.union([z.string(), z.array(z.string())]) }),
  ),
});

/**
 * Inline dependencies of a script (PEP 723), or of a notebook that has the same block in a code cell.
 *
 * @returns null where there are none
 * @throws CanfarError `request.invalid` where the block, or the notebook, cannot be read
 */
export function inlineDependencies(
  text: string,
  { name, kind }: { name: string; kind: ScriptKind },
): InlineDependencies | null {
  if (kind === "shell") return null;
  const sources = kind === "notebook" ? codeCells(text, name) : [text];
  const blocks = sources.flatMap(scriptBlocks);
  if (blocks.length > 1) {
    throw new CanfarError("request.invalid", {
      message: `${name} has ${blocks.length} blocks '# /// script'; there may be one`,
      hint: "Put all dependencies into one block (PEP 723).",
    });
  }
  const [block] = blocks;
  if (block === undefined) return null;
  const metadata = readMetadata(block, name);
  if (metadata.dependencies.length === 0 && metadata["requires-python"] === undefined) return null;
  return { dependencies: metadata.dependencies, requiresPython: metadata["requires-python"] };
}

function scriptBlocks(source: string): string[] {
  return [...`${source.replaceAll("\r\n", "\n")}\n`.matchAll(BLOCK)].flatMap(({ groups }) =>
    groups?.type === "script" ? [(groups.content ?? "").replace(/^# ?/gm, "")] : [],
  );
}

function codeCells(text: string, name: string): string[] {
  let notebook: z.output<typeof notebookSchema>;
  try {
    notebook = notebookSchema.parse(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw new CanfarError("request.invalid", {
      message: `${name} is no notebook: ${error instanceof SyntaxError ? error.message : "it has no cells"}`,
      hint: "Open it in JupyterLab and save it again.",
      cause: error,
    });
  }
  return notebook.cells
    .filter((cell) => cell.cell_type === "code")
    .map(({ source }) => (typeof source === "string" ? source : source.join("")));
}

function readMetadata(block: string, name: string): z.output<typeof metadataSchema> {
  try {
    return metadataSchema.parse(parse(block));
  } catch (error) {
    if (!(error instanceof TomlError || error instanceof z.ZodError)) throw error;
    const [reason = ""] =
      error instanceof z.ZodError ? ["dependencies must be texts of one line"] : error.message.split("\n");
    throw new CanfarError("request.invalid", {
      message: `The block '# /// script' of ${name} cannot be read: ${reason}`,
      hint: 'Write it as PEP 723 says, for example: # dependencies = ["astropy>=6"]',
      cause: error,
    });
  }
}
