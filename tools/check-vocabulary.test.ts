import { expect, test } from "vitest";
import { avoidedIn, wordsOf } from "./check-vocabulary.ts";

test("identifiers fall into words", () => {
  expect(wordsOf("newSessionId")).toEqual(["new", "session", "id"]);
  expect(wordsOf("MAX_REPLICAS")).toEqual(["max", "replicas"]);
});

test("an exported name with an avoided word is found, a private one is not", () => {
  expect(avoidedIn("export function listPods() {}\nfunction listJobs() {}")).toEqual([
    { name: "listPods", word: "pods" },
  ]);
});
