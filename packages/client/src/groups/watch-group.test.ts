import type { ServerResponse } from "node:http";
import { DEFAULT_BATCH_POLICY, type Group } from "@canfar/contract";
import { describe, expect, test } from "vitest";
import { openClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import { sendJson, sendText } from "../test-servers/http-server.ts";
import { HurriedClock } from "../test-servers/hurried-clock.ts";
import { startSkaha } from "../test-servers/skaha.ts";
import { SILENCE_MS } from "../transport/whole-lines.ts";

function group(counts: Partial<Group["counts"]>): Group {
  return {
    ...{
      id: "aaaaaaaa",
      name: "stars",
      username: "ada",
      kind: "headless",
      image: "images.canfar.net/skaha/x:1",
    },
    ...{ replicaCount: 3, createdAt: "2026-11-20T12:00:00.000Z", policy: DEFAULT_BATCH_POLICY },
    counts: { pending: 0, running: 0, completed: 0, failed: 0, ...counts },
  };
}

const line = (counts: Partial<Group["counts"]>) => `${JSON.stringify(group(counts))}\n`;

/** The watch's own silence is over as soon as the first line is read; other waits are as with any clock. */
class ImpatientClock extends HurriedClock {
  #silences = 0;

  override setTimer(milliseconds: number, callback: () => void): { cancel(): void } {
    if (milliseconds !== SILENCE_MS) return super.setTimer(milliseconds, callback);
    this.#silences += 1;
    const immediate = this.#silences === 2 ? setImmediate(callback) : undefined;
    return { cancel: () => clearImmediate(immediate) };
  }
}

/** Watches a Group on a server that answers each of its requests, in turn, as told. */
async function watch(
  answers: readonly ((response: ServerResponse) => void)[],
  options: { clock?: Clock; signal?: AbortSignal } = {},
): Promise<{ seen: Group["counts"][]; asked: number; error: unknown }> {
  let asked = 0;
  await using server = await startSkaha({
    ours: true,
    answer: ({ path, query }, response) => {
      if (path !== "/canfar/v1/group/aaaaaaaa") return false;
      expect(query.get("watch")).toBe("true");
      asked += 1;
      const answer = answers[asked - 1];
      if (answer === undefined) sendJson(response, {}, 404);
      else answer(response);
      return true;
    },
  });
  const { clock = new HurriedClock(), signal } = options;
  const client = await openClient({ url: `${server.origin}/skaha/v1`, token: "T", environment: {}, clock });
  const seen: Group["counts"][] = [];
  try {
    for await (const { counts } of client.groups.watch("aaaaaaaa", { signal })) seen.push(counts);
  } catch (error) {
    return { seen, asked, error };
  }
  return { seen, asked, error: undefined };
}

const running = { pending: 0, running: 3, completed: 0, failed: 0 };
const half = { pending: 0, running: 1, completed: 2, failed: 0 };
const done = { pending: 0, running: 0, completed: 3, failed: 0 };

describe("a Group that is watched", () => {
  test("goes on after a broken connection, a half line, a polite stop and a busy server, and tells each state once", async () => {
    const { seen, asked, error } = await watch([
      (response) => {
        response.write(`${line(running)}{"half`);
        setImmediate(() => response.socket?.destroy());
      },
      (response) => sendText(response, line(running)),
      (response) => sendText(response, "stopping\n", 503),
      (response) => sendText(response, `${line(half)}${line(done)}`),
    ]);
    expect({ seen, error }).toEqual({ seen: [running, half, done], error: undefined });
    expect(asked).toBe(4);
  });

  test("is asked for again on a connection that has fallen silent", async () => {
    const { seen, asked } = await watch(
      [(response) => void response.write(line(running)), (response) => sendText(response, line(done))],
      { clock: new ImpatientClock() },
    );
    expect(seen.at(-1)).toEqual(done);
    expect(asked).toBe(2);
  });

  test("that is not there is an error at once", async () => {
    const { error, asked } = await watch([]);
    expect(error).toMatchObject({ code: expect.stringContaining("not_found") });
    expect(asked).toBe(1);
  });

  test("is let go with an abort", async () => {
    const abort = new AbortController();
    const { error } = await watch(
      [
        (response) => {
          response.write(line(running));
          setImmediate(() => abort.abort(new Error("Ctrl-C")));
        },
      ],
      { signal: abort.signal },
    );
    expect(error).toMatchObject({ message: "Ctrl-C" });
  });
});
