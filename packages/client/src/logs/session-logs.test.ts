import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { openClient } from "../client.ts";
import { type ReceivedRequest, sendJson, sendText } from "../test-servers/http-server.ts";
import { HurriedClock } from "../test-servers/hurried-clock.ts";
import { startSkaha, wireSession } from "../test-servers/skaha.ts";
import type { LogOptions } from "./session-logs.ts";

type LogAnswer = (query: URLSearchParams, response: ServerResponse, request: number) => void;

/** The output of one Session, read from a server that answers requests for it, in turn, as told. */
async function read(
  options: LogOptions,
  behaviour: { ours: boolean; answer: LogAnswer; status?: (request: number) => string },
): Promise<{ output: string[]; asked: ReceivedRequest[]; error: unknown }> {
  let asked = 0;
  await using server = await startSkaha({
    ours: behaviour.ours,
    answer: ({ path, query }, response) => {
      if (path !== "/skaha/v1/session/a") return false;
      if (query.get("view") === "logs") {
        asked += 1;
        behaviour.answer(query, response, asked);
      } else sendJson(response, wireSession("a", { status: behaviour.status?.(asked) ?? "Completed" }));
      return true;
    },
  });
  const clock = new HurriedClock();
  const url = `${server.origin}/skaha/v1`;
  const { sessions } = await openClient({ url, token: "T", environment: {}, clock });
  const output: string[] = [];
  let error: unknown;
  try {
    for await (const line of sessions.logs("a", options)) output.push(line);
  } catch (caught) {
    error = caught;
  }
  return { output, asked: server.requests.filter(({ query }) => query.get("view") === "logs"), error };
}

describe("the whole output", () => {
  test("comes line by line and exactly as it was", async () => {
    const text = "one\n\n [bold]two[/bold]\r\nprogress 1%\rprogress 2%\nno end";
    const { output, asked } = await read(
      {},
      { ours: false, answer: (_, response) => sendText(response, text) },
    );
    expect(output.join("")).toBe(text);
    expect(output).toHaveLength(5);
    expect(asked).toHaveLength(1);
  });

  test("of an unknown Session is an error", async () => {
    const { error } = await read(
      {},
      { ours: false, answer: (_, response) => sendText(response, "Session a not found\n", 404) },
    );
    expect(error).toMatchObject({ code: "session.not_found" });
  });

  test("can be cut by the server", async () => {
    const since = "2026-11-20T12:00:00Z";
    const { asked } = await read(
      { tail: 2, since, timestamps: true },
      { ours: true, answer: (_, response) => sendText(response, "x\n") },
    );
    expect(Object.fromEntries(asked[0]?.query ?? [])).toEqual({
      view: "logs",
      tail: "2",
      since: "2026-11-20T12:00:00.000Z",
      timestamps: "true",
    });
  });

  test("can be cut here where the server cannot, but has no times then", async () => {
    const text = Array.from({ length: 5000 }, (_, index) => `${index}\n`).join("");
    const plain = { ours: false, answer: ((_, response) => sendText(response, text)) as LogAnswer };
    expect((await read({ tail: 2 }, plain)).output).toEqual(["4998\n", "4999\n"]);
    expect((await read({ tail: 0 }, plain)).output).toEqual([]);
    expect((await read({ timestamps: true }, plain)).error).toMatchObject({ code: "request.unsupported" });
  });

  test.each([{ tail: -1 }, { tail: 1.5 }, { since: "yesterday" }])("with %j is refused", async (options) => {
    const { error } = await read(options, { ours: true, answer: (_, response) => sendText(response, "") });
    expect(error).toMatchObject({ code: "request.invalid" });
  });
});

describe("following a platform of ours", () => {
  const stamp = (second: number) => `2026-11-20T12:00:0${second}.000Z`;

  test("passes on lines without their times unless asked, until the Session has ended", async () => {
    const answer: LogAnswer = (_, response) => sendText(response, `${stamp(1)} one two\n${stamp(2)} \n`);
    expect((await read({ follow: true }, { ours: true, answer })).output).toEqual(["one two\n", "\n"]);
    expect((await read({ follow: true, timestamps: true }, { ours: true, answer })).output).toEqual([
      `${stamp(1)} one two\n`,
      `${stamp(2)} \n`,
    ]);
  });

  test("goes on after a broken connection without losing or repeating a line", async () => {
    const { output, asked } = await read(
      { follow: true, tail: 100 },
      {
        ours: true,
        answer: (_, response, request) => {
          if (request > 1) {
            // From `since` on, rounded down: lines already seen come again.
            const again = `${stamp(1)} a\n${stamp(2)} b\n${stamp(2)} c\n`;
            return sendText(response, `${again}${stamp(2)} d\n${stamp(3)} e\n`);
          }
          response.write(`${stamp(1)} a\n${stamp(2)} b\n${stamp(2)} c\n${stamp(2)} half of`);
          setImmediate(() => response.socket?.destroy());
        },
      },
    );
    expect(output).toEqual(["a\n", "b\n", "c\n", "d\n", "e\n"]);
    expect(asked.map(({ query }) => [query.get("since"), query.get("tail")])).toEqual([
      [null, "100"],
      [stamp(2), null],
    ]);
  });

  test("goes on after a polite stop of the server while the Session lives", async () => {
    const { output } = await read(
      { follow: true },
      {
        ours: true,
        answer: (_, response, request) =>
          sendText(response, request === 1 ? `${stamp(1)} a\n` : `${stamp(1)} a\n${stamp(2)} b\n`),
        status: (asked) => (asked < 2 ? "Running" : "Completed"),
      },
    );
    expect(output).toEqual(["a\n", "b\n"]);
  });

  test("stops with the server's error when the Session is gone", async () => {
    const { error } = await read(
      { follow: true },
      { ours: true, answer: (_, response) => sendText(response, "Session a not found\n", 404) },
    );
    expect(error).toMatchObject({ code: "session.not_found" });
  });

  test("ends with an abort", async () => {
    const abort = new AbortController();
    const { output, error } = await read(
      { follow: true, signal: abort.signal },
      {
        ours: true,
        answer: (_, response) => {
          response.write(`${stamp(1)} a\n`);
          setImmediate(() => abort.abort(new Error("Ctrl-C")));
        },
      },
    );
    expect(error).toMatchObject({ message: "Ctrl-C" });
    expect(output.length).toBeLessThanOrEqual(1);
  });
});

describe("following any other server", () => {
  test("asks again and again, and passes on what is new", async () => {
    const texts = ["", "one\ntw", "one\ntwo\n", "one\ntwo\nthree"];
    const { output, asked } = await read(
      { follow: true },
      {
        ours: false,
        answer: (_, response, request) => sendText(response, texts[request - 1] ?? ""),
        status: (done) => (done < 3 ? "Running" : "Completed"),
      },
    );
    expect(output).toEqual(["one\n", "two\n", "three"]);
    expect(asked).toHaveLength(4);
  });

  test("goes on behind the last line known when the server has cut the beginning", async () => {
    const texts = ["one\ntwo\nthree\n", "two\nthree\nfour\n"];
    const { output } = await read(
      { follow: true, tail: 1 },
      {
        ours: false,
        answer: (_, response, request) => sendText(response, texts[request - 1] ?? ""),
        status: (done) => (done < 1 ? "Running" : "Completed"),
      },
    );
    expect(output).toEqual(["three\n", "four\n"]);
  });
});
