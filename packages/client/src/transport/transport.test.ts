import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import {
  type Answer,
  refusedOrigin,
  sendJson,
  sendText,
  startHttpServer,
} from "../test-servers/http-server.ts";
import { HurriedClock } from "../test-servers/hurried-clock.ts";
import { runtimeToken } from "./credentials.ts";
import { Transport } from "./transport.ts";

const LIST = { method: "GET", path: "session" } as const;
const anything = z.unknown();

function transportTo(origin: string, options: { clock?: Clock } = {}) {
  const hurried = new HurriedClock();
  const { clock = hurried } = options;
  const transport = new Transport({
    server: "local",
    baseUrl: `${origin}/skaha/v1`,
    credentials: runtimeToken("SECRET"),
    fetch,
    clock,
    timeoutMs: 30_000,
  });
  return { transport, clock: hurried };
}

/** A server that gives these answers, one after the other; the last one again and again. */
async function serverWith(...answers: [Answer, ...Answer[]]) {
  let next = 0;
  const server = await startHttpServer((request, response) => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return answer?.(request, response);
  });
  return { server, ...transportTo(server.origin) };
}

const ok: Answer = (_, response) => sendJson(response, []);
const status =
  (code: number, body = "", headers: Record<string, string> = { "content-type": "text/plain" }): Answer =>
  (_, response) => {
    response.writeHead(code, headers).end(body);
  };
const drop: Answer = (_, response) => {
  (response.socket as Socket).destroy();
};

async function failure(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return await promise.then(
    () => ({}),
    (error: unknown) => error as Record<string, unknown>,
  );
}

describe("a request", () => {
  test("says who asks, in upstream's headers", async () => {
    const { server, transport } = await serverWith(ok);
    await using _ = server;
    await transport.json(LIST, anything);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: "Bearer SECRET",
      "x-skaha-authentication-type": "RUNTIME-TOKEN",
      accept: "application/problem+json, application/json, text/plain, */*",
      "user-agent": expect.stringMatching(/^canfar\/\d/),
    });
  });

  test("carries a form in its body, not in the address", async () => {
    const { server, transport } = await serverWith((_, response) => sendText(response, "abc\n"));
    await using _ = server;
    await transport.text({
      method: "POST",
      path: "session",
      form: new URLSearchParams({ env: "KEY=a b&c" }),
    });
    expect(server.requests[0]?.form.get("env")).toBe("KEY=a b&c");
    expect(server.requests[0]?.query.size).toBe(0);
  });

  test("never leaves the address of the server, whatever the path", async () => {
    const { server, transport } = await serverWith(ok);
    await using _ = server;
    for (const path of ["..", "../../other", "//evil.example/x", "http://evil.example/x"]) {
      expect(await failure(transport.text({ method: "GET", path }))).toMatchObject({
        code: "request.invalid",
      });
    }
    expect(server.requests).toEqual([]);
  });
});

describe("an error of the server", () => {
  test.each([
    { code: 400, body: "Invalid value\n", expected: "request.invalid", message: "Invalid value" },
    { code: 401, body: "Unauthorized\n", expected: "authentication.required", message: "Unauthorized" },
    { code: 403, body: "", expected: "authorization.denied", message: "answered 403 without a reason" },
    {
      code: 404,
      body: "Session x not found\n",
      expected: "session.not_found",
      message: "Session x not found",
    },
    {
      code: 500,
      body: "unexpected exception: x\n",
      expected: "server.internal",
      message: "unexpected exception: x",
    },
    { code: 418, body: "teapot", expected: "transport.failure", message: "teapot" },
    { code: 302, body: "", expected: "transport.failure", message: "redirect (302)" },
  ])("with status $code is $expected in its own words", async ({ code, body, expected, message }) => {
    const { server, transport } = await serverWith(status(code, body));
    await using _ = server;
    const error = await failure(transport.json(LIST, anything));
    expect(error).toMatchObject({ code: expected, details: { status: code, server: "local" } });
    expect(error.message).toContain(message);
    expect(JSON.stringify(error)).not.toContain("SECRET");
  });

  test("keeps the code, the hint and the facts of a problem document", async () => {
    const problem = {
      title: "No",
      detail: "No such image",
      code: "image.unknown",
      hint: "Try x",
      details: { near: "x" },
    };
    const { server, transport } = await serverWith(
      status(400, JSON.stringify(problem), { "content-type": "application/problem+json" }),
    );
    await using _ = server;
    expect(await failure(transport.text(LIST))).toMatchObject({
      code: "image.unknown",
      message: "No such image",
      hint: "Try x",
      details: { near: "x", status: 400 },
    });
  });

  test("keeps the code that a header names", async () => {
    const { server, transport } = await serverWith(
      status(403, "Three sessions are enough\n", { "x-canfar-code": "quota.sessions" }),
    );
    await using _ = server;
    expect(await failure(transport.text(LIST))).toMatchObject({ code: "quota.sessions" });
  });

  test("shows no page of a proxy", async () => {
    const { server, transport } = await serverWith(
      status(500, "<html>x</html>", { "content-type": "text/html" }),
    );
    await using _ = server;
    expect((await failure(transport.text(LIST))).message).toBe(
      "The server 'local' answered 500 without a reason",
    );
  });
});

describe("trying again", () => {
  test("a busy server is asked again after the time that it asks for", async () => {
    const { server, transport, clock } = await serverWith(
      status(503, "busy\n", { "retry-after": "7" }),
      status(502, ""),
      ok,
    );
    await using _ = server;
    expect(await transport.json(LIST, anything)).toEqual([]);
    expect(server.requests).toHaveLength(3);
    expect(clock.waits).toEqual([7000, expect.closeTo(300, -3)]);
  });

  test("a server that asks for more patience gets its error shown", async () => {
    const { server, transport } = await serverWith(
      status(503, "back tomorrow\n", { "retry-after": "86400" }),
    );
    await using _ = server;
    expect(await failure(transport.text(LIST))).toMatchObject({
      code: "server.unavailable",
      hint: "The server asks to try again in 86400 s.",
    });
    expect(server.requests).toHaveLength(1);
  });

  test("a connection that breaks is tried again for GET and DELETE, four times at most", async () => {
    const { server, transport } = await serverWith(drop, ok);
    await using _ = server;
    expect(await transport.json(LIST, anything)).toEqual([]);
    const hopeless = await serverWith(drop);
    await using __ = hopeless.server;
    expect(await failure(hopeless.transport.text({ method: "DELETE", path: "session/a" }))).toMatchObject({
      code: "transport.failure",
      details: { attempts: 4 },
    });
    expect(hopeless.server.requests).toHaveLength(4);
  });

  test("an answer that breaks off half-way is asked for again", async () => {
    const half: Answer = (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("[", () => (response.socket as Socket).destroy());
    };
    const { server, transport } = await serverWith(half, ok);
    await using _ = server;
    expect(await transport.json(LIST, anything)).toEqual([]);
  });

  test.each([
    { name: "a broken connection", answer: drop },
    { name: "a busy server", answer: status(503, "busy\n") },
  ])("POST is never sent twice for $name", async ({ answer }) => {
    const { server, transport } = await serverWith(answer);
    await using _ = server;
    await failure(transport.text({ method: "POST", path: "session" }));
    expect(server.requests).toHaveLength(1);
  });

  test("a quota is final", async () => {
    const { server, transport } = await serverWith(
      status(429, "enough\n", { "x-canfar-code": "quota.sessions" }),
    );
    await using _ = server;
    expect(await failure(transport.text(LIST))).toMatchObject({ code: "quota.sessions" });
    expect(server.requests).toHaveLength(1);
  });
});

describe("no answer", () => {
  test("where nothing listens says so at once, and how to start a platform", async () => {
    const { transport, clock } = transportTo(await refusedOrigin());
    expect(await failure(transport.text(LIST))).toMatchObject({
      code: "server.unavailable",
      message: expect.stringContaining("Nothing answers at http://127.0.0.1"),
      hint: "Is the platform running? Start it with `canfar platform up`.",
    });
    expect(clock.waits).toEqual([]);
  });

  test("a host that does not exist is named", async () => {
    const { transport } = transportTo("http://no-such-host.invalid");
    expect(await failure(transport.text(LIST))).toMatchObject({
      code: "server.unavailable",
      message: expect.stringContaining("no-such-host.invalid"),
    });
  });

  test.each([
    { name: "before the answer", answer: () => {} },
    {
      name: "in the middle of it",
      answer: ((_, response) => {
        response.writeHead(200).write("[");
      }) as Answer,
    },
  ])("silence $name ends after the time limit", async ({ answer }) => {
    const { server } = await serverWith(answer);
    await using _ = server;
    const transport = new Transport({
      server: "local",
      baseUrl: `${server.origin}/skaha/v1`,
      credentials: null,
      fetch,
      clock: new HurriedClock(0),
      timeoutMs: 60,
    });
    expect(await failure(transport.text(LIST))).toMatchObject({
      code: "transport.timed_out",
      message: expect.stringContaining("0.06 s"),
    });
  });

  test("an abort is passed on as it is", async () => {
    const { server, transport } = await serverWith(() => {});
    await using _ = server;
    const abort = new AbortController();
    const asked = failure(transport.text({ ...LIST, signal: abort.signal }));
    abort.abort(new Error("Ctrl-C"));
    expect(await asked).toMatchObject({ message: "Ctrl-C" });
  });
});

describe("an answer that is not the protocol's", () => {
  test.each([
    { name: "HTML", body: "<html>", message: "something that is not JSON" },
    { name: "half a document", body: '[{"id":', message: "something that is not JSON" },
    { name: "another shape", body: '{"id": 1}', message: "JSON of another shape" },
  ])("$name is a clear error", async ({ body, message }) => {
    const { server, transport } = await serverWith((_, response) => sendText(response, body));
    await using _ = server;
    const error = await failure(transport.json(LIST, z.array(z.unknown())));
    expect(error).toMatchObject({ code: "transport.failure", message: expect.stringContaining(message) });
  });
});

test("a stream has no time limit between its parts, and joins characters that arrive in halves", async () => {
  const [head, tail] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
  const running = new Set<() => void>();
  const clock: Clock = {
    now: () => new Date(),
    setTimer(_, callback) {
      running.add(callback);
      return { cancel: () => running.delete(callback) };
    },
  };
  const goOn = Promise.withResolvers<void>();
  const slow: Answer = (_, response) => {
    response.write(Buffer.concat([Buffer.from("a"), head]));
    goOn.promise.then(() => response.end(tail));
  };
  const { server } = await serverWith(slow);
  await using _ = server;
  const { transport } = transportTo(server.origin, { clock });
  let text = "";
  for await (const piece of transport.stream(LIST)) {
    text += piece;
    expect([...running]).toEqual([]);
    goOn.resolve();
  }
  expect(text).toBe("aé");
});
