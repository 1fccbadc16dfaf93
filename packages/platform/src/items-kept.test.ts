/** What is kept of Items, and how long: over the fake driver and a clock that stands still. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ITEM_EXIT_CODES } from "@canfar/contract";
import { eventually, TestBatch } from "@canfar/testing";
import { afterEach, beforeEach, expect, it } from "vitest";

const HOUR_MS = 3_600_000;
const ITEMS = { items: { list: ["a", "b"] }, args: ["{}"] };

let batch: TestBatch;

beforeEach(async () => {
  batch = await TestBatch.start({ config: { batch: { flexible: 8 }, logs: { retentionDays: 2 } } });
});
afterEach(() => batch[Symbol.asyncDispose]());

const folderOf = (group: string) => join(batch.platform.folder.groups, group);

async function run(exitCode: number, policy = {}): Promise<string> {
  const { group } = await batch.launch({ ...ITEMS, policy });
  await batch.untilSession(group, { status: "Running" });
  batch.driver.endForTest(group, { exitCode });
  return group;
}

it("keeps them as long as the group is listed, and after its end as long as its logs", async () => {
  const [kept, deleted] = [await run(0), await run(0)];
  for (const group of [kept, deleted]) await batch.untilSession(group, { status: "Completed" });
  await batch.platform.fetch(`/canfar/v1/group/${deleted}`, { method: "DELETE" });
  expect(existsSync(folderOf(deleted))).toBe(true);
  for (let hours = 0; hours < 3 * 24; hours += 1) {
    batch.clock.advance(HOUR_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => !existsSync(folderOf(deleted)));
  expect((await batch.group(kept)).items).toMatchObject({ total: 2 });
  expect(await batch.get(`/canfar/v1/group/${kept}/items`)).toHaveLength(2);
});

it("does not retry a replica that has nothing left to try", async () => {
  const policy = { retries: 5, retryDelaySeconds: 0 };
  const group = await run(ITEM_EXIT_CODES.setAside, policy);
  expect(await batch.untilSession(group, { status: "Failed" })).toMatchObject({ attempt: 1 });
  const again = await run(ITEM_EXIT_CODES.failed, policy);
  await batch.untilSession(again, { attempt: 2 });
});

it("removes at the start what launches left that were never acknowledged", async () => {
  const { group } = await batch.launch(ITEMS);
  mkdirSync(join(batch.platform.folder.groups, ".staged", "half", "items"), { recursive: true });
  mkdirSync(join(batch.platform.folder.groups, "unknown1", "items"), { recursive: true });
  const next = await batch.restart();
  try {
    expect(existsSync(folderOf(group))).toBe(true);
    expect(existsSync(folderOf("unknown1"))).toBe(false);
    expect(existsSync(join(batch.platform.folder.groups, ".staged", "half"))).toBe(false);
    expect((await next.group(group)).items).toEqual({ total: 2, done: 0, failed: 0, setAside: 0 });
  } finally {
    await next[Symbol.asyncDispose]();
  }
});
