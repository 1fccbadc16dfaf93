import { expect, test } from "vitest";
import { Activity } from "./activity.ts";

test("a websocket's messages are use, answers to its server's pings are not", () => {
  const used: string[] = [];
  const activity = new Activity(
    (id) => used.push(id),
    () => 0,
  );
  const pong = Buffer.from([0x8a, 0x80, 1, 2, 3, 4]);
  const close = Buffer.from([0x88, 0x82, 1, 2, 3, 4, 0, 0]);
  const text = Buffer.from([0x81, 0x81, 1, 2, 3, 4, 0]);
  activity.sent("abcd1234", pong);
  activity.sent("abcd1234", close);
  expect(used).toEqual([]);
  activity.sent("abcd1234", text);
  expect(used).toEqual(["abcd1234"]);
});
