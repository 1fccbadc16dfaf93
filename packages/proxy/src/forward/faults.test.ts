import { spawn } from "node:child_process";
import { request as httpRequest } from "node:http";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { RouteTable } from "../route-table.ts";
import {
  ask,
  eventually,
  open,
  read,
  signal,
  startRawSession,
  startRig,
  startSession,
  stop,
} from "../test-rig.ts";

const page = "/session/notebook/abcd1234/api/x?token=secret";

test("a Session that dies in the middle of an answer breaks it off: the client sees that it is not whole", async () => {
  await using session = await startRawSession((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
      setImmediate(() => socket.destroy());
    });
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const incoming = await open(rig.port, page);
  await expect(read(incoming)).rejects.toThrow(/aborted/);
  await eventually(() => rig.logged.length > 0);
  expect(rig.logged).toMatchObject([
    { level: "warn", message: "a connection broke", fields: { session: "abcd1234" } },
  ]);
});

test("a Session that dies in the middle of a chunked answer breaks it off as well", async () => {
  await using session = await startRawSession((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
      setImmediate(() => socket.destroy());
    });
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  await expect(open(rig.port, page).then(read)).rejects.toThrow(/aborted/);
});

test("a client that goes away ends the Session's work, before the answer and in it; nobody is warned", async () => {
  const started = signal();
  const gone: string[] = [];
  await using session = await startSession((request, response) => {
    if (request.url?.includes("late")) response.write("part");
    response.once("close", () => gone.push(request.url?.includes("late") ? "late" : "early"));
    started.resolve();
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const early = httpRequest({ host: "127.0.0.1", port: rig.port, path: page });
  early.on("error", () => {});
  early.end();
  await started.promise;
  early.destroy();
  await eventually(() => gone.length === 1);
  (await open(rig.port, "/session/notebook/abcd1234/late")).destroy();
  await eventually(() => gone.length === 2);
  expect(gone).toEqual(["early", "late"]);
  expect(rig.logged).toEqual([]);
});

test("a client that breaks off its upload breaks off the Session's as well", async () => {
  const aborted = signal<boolean>();
  const started = signal();
  await using session = await startSession((request) => {
    request.once("data", () => started.resolve());
    request.once("error", () => {});
    request.once("close", () => aborted.resolve(!request.complete));
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const outgoing = httpRequest({ host: "127.0.0.1", port: rig.port, path: page, method: "PUT" });
  outgoing.on("error", () => {});
  outgoing.write("part");
  await started.promise;
  outgoing.destroy();
  expect(await aborted.promise).toBe(true);
});

test("nothing at the port: 502 with the reason, one line in the log without the query", async () => {
  let now = 0;
  await using rig = await startRig({ routes: new RouteTable({ now: () => now }) });
  rig.route("abcd1234", null, { state: "ready", target: { host: "127.0.0.1", port: await closedPort() } });
  now = 60_000;
  const reply = await ask(rig.port, page);
  expect(reply.status).toBe(502);
  expect(reply.body).toBe("session abcd1234 does not answer: Nothing listens at its port.\n");
  expect(reply.headers["x-canfar-code"]).toBe("server.unavailable");
  expect(rig.logged).toEqual([
    {
      level: "warn",
      message: "a session gave no answer",
      fields: {
        session: "abcd1234",
        method: "GET",
        path: "/session/notebook/abcd1234/api/x",
        code: "ECONNREFUSED",
      },
    },
  ]);
});

test("in the first seconds a closed port counts as starting", async () => {
  await using rig = await startRig();
  rig.route("abcd1234", null, { state: "ready", target: { host: "127.0.0.1", port: await closedPort() } });
  const reply = await ask(rig.port, page);
  expect([reply.status, reply.headers["retry-after"]]).toEqual([503, "2"]);
});

test.skipIf(process.platform !== "linux")("a connection that does not come about fails in time", async () => {
  await using session = await startDeafSession();
  let now = 0;
  await using rig = await startRig({ connectTimeout: 50, routes: new RouteTable({ now: () => now }) });
  rig.route("abcd1234", null, { state: "ready", target: { host: "127.0.0.1", port: session.port } });
  now = 60_000;
  const reply = await ask(rig.port, page);
  expect([reply.status, reply.body]).toEqual([
    502,
    "session abcd1234 does not answer: It did not take the connection in time.\n",
  ]);
});

/** A process that listens, is stopped, and has its queue of connections full: further ones stay without an answer. */
async function startDeafSession(): Promise<{ port: number } & AsyncDisposable> {
  const program = `const s = require("net").createServer(); s.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const port = Number(await new Promise((resolve) => child.stdout.once("data", resolve)));
  child.kill("SIGSTOP");
  const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await eventually(() => fillers.filter(({ connecting }) => !connecting).length >= 2);
  const dispose = async (): Promise<void> => {
    for (const filler of fillers) filler.destroy();
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
  };
  return { port, [Symbol.asyncDispose]: dispose };
}

test.each([
  ["garbage", "hello\r\n\r\n"],
  ["no answer", ""],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ["a header without end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`],
])("%s from a Session: 502, and the proxy lives", async (_what, bytes) => {
  await using session = await startRawSession((socket) => {
    socket.once("data", () => socket.end(bytes, "latin1"));
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  expect((await ask(rig.port, page)).status).toBe(502);
  expect((await ask(rig.port, page)).status).toBe(502);
});

test("a Session's large header block passes", async () => {
  await using session = await startSession((request, response) => {
    response.setHeader("X-Large", "x".repeat(14_000));
    response.end(String(request.headers.cookie?.length));
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const reply = await ask(rig.port, page, { headers: { Cookie: `a=${"x".repeat(10_000)}` } });
  expect([reply.body, reply.headers["x-large"]?.length]).toEqual(["10002", 14_000]);
});

test("when the route goes, requests under way end", async () => {
  await using session = await startSession((_request, response) => void response.write("part"));
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const incoming = await open(rig.port, page);
  const body = read(incoming);
  rig.routes.remove("abcd1234");
  await expect(body).rejects.toThrow(/aborted/);
});

test("a route that only changes its words keeps requests under way; one that leads elsewhere ends them", async () => {
  const release = signal();
  await using session = await startSession(async (_request, response) => {
    response.write("part");
    await release.promise;
    response.end("whole");
  });
  await using rig = await startRig();
  const route = rig.route("abcd1234", session);
  const kept = await open(rig.port, page);
  rig.routes.set({ ...route, message: "other words" });
  release.resolve();
  expect(await read(kept)).toBe("partwhole");
});

test("closing the proxy ends everything under way", async () => {
  await using session = await startSession((_request, response) => void response.write("part"));
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const body = open(rig.port, page).then(read);
  await eventually(async () => (await connections(session)) > 0);
  await rig.proxy.close();
  await expect(body).rejects.toThrow();
  await eventually(async () => (await connections(session)) === 0);
});

test("an admission that fails answers 500 without its reason, and is logged with it", async () => {
  await using rig = await startRig({ admit: () => Promise.reject(new Error("database is locked")) });
  rig.route("abcd1234", null);
  const reply = await ask(rig.port, page);
  expect([reply.status, reply.body.includes("locked")]).toEqual([500, false]);
  expect(rig.logged[0]).toMatchObject({
    level: "error",
    fields: { path: "/session/notebook/abcd1234/api/x" },
  });
  expect(String(rig.logged[0]?.fields?.error)).toContain("database is locked");
});

test("a failing admission of a synchronous kind is no crash either", async () => {
  await using rig = await startRig({
    admit: () => {
      throw new Error("boom");
    },
  });
  rig.route("abcd1234", null);
  expect((await ask(rig.port, page)).status).toBe(500);
});

function connections(server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown;
}) {
  return new Promise<number>((resolve) => void server.getConnections((_error, count) => resolve(count)));
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await stop(server);
  return port;
}
