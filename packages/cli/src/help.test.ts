import { type Application, type CommandContext, generateHelpTextForAllCommands } from "@stricli/core";
import { expect, test } from "vitest";
import { buildCanfarApplication } from "./command/application.ts";

// Help asks no command for its context.
const application = buildCanfarApplication([], () => {}) as unknown as Application<CommandContext>;
const texts = generateHelpTextForAllCommands(application);

test("the help of every command is as it was agreed on (golden/help.txt)", async () => {
  const all = texts.map(([route, text]) => `=== ${route}\n${text}`).join("\n");
  await expect(all).toMatchFileSnapshot("golden/help.txt");
});

test("no line of help is wider than a terminal", () => {
  for (const [route, text] of texts) {
    expect(
      text.split("\n").filter((line) => line.length > 120),
      route,
    ).toEqual([]);
  }
});
