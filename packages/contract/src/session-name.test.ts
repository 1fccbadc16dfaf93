import { expect, test } from "vitest";
import { parseSessionName } from "./session-name.ts";

test("a name is stored in lower case", () => {
  expect(parseSessionName("MyName-1")).toBe("myname-1");
});

test.each(["", "-a", "a-", "bad_name", "a b", "é", "a".repeat(64)])("%j is refused", (name) => {
  expect(() => parseSessionName(name)).toThrowError(/alpha-numeric/);
});
