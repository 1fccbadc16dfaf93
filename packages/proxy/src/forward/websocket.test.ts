import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import {
  eventually,
  exchange,
  portOf,
  type Rig,
  read,
  signal,
  startRawSession,
  startRig,
  startSession,
} from "../test-rig.ts";

const page = "/session/notebook/abcd1234/api/kernels/1/channels";

/** A Session whose websockets say everything back; `close CODE` closes with a code. */
async function echo() {
  const session = await startSession((_request, response) => response.writeHead(426).end("websockets only"));
  const sockets = new WebSocketServer({
    server: session,
    perMessageDeflate: true,
    maxPayload: 64 * 1024 * 1024,
  });
  sockets.on("connection", (socket, request) => {
    socket.on("message", (data, binary) => {
      const text = String(data);
      if (text.startsWith("close ")) socket.close(Number(text.slice(6)), "as asked");
      else socket.send(text === "headers" ? JSON.stringify(request.headers) : data, { binary });
    });
  });
  return Object.assign(session, { sockets });
}

function dial(
  rig: Rig,
  options: { path?: string; headers?: Record<string, string>; protocols?: string[] } = {},
): WebSocket {
  const { path = page, headers = {}, protocols = [] } = options;
  return new WebSocket(`ws://127.0.0.1:${rig.port}${path}`, protocols, { headers });
}

async function opened(socket: WebSocket): Promise<WebSocket> {
  await once(socket, "open");
  return socket;
}

async function say(socket: WebSocket, data: string | Buffer): Promise<Buffer | string> {
  socket.send(data);
  const [reply, binary] = (await once(socket, "message")) as [Buffer, boolean];
  return binary ? reply : reply.toString();
}

async function refusal(socket: WebSocket): Promise<{ status: number | undefined; text: string }> {
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  return { status: response.statusCode, text: await read(response) };
}

test("text, binary and large messages come back unchanged, subprotocols included", async () => {
  await using session = await echo();
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const socket = await opened(dial(rig, { protocols: ["v1.kernel.websocket.jupyter.org"] }));
  expect(socket.protocol).toBe("v1.kernel.websocket.jupyter.org");
  expect(await say(socket, "h\u00e9llo \u2603")).toBe("h\u00e9llo \u2603");
  expect(await say(socket, Buffer.from([0, 255, 13, 10]))).toEqual(Buffer.from([0, 255, 13, 10]));
  const large = Buffer.alloc(20 * 1024 * 1024, "0123456789");
  expect((await say(socket, large)).length).toBe(large.length);
  socket.close();
});

test("close codes pass in both directions", async () => {
  await using session = await echo();
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const socket = await opened(dial(rig));
  socket.send("close 4001");
  const [code, reason] = await once(socket, "close");
  expect([code, String(reason)]).toEqual([4001, "as asked"]);
  const other = dial(rig);
  const [server] = (await once(session.sockets, "connection")) as [WebSocket];
  await opened(other);
  other.close(4002, "bye");
  const [serverCode, serverReason] = await once(server, "close");
  expect([serverCode, String(serverReason)]).toEqual([4002, "bye"]);
});

test("a websocket is admitted first; its headers are as clean as a request's", async () => {
  await using session = await echo();
  await using rig = await startRig({
    admit: async ({ headers }) => {
      if (headers.cookie?.includes("canfar_session=ada")) return { kind: "allow" };
      return headers.cookie === undefined ? { kind: "login", loginUrl: "/login" } : { kind: "deny" };
    },
  });
  rig.route("abcd1234", session, { inject: { authorization: "token s3cret" } });
  expect((await refusal(dial(rig))).status).toBe(401);
  expect((await refusal(dial(rig, { headers: { Cookie: "canfar_session=bob" } }))).status).toBe(403);
  const headers = { Cookie: "canfar_session=ada; _xsrf=1", "X-Forwarded-For": "6.6.6.6" };
  const socket = await opened(dial(rig, { headers }));
  const seen = JSON.parse(String(await say(socket, "headers"))) as Record<string, string>;
  expect(seen.cookie).toBe("_xsrf=1");
  expect(seen.authorization).toBe("token s3cret");
  expect(seen["x-forwarded-for"]).toBe("127.0.0.1");
  expect(seen.host).toBe(`127.0.0.1:${rig.port}`);
  socket.close();
});

test("a page of another site opens no websocket, the platform's own pages and programs do", async () => {
  await using session = await echo();
  await using rig = await startRig({ origin: () => "https://science.example" });
  rig.route("abcd1234", session);
  for (const Origin of ["http://evil.example", "http://127.0.0.1:1", "null"]) {
    expect((await refusal(dial(rig, { headers: { Origin } }))).status).toBe(403);
  }
  for (const headers of [
    {},
    { Origin: "https://science.example" },
    { Origin: `http://127.0.0.1:${rig.port}` },
  ]) {
    (await opened(dial(rig, { headers }))).close();
  }
});

test("what the Session answers instead of a websocket is passed on", async () => {
  await using session = await startSession((_request, response) =>
    response.writeHead(418, { "X-Why": "tea" }).end("short"),
  );
  await using rig = await startRig();
  rig.route("abcd1234", session);
  expect(await refusal(dial(rig))).toEqual({ status: 418, text: "short" });
});

test("after a refused handshake nothing more is read from that connection", async () => {
  const urls: (string | undefined)[] = [];
  await using session = await startSession((request, response) => {
    urls.push(request.url);
    response.writeHead(200).end("no");
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const handshake = `GET ${page} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  const smuggled = "GET /session/notebook/abcd1234/admin HTTP/1.1\r\nHost: x\r\n\r\n";
  expect(await exchange(rig.port, handshake + smuggled)).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\nno$/);
  expect(urls).toEqual([page]);
});

test("other upgrades are answered as plain requests, a websocket with a body is refused", async () => {
  await using session = await startSession((request, response) => {
    response.end(`plain ${request.headers.upgrade}`);
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const h2c =
    "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n";
  expect(await exchange(rig.port, `GET ${page} HTTP/1.1\r\nHost: x\r\n${h2c}\r\n`)).toContain(
    "plain undefined",
  );
  const socket = connect(rig.port, "127.0.0.1");
  const { proxy } = rig;
  const request = Object.assign(Object.create(null), {
    method: "POST",
    url: page,
    headers: { upgrade: "websocket" },
  });
  proxy.handleUpgrade(request, socket, Buffer.alloc(0));
  await once(socket, "close");
});

test.each([
  ["starting", 503],
  ["ended", 410],
] as const)("a websocket to a Session that is %s gets %i", async (state, status) => {
  await using rig = await startRig();
  rig.route("abcd1234", null, { state });
  expect((await refusal(dial(rig))).status).toBe(status);
});

test("no websocket where there is no Session, no listener or only the waiting page's news", async () => {
  await using session = await echo();
  await using rig = await startRig();
  rig.route("abcd1234", session);
  expect((await refusal(dial(rig, { path: "/session/notebook/wxyz1234/x" }))).status).toBe(404);
  expect((await refusal(dial(rig, { path: "/session/notebook/abcd1234/.canfar/progress" }))).status).toBe(
    400,
  );
  await using deaf = await startRawSession((socket) => void socket.once("data", () => socket.destroy()));
  rig.route("wxyz1234", deaf);
  expect((await refusal(dial(rig, { path: "/session/notebook/wxyz1234/x" }))).status).toBe(502);
});

test("bytes that come with the handshake or with its answer are not lost", async () => {
  await using session = await startRawSession((socket) => {
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      const first = !text.includes("\r\n\r\n");
      text += chunk;
      if (first && text.includes("\r\n\r\n")) {
        socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nwelcome");
      }
      if (text.endsWith("early")) socket.end(" got early");
    });
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const handshake = `GET ${page} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly`;
  const client = tunnel(rig, handshake);
  expect(await client.ended).toMatch(/\r\n\r\nwelcome got early$/);
});

test("each direction ends by itself: the Session may answer after the client has said everything", async () => {
  await using session = await rawTunnel((socket, received) => {
    socket.once("end", () => socket.end(`got ${received()}`));
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const client = tunnel(rig);
  await once(client.socket, "data");
  client.socket.end("all of it");
  expect(await client.ended).toMatch(/got all of it$/);
});

test("a Session that is killed ends its websockets, a client that is killed ends the Session's", async () => {
  const accepted: Socket[] = [];
  await using session = await rawTunnel((socket) => accepted.push(socket));
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const first = tunnel(rig);
  await once(first.socket, "data");
  accepted[0]?.resetAndDestroy();
  await first.ended;
  const second = tunnel(rig);
  await once(second.socket, "data");
  const gone = once(accepted[1] as Socket, "close");
  second.socket.resetAndDestroy();
  await gone;
});

test("a reader that does not read stops the writer, in both directions", async () => {
  const chunk = Buffer.alloc(64 * 1024);
  let fromSession = 0;
  const flood = (socket: Socket, count: (size: number) => void): void => {
    while (!socket.destroyed) {
      count(chunk.length);
      if (!socket.write(chunk)) return void socket.once("drain", () => flood(socket, count));
    }
  };
  await using session = await rawTunnel((socket) => {
    socket.pause();
    flood(socket, (size) => {
      fromSession += size;
    });
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const { socket } = tunnel(rig);
  await once(socket, "data");
  socket.pause();
  let fromClient = 0;
  flood(socket, (size) => {
    fromClient += size;
  });
  let before = -1;
  let still = 0;
  await eventually(() => {
    still = before === fromSession + fromClient ? still + 1 : 0;
    before = fromSession + fromClient;
    return still > 40;
  });
  expect(fromSession).toBeLessThan(40 * 1024 * 1024);
  expect(fromClient).toBeLessThan(40 * 1024 * 1024);
  socket.destroy();
});

test("when the route goes or ends, its websockets close and no others", async () => {
  await using session = await echo();
  await using rig = await startRig();
  const route = rig.route("abcd1234", session);
  rig.route("wxyz1234", session);
  const ending = await opened(dial(rig));
  const other = await opened(dial(rig, { path: "/session/notebook/wxyz1234/x" }));
  rig.routes.set({ ...route, message: "still ready" });
  expect(await say(ending, "still there")).toBe("still there");
  rig.routes.set({ ...route, state: "ended" });
  await once(ending, "close");
  expect(await say(other, "me too")).toBe("me too");
  const closed = once(other, "close");
  await rig.proxy.close();
  await closed;
});

test("a route that leads to a new port closes what led to the old one", async () => {
  await using before = await echo();
  await using after = await echo();
  await using rig = await startRig();
  const route = rig.route("abcd1234", before);
  const socket = await opened(dial(rig));
  rig.routes.set({ ...route, target: { host: "127.0.0.1", port: portOf(after) } });
  await once(socket, "close");
  (await opened(dial(rig))).close();
  expect(after.sockets.clients.size).toBe(1);
});

test("a client that leaves while its admission is asked leaves nothing behind", async () => {
  const asked = signal();
  const answer = signal<{ kind: "allow" }>();
  await using session = await echo();
  await using rig = await startRig({
    admit: () => {
      asked.resolve();
      return answer.promise;
    },
  });
  rig.route("abcd1234", session);
  const outgoing = httpRequest({
    host: "127.0.0.1",
    port: rig.port,
    path: page,
    headers: { Connection: "Upgrade", Upgrade: "websocket" },
  });
  outgoing.on("error", () => {});
  outgoing.end();
  await asked.promise;
  outgoing.destroy();
  answer.resolve({ kind: "allow" });
  await eventually(
    async () => (await new Promise<number>((done) => session.getConnections((_e, n) => done(n)))) === 0,
  );
  expect(rig.logged.filter(({ level }) => level === "error")).toEqual([]);
});

test("1000 idle websockets are cheap, and all of them live", async () => {
  await using session = await echo();
  await using rig = await startRig();
  rig.route("abcd1234", session);
  (await opened(dial(rig))).close();
  const before = process.memoryUsage().heapUsed;
  const sockets: WebSocket[] = [];
  for (let batch = 0; batch < 10; batch += 1) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => opened(dial(rig))))));
  }
  // All four ends of each connection live in this process.
  expect((process.memoryUsage().heapUsed - before) / sockets.length).toBeLessThan(150_000);
  expect(await Promise.all(sockets.map((socket, index) => say(socket, `${index}`)))).toEqual(
    sockets.map((_, index) => `${index}`),
  );
  for (const socket of sockets) socket.terminate();
  await eventually(() => session.sockets.clients.size === 0);
});

/** A Session that says 101 to everything and then hands the bare socket over. */
function rawTunnel(handle: (socket: Socket, received: () => string) => void) {
  return startRawSession((socket) => {
    let text = "";
    socket.once("data", () => {
      socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.on("data", (chunk) => {
        if (text.length < 1000) text += chunk.toString("latin1");
      });
      handle(socket, () => text);
    });
  });
}

/** A bare client socket with its handshake sent, and everything that came until its end. */
function tunnel(rig: Rig, handshake?: string): { socket: Socket; ended: Promise<string> } {
  const plain = `GET ${page} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  const socket = connect({ port: rig.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  socket.write(handshake ?? plain);
  const ended = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      if (text.length < 10_000) text += chunk.toString("latin1");
    });
    socket.once("end", () => socket.end());
    socket.once("close", () => resolve(text));
  });
  return { socket, ended };
}
