import { describe, expect, test } from "vitest";
import { openClient } from "./client.ts";
import { sendJson, sendText } from "./test-servers/http-server.ts";
import { type SkahaBehaviour, startSkaha, wireSession } from "./test-servers/skaha.ts";

async function open(behaviour: SkahaBehaviour = {}) {
  const server = await startSkaha(behaviour);
  const client = await openClient({ url: `${server.origin}/skaha/v1`, token: "T", environment: {} });
  return { server, client, sessions: client.sessions };
}

/** Answers the list and each Session of it. */
function withSessions(...list: Record<string, unknown>[]): NonNullable<SkahaBehaviour["answer"]> {
  return ({ method, path }, response) => {
    const one = list.find(({ id }) => path === `/skaha/v1/session/${id}`);
    if (method !== "GET" || (path !== "/skaha/v1/session" && one === undefined)) return false;
    sendJson(response, one ?? list);
    return true;
  };
}

describe("a list", () => {
  test("reads what upstream sends, odd fields included, and asks the server to filter", async () => {
    const odd = {
      ...wireSession("b"),
      requestedRAM: 4,
      startTime: "2026-11-20T12:00:00",
      supplementalGroups: ["x"],
      extra: 1,
    };
    const { server, sessions } = await open({ answer: withSessions(wireSession("a"), odd) });
    await using _ = server;
    const list = await sessions.list({ kind: "headless", status: "Running" });
    expect(list[0]).toMatchObject({
      id: "a",
      username: "ada",
      uid: 10000,
      requestedMemoryGB: 4,
      status: "Running",
    });
    expect(list[1]).toMatchObject({ id: "b", startedAt: "2026-11-20T12:00:00.000Z", groups: [] });
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      type: "headless",
      status: "Running",
    });
  });
});

describe("a selector", () => {
  const list = [
    wireSession("abcd1111", { name: "first", startTime: "2026-11-20T12:00:00Z" }),
    wireSession("abce2222", { name: "twice", startTime: "2026-11-22T12:00:00Z" }),
    wireSession("bbbb3333", { name: "twice", startTime: "2026-11-21T12:00:00Z" }),
    wireSession("cccc4444", { name: "longname", startTime: undefined, createdTime: "2026-11-19T12:00:00Z" }),
  ];

  test.each([
    { selector: "abcd1111", id: "abcd1111" },
    { selector: "abcd", id: "abcd1111" },
    { selector: "first", id: "abcd1111" },
    { selector: "longname", id: "cccc4444" },
    { selector: "@last", id: "abce2222" },
  ])("$selector is $id", async ({ selector, id }) => {
    const { server, sessions } = await open({ answer: withSessions(...list) });
    await using _ = server;
    expect((await sessions.resolve(selector)).id).toBe(id);
  });

  test.each([
    { selector: "abc", code: "session.ambiguous", ids: ["abcd1111", "abce2222"] },
    { selector: "twice", code: "session.ambiguous", ids: ["abce2222", "bbbb3333"] },
    { selector: "nothing", code: "session.not_found", ids: undefined },
    { selector: "zzzz9999", code: "session.not_found", ids: undefined },
    { selector: "", code: "session.not_found", ids: undefined },
  ])("$selector is $code", async ({ selector, code, ids }) => {
    const { server, sessions } = await open({ answer: withSessions(...list) });
    await using _ = server;
    const error = await sessions.resolve(selector).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect((error as { details: { ids?: string[] } }).details.ids).toEqual(ids);
  });

  test("a whole id costs one small request", async () => {
    const { server, sessions } = await open({ answer: withSessions(...list) });
    await using _ = server;
    await sessions.resolve("abcd1111");
    expect(server.requests.map(({ path }) => path)).toEqual(["/skaha/v1/session/abcd1111"]);
  });

  test.each(["..", ".", "a/b", "a?b", ""])("%j never becomes part of an address", async (id) => {
    const { server, sessions } = await open();
    await using _ = server;
    await expect(sessions.get(id)).rejects.toMatchObject({ code: "session.not_found" });
    await expect(sessions.delete(id)).rejects.toMatchObject({ code: "session.not_found" });
    expect(server.requests).toEqual([]);
  });
});

describe("events", () => {
  const event = {
    type: "Warning",
    reason: "Failed",
    message: "two  blanks",
    firstTime: "2026-11-20T12:00:00Z",
    lastTime: "2026-11-20T12:00:01Z",
  };

  test("come as JSON from a platform of ours", async () => {
    const { server, sessions } = await open({
      ours: true,
      answer: ({ query }, response) => {
        if (query.get("format") !== "json") return false;
        sendJson(response, [event]);
        return true;
      },
    });
    await using _ = server;
    expect(await sessions.events("a")).toEqual([event]);
  });

  test("are read from upstream's table elsewhere", async () => {
    const table = `TYPE     REASON  MESSAGE  FIRST-TIME            LAST-TIME\nNormal   Pulled  done it  2026-11-20T12:00:00Z  2026-11-20T12:00:01Z\n`;
    const { server, sessions } = await open({
      answer: ({ query }, response) => {
        if (query.get("view") !== "events") return false;
        sendText(response, table);
        return true;
      },
    });
    await using _ = server;
    expect(await sessions.events("a")).toMatchObject([
      { type: "Normal", reason: "Pulled", message: "done it" },
    ]);
  });
});

describe("delete and renew", () => {
  test("speak upstream's protocol", async () => {
    const { server, sessions } = await open({
      answer: (_, response) => {
        response.writeHead(200).end();
        return true;
      },
    });
    await using _ = server;
    await sessions.renew("a");
    await sessions.delete("a");
    expect(server.requests.map(({ method, path, query }) => [method, path, query.toString()])).toEqual([
      ["POST", "/skaha/v1/session/a", "action=renew"],
      ["DELETE", "/skaha/v1/session/a", ""],
    ]);
  });

  test("a delete whose answer was lost has been done", async () => {
    let asked = 0;
    const { server, sessions } = await open({
      answer: (_, response) => {
        asked += 1;
        if (asked > 1) return false;
        response.socket?.destroy();
        return true;
      },
    });
    await using _ = server;
    await sessions.delete("abcd1111");
    expect(server.requests).toHaveLength(2);
  });

  test("a delete of what is not there is an error", async () => {
    const { server, sessions } = await open();
    await using _ = server;
    await expect(sessions.delete("abcd1111")).rejects.toMatchObject({
      code: "session.not_found",
      message: "Session abcd1111 not found",
    });
  });
});

describe("what only our platforms have", () => {
  test("a ticket and the user come from their own addresses", async () => {
    const user = { username: "ada", uid: 1000, gid: 1000, groups: [], administrator: false };
    const ticket = {
      url: "http://127.0.0.1:1/session/notebook/a/?ticket=t",
      expiresAt: "2026-11-20T12:00:00Z",
    };
    const { server, client } = await open({
      ours: true,
      answer: ({ path }, response) => {
        if (!path.startsWith("/canfar/")) return false;
        sendJson(response, path === "/canfar/v1/user" ? user : ticket);
        return true;
      },
    });
    await using _ = server;
    expect(await client.sessions.ticket("a")).toEqual(ticket);
    expect(await client.user()).toEqual(user);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toContain(
      "POST /canfar/v1/session/a/ticket",
    );
  });

  test("elsewhere is an error that says so", async () => {
    const { server, client } = await open();
    await using _ = server;
    await expect(client.sessions.ticket("a")).rejects.toMatchObject({ code: "request.unsupported" });
    await expect(client.user()).rejects.toMatchObject({ code: "request.unsupported" });
  });
});

test("images, context and stats are read", async () => {
  const range = { default: 1, defaultRequest: 1, defaultLimit: 8, options: [1, 2] };
  const context = { cores: range, memoryGB: range, gpus: { options: [] }, maxInteractiveSessions: "3" };
  const { server, client } = await open({
    answer: ({ path }, response) => {
      if (path === "/skaha/v1/context") sendJson(response, context);
      else sendJson(response, [{ id: "h/skaha/a:1", types: ["notebook", "new-kind"], digest: null }]);
      return true;
    },
  });
  await using _ = server;
  expect(await client.images.list({ kind: "notebook" })).toEqual([
    { id: "h/skaha/a:1", kinds: ["notebook"], digest: "" },
  ]);
  expect((await client.context()).maxInteractiveSessions).toBe(3);
});
