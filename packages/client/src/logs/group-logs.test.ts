import type { ServerResponse } from "node:http";
import { parseReplicaSelection } from "@canfar/contract";
import { describe, expect, test } from "vitest";
import { openClient } from "../client.ts";
import { type ReceivedRequest, sendText } from "../test-servers/http-server.ts";
import { HurriedClock } from "../test-servers/hurried-clock.ts";
import { startSkaha } from "../test-servers/skaha.ts";
import { SILENCE_MS } from "../transport/whole-lines.ts";
import type { GroupLogOptions } from "./group-logs.ts";

const END = `{"end":true}\n`;

function line(text: string, cursor?: string): string {
  const time = "2026-11-20T12:00:00.000000Z";
  const entry = { time, session: "aaaaaaaa", replica: 1, attempt: 1, stream: "stdout", text, cursor };
  return `${JSON.stringify(entry)}\n`;
}

/** The output of a Group, read from a server that answers requests for it, in turn, as told. */
async function read(
  options: GroupLogOptions,
  answers: readonly ((response: ServerResponse) => void)[],
  { ours = true, clock = new HurriedClock() } = {},
): Promise<{ texts: string[]; asked: ReceivedRequest[]; error: unknown }> {
  let asked = 0;
  await using server = await startSkaha({
    ours,
    answer: ({ path }, response) => {
      if (path !== "/canfar/v1/group/aaaaaaaa/logs") return false;
      const answer = answers[asked];
      asked += 1;
      if (answer === undefined) sendText(response, "group aaaaaaaa not found\n", 404);
      else answer(response);
      return true;
    },
  });
  const client = await openClient({ url: `${server.origin}/skaha/v1`, token: "T", environment: {}, clock });
  const texts: string[] = [];
  let error: unknown;
  try {
    for await (const { text } of client.groups.logs("aaaaaaaa", options)) texts.push(text);
  } catch (caught) {
    error = caught;
  }
  return { texts, error, asked: server.requests.filter(({ path }) => path.endsWith("/logs")) };
}

const breakOff = (text: string) => (response: ServerResponse) => {
  response.write(text);
  setImmediate(() => response.socket?.destroy());
};
const cursors = (asked: readonly ReceivedRequest[]) => asked.map(({ query }) => query.get("cursor"));

/** The silence of the first connection is over as soon as its first line is read. */
class ImpatientClock extends HurriedClock {
  #silences = 0;

  override setTimer(milliseconds: number, callback: () => void): { cancel(): void } {
    if (milliseconds !== SILENCE_MS) return super.setTimer(milliseconds, callback);
    this.#silences += 1;
    const immediate = this.#silences === 2 ? setImmediate(callback) : undefined;
    return { cancel: () => clearImmediate(immediate) };
  }
}

describe("the output of a Group", () => {
  test("comes line by line, without what only the transport needs", async () => {
    const { texts, asked, error } = await read({}, [
      (response) => sendText(response, `${line("a")}${line("", "1")}${line("c", "2")}${END}`),
    ]);
    expect({ texts, error }).toEqual({ texts: ["a", "", "c"], error: undefined });
    expect(asked[0]?.headers.accept).toContain("application/jsonl");
  });

  test("is what was asked for", async () => {
    const since = "2026-11-20T12:00:00Z";
    const replicas = parseReplicaSelection("3-10,failed");
    const { asked } = await read({ follow: true, tail: 5, since, replicas, grep: "a|b" }, [
      (response) => sendText(response, END),
    ]);
    expect(Object.fromEntries(asked[0]?.query ?? [])).toEqual({
      ...{ follow: "true", tail: "5", since: "2026-11-20T12:00:00.000Z", grep: "a|b" },
      replicas: "3-10,failed",
    });
  });

  test.each([{}, { follow: true }])(
    "goes on after a broken connection, a polite stop and a busy server: with %j",
    async (options) => {
      const { texts, asked, error } = await read(options, [
        // Behind the last cursor: what came after it comes again.
        breakOff(`${line("a")}${line("b", "2")}${line("c")}{"half`),
        (response) => sendText(response, `${line("c")}${line("d", "4")}`),
        (response) => sendText(response, "stopping\n", 503),
        (response) => sendText(response, `${line("e", "5")}${END}`),
      ]);
      expect({ texts, error }).toEqual({ texts: ["a", "b", "c", "d", "e"], error: undefined });
      expect(cursors(asked)).toEqual([null, "2", "4", "4"]);
    },
  );

  test("is asked for again on a connection that has fallen silent", async () => {
    const { texts, asked } = await read(
      { follow: true },
      [
        (response) => void response.write(line("a", "1")),
        (response) => sendText(response, `${line("b", "2")}${END}`),
      ],
      { clock: new ImpatientClock() },
    );
    expect(texts).toEqual(["a", "b"]);
    expect(cursors(asked)).toEqual([null, "1"]);
  });

  test("of an unknown Group is an error at once, and one that is deleted meanwhile too", async () => {
    expect((await read({}, [])).error).toMatchObject({ code: expect.stringContaining("not_found") });
    const { texts, error } = await read({ follow: true }, [breakOff(line("a", "1"))]);
    expect(texts).toEqual(["a"]);
    expect(error).toMatchObject({ code: expect.stringContaining("not_found") });
  });

  test("is an error where something else answers", async () => {
    const { error } = await read({}, [(response) => sendText(response, "<html>\n")]);
    expect(error).toMatchObject({ code: "server.internal", message: expect.stringContaining("<html>") });
  });

  test("is not to be had where no Groups are known", async () => {
    expect((await read({}, [], { ours: false })).error).toMatchObject({ code: "request.unsupported" });
  });

  test.each([{ tail: -1 }, { tail: 0.5 }, { since: "yesterday" }])("with %j is refused", async (options) => {
    expect((await read(options, [])).error).toMatchObject({ code: "request.invalid" });
  });

  test("of very many single Replicas is read in parts, and cannot be followed", async () => {
    const odd = Array.from({ length: 1500 }, (_, at) => String(2 * at + 1)).join(",");
    const replicas = parseReplicaSelection(odd);
    const answer = (response: ServerResponse) => sendText(response, `${line("x", "1")}${END}`);
    const { texts, asked } = await read({ replicas }, [answer, answer]);
    expect(texts).toEqual(["x", "x"]);
    expect(asked.map(({ query }) => query.get("replicas")).join(",")).toBe(odd);
    expect((await read({ replicas, follow: true }, [])).error).toMatchObject({ code: "request.too_large" });
  });

  test("ends with an abort", async () => {
    const abort = new AbortController();
    const { error } = await read({ follow: true, signal: abort.signal }, [
      (response) => {
        response.write(line("a", "1"));
        setImmediate(() => abort.abort(new Error("Ctrl-C")));
      },
    ]);
    expect(error).toMatchObject({ message: "Ctrl-C" });
  });
});
