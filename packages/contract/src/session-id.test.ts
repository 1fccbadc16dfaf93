import { expect, test } from "vitest";
import { newSessionId, SESSION_ID_PATTERN } from "./session-id.ts";

test("ids have the form that every client expects and do not repeat", () => {
  const ids = Array.from({ length: 2000 }, newSessionId);
  expect(ids.every((id) => SESSION_ID_PATTERN.test(id) && /^[a-z]/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(2000);
});
