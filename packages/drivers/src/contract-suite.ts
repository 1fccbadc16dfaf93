import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type LaunchPlan,
  type LogLine,
  type Observation,
  type PlannedImage,
  PORT_PLACEHOLDER,
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
    const textOf = async (ref: SessionRef, options: Partial<ReadLogOptions> = {}) =>
      (await collect(driver.readLog(ref, { follow: true, ...options }))).map(({ text }) => text);
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
      const lines = await collect(driver.readLog(ref, { follow: true }));
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
      for await (const { text } of driver.readLog(ref, { follow: true, signal: reader.signal })) {
        lines.push(text);
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
      await driver.deleteLogs([ref.sessionId, newRef().sessionId]);
      expect(await textOf(ref)).toEqual([]);
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

let made = 0;

function newRef(): SessionRef {
  made += 1;
  return { sessionId: `t${String(made).padStart(7, "0")}`, attempt: 1 };
}

function replicaOf(ref: SessionRef, index = 1): LaunchPlan["replicas"][number] {
  return { ...ref, name: `test-${index}`, index, env: { REPLICA_ID: String(index) } };
}

async function collect(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  return await Array.fromAsync(lines);
}
