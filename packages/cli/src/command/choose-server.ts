import type { DiscoveredServer } from "@canfar/client";
import { CanfarError } from "@canfar/contract";
import { ask } from "./confirm.ts";
import type { Context } from "./context.ts";

/**
 * The server to log in to: the only one, or the one that the user picks from a numbered list.
 *
 * @throws CanfarError `command.usage` where there are several and nobody can pick
 */
export async function chooseServer(
  context: Context,
  found: readonly DiscoveredServer[],
): Promise<DiscoveredServer> {
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const names = found.map(({ server }) => server.name);
  if (!context.canAsk) {
    throw new CanfarError("command.usage", {
      message: `There are ${found.length} servers: ${names.join(", ")}`,
      hint: "Say which one with --server NAME.",
    });
  }
  context.say("Science Platform Servers:");
  for (const [index, { server }] of found.entries())
    context.say(`  ${index + 1}  ${server.name}  ${server.url}`);
  for (;;) {
    const answer = (await ask(context, `Which one? [1-${found.length}] `)).trim() || "1";
    const chosen = found[Number(answer) - 1] ?? found.find(({ server }) => server.name === answer);
    if (chosen !== undefined) return chosen;
    context.say(`'${answer}' is not on the list.`);
  }
}
