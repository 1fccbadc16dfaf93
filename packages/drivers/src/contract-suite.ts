import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type GroupLogPart,
  type LaunchPlan,
  type LogLine,
  type Observation,
  type PlannedImage,
  PORT_PLACEHOLDER,
  type ReadGroupLogOptions,
  type ReadLogOptions,
  SESSION_PHASES,
  type SessionDriver,
  type SessionRef,
} from "./session-driver.ts";
import { DriverWatch } from "./watch-driver.ts";

/** What a driver brings along to be tested. */
export interface DriverUnderTest {
  /** A driver on the same backend each time it is called, as after a restart of the platform. */
  open(): Promise<SessionDriver>;
  /** A plan that this backend can run, changed as the test says. */
  plan(change: Partial<LaunchPlan>): LaunchPlan;
  /** An image that cannot be prepared. */
  readonly brokenImage: PlannedImage;
  /** A program that serves HTTP on PORT_PLACEHOLDER. */
  readonly serviceArgv: readonly string[];
  /** Ends what is left and removes every trace. */
  dispose(): Promise<void>;
}

const NASTY = "a \"b\" 'c' $HOME `id` \\ = é *\n;last";

/**
 * The promises of the SessionDriver port, run over every driver.
 *
 * @param deviations tests that a driver cannot pass, by name, each with its reason; they are shown as skipped
 */
export function describeDriverContract(
  name: string,
  start: () => Promise<DriverUnderTest>,
  deviations: Readonly<Record<string, string>> = {},
): void {
  const unmet = new Set(Object.keys(deviations));
  const promise = (title: string, test: () => Promise<void>) => {
    const reason = deviations[title];
    unmet.delete(title);
    if (reason === undefined) it(title, test);
    else it.skip(`${title} (${reason})`, test);
  };

  describe(`${name} keeps the promises of a session driver`, () => {
    let backend: DriverUnderTest;
    let driver: SessionDriver;
    let watch: DriverWatch;

    beforeAll(async () => {
      backend = await start();
    });
    beforeEach(async () => {
      driver = await backend.open();
      watch = new DriverWatch(driver);
    });
    afterEach(async () => {
      watch.close();
      await driver.close();
    });
    afterAll(async () => {
      await backend.dispose();
    });

    const launch = async (argv: readonly string[], change: Partial<LaunchPlan> = {}): Promise<SessionRef> => {
      const ref = newRef();
      await driver.launch(backend.plan({ argv, replicas: [replicaOf(ref)], ...change }));
      return ref;
    };
    const linesOf = async (ref: SessionRef & { group?: string }, options: Partial<ReadLogOptions> = {}) =>
      (await Array.fromAsync(driver.readLog({ group: GROUP, ...ref }, { follow: true, ...options }))).flat();
    const textOf = async (ref: SessionRef & { group?: string }, options: Partial<ReadLogOptions> = {}) =>
      (await linesOf(ref, options)).map(({ text }) => text);
    /** A Group of its own in which each Replica runs one script, and what is read of it: who wrote which text. */
    const launchGroup = async (scripts: readonly string[]) => {
      const group = newGroup();
      const replicas = scripts.map((_, at) => replicaOf(newRef(), at + 1));
      for (const [at, replica] of replicas.entries()) {
        const argv = ["sh", "-c", scripts[at] ?? ""];
        await driver.launch(
          backend.plan({ argv, group, replicas: [replica], replicaCount: replicas.length }),
        );
      }
      const ended = Promise.all(replicas.map((replica) => watch.ended(replica)));
      return { group, replicas, ended };
    };
    const groupLines = async (group: string, options: Partial<ReadGroupLogOptions> = {}) => {
      const parts = await Array.fromAsync(driver.readGroupLog(group, { followUntil: null, ...options }));
      return parts.flatMap(({ lines }) => lines);
    };
    const listed = async (ref: SessionRef): Promise<Observation | undefined> =>
      (await driver.list()).find((each) => each.sessionId === ref.sessionId && each.attempt === ref.attempt);

    promise("says what it is and what it has", async () => {
      const { summary, capacity, kinds } = await driver.describe();
      expect(summary).not.toBe("");
      expect(capacity.cores).toBeGreaterThan(0);
      expect(capacity.memoryGiB).toBeGreaterThan(0);
      expect(kinds).toContain("headless");
    });

    promise("runs a program to its end and tells each phase once, in order", async () => {
      const ref = await launch(["true"]);
      const end = await watch.ended(ref);
      expect(end).toMatchObject({
        reason: "Completed",
        ready: false,
        outcome: { exitCode: 0, cause: "exited" },
      });
      const phases = watch.of(ref).map(({ phase }) => SESSION_PHASES.indexOf(phase));
      expect(phases).toEqual(phases.toSorted((a, b) => a - b));
      expect(phases).toContain(SESSION_PHASES.indexOf("running"));
      expect(phases.filter((phase) => phase === SESSION_PHASES.indexOf("ended"))).toHaveLength(1);
      expect(end.startedAt).toBeDefined();
    });

    promise("tells the program's own exit code", async () => {
      const codes = [1, 3, 125, 255];
      const refs = await Promise.all(codes.map((code) => launch(["sh", "-c", `exit ${code}`])));
      const ends = await Promise.all(refs.map((ref) => watch.ended(ref)));
      expect(ends.map(({ outcome }) => outcome?.exitCode)).toEqual(codes);
      expect(ends.map(({ outcome }) => outcome?.signal)).toEqual([null, null, null, null]);
    });

    promise("ends with 127 and says so when the program does not exist", async () => {
      const end = await watch.ended(await launch(["no-such-program", "x"]));
      expect(end.outcome).toMatchObject({ exitCode: 127, cause: "exited" });
      expect(end.message).toMatch(/not found/);
    });

    promise("keeps arguments as they are", async () => {
      const ref = await launch(["echo", "two  words", "", "--x=$HOME", NASTY]);
      expect(await textOf(ref)).toEqual(`two  words  --x=$HOME ${NASTY}`.split("\n"));
    });

    promise("keeps variables as they are, those of the replica on top", async () => {
      const env = { NASTY, WHO: "all" };
      const ref = await launch(["printenv", "NASTY"], { env });
      expect((await textOf(ref)).join("\n")).toBe(NASTY);
      const other = newRef();
      const replicas = [{ ...replicaOf(other), env: { WHO: "me=1" } }];
      await driver.launch(backend.plan({ argv: ["printenv", "WHO"], env, replicas }));
      expect(await textOf(other)).toEqual(["me=1"]);
    });

    promise("runs every replica of a group with its own variables", async () => {
      const replicas = Array.from({ length: 20 }, (_, at) => replicaOf(newRef(), at + 1));
      await driver.launch(backend.plan({ argv: ["printenv", "REPLICA_ID"], replicas, replicaCount: 20 }));
      await Promise.all(replicas.map((replica) => watch.ended(replica)));
      const texts = await Promise.all(replicas.map((replica) => textOf(replica)));
      expect(texts.flat()).toEqual(replicas.map(({ index }) => String(index)));
    });

    promise("runs an attempt once, however often it is launched", async () => {
      const ref = await launch(["echo", "once"]);
      const again = backend.plan({ argv: ["echo", "twice"], replicas: [replicaOf(ref)] });
      await driver.launch(again);
      await watch.ended(ref);
      await driver.launch(again);
      expect(await textOf(ref)).toEqual(["once"]);
      expect(watch.of(ref).filter(({ phase }) => phase === "ended")).toHaveLength(1);
    });

    promise("keeps the attempts of one session apart", async () => {
      const first = await launch(["sh", "-c", "echo first; exit 9"]);
      await watch.ended(first);
      const second = { ...first, attempt: 2 };
      await driver.launch(backend.plan({ argv: ["echo", "second"], replicas: [replicaOf(second)] }));
      expect((await watch.ended(second)).outcome?.exitCode).toBe(0);
      expect(await textOf(first)).toEqual(["first"]);
      expect(await textOf(second)).toEqual(["second"]);
    });

    promise("ends a running session on request", async () => {
      const ref = await launch(["sleep", "1000"]);
      await watch.running(ref);
      await driver.stop([ref], { graceSeconds: 5 });
      const { outcome, reason } = await watch.ended(ref);
      expect({ cause: outcome?.cause, reason }).toEqual({ cause: "stopped", reason: "Stopped" });
      expect(outcome?.exitCode).toBe(143);
    });

    promise("ends sessions that have only just been launched", async () => {
      const refs = Array.from({ length: 10 }, newRef);
      const replicas = refs.map((ref, at) => replicaOf(ref, at + 1));
      await driver.launch(backend.plan({ argv: ["sleep", "1000"], replicas }));
      await driver.stop(refs, { graceSeconds: 5 });
      const ends = await Promise.all(refs.map((ref) => watch.ended(ref)));
      expect(new Set(ends.map(({ outcome }) => outcome?.cause))).toEqual(new Set(["stopped"]));
    });

    promise("does not mind a stop that comes twice, too late or for nobody", async () => {
      const ref = await launch(["true"]);
      await watch.ended(ref);
      await driver.stop([ref, ref, newRef()], { graceSeconds: 0 });
      expect((await listed(ref))?.outcome?.cause).toBe("exited");
    });

    promise("ends a session at its time limit", async () => {
      const ref = await launch(["sleep", "1000"], { lifetimeSeconds: 0.3 });
      const { outcome, reason } = await watch.ended(ref);
      expect({ cause: outcome?.cause, reason }).toEqual({ cause: "deadline", reason: "DeadlineExceeded" });
    });

    promise("lists running and ended sessions until they are forgotten, and keeps their logs", async () => {
      const running = await launch(["sleep", "1000"]);
      const ended = await launch(["echo", "kept"]);
      await watch.running(running);
      await watch.ended(ended);
      expect((await listed(running))?.phase).toBe("running");
      expect(await listed(ended)).toEqual(await watch.ended(ended));
      await driver.forget([ended, running, newRef()]);
      expect(await listed(ended)).toBeUndefined();
      expect((await listed(running))?.phase).toBe("running");
      expect(await textOf(ended)).toEqual(["kept"]);
      await driver.stop([running], { graceSeconds: 5 });
      await watch.ended(running);
    });

    promise("leaves sessions alone when it closes, and finds them when it opens", async () => {
      const running = await launch(["sleep", "1000"]);
      const short = await launch(["sh", "-c", "sleep 0.1; exit 0"]);
      const { startedAt } = await watch.running(running);
      watch.close();
      await driver.close();
      driver = await backend.open();
      watch = new DriverWatch(driver);
      expect(await listed(running)).toMatchObject({ phase: "running", startedAt });
      if ((await listed(short))?.phase !== "ended") await watch.ended(short);
      expect((await listed(short))?.outcome?.exitCode).toBe(0);
      await driver.stop([running], { graceSeconds: 5 });
      expect((await watch.ended(running)).outcome?.cause).toBe("stopped");
    });

    promise("stops telling who no longer listens", async () => {
      const seen: Observation[] = [];
      const end = driver.observe((observation) => seen.push(observation));
      end();
      await watch.ended(await launch(["true"]));
      expect(seen).toEqual([]);
    });

    promise("keeps both streams, line by line, with their times", async () => {
      const before = new Date().toISOString();
      const ref = await launch(["sh", "-c", "echo out; echo err >&2; echo out again"]);
      const lines = await linesOf(ref);
      const of = (stream: LogLine["stream"]) =>
        lines.filter((line) => line.stream === stream).map(({ text }) => text);
      expect(of("stdout")).toEqual(["out", "out again"]);
      expect(of("stderr")).toEqual(["err"]);
      for (const { time, partial } of lines) {
        expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        expect(time.slice(0, 23) >= before.slice(0, 23)).toBe(true);
        expect(partial).toBe(false);
      }
    });

    promise("follows a log until the session ends, or the reader goes", async () => {
      const ref = await launch(["sh", "-c", "echo begun; sleep 1000"]);
      const reader = new AbortController();
      const lines: string[] = [];
      const options = { follow: true, signal: reader.signal };
      for await (const part of driver.readLog({ group: GROUP, ...ref }, options)) {
        lines.push(...part.map(({ text }) => text));
        reader.abort();
      }
      expect(lines).toEqual(["begun"]);
      const rest = textOf(ref);
      await driver.stop([ref], { graceSeconds: 5 });
      // A shell may say that its program was terminated.
      expect((await rest)[0]).toBe("begun");
    });

    promise("reads the last lines, and those since a time", async () => {
      const ref = await launch(["sh", "-c", "echo a; echo b; echo c"]);
      await watch.ended(ref);
      expect(await textOf(ref, { follow: false, tail: 2 })).toEqual(["b", "c"]);
      expect(await textOf(ref, { follow: false, tail: 0 })).toEqual([]);
      expect(await textOf(ref, { follow: false, tail: 99 })).toEqual(["a", "b", "c"]);
      expect(await textOf(ref, { follow: false, since: "2000-01-01T00:00:00Z" })).toEqual(["a", "b", "c"]);
      expect(await textOf(ref, { follow: false, since: "2999-01-01T00:00:00Z" })).toEqual([]);
    });

    promise("has no lines of a session that it does not know", async () => {
      expect(await textOf(newRef())).toEqual([]);
    });

    promise("deletes the logs of all attempts", async () => {
      const ref = await launch(["echo", "secret"]);
      await watch.ended(ref);
      const unknown = newRef();
      await driver.deleteLogs([ref, unknown].map(({ sessionId }) => ({ group: GROUP, sessionId })));
      expect(await textOf(ref)).toEqual([]);
    });

    promise("reads a whole group in one stream, and says whose each line is", async () => {
      const scripts = Array.from({ length: 20 }, (_, at) => `echo ${at + 1}; echo again; echo bad >&2`);
      const { group, replicas, ended } = await launchGroup(scripts);
      await ended;
      const lines = await groupLines(group);
      expect(lines).toHaveLength(60);
      for (const { sessionId, index } of replicas) {
        const own = lines.filter((line) => line.sessionId === sessionId);
        const whose = own.map(({ replicaIndex, attempt }) => ({ replicaIndex, attempt }));
        expect(whose).toEqual(own.map(() => ({ replicaIndex: index, attempt: 1 })));
        const printed = own.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
        expect(printed).toEqual([String(index), "again"]);
        const times = own.map(({ time }) => time);
        expect(times).toEqual(times.toSorted());
      }
    });

    promise(
      "reads of a group only some sessions, the last lines of each, and those since a time",
      async () => {
        const { group, replicas, ended } = await launchGroup(["echo a; echo b; echo c", "echo d", "echo e"]);
        await ended;
        const [first, second] = replicas;
        const sessionIds = new Set([first?.sessionId ?? "", second?.sessionId ?? ""]);
        const texts = async (options: Partial<ReadGroupLogOptions>) =>
          (await groupLines(group, options)).map(({ text }) => text).toSorted();
        expect(await texts({ sessionIds })).toEqual(["a", "b", "c", "d"]);
        expect(await texts({ tail: 2 })).toEqual(["b", "c", "d", "e"]);
        expect(await texts({ tail: 0 })).toEqual([]);
        expect(await texts({ tail: 1, sessionIds })).toEqual(["c", "d"]);
        expect(await texts({ sessionIds: new Set() })).toEqual([]);
        expect(await texts({ since: "2999-01-01T00:00:00Z" })).toEqual([]);
        const all = await groupLines(group);
        const since = all.at(-1)?.time ?? "";
        expect(await groupLines(group, { since })).toEqual(all.filter(({ time }) => time >= since));
      },
    );

    promise("gives the last lines of the newest attempt, and all lines of all attempts", async () => {
      const { group, replicas, ended } = await launchGroup(["echo a; echo b; exit 1"]);
      await ended;
      const second = replicas.map((replica) => ({ ...replica, attempt: 2 }));
      const argv = ["sh", "-c", "echo c; echo d"];
      await driver.launch(backend.plan({ argv, group, replicas: second, replicaCount: 1 }));
      await Promise.all(second.map((replica) => watch.ended(replica)));
      const of = async (options: Partial<ReadGroupLogOptions>) =>
        (await groupLines(group, options)).map(({ attempt, text }) => `${attempt}${text}`);
      expect(await of({})).toEqual(["1a", "1b", "2c", "2d"]);
      expect(await of({ tail: 1 })).toEqual(["2d"]);
      expect(await of({ tail: 9 })).toEqual(["2c", "2d"]);
    });

    promise("follows a group, and what starts in it later, until it is told to stop", async () => {
      const group = newGroup();
      const [first, later] = [replicaOf(newRef(), 1), replicaOf(newRef(), 2)];
      const start = async (replica: LaunchPlan["replicas"][number], argv: readonly string[]) =>
        await driver.launch(backend.plan({ argv, group, replicas: [replica], replicaCount: 2 }));
      const over = Promise.withResolvers<void>();
      const texts: string[] = [];
      const reading = (async () => {
        for await (const { lines } of driver.readGroupLog(group, { followUntil: over.promise })) {
          texts.push(...lines.map(({ text }) => text));
          if (texts.at(-1) === "one") await start(later, ["echo", "two"]);
          if (texts.at(-1) === "two") over.resolve();
        }
      })();
      await start(first, ["echo", "one"]);
      await reading;
      expect(texts).toEqual(["one", "two"]);
      await Promise.all([first, later].map((replica) => watch.ended(replica)));
    });

    promise("lets go of a group when the reader goes", async () => {
      const { group, replicas } = await launchGroup(["echo begun; sleep 1000"]);
      const reader = new AbortController();
      const followUntil = new Promise(() => {});
      for await (const _ of driver.readGroupLog(group, { followUntil, signal: reader.signal }))
        reader.abort();
      await driver.stop(replicas, { graceSeconds: 5 });
      await Promise.all(replicas.map((replica) => watch.ended(replica)));
    });

    promise("goes on behind a cursor, with nothing lost or repeated", async () => {
      const group = newGroup();
      const replicas = Array.from({ length: 6 }, (_, at) => replicaOf(newRef(), at + 1));
      const script = "echo é1; echo 2; echo 3; echo 4";
      const launch = async (some: typeof replicas) => {
        const argv = ["sh", "-c", script];
        await driver.launch(backend.plan({ argv, group, replicas: some, replicaCount: 100 }));
        await Promise.all(some.map((replica) => watch.ended(replica)));
      };
      const read: GroupLogPart["lines"][number][] = [];
      let cursor: string | undefined;
      for (const replica of replicas) {
        await launch([replica]);
        // A reader that goes after its first part, and comes back later.
        for await (const part of driver.readGroupLog(group, { followUntil: null, cursor, tail: 0 })) {
          read.push(...part.lines);
          cursor = part.cursor;
          break;
        }
        if (cursor !== undefined) continue;
        // Before there is a cursor the tail counts.
        expect(read).toEqual([]);
        for await (const part of driver.readGroupLog(group, { followUntil: null })) {
          read.push(...part.lines);
          cursor = part.cursor;
        }
      }
      read.push(...(await groupLines(group, { cursor })));
      const place = ({ sessionId, text }: (typeof read)[number]) => `${sessionId} ${text}`;
      const whole = await groupLines(group);
      expect(whole).toHaveLength(24);
      expect(read.map(place).toSorted()).toEqual(whole.map(place).toSorted());
      expect(await groupLines(group, { cursor })).not.toEqual(whole);
    });

    promise("refuses a cursor that is none", async () => {
      const { group, ended } = await launchGroup(["echo a"]);
      await ended;
      const read = () => driver.readGroupLog(group, { followUntil: null, cursor: "../x" });
      expect(read).toThrow(expect.objectContaining({ code: "request.invalid" }));
    });

    promise("deletes the logs of one replica and keeps the others', or deletes them all", async () => {
      const { group, replicas, ended } = await launchGroup(["echo a; echo b", "echo c", "echo d"]);
      await ended;
      const [first] = replicas;
      if (first === undefined) throw new Error("no replica");
      await driver.deleteLogs([{ group, sessionId: first.sessionId }]);
      expect((await groupLines(group)).map(({ text }) => text).toSorted()).toEqual(["c", "d"]);
      expect(await textOf({ ...first, group })).toEqual([]);
      await driver.deleteLogs([{ group }, { group: newGroup() }]);
      expect(await groupLines(group)).toEqual([]);
    });

    promise("says when a service answers, and where", async () => {
      const service = { port: 8888, readyPath: null };
      const ref = await launch(backend.serviceArgv, { kind: "notebook", service });
      const { endpoint, phase } = await watch.until(ref, ({ ready }) => ready);
      expect(phase).toBe("running");
      expect(endpoint?.host).not.toBe("");
      expect(endpoint?.port).toBeGreaterThan(0);
      expect(backend.serviceArgv).toContain(PORT_PLACEHOLDER);
      await driver.stop([ref], { graceSeconds: 5 });
      expect((await watch.ended(ref)).endpoint).toBeUndefined();
    });

    promise("ends a session whose image cannot be prepared, and says why", async () => {
      const ref = await launch(["true"], { image: backend.brokenImage });
      const { outcome, message } = await watch.ended(ref);
      expect(outcome).toEqual({ exitCode: null, signal: null, outOfMemory: false, cause: "not-started" });
      expect(message).toMatch(/image could not be prepared/);
      expect((await listed(ref))?.phase).toBe("ended");
    });

    it("has only deviations that name a promise", () => {
      expect([...unmet]).toEqual([]);
    });
  });
}

/** That of `testPlan`. */
const GROUP = "testgrp1";

let made = 0;

function newGroup(): string {
  made += 1;
  return `g${String(made).padStart(7, "0")}`;
}

function newRef(): SessionRef {
  made += 1;
  return { sessionId: `t${String(made).padStart(7, "0")}`, attempt: 1 };
}

function replicaOf(ref: SessionRef, index = 1): LaunchPlan["replicas"][number] {
  return { ...ref, name: `test-${index}`, index, env: { REPLICA_ID: String(index) } };
}
