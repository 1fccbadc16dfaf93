import { expect, test } from "vitest";
import type { Session } from "../session.ts";
import { decodeSession, encodeSession } from "./session.ts";

const session: Session = {
  id: "pg0x4kr4",
  name: "my-notebook",
  username: "alinga",
  uid: 10042,
  gid: 10042,
  groups: [900123],
  kind: "notebook",
  image: "images.canfar.net/skaha/astroml:latest",
  status: "Running",
  startedAt: "2026-02-22T00:48:30.000Z",
  expiresAt: "2026-02-26T00:48:30.000Z",
  connectUrl: "https://host/session/notebook/pg0x4kr4/lab/tree/arc/home/alinga?token=pg0x4kr4",
  fixedResources: true,
  requestedCores: 2,
  requestedMemoryGB: 4,
  requestedGpus: 0,
};

test("a Session survives the wire", () => {
  expect(decodeSession(JSON.parse(JSON.stringify(encodeSession(session))))).toEqual(session);
});

test("numbers are strings on the wire where upstream has strings, and absent data are missing keys", () => {
  const wire = encodeSession(session);
  expect(wire).toMatchObject({
    runAsUID: "10042",
    requestedRAM: "4",
    requestedCPUCores: "2",
    requestedGPUCores: "0",
  });
  expect(wire).not.toHaveProperty("exitCode");
  expect(Object.values(wire)).not.toContain(undefined);
});

test("a flexible Session names no requested resources, and a headless one has an empty address", () => {
  const { connectUrl: _, ...rest } = session;
  const wire = encodeSession({ ...rest, kind: "headless", fixedResources: false });
  expect(wire).not.toHaveProperty("requestedRAM");
  expect(wire).not.toHaveProperty("requestedCPUCores");
  expect(wire.connectURL).toBe("");
});

test.each([
  ["numbers for strings", { runAsUID: 12, requestedRAM: 17.18 }, { uid: 12, requestedMemoryGB: 17.18 }],
  ["units", { requestedRAM: "16G" }, { requestedMemoryGB: 16 }],
  ["<none>", { startTime: "<none>", requestedGPUCores: "<none>" }, {}],
  ["old status words", { status: "Succeeded" }, { status: "Completed" }],
  ["an unknown status", { status: "Warp" }, { status: "Pending" }],
  ["an unknown type", { type: "holodeck" }, { kind: "headless" }],
  ["a time without seconds", { startTime: "2025-04-10T15:45Z" }, { startedAt: "2025-04-10T15:45:00.000Z" }],
  [
    "a time without an offset",
    { startTime: "2025-04-10T15:45:00" },
    { startedAt: "2025-04-10T15:45:00.000Z" },
  ],
  ["groups that are no numbers", { supplementalGroups: [1, "x", null] }, { groups: [1] }],
])("other servers' habits are understood: %s", (_, wire, expected) => {
  expect(decodeSession({ id: "a", userid: "u", ...wire })).toMatchObject(expected);
});

test("what is no session object at all is refused", () => {
  expect(() => decodeSession({ userid: "u" })).toThrowError();
});
