import { decodeSession } from "@canfar/contract/wire";
import { describe, expect, test } from "vitest";
import { openClient } from "../client.ts";
import { sendJson, sendText } from "../test-servers/http-server.ts";
import { HurriedClock } from "../test-servers/hurried-clock.ts";
import { startSkaha, wireSession } from "../test-servers/skaha.ts";
import { assembleGroups } from "./assemble-groups.ts";

const at = (minute: number) => `2026-11-20T12:${String(minute).padStart(2, "0")}:00Z`;

/** Groups as texts: name, ids of their Sessions with their numbers. */
function assembled(...sessions: Record<string, unknown>[]): string[] {
  return assembleGroups(sessions.map(decodeSession)).map(
    ({ group, sessions }) =>
      `${group.name}/${group.replicaCount}: ${sessions.map(({ id, replicaIndex }) => `${id}=${replicaIndex}`).join(" ")}`,
  );
}

const session = (id: string, name: string, changes: Record<string, unknown> = {}) =>
  wireSession(id, { name, ...changes });

describe("Sessions of a plain Skaha server", () => {
  test("that are numbered and of one image are a Group, in the order of their numbers", () => {
    expect(assembled(session("b", "stars-10"), session("a", "stars-2"), session("c", "stars-1"))).toEqual([
      "stars/10: c=1 a=2 b=10",
    ]);
  });

  test("of another image or kind, interactive ones, and lonely ones are Groups of one", () => {
    expect(
      assembled(
        session("a", "stars-1"),
        session("b", "stars-2", { image: "images.canfar.net/skaha/other:1" }),
        session("c", "lab-1", { type: "notebook" }),
        session("d", "lab-2", { type: "notebook" }),
      ),
    ).toEqual(["stars-1/1: a=1", "stars-2/1: b=1", "lab-1/1: c=1", "lab-2/1: d=1"]);
  });

  test("that were launched twice under one name are two Groups", () => {
    expect(
      assembled(
        session("a", "stars-1", { startTime: at(1) }),
        session("b", "stars-2", { startTime: at(1) }),
        session("c", "stars-1", { startTime: at(5) }),
        session("d", "stars-2", { startTime: at(5) }),
      ),
    ).toEqual(["stars/2: a=1 b=2", "stars/2: c=1 d=2"]);
  });
});

describe("without Groups on the server", () => {
  test("the same words work on its Sessions", async () => {
    const states = ["Running", "Failed", "Succeeded"];
    const deleted: string[] = [];
    await using server = await startSkaha({
      answer: ({ method, path }, response) => {
        const id = path.split("/").at(-1) ?? "";
        if (method === "DELETE") {
          deleted.push(id);
          sendText(response, "");
        } else if (path === "/skaha/v1/session")
          sendJson(
            response,
            states.map((status, index) => session(`s${index + 1}`, `stars-${index + 1}`, { status })),
          );
        else return false;
        return true;
      },
    });
    const client = await openClient({ url: `${server.origin}/skaha/v1`, token: "T", environment: {} });
    const { groups } = client;
    const { group, replicas } = await groups.resolve("stars[failed]");
    expect(group).toMatchObject({
      id: "s1",
      name: "stars",
      counts: { pending: 0, running: 1, completed: 1, failed: 1 },
    });
    expect((await groups.replicas(group.id, replicas)).map(({ id }) => id)).toEqual(["s2"]);
    expect((await groups.resolve("s3")).replicas.ranges).toMatchObject([{ from: 3 }]);
    // Its first Session has the same id, and is what a script means by it.
    expect((await groups.resolve("s1")).replicas.ranges).toMatchObject([{ from: 1 }]);
    expect(await groups.delete(group.id, replicas)).toEqual(["s2"]);
    expect(deleted).toEqual(["s2"]);
    const { sessions } = client;
    for (const beyond of [sessions.why("s1"), groups.rerun("s1"), groups.items("s1"), groups.report("s1")])
      await expect(beyond).rejects.toMatchObject({ code: "request.unsupported" });
    expect(await sessions.forecast({ name: "x", kind: "headless", image: "skaha/x" })).toBeNull();
  });

  test("a Group is watched, and what the server forgets after its end still counts", async () => {
    const lists = [
      [session("s1", "stars-1"), session("s2", "stars-2"), session("s3", "stars-3")],
      [session("s1", "stars-1", { status: "Completed" }), session("s2", "stars-2"), session("s3", "stars-3")],
      [session("s2", "stars-2", { status: "Failed" })],
    ];
    let asked = 0;
    await using server = await startSkaha({
      answer: ({ path }, response) => {
        if (path !== "/skaha/v1/session") return false;
        sendJson(response, lists[Math.min(asked++, lists.length - 1)]);
        return true;
      },
    });
    const clock = new HurriedClock();
    const url = `${server.origin}/skaha/v1`;
    const { groups } = await openClient({ url, token: "T", environment: {}, clock });
    const seen: unknown[] = [];
    for await (const { counts } of groups.watch("s1")) seen.push(counts);
    expect(seen).toEqual([
      { pending: 0, running: 3, completed: 0, failed: 0 },
      { pending: 0, running: 2, completed: 1, failed: 0 },
      { pending: 0, running: 0, completed: 1, failed: 1 },
    ]);
  });
});
