import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { ask, COOKIE, exchange, type Rig, startRig, startSession } from "./test-rig.ts";

/** What reached the Session: first line and headers. */
interface Seen {
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly raw: readonly string[];
}

/** A Session that answers with what it saw. */
async function mirror() {
  return startSession((request, response) => {
    const { url, headers, rawHeaders: raw } = request;
    request.resume();
    response.end(JSON.stringify({ url, headers, raw } satisfies Seen));
  });
}

async function seen(rig: Rig, path: string, headers: Record<string, string | string[]> = {}): Promise<Seen> {
  return JSON.parse((await ask(rig.port, path, { headers })).body) as Seen;
}

const page = "/session/notebook/abcd1234/lab";

test("the path reaches the Session unchanged, encoded as it was, without the ticket", async () => {
  await using session = await mirror();
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const { url } = await seen(rig, `${page}/a%2Fb/%E2%98%83/./x//y?q=%20+&ticket=secret&z`);
  expect(url).toBe(`${page}/a%2Fb/%E2%98%83/./x//y?q=%20+&z`);
});

test("the prefix is removed where the kind says so, and the Session is told which", async () => {
  await using session = await mirror();
  await using rig = await startRig();
  rig.route("abcd1234", session, { prefix: "/session/contrib/abcd1234/", stripsPrefix: true });
  const { url, headers } = await seen(rig, "/session/contrib/abcd1234/assets/a.js?x");
  expect(url).toBe("/assets/a.js?x");
  expect(headers["x-forwarded-prefix"]).toBe("/session/contrib/abcd1234");
});

test("hop-by-hop headers stay, also those that Connection names; the others keep case and order", async () => {
  await using session = await mirror();
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const { headers, raw } = await seen(rig, page, {
    Connection: "close, X-Private, Host, Content-Length",
    "X-Private": "1",
    "Keep-Alive": "timeout=5",
    TE: "trailers",
    "Proxy-Authorization": "Basic x",
    "X-MiXed": ["one", "two"],
  });
  expect(headers).not.toHaveProperty("x-private");
  expect(headers).not.toHaveProperty("te");
  expect(headers).not.toHaveProperty("proxy-authorization");
  expect(headers).not.toHaveProperty("keep-alive");
  expect(headers.connection).toBe("keep-alive");
  expect(raw.filter((_, index) => raw[index - 1] === "X-MiXed")).toEqual(["one", "two"]);
  expect(headers.host).toBe(`127.0.0.1:${rig.port}`);
});

test("forwarding headers are the proxy's own; a client cannot forge them", async () => {
  await using session = await mirror();
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const forged = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Host": "evil",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "6.6.6.6",
    Forwarded: "for=6.6.6.6",
  };
  const { headers } = await seen(rig, page, { ...forged, Via: "1.1 outer" });
  expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
  expect(headers["x-forwarded-proto"]).toBe("http");
  expect(headers["x-forwarded-host"]).toBe(`127.0.0.1:${rig.port}`);
  expect(headers).not.toHaveProperty("x-forwarded-prefix");
  expect(headers).not.toHaveProperty("x-real-ip");
  expect(headers).not.toHaveProperty("forwarded");
  expect(headers.via).toBe("1.1 outer, 1.1 canfar");
});

test("behind a trusted proxy its forwarding headers are kept and continued", async () => {
  await using session = await mirror();
  await using rig = await startRig({ trustForwarded: true });
  rig.route("abcd1234", session);
  const given = {
    "X-Forwarded-For": "9.9.9.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "science.example",
  };
  const { headers } = await seen(rig, page, given);
  expect(headers["x-forwarded-for"]).toBe("9.9.9.9, 127.0.0.1");
  expect(headers["x-forwarded-proto"]).toBe("https");
  expect(headers["x-forwarded-host"]).toBe("science.example");
});

test("the platform's cookie never reaches the Session, others do", async () => {
  await using session = await mirror();
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const { headers } = await seen(rig, page, { Cookie: `a=1; ${COOKIE}=secret;${COOKIE} =secret; b="x=y"` });
  expect(headers.cookie).toBe('a=1; b="x=y"');
  expect((await seen(rig, page, { Cookie: `${COOKIE}=secret` })).headers).not.toHaveProperty("cookie");
});

test("a bearer that admitted is taken off; another credential is the Session's own", async () => {
  await using session = await mirror();
  await using rig = await startRig({
    admit: async ({ headers }) => ({
      kind: "allow",
      stripAuthorization: headers.authorization?.startsWith("Bearer ") ?? false,
    }),
  });
  rig.route("abcd1234", session);
  expect((await seen(rig, page, { Authorization: "Bearer secret" })).headers).not.toHaveProperty(
    "authorization",
  );
  const own = await seen(rig, page, { Authorization: "token abcd1234" });
  expect(own.headers.authorization).toBe("token abcd1234");
});

test("the Session's credential is brought by the proxy, unless the request has one", async () => {
  await using session = await mirror();
  await using rig = await startRig({
    admit: async ({ headers }) => ({
      kind: "allow",
      stripAuthorization: headers.authorization?.startsWith("Bearer ") ?? false,
    }),
  });
  rig.route("abcd1234", session, { inject: { authorization: "token s3cret" } });
  const plain = await seen(rig, `${page}?token=abcd1234&reset`);
  expect(plain.headers.authorization).toBe("token s3cret");
  expect(plain.url).toBe(`${page}?reset`);
  expect((await seen(rig, page, { Authorization: "Bearer x" })).headers.authorization).toBe("token s3cret");
  expect((await seen(rig, page, { Authorization: "token own" })).headers.authorization).toBe("token own");
  expect((await seen(rig, `${page}?token=own`)).url).toBe(`${page}?token=own`);
});

test("answers lose hop-by-hop headers and nothing else; a Session cannot set the platform's cookie", async () => {
  await using session = await startSession((_request, response) => {
    response.writeHead(299, "Fine By Me", [
      ["Set-Cookie", "a=1; Path=/"],
      ["Set-Cookie", `${COOKIE}=stolen; Path=/`],
      ["Set-Cookie", ` ${COOKIE} =stolen`],
      ["Set-Cookie", `=${COOKIE}=stolen`],
      ["Set-Cookie", "b=2"],
      ["Connection", "close, X-Private"],
      ["X-Private", "1"],
      ["X-CamelCase", "caf\u00e9"],
      ["Content-Encoding", "identity"],
      ["Service-Worker-Allowed", "/"],
    ] as unknown as string[]);
    response.end("body");
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const { status, headers, rawHeaders, body } = await ask(rig.port, page);
  expect([status, body]).toEqual([299, "body"]);
  expect(headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2"]);
  expect(headers).not.toHaveProperty("x-private");
  expect(headers).not.toHaveProperty("service-worker-allowed");
  expect(rawHeaders).toContain("X-CamelCase");
  expect(headers["x-camelcase"]).toBe("caf\u00e9");
  expect(headers["content-encoding"]).toBe("identity");
});

test("an HTTP/1.0 client without a Host gets its answer unchunked, and the Session a Host", async () => {
  await using session = await startSession((request, response) => {
    response.write(`${request.httpVersion} ${request.headers.host} `);
    response.end("done");
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const answer = await exchange(rig.port, `GET ${page} HTTP/1.0\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer.toLowerCase()).not.toContain("transfer-encoding");
  expect(answer.endsWith(`\r\n\r\n1.1 127.0.0.1:${rig.port} done`)).toBe(true);
});

test("HEAD, 204 and 304 have no body and keep their headers", async () => {
  await using session = await startSession(({ url }, response) => {
    const status = Number(url?.split("?")[1] ?? 200);
    response.writeHead(status, { ETag: '"x"', ...(status === 200 ? { "Content-Length": "5" } : {}) });
    response.end(status === 200 ? "12345" : undefined);
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const head = await ask(rig.port, page, { method: "HEAD" });
  expect([head.status, head.headers["content-length"], head.body]).toEqual([200, "5", ""]);
  for (const status of [204, 304]) {
    const reply = await ask(rig.port, `${page}?${status}`);
    expect([reply.status, reply.headers.etag, reply.body]).toEqual([status, '"x"', ""]);
  }
});
