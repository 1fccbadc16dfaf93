import type { LaunchRequestInput } from "@canfar/contract";
import { describe, expect, test } from "vitest";
import { openClient } from "./client.ts";
import { refusedOrigin, sendText } from "./test-servers/http-server.ts";
import { groupLaunches, launches, type SkahaBehaviour, startSkaha } from "./test-servers/skaha.ts";

const BATCH: LaunchRequestInput = {
  name: "batch",
  kind: "headless",
  image: "skaha/astroml",
  command: "python",
  args: ["run.py", "-x"],
  env: { A: "b=c d" },
  resources: { cores: 2, memoryGiB: 4 },
  replicas: 1,
};

async function open(behaviour: SkahaBehaviour = {}) {
  const server = await startSkaha(behaviour);
  const { sessions } = await openClient({ url: `${server.origin}/skaha/v1`, token: "T", environment: {} });
  return { server, sessions };
}

describe("one Session", () => {
  test("is one request, without a question first, as upstream's client sends it", async () => {
    const { server, sessions } = await open();
    await using _ = server;
    expect(await sessions.launch(BATCH)).toEqual(["s0000001"]);
    expect(server.requests).toHaveLength(1);
    expect([...(launches(server)[0]?.form ?? [])]).toEqual([
      ["name", "batch"],
      ["image", "images.canfar.net/skaha/astroml:latest"],
      ["cores", "2"],
      ["ram", "4"],
      ["type", "headless"],
      ["cmd", "python"],
      ["args", "run.py -x"],
      ["env", "A=b=c d"],
      ["env", "REPLICA_ID=1"],
      ["env", "REPLICA_COUNT=1"],
    ]);
  });

  test("with arguments that only our platforms can take is refused by another server before it is sent", async () => {
    const { server, sessions } = await open();
    await using _ = server;
    await expect(sessions.launch({ ...BATCH, args: ["-c", "print(1, 2)"] })).rejects.toMatchObject({
      code: "request.unsupported",
      hint: expect.stringContaining("script"),
    });
    expect(launches(server)).toEqual([]);
  });

  test("with such arguments reaches a platform of ours word by word", async () => {
    const { server, sessions } = await open({ ours: true });
    await using _ = server;
    await sessions.launch({ ...BATCH, args: ["-c", "a b", ""] });
    expect(groupLaunches(server)[0]?.args).toEqual(["-c", "a b", ""]);
  });
});

describe("Replicas", () => {
  test("are one request where the server can", async () => {
    const { server, sessions } = await open({ ours: true });
    await using _ = server;
    expect(await sessions.launch({ ...BATCH, replicas: 100 })).toHaveLength(100);
    await sessions.launch({ ...BATCH, replicas: 2 });
    expect(groupLaunches(server).map(({ replicas }) => replicas)).toEqual([100, 2]);
    expect(server.requests.filter(({ path }) => path === "/skaha/capabilities")).toHaveLength(1);
  });

  test("are a request each elsewhere, at most 32 at a time, with ids in their order", async () => {
    let waiting = 0;
    let most = 0;
    const full = Promise.withResolvers<void>();
    const { server, sessions } = await open({
      answer: async ({ method, form }, response) => {
        if (method !== "POST") return false;
        waiting += 1;
        most = Math.max(most, waiting);
        if (waiting === 32) full.resolve();
        await full.promise;
        waiting -= 1;
        sendText(response, `id${form.get("name")}\n`);
        return true;
      },
    });
    await using _ = server;
    const ids = await sessions.launch({ ...BATCH, replicas: 100 });
    expect(ids).toEqual(Array.from({ length: 100 }, (__, index) => `idbatch-${index + 1}`));
    expect(most).toBe(32);
    const last = launches(server).find(({ form }) => form.get("name") === "batch-100");
    expect(last?.form.getAll("env")).toEqual(["A=b=c d", "REPLICA_ID=100", "REPLICA_COUNT=100"]);
  });

  test("of which some fail are an error that names both", async () => {
    const { server, sessions } = await open({
      answer: ({ form }, response) => {
        if (form.get("name") !== "batch-2") return false;
        sendText(response, "no room\n", 400);
        return true;
      },
    });
    await using _ = server;
    await expect(sessions.launch({ ...BATCH, replicas: 3 })).rejects.toMatchObject({
      code: "command.partial_success",
      message: "2 of 3 Replicas were launched; not accepted were 2 (no room)",
      details: {
        ids: [expect.any(String), expect.any(String)],
        failures: [{ replica: 2, code: "request.invalid", message: "no room" }],
      },
    });
  });

  test("that all fail give the server's own error", async () => {
    const { server, sessions } = await open({
      answer: ({ method }, response) => {
        if (method !== "POST") return false;
        sendText(response, "Unknown image\n", 400);
        return true;
      },
    });
    await using _ = server;
    await expect(sessions.launch({ ...BATCH, replicas: 5 })).rejects.toMatchObject({
      message: "Unknown image",
    });
  });

  test("are not tried one after the other once the login has expired", async () => {
    const { server, sessions } = await open({
      answer: ({ method }, response) => {
        if (method !== "POST") return false;
        sendText(response, "Unauthorized\n", 401);
        return true;
      },
    });
    await using _ = server;
    await expect(sessions.launch({ ...BATCH, replicas: 500 })).rejects.toMatchObject({
      code: "authentication.required",
    });
    expect(launches(server).length).toBeLessThanOrEqual(32);
  });

  test("launched before Ctrl-C are named", async () => {
    const abort = new AbortController();
    const { server, sessions } = await open({
      answer: ({ form }) => {
        if (form.get("name") !== "batch-40") return false;
        abort.abort(new Error("Ctrl-C"));
        return true;
      },
    });
    await using _ = server;
    const error = await sessions
      .launch({ ...BATCH, replicas: 100 }, { signal: abort.signal })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "command.partial_success" });
    const { ids, failures } = (error as { details: { ids: string[]; failures: unknown[] } }).details;
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length + failures.length).toBe(100);
  });
});

describe("a request that cannot be right is refused before it is sent", () => {
  test.each([
    { name: "a name with a blank", change: { name: "my batch" }, code: "session.invalid_name" },
    {
      name: "a name too long with its number",
      change: { name: "n".repeat(62), replicas: 100 },
      code: "session.invalid_name",
    },
    { name: "an image without a project", change: { image: "astroml" }, code: "image.invalid_reference" },
    { name: "no Replicas", change: { replicas: 0 }, code: "request.invalid" },
    { name: "half a GPU", change: { resources: { gpus: 0.5 } }, code: "request.invalid" },
    { name: "a command for a notebook", change: { kind: "notebook" as const }, code: "request.invalid" },
    {
      name: "two desktops",
      change: { kind: "desktop" as const, command: undefined, args: [], env: {}, replicas: 2 },
      code: "request.invalid",
    },
  ])("$name", async ({ change, code }) => {
    const { server, sessions } = await open({ ours: true });
    await using _ = server;
    const { command, ...rest } = { ...BATCH, ...change };
    const request = command === undefined ? rest : { ...rest, command };
    await expect(sessions.launch(request)).rejects.toMatchObject({ code });
    expect(server.requests).toEqual([]);
  });
});

describe("an odd answer", () => {
  test.each(["", "two\nids\n", '{"id": "a"}', "<html>\n"])("%j is not taken for an id", async (body) => {
    const { server, sessions } = await open({
      answer: (_, response) => {
        sendText(response, body);
        return true;
      },
    });
    await using _ = server;
    await expect(sessions.launch(BATCH)).rejects.toMatchObject({
      code: "transport.failure",
      hint: expect.stringContaining("canfar ps"),
    });
  });

  test("none at all says that nothing listens", async () => {
    const { sessions } = await openClient({
      url: `${await refusedOrigin()}/skaha/v1`,
      token: "T",
      environment: {},
    });
    await expect(sessions.launch({ ...BATCH, replicas: 3 })).rejects.toMatchObject({
      code: "server.unavailable",
    });
  });
});

describe("one request for a whole Group", () => {
  test("is sent again with the same id when its answer is lost", async () => {
    let asked = 0;
    const { server, sessions } = await open({
      ours: true,
      answer: ({ method }, response) => {
        if (method !== "POST") return false;
        asked += 1;
        if (asked > 1) return false;
        response.socket?.destroy();
        return true;
      },
    });
    await using _ = server;
    expect(await sessions.launch({ ...BATCH, replicas: 3 })).toHaveLength(3);
    const [first, second] = groupLaunches(server);
    expect(second).toEqual(first);
    expect(first?.requestId).toBeTruthy();
  });

  test("carries policies and Items, which another server is not asked for", async () => {
    const { server, sessions } = await open({ ours: true });
    await using _ = server;
    await sessions.launch({ ...BATCH, policy: { retries: 2 }, items: { list: ["a", "b"] } });
    expect(groupLaunches(server)[0]).toMatchObject({
      policy: { retries: 2, retryDelaySeconds: 5 },
      items: { list: ["a", "b"], split: "balanced" },
    });
    const upstream = await open();
    await using __ = upstream.server;
    for (const change of [{ policy: { retries: 2 } }, { items: { list: ["a"] } }]) {
      await expect(upstream.sessions.launch({ ...BATCH, ...change })).rejects.toMatchObject({
        code: "request.unsupported",
      });
    }
    expect(launches(upstream.server)).toEqual([]);
  });
});
