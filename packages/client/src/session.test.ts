import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigurationFile } from "./config/configuration-file.ts";
import { Context } from "./context.ts";
import { Session, type SessionOptions } from "./session.ts";
import { type HttpServer, sendJson, sendText } from "./test-servers/http-server.ts";
import { scratchFolder } from "./test-servers/scratch-folder.ts";
import {
  groupLaunches,
  launches,
  type SkahaBehaviour,
  startSkaha,
  wireSession,
} from "./test-servers/skaha.ts";

async function open(behaviour: SkahaBehaviour = {}, options: SessionOptions = {}) {
  const server = await startSkaha(behaviour);
  const session = new Session({ url: `${server.origin}/skaha/v1`, token: "T", environment: {}, ...options });
  return { server, session };
}

const known: NonNullable<SkahaBehaviour["answer"]> = ({ method, path, query }, response) => {
  const id = /^\/skaha\/v1\/session\/(good\d)$/.exec(path)?.[1];
  if (id === undefined) return false;
  if (query.has("view")) sendText(response, `${query.get("view")} of ${id}\n`);
  else if (method === "GET") sendJson(response, { ...wireSession(id), newField: 1 });
  else response.writeHead(200).end();
  return true;
};

const deleted = ({ requests }: HttpServer) =>
  requests.filter(({ method }) => method === "DELETE").map(({ path }) => path.split("/").at(-1));

describe("create", () => {
  test("launches the documented batch of 100, with the login that is saved", async () => {
    await using folder = await scratchFolder();
    const configPath = join(folder.path, "config.yaml");
    const { server } = await open({ ours: true });
    await using _ = server;
    await new ConfigurationFile({ path: configPath }).update(() => ({
      version: 2,
      active: { authentication: "local", server: "local" },
      authentication: { local: { mode: "oidc", token: { access: "SAVED" }, expiry: { access: 4102444800 } } },
      servers: { local: { idp: "local", url: `${server.origin}/skaha`, version: "v1" } },
    }));
    const ids = await new Session({ configPath, environment: {} }).create({
      name: "galaxy-processing-batch",
      kind: "headless",
      image: "skaha/astroml:latest",
      cmd: "python",
      args: ["my_script.py"],
      replicas: 100,
    });
    expect(new Set(ids).size).toBe(100);
    const [sent, ...more] = server.requests.filter(({ path }) => path === "/canfar/v1/group");
    expect(more).toEqual([]);
    expect(sent?.headers.authorization).toBe("Bearer SAVED");
    expect(sent?.json).toMatchObject({
      name: "galaxy-processing-batch",
      image: "images.canfar.net/skaha/astroml:latest",
      kind: "headless",
      command: "python",
      args: ["my_script.py"],
      replicas: 100,
      requestId: expect.any(String),
    });
  });

  test("takes arguments as one string too, and upstream's other names", async () => {
    const { server, session } = await open();
    await using _ = server;
    await session.create({
      name: "a",
      image: "skaha/a",
      cmd: "run",
      args: " x  -y z ",
      cores: 2,
      ram: 8,
      gpu: 1,
      env: { K: "v" },
    });
    const form = launches(server)[0]?.form;
    expect(form?.get("args")).toBe("x -y z");
    expect([form?.get("cores"), form?.get("ram"), form?.get("gpus"), form?.get("type")]).toEqual([
      "2",
      "8",
      "1",
      "headless",
    ]);
  });

  test("takes what shall happen when replicas fail, and items, under natural names", async () => {
    const { server, session } = await open({ ours: true });
    await using _ = server;
    await session.create({
      name: "sky",
      image: "skaha/astroml",
      cmd: "python",
      args: ["measure.py", "{}"],
      replicas: 2,
      retries: 3,
      timeout: 5400,
      maxFails: 10,
      maxRunning: 50,
      after: "aaaaaaaa",
      afterEach: "bbbbbbbb",
      notify: ["https://example.org/hook", { target: "mailto:ada@example.org", on: ["failed"] }],
      items: ["a.fits", "b.fits", "c.fits"],
      split: "dynamic",
      requestId: "night-7",
    });
    expect(groupLaunches(server)[0]).toMatchObject({
      requestId: "night-7",
      policy: {
        retries: 3,
        retryDelaySeconds: 5,
        timeoutSeconds: 5400,
        maxFailures: 10,
        maxRunning: 50,
        after: [{ group: "aaaaaaaa", when: "ok" }],
        afterEach: "bbbbbbbb",
        notify: [
          { target: "https://example.org/hook", on: ["done"] },
          { target: "mailto:ada@example.org", on: ["failed"] },
        ],
      },
      items: { list: ["a.fits", "b.fits", "c.fits"], split: "dynamic" },
    });
  });

  test("with errors ignored returns the ids that there are", async () => {
    const some: SkahaBehaviour = {
      answer: ({ form }, response) => {
        if (form.get("name") !== "a-2") return false;
        sendText(response, "no room\n", 400);
        return true;
      },
    };
    const { server, session } = await open(some, { errors: "ignore" });
    await using _ = server;
    expect(await session.create({ name: "a", image: "skaha/a", replicas: 3 })).toHaveLength(2);
    const raising = await open(some);
    await using __ = raising.server;
    await expect(raising.session.create({ name: "a", image: "skaha/a", replicas: 3 })).rejects.toMatchObject({
      code: "command.partial_success",
    });
  });
});

describe("for several ids", () => {
  test("info, logs and events are as the server sends them", async () => {
    const { server, session } = await open({ answer: known });
    await using _ = server;
    expect(await session.info(["good1", "good2"])).toEqual([
      { ...wireSession("good1"), newField: 1 },
      { ...wireSession("good2"), newField: 1 },
    ]);
    expect(await session.logs("good1")).toEqual({ good1: "logs of good1\n" });
    expect(await session.events(["good1"])).toEqual([{ good1: "events of good1\n" }]);
  });

  test("all are done even when one fails, and the error says which", async () => {
    const { server, session } = await open({ answer: known });
    await using _ = server;
    const error = await session.destroy(["good1", "bad", "good2"]).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: "command.partial_success",
      details: { results: { good1: true, good2: true }, errors: { bad: { code: "session.not_found" } } },
    });
    expect(deleted(server)).toEqual(["good1", "bad", "good2"]);
    await expect(session.destroy("bad")).rejects.toMatchObject({ code: "session.not_found" });
  });

  test("errors can be ignored, except those of the login", async () => {
    const { server, session } = await open({ answer: known }, { errors: "ignore" });
    await using _ = server;
    expect(await session.renew(["good1", "bad"])).toEqual({ good1: true, bad: false });
    expect(await session.info(["bad"])).toEqual([]);
    const refused = await open(
      {
        answer: (__, response) => {
          sendText(response, "Unauthorized\n", 401);
          return true;
        },
      },
      { errors: "ignore" },
    );
    await using __ = refused.server;
    await expect(refused.session.info(["a", "b"])).rejects.toMatchObject({ code: "authentication.required" });
  });
});

describe("destroyWith", () => {
  const list = ["run-1", "rerun-1", "run.x"].map((name, index) => wireSession(`good${index}`, { name }));
  const answer: NonNullable<SkahaBehaviour["answer"]> = (request, response) => {
    if (request.path !== "/skaha/v1/session") return known(request, response);
    sendJson(response, list);
    return true;
  };

  test.each([
    { prefix: "run", ids: ["good0", "good2"] },
    { prefix: "run-\\d$", ids: ["good0", "good1"] },
    { prefix: "nothing", ids: [] },
  ])("with $prefix ends $ids", async ({ prefix, ids }) => {
    const { server, session } = await open({ answer });
    await using _ = server;
    expect(Object.keys(await session.destroyWith({ prefix })).sort()).toEqual(ids);
    expect(deleted(server).sort()).toEqual(ids);
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      type: "headless",
      status: "Completed",
    });
  });

  test("with a broken expression ends nothing", async () => {
    const { server, session } = await open({ answer });
    await using _ = server;
    await expect(session.destroyWith({ prefix: "run(" })).rejects.toMatchObject({ code: "request.invalid" });
    expect(server.requests).toEqual([]);
  });
});

test("connect shows the running ones only", async () => {
  const shown: string[] = [];
  const { server, session } = await open(
    {
      answer: ({ path }, response) => {
        const id = path.split("/").at(-1) ?? "";
        if (!/^id\d$/.test(id)) return false;
        const status = id === "id1" ? "Running" : "Pending";
        sendJson(response, wireSession(id, { type: "notebook", status, connectURL: `https://host/${id}` }));
        return true;
      },
    },
    { open: (url) => void shown.push(url) },
  );
  await using _ = server;
  expect(await session.connect(["id1", "id2"])).toEqual(["https://host/id1"]);
  expect(shown).toEqual(["https://host/id1"]);
});

test("without a login every method says how to get one", async () => {
  await using folder = await scratchFolder();
  const options = { configPath: join(folder.path, "config.yaml"), environment: {} };
  await expect(new Session(options).fetch()).rejects.toMatchObject({
    code: "authentication.required",
    hint: "Log in with `canfar login`.",
  });
  await expect(new Context(options).resources()).rejects.toMatchObject({ code: "authentication.required" });
});
