import { expect, test } from "vitest";
import type { SessionEvent } from "../session.ts";
import { decodeEventsTable, encodeEventsTable } from "./events-table.ts";

const event: SessionEvent = {
  type: "Warning",
  reason: "OOMKilled",
  message: "killed:  it used\nmore than 4 GiB",
  firstTime: "2026-02-22T00:48:30.000Z",
  lastTime: "2026-02-22T00:48:31.000Z",
};

test("every line has five columns two spaces apart, whatever the message holds", () => {
  const [header = "", row = ""] = encodeEventsTable([event]).split("\n");
  expect(header.split(/\s{2,}/)).toEqual(["TYPE", "REASON", "MESSAGE", "FIRST-TIME", "LAST-TIME"]);
  expect(row.split(/\s{2,}/)).toHaveLength(5);
});

test("the table reads back", () => {
  expect(decodeEventsTable(encodeEventsTable([event]))).toEqual([
    { ...event, message: "killed: it used more than 4 GiB" },
  ]);
  expect(decodeEventsTable("<none>\n")).toEqual([]);
});

test("a line of another shape is kept whole", () => {
  expect(decodeEventsTable("TYPE  REASON\nsomething odd\n")).toMatchObject([{ message: "something odd" }]);
});
