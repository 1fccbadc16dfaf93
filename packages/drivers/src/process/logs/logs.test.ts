import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readLogs } from "./read-logs.ts";
import { line, ScratchLogs } from "./scratch-logs.ts";
import { groupFolder } from "./segments.ts";

let logs: ScratchLogs;
beforeEach(() => {
  logs = new ScratchLogs();
});
afterEach(() => logs.remove());

const idOf = (index: number) => `s${String(index).padStart(7, "0")}`;
const ownerOf = (index: number) => ({ sessionId: idOf(index), attempt: 1, replicaIndex: index });
const only = (sessionId: string) => ({ sessionIds: new Set([sessionId]) });

describe("the files of a group", () => {
  it("are one for a single session, whatever it writes", async () => {
    const log = logs.open({});
    log.append([line("a"), line("b")]);
    await expect.poll(() => logs.texts()).toEqual(["a", "b"]);
    log.append([line("c")]);
    await log.close();
    expect(readdirSync(logs.folder)).toEqual(["1-of-1.log"]);
    expect(await logs.texts()).toEqual(["a", "b", "c"]);
  });

  it("are at most 32 for 10,000 replicas, in which each replica's lines are found", async () => {
    const owners = Array.from({ length: 10_000 }, (_, at) => ownerOf(at + 1));
    const open = owners.map((owner) => logs.open(owner, { replicaCount: owners.length }));
    for (const round of ["first", "second"]) {
      for (const [at, log] of open.entries()) log.append([line(`${round} of ${at + 1}`)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(open.map((log) => log.close()));
    expect(readdirSync(logs.folder).length).toBeLessThanOrEqual(32);
    const lines = await logs.read();
    expect(lines).toHaveLength(20_000);
    for (const { text, replicaIndex, sessionId } of lines) {
      expect(text).toMatch(new RegExp(`^(first|second) of ${replicaIndex}$`));
      expect(sessionId).toBe(idOf(replicaIndex));
    }
    expect(await logs.texts(only(idOf(4711)))).toEqual(["first of 4711", "second of 4711"]);
    expect(await logs.texts({ ...only(idOf(10_000)), tail: 1 })).toEqual(["second of 10000"]);
  });

  it("are made anew when somebody has removed them", async () => {
    const log = logs.open({});
    log.append([line("gone")]);
    await expect.poll(() => logs.texts()).toEqual(["gone"]);
    rmSync(logs.folder, { recursive: true });
    log.append([line("new")]);
    await log.close();
    expect(await logs.texts()).toEqual(["new"]);
  });

  it.each(["..", "a/b", ""])("are never outside of their folder: %j", (group) => {
    expect(() => groupFolder("/logs", group)).toThrow(RangeError);
  });
});

describe("reading", () => {
  it("takes no line of a program for one of the file's own", async () => {
    const nasty = ["# bbbbbbbb.1 2", "", " ", "2026-01-01T00:00:00.000000Z stdout F x", "\r# x", "é 😀 ü"];
    await logs.write({}, nasty);
    await logs.write({ sessionId: "bbbbbbbb" }, ["b"]);
    expect(await logs.texts(only("aaaaaaaa"))).toEqual(nasty);
    expect(await logs.texts(only("bbbbbbbb"))).toEqual(["b"]);
  });

  it("finds the last lines, also where they are far apart and long", async () => {
    const long = (text: string) => text.padEnd(12_000, "ü");
    for (let round = 1; round <= 30; round += 1) {
      await logs.write(ownerOf(1), [long(`a${round}`)], 2);
      await logs.write(ownerOf(2), [`b${round}`, `c${round}`], 2);
    }
    const heads = async (tail: number, index?: number) =>
      (await logs.texts({ tail, ...(index === undefined ? {} : only(idOf(index))) })).map((text) =>
        text.replaceAll("ü", ""),
      );
    expect(await heads(3, 1)).toEqual(["a28", "a29", "a30"]);
    expect(await heads(3, 2)).toEqual(["c29", "b30", "c30"]);
    expect(await heads(1)).toEqual(["a30", "c30"]);
    expect(await heads(0)).toEqual([]);
    expect(await heads(30, 1)).toHaveLength(30);
    expect(await heads(1000, 2)).toHaveLength(60);
  });

  it("skips what is older than asked for, in an output of many megabytes", async () => {
    const log = logs.open({});
    const times: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      const lines = Array.from({ length: 1000 }, () => line("x".repeat(200)));
      times.push(lines.at(-1)?.time ?? "");
      log.append(lines);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await log.close();
    for (const since of [times[0], times[20], times[39]]) {
      const all = (await logs.read()).filter(({ time }) => time >= (since ?? ""));
      expect(await logs.read({ since })).toEqual(all);
    }
    expect(readdirSync(logs.folder)).toEqual(["1-of-1.index", "1-of-1.log"]);
  });

  it("goes on in the middle of the last lines, with those that were the last at first", async () => {
    const owners = Array.from({ length: 20 }, (_, at) => ownerOf(at + 1));
    const numbers = (first: number) =>
      Array.from({ length: 30 }, (_, at) => `${first + at} ${"x".repeat(1000)}`);
    for (const first of [0, 30, 60]) {
      for (const owner of owners) await logs.write(owner, numbers(first), 20);
    }
    const numberOf = ({ sessionId, text }: { sessionId: string; text: string }) =>
      `${sessionId} ${Number.parseInt(text, 10)}`;
    const expected = (await logs.read({ tail: 45 })).map(numberOf);
    expect(expected).toHaveLength(20 * 45);
    const read: string[] = [];
    let cursor: string | undefined;
    let parts = 0;
    for (let isDone = false; !isDone; ) {
      isDone = true;
      for await (const part of readLogs({ folder: logs.folder, following: null, tail: 45, cursor })) {
        read.push(...part.lines.map(numberOf));
        cursor = part.cursor;
        isDone = false;
        break;
      }
      parts += 1;
      if (parts > 2) continue;
      // What is written meanwhile comes too, and moves no tail.
      await logs.write(ownerOf(3), [String(100 + parts)], 20);
      expected.push(`${idOf(3)} ${100 + parts}`);
    }
    expect(parts).toBeGreaterThan(3);
    expect(read.toSorted()).toEqual(expected.toSorted());
  });

  it("merges replicas of different files by time, and keeps each one's order", async () => {
    const owners = Array.from({ length: 40 }, (_, at) => ownerOf(at + 1));
    for (let round = 0; round < 20; round += 1) {
      const texts = [String(round), `${round}.5`];
      await Promise.all(owners.map((owner) => logs.write(owner, texts, 1000)));
    }
    const lines = await logs.read();
    for (const { sessionId } of owners) {
      const own = lines.filter((each) => each.sessionId === sessionId).map(({ text }) => Number(text));
      expect(own).toEqual(Array.from({ length: 40 }, (_, at) => at / 2));
    }
    const rounds = lines.map(({ text }) => Math.floor(Number(text)));
    expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
  });
});

describe("after a host was killed in the middle of a write", () => {
  /** Two replicas in one segment, in turn, so that there is a heading before each line. */
  const RECORD_BYTES = 32;
  const TEXTS = Array.from({ length: 6 }, (_, at) => `${at % 2 === 0 ? "even" : "odd"} ${at} ü`);
  const ownerAt = (at: number) => ownerOf((at % 2) + 1);

  const prepare = async (): Promise<{ log: Buffer; index: Buffer }> => {
    for (const [at, text] of TEXTS.entries()) await logs.write(ownerAt(at), [text], 2);
    return {
      log: readFileSync(join(logs.folder, "1-of-1.log")),
      index: readFileSync(join(logs.folder, "1-of-1.index")),
    };
  };
  const restore = (log: Buffer, index: Buffer) => {
    writeFileSync(join(logs.folder, "1-of-1.log"), log);
    writeFileSync(join(logs.folder, "1-of-1.index"), index);
    logs.nextHost();
  };
  const whole = (log: Buffer) => TEXTS.filter((text) => log.includes(`F ${text}\n`));

  it("a cut line is skipped, whole ones stay with their replica, and the next host goes on", async () => {
    const { log, index } = await prepare();
    for (let end = 0; end <= log.length; end += 1) {
      const cut = log.subarray(0, end);
      restore(cut, index);
      expect(await logs.texts()).toEqual(whole(cut));
      await logs.write(ownerOf(2), ["odd after"], 2);
      await logs.write(ownerOf(1), ["even after"], 2);
      const lines = await logs.read();
      expect(lines.map(({ text }) => text)).toEqual([...whole(cut), "odd after", "even after"]);
      for (const { text, replicaIndex } of lines) expect(text.startsWith("odd")).toBe(replicaIndex === 2);
      const even = lines.filter(({ text }) => text.startsWith("even")).map(({ text }) => text);
      expect(await logs.texts(only(idOf(1)))).toEqual(even);
      expect(await logs.texts({ ...only(idOf(1)), tail: 2 })).toEqual(even.slice(-2));
    }
  });

  it("an index that is cut anywhere, or gone, hides no line", async () => {
    const { log, index } = await prepare();
    for (let end = 0; end <= index.length; end += 5) {
      restore(log, index.subarray(0, end));
      const even = TEXTS.filter((text) => text.startsWith("even"));
      expect(await logs.texts(only(idOf(1)))).toEqual(even);
      expect(await logs.texts({ ...only(idOf(1)), tail: 3 })).toEqual(even.slice(-3));
      await logs.write(ownerOf(2), ["odd after"], 2);
      expect(await logs.texts(only(idOf(1)))).toEqual(even);
      expect(readFileSync(join(logs.folder, "1-of-1.index"))).toHaveLength(index.length + RECORD_BYTES);
    }
  });

  it("a reader that was in the middle of the cut line goes on with what the next host writes", async () => {
    await logs.write(ownerOf(1), ["one"], 2);
    appendFileSync(join(logs.folder, "1-of-1.log"), "2026-01-01T00:00:00.000000Z stdout F half of a li");
    const texts: string[] = [];
    let isOver = false;
    let look = () => {};
    const following = {
      isOver: () => isOver,
      subscribe: (again: () => void) => {
        look = again;
        return () => {};
      },
    };
    const reading = logs.read({ following }).then((lines) => texts.push(...lines.map(({ text }) => text)));
    logs.nextHost();
    await logs.write(ownerOf(2), ["two"], 2);
    isOver = true;
    look();
    await reading;
    expect(texts).toEqual(["one", "two"]);
  });

  it("an index without its segment is no harm", async () => {
    await prepare();
    truncateSync(join(logs.folder, "1-of-1.log"));
    logs.nextHost();
    expect(await logs.texts()).toEqual([]);
    await logs.write(ownerOf(1), ["again"], 2);
    expect(await logs.texts(only(idOf(1)))).toEqual(["again"]);
    expect(await logs.texts(only(idOf(2)))).toEqual([]);
    mkdirSync(logs.folder, { recursive: true });
  });
});
