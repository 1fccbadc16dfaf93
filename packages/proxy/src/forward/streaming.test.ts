import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { ask, eventually, exchange, open, read, signal, startRig, startSession } from "../test-rig.ts";

const page = "/session/notebook/abcd1234/files/big";
const MB = 1024 * 1024;

test("the first part of an answer arrives before the last one is written", async () => {
  const last = signal();
  await using session = await startSession(async (_request, response) => {
    response.write("first");
    await last.promise;
    response.end("last");
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const incoming = await open(rig.port, page);
  const chunks = incoming[Symbol.asyncIterator]();
  expect(String((await chunks.next()).value)).toBe("first");
  last.resolve();
  expect(String((await chunks.next()).value)).toBe("last");
});

test("an event stream opens before its first event", async () => {
  const go = signal();
  await using session = await startSession(async (_request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    await go.promise;
    response.write("data: 1\n\n");
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const incoming = await open(rig.port, page, { headers: { Accept: "text/event-stream" } });
  expect(incoming.headers["content-type"]).toBe("text/event-stream");
  go.resolve();
  const { value } = await incoming[Symbol.asyncIterator]().next();
  expect(String(value)).toBe("data: 1\n\n");
  incoming.destroy();
});

test("the first part of an upload arrives before the last one is sent", async () => {
  const first = signal<string>();
  await using session = await startSession(async (request, response) => {
    request.once("data", (chunk) => first.resolve(String(chunk)));
    const text = await read(request);
    response.end(`${text} ${request.headers["transfer-encoding"]}`);
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const outgoing = httpRequest({ host: "127.0.0.1", port: rig.port, path: page, method: "PUT" });
  const answer = new Promise<IncomingMessage>((resolve) => outgoing.once("response", resolve));
  outgoing.write("first");
  expect(await first.promise).toBe("first");
  outgoing.end("last");
  expect(await read(await answer)).toBe("firstlast chunked");
});

test("200 MB pass both ways unchanged, and only a little of them is ever under way", async () => {
  let underWay = 0;
  let peak = 0;
  const source = (): Readable =>
    Readable.from(
      chunks((size) => {
        underWay += size;
        peak = Math.max(peak, underWay);
      }),
    );
  const sink = (size: number): void => {
    underWay -= size;
  };
  await using session = await startSession(async (request, response) => {
    if (request.method === "GET") return void (await pipeline(source(), response));
    response.end(await digest(request, sink));
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const expected = await digest(Readable.from(chunks(() => {})), () => {});
  expect(await digest(await open(rig.port, page), sink)).toBe(expected);
  const outgoing = httpRequest({ host: "127.0.0.1", port: rig.port, path: page, method: "PUT" });
  const answer = new Promise<IncomingMessage>((resolve) => outgoing.once("response", resolve));
  await pipeline(source(), outgoing);
  expect(await read(await answer)).toBe(expected);
  expect(underWay).toBe(0);
  // The kernel's socket buffers, and those of streams that take chunks of 1 MB.
  expect(peak / MB).toBeLessThan(40);
});

function* chunks(made: (size: number) => void): Generator<Buffer> {
  for (let n = 0; n < 200; n += 1) {
    made(MB);
    yield Buffer.alloc(MB, `canfar ${n}`);
  }
}

async function digest(stream: AsyncIterable<Buffer>, taken: (size: number) => void): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) {
    hash.update(chunk);
    taken(chunk.length);
  }
  return hash.digest("hex");
}

test("a client that does not read stops the Session from writing", async () => {
  let written = 0;
  await using session = await startSession((_request, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    const fill = (): void => {
      while (!response.destroyed && written < 200 * MB) {
        written += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", fill);
      }
    };
    fill();
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const client = connect(rig.port, "127.0.0.1");
  client.pause().write(`GET ${page} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await settled(() => written);
  expect(written).toBeGreaterThan(0);
  expect(written / MB).toBeLessThan(50);
  client.destroy();
});

test("a Session that does not read stops the client from writing", async () => {
  await using session = await startSession((request) => void request.pause());
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const client = connect(rig.port, "127.0.0.1");
  client.on("error", () => {});
  client.write(`PUT ${page} HTTP/1.1\r\nHost: x\r\nContent-Length: ${200 * MB}\r\n\r\n`);
  const chunk = Buffer.alloc(64 * 1024);
  let sent = 0;
  const fill = (): void => {
    while (!client.destroyed && sent < 200 * MB) {
      sent += chunk.length;
      if (!client.write(chunk)) return void client.once("drain", fill);
    }
  };
  fill();
  await settled(() => sent);
  expect(sent / MB).toBeLessThan(50);
  client.destroy();
});

/** Waits until a number has stood still for 40 looks in a row. */
async function settled(value: () => number): Promise<void> {
  let before = -1;
  let still = 0;
  await eventually(() => {
    still = value() === before ? still + 1 : 0;
    before = value();
    return still > 40;
  });
}

test("a client that waits for 100 gets it when the Session can take the body, and not when refused", async () => {
  await using session = await startSession(async (request, response) => {
    response.end(`${await read(request)} ${request.headers.expect}`);
  });
  await using rig = await startRig({
    admit: async ({ headers }) => (headers.cookie === undefined ? { kind: "deny" } : { kind: "allow" }),
  });
  rig.route("abcd1234", session);
  const { answer, continued } = await expecting(rig.port, { Cookie: "a=1" });
  expect([answer.statusCode, await read(answer), continued]).toEqual([200, "body undefined", true]);
  const refused = await expecting(rig.port, {});
  expect([refused.answer.statusCode, refused.continued]).toEqual([403, false]);
  refused.answer.destroy();
});

function expecting(
  port: number,
  headers: Record<string, string>,
): Promise<{ answer: IncomingMessage; continued: boolean }> {
  return new Promise((resolve, reject) => {
    const more = { ...headers, Expect: "100-continue", "Content-Length": "4" };
    const outgoing = httpRequest({
      host: "127.0.0.1",
      port,
      path: page,
      method: "PUT",
      agent: false,
      headers: more,
    });
    let continued = false;
    outgoing.once("continue", () => {
      continued = true;
      outgoing.end("body");
    });
    outgoing.once("response", (answer) => resolve({ answer, continued })).once("error", reject);
    outgoing.flushHeaders();
  });
}

test("trailers pass both ways", async () => {
  await using session = await startSession(async (request, response) => {
    await read(request);
    response.writeHead(200, { Trailer: "X-Sum" });
    response.write("body");
    response.addTrailers({ "X-Sum": `${request.trailers["x-given"]}` });
    response.end();
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const sent = `PUT ${page} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Given\r\n\r\n2\r\nab\r\n0\r\nX-Given: 42\r\n\r\n`;
  expect(await exchange(rig.port, sent)).toContain("\r\n0\r\nX-Sum: 42\r\n\r\n");
});

test("an answer that comes before the upload is over reaches the client", async () => {
  await using session = await startSession((request, response) => {
    response.writeHead(413, { Connection: "close" }).end("too much", () => request.socket.destroy());
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const outgoing = httpRequest({
    host: "127.0.0.1",
    port: rig.port,
    path: page,
    method: "PUT",
    agent: false,
  });
  outgoing.on("error", () => {});
  const answer = new Promise<IncomingMessage>((resolve) => outgoing.once("response", resolve));
  outgoing.write("x".repeat(100));
  const incoming = await answer;
  expect([incoming.statusCode, await read(incoming)]).toEqual([413, "too much"]);
  outgoing.destroy();
});

test("methods and empty bodies are framed as they came", async () => {
  await using session = await startSession(({ method, headers }, response) => {
    response.end(`${method} ${headers["content-length"]} ${headers["transfer-encoding"]}`);
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const say = async (method: string, headers: Record<string, string>, body = "") =>
    (await ask(rig.port, page, { method, headers, body })).body;
  expect(await say("GET", {})).toBe("GET undefined undefined");
  expect(await say("POST", { "Content-Length": "0" })).toBe("POST 0 undefined");
  expect(await say("PROPFIND", { "Content-Length": "3" }, "abc")).toBe("PROPFIND 3 undefined");
  expect(await say("DELETE", { "Transfer-Encoding": "chunked" }, "abc")).toBe("DELETE undefined chunked");
});

test("a server that closes idle connections costs no request that can be repeated", async () => {
  const seen: string[] = [];
  const answerOnce = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(request.method ?? "");
    // Says that it keeps the connection, then drops it on the next request: a race that every proxy meets.
    if (served.has(request.socket)) return void request.socket.destroy();
    served.add(request.socket);
    request.resume().once("end", () => response.end("ok"));
  };
  const served = new WeakSet<object>();
  await using session = await startSession(answerOnce);
  await using rig = await startRig();
  rig.route("abcd1234", session);
  expect((await ask(rig.port, page)).body).toBe("ok");
  expect((await ask(rig.port, page)).body).toBe("ok");
  expect(seen).toEqual(["GET", "GET", "GET"]);
  expect((await ask(rig.port, page)).body).toBe("ok");
});

test("a request that may have had an effect is not repeated", async () => {
  let posts = 0;
  const served = new WeakSet<object>();
  await using session = await startSession((request, response) => {
    if (request.method === "POST") posts += 1;
    if (served.has(request.socket)) return void request.socket.destroy();
    served.add(request.socket);
    response.end("ok");
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  expect((await ask(rig.port, page)).body).toBe("ok");
  const reply = await ask(rig.port, page, { method: "POST", headers: { "Content-Length": "1" }, body: "x" });
  expect([reply.status, posts]).toEqual([502, 1]);
});
