import { proposeCompletions } from "@stricli/core";
import type { buildCanfarApplication } from "./application.ts";
import type { Context } from "./context.ts";

/**
 * Prints proposals for the last word, each with its description behind a tab. Never fails: a shell that completes has
 * nowhere to show an error.
 */
export async function propose(
  application: ReturnType<typeof buildCanfarApplication>,
  words: readonly string[],
  context: Context,
): Promise<void> {
  const partial = words.at(-1) ?? "";
  const beforeDashes = !words.slice(0, -1).includes("--");
  const found = beforeDashes ? await proposals(application, words, context) : [];
  for (const { completion, brief } of found) {
    if (completion.startsWith(partial)) context.write(`${completion}\t${brief}\n`);
  }
}

async function proposals(
  application: ReturnType<typeof buildCanfarApplication>,
  words: readonly string[],
  context: Context,
): Promise<readonly { completion: string; brief: string }[]> {
  try {
    return await proposeCompletions(application, words.length === 0 ? [""] : words, context);
  } catch {
    return []; // Not logged in, server down, half a word: there is nothing to propose.
  }
}
