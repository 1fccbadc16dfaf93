import { expect, test } from "vitest";
import { checkBoundaries, importsOf, violationOf } from "./check-boundaries.ts";

test("imports are found in every form, and not in comments", () => {
  const source = `import { a } from "./a.ts";\nimport "./b.ts";\nconst c = await import("c");\n// from "no"\n/* from "no" */`;
  expect(importsOf(source)).toEqual(["./a.ts", "./b.ts", "c"]);
});

test.each([
  ["packages/contract/src/session.ts", "node:fs"],
  ["packages/cli/src/commands/ps.ts", "@canfar/platform"],
  ["packages/proxy/src/forward.ts", "@canfar/drivers"],
  ["packages/client/src/client.ts", "../../contract/src/index.ts"],
  ["packages/platform/src/handlers/session.ts", "../records/sessions.ts"],
  ["packages/platform/src/records/sessions.ts", "../services/launch.ts"],
])("%s must not import %s", (file, specifier) => {
  expect(violationOf(file, specifier)).not.toBeNull();
});

test.each([
  ["packages/cli/src/commands/ps.ts", "@canfar/client"],
  ["packages/drivers/src/process/index.ts", "node:fs"],
  ["packages/platform/src/handlers/session.ts", "../services/launch.ts"],
  ["packages/platform/src/platform.ts", "@canfar/drivers/process"],
  ["packages/drivers/src/process/driver.test.ts", "@canfar/testing"],
])("%s may import %s", (file, specifier) => {
  expect(violationOf(file, specifier)).toBeNull();
});

test("the tree keeps its boundaries", () => {
  expect(checkBoundaries()).toEqual([]);
});
