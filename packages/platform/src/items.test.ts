/** Items over HTTP, with real processes: how they are given, handed out, recorded, tried again and counted. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Group, Item, LaunchAnswer } from "@canfar/contract";
import { ProcessDriver } from "@canfar/drivers/process";
import { eventually, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** This machine's programs. */
const environments = {
  ensure: () =>
    Promise.resolve({ path: [], readOnlyRoots: [dirname(process.execPath)], env: {}, entrypoint: ["true"] }),
};

const LONG = { timeout: 60_000 };

for (const sandbox of ["bubblewrap", "none"] as const) {
  describe(`items (sandbox: ${sandbox})`, LONG, () => {
    let data: string;
    let driver: ProcessDriver;
    let platform: TestPlatform;
    /** The user's home as the machine has it, and as Sessions see it. */
    let home: string;
    let homeInSession: string;

    beforeAll(async () => {
      data = mkdtempSync(join(tmpdir(), "canfar-items-"));
      driver = await ProcessDriver.open({ dataFolder: data, environments, sandbox, mayLinkArc: false });
      platform = await startTestPlatform({ driver, data, config: { batch: { flexible: 4 } } });
      home = join(platform.folder.homes, "astro");
      mkdirSync(home, { recursive: true });
      homeInSession = sandbox === "none" ? home : "/arc/home/astro";
    });
    afterAll(async () => {
      await platform.platform.endSessions(AbortSignal.timeout(20_000));
      await platform.stop();
      await driver.close();
      rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    });

    async function send(path: string, init: RequestInit = {}): Promise<Response> {
      return await platform.fetch(path, init);
    }
    async function json<T>(path: string, init: RequestInit = {}): Promise<T> {
      const response = await send(path, init);
      expect(response.status, await response.clone().text()).toBe(200);
      return (await response.json()) as T;
    }
    function post(request: object): Promise<Response> {
      const body = JSON.stringify({ name: "stars", kind: "headless", image: "skaha/terminal", ...request });
      return send("/canfar/v1/group", {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
    }
    async function launch(script: string, request: { args?: string[] } & Record<string, unknown>) {
      const { args = [], ...rest } = request;
      const response = await post({ command: "sh", args: ["-c", script, "sh", ...args], ...rest });
      expect(response.status, await response.clone().text()).toBe(200);
      return ((await response.json()) as LaunchAnswer).group;
    }
    const itemsOf = (group: string, state = "") =>
      json<Item[]>(`/canfar/v1/group/${group}/items${state && `?state=${state}`}`);
    async function ended(id: string): Promise<Group> {
      return await eventually(
        async () => {
          const group = await json<Group>(`/canfar/v1/group/${id}`);
          return group.counts.pending + group.counts.running === 0 && group;
        },
        { withinMs: 30_000 },
      );
    }
    const exitCodes = async (group: string) =>
      (await json<{ exitCode: number }[]>(`/canfar/v1/group/${group}/session`)).map(
        ({ exitCode }) => exitCode,
      );
    const rerun = (group: string, query = "") =>
      json<string[]>(`/canfar/v1/group/${group}/rerun${query}`, { method: "POST" });
    const letters = (count: number) => Array.from({ length: count }, (_, at) => `item ${at}.fits`);

    it("are handed to the command one by one, word for word, each once", async () => {
      const list = ["a b", "*", "$HOME", "-n", "{}", "quote'\"", "ünï", " spaces ", "\\back"];
      const group = await launch('printf "%s|%s\\n" "$1" "$CANFAR_ITEM" >> "$HOME/words"', {
        ...{ args: ["<{}>"], replicas: 3, items: { list, split: "stripe" } },
      });
      expect((await ended(group)).items).toEqual({ total: 9, done: 9, failed: 0, setAside: 0 });
      const seen = readFileSync(join(home, "words"), "utf8").replace(/\n$/, "").split("\n").sort();
      expect(seen).toEqual(list.map((item) => `<${item}>|${item}`).sort());
      expect(await exitCodes(group)).toEqual([0, 0, 0]);
      expect((await itemsOf(group))[0]).toMatchObject({
        item: "a b",
        state: "done",
        replica: 1,
        attempts: 1,
      });
    });

    it.each(["chunk", "stripe", "balanced", "dynamic"] as const)(
      "are split by %s, each once",
      async (split) => {
        const list = letters(101);
        const group = await launch('echo "$1" >> "$HOME/$2"', {
          ...{ args: ["{}", `split-${split}`], replicas: 4, items: { list, split } },
        });
        expect((await ended(group)).items).toMatchObject({ total: 101, done: 101 });
        const seen = readFileSync(join(home, `split-${split}`), "utf8")
          .trimEnd()
          .split("\n");
        expect(seen.sort()).toEqual(list.toSorted());
      },
    );

    it("are in a file where the command has no {}, and are done when it succeeds", async () => {
      const group = await launch('cat "$CANFAR_ITEMS_FILE" > "$HOME/file-$REPLICA_ID"', {
        ...{ replicas: 2, items: { list: letters(5) } },
      });
      expect((await ended(group)).items).toMatchObject({ done: 5 });
      expect(readFileSync(join(home, "file-1"), "utf8")).toBe("item 0.fits\nitem 1.fits\nitem 2.fits\n");
      expect(readFileSync(join(home, "file-2"), "utf8")).toBe("item 3.fits\nitem 4.fits\n");
    });

    it("that fail are named with the reason, tried again by a rerun, and then set aside", async () => {
      const script = 'echo "$1" >> "$HOME/tries"; case $1 in *2*) echo "bad header in $1" >&2; exit 3;; esac';
      const group = await launch(script, {
        ...{ args: ["{}"], replicas: 2, items: { list: letters(4), setAsideAfter: 2 } },
      });
      expect((await ended(group)).items).toEqual({ total: 4, done: 3, failed: 1, setAside: 0 });
      expect(await exitCodes(group)).toEqual([0, 120]);
      const bad = { item: "item 2.fits", replica: 2, exitCode: 3, reason: "bad header in item 2.fits" };
      expect(await itemsOf(group, "failed")).toMatchObject([{ ...bad, attempts: 1 }]);
      expect(await rerun(group)).toHaveLength(1);
      expect((await ended(group)).items).toMatchObject({ failed: 0, setAside: 1 });
      expect(await itemsOf(group, "set-aside")).toMatchObject([{ ...bad, attempts: 2 }]);
      expect(await exitCodes(group)).toEqual([0, 121]);
      // Not tried again, unless that is asked for.
      await rerun(group);
      await ended(group);
      expect(readFileSync(join(home, "tries"), "utf8").match(/item 2/g)).toHaveLength(2);
      await rerun(group, "?setAside=true");
      expect((await ended(group)).items).toMatchObject({ failed: 1, setAside: 0 });
      expect(readFileSync(join(home, "tries"), "utf8").match(/item 2/g)).toHaveLength(3);
      expect(readFileSync(join(home, "tries"), "utf8").match(/item [013]/g)).toHaveLength(3);
    });

    it("that fail are tried again by the retries of their Replica", async () => {
      const script = '[ "$1" != "item 1.fits" ] || [ -e "$HOME/again" ] || { : > "$HOME/again"; exit 5; }';
      const group = await launch(script, {
        ...{ args: ["{}"], items: { list: letters(3) }, policy: { retries: 2, retryDelaySeconds: 0 } },
      });
      expect((await ended(group)).items).toEqual({ total: 3, done: 3, failed: 0, setAside: 0 });
      expect(await itemsOf(group)).toMatchObject([{ attempts: 1 }, { attempts: 2 }, { attempts: 1 }]);
    });

    it("of a Replica that was killed are gone on with by its next attempt", async () => {
      const script =
        'echo "$1" >> "$HOME/killed"; [ "$1" != "item 1.fits" ] || [ -e "$HOME/once" ] || { : > "$HOME/once"; kill -9 $PPID; sleep 60; }';
      const group = await launch(script, { args: ["{}"], items: { list: letters(3) } });
      expect((await ended(group)).items).toEqual({ total: 3, done: 1, failed: 1, setAside: 0 });
      expect(await itemsOf(group, "failed")).toMatchObject([{ item: "item 1.fits" }]);
      await rerun(group);
      expect((await ended(group)).items).toMatchObject({ done: 3 });
      const seen = readFileSync(join(home, "killed"), "utf8").trimEnd().split("\n");
      expect(seen).toEqual(["item 0.fits", "item 1.fits", "item 1.fits", "item 2.fits"]);
    });

    it("of a Replica that ended for good are taken over by those that still run", async () => {
      const script =
        'if [ "$1" = "item 0.fits" ] && [ "$REPLICA_ID" = "$(cat "$HOME/victim" 2>/dev/null || { echo $REPLICA_ID > "$HOME/victim"; echo $REPLICA_ID; })" ]; then kill -9 $PPID; sleep 60; fi; ' +
        '[ "$1" != "item 1.fits" ] || while [ ! -e "$HOME/go" ]; do sleep 0.05; done; echo "$1" >> "$HOME/taken"';
      const group = await launch(script, {
        ...{ args: ["{}"], replicas: 2, items: { list: letters(3), split: "dynamic" } },
      });
      await eventually(async () => (await json<Group>(`/canfar/v1/group/${group}`)).counts.failed === 1);
      writeFileSync(join(home, "go"), "");
      expect((await ended(group)).items).toEqual({ total: 3, done: 3, failed: 0, setAside: 0 });
      expect(readFileSync(join(home, "taken"), "utf8").trimEnd().split("\n").sort()).toEqual(letters(3));
    });

    it("are taken and recorded by scripts as they like", async () => {
      const script =
        'while item=$(canfar-items next); do if [ "$item" = "item 1.fits" ]; then canfar-items fail "$item" out of luck; else canfar-items done "$item"; fi; done';
      const group = await launch(script, { replicas: 2, items: { list: letters(6), split: "dynamic" } });
      expect((await ended(group)).items).toEqual({ total: 6, done: 5, failed: 1, setAside: 0 });
      expect(await itemsOf(group, "failed")).toMatchObject([
        { item: "item 1.fits", reason: "out of luck", attempts: 1 },
      ]);
    });

    it("are not lost when a session is asked to end", async () => {
      const script =
        '[ "$1" != "item 1.fits" ] || { [ -e "$HOME/asked" ] || { : > "$HOME/asked"; sleep 60; }; }';
      const group = await launch(script, { args: ["{}"], items: { list: letters(3) } });
      await eventually(() => existsSync(join(home, "asked")));
      expect(await itemsOf(group, "running")).toMatchObject([
        { item: "item 1.fits", replica: 1, attempts: 1 },
      ]);
      await driver.stop([{ sessionId: group, attempt: 1 }], { graceSeconds: 20 });
      expect((await ended(group)).items).toEqual({ total: 3, done: 1, failed: 0, setAside: 0 });
      expect(await exitCodes(group)).toEqual([143]);
      await rerun(group);
      expect((await ended(group)).items).toMatchObject({ done: 3 });
    });

    it("are found by the server below /arc, and weighed", async () => {
      mkdirSync(join(home, "data", "deep"), { recursive: true });
      for (const [name, size] of Object.entries({
        "a.fits": 10,
        "b.fits": 90,
        "deep/c.fits": 50,
        "d.txt": 1,
      }))
        writeFileSync(join(home, "data", name), "x".repeat(size));
      symlinkSync("/arc/home/astro/data/deep", join(home, "data", "link"));
      symlinkSync("deep/c.fits", join(home, "data", "e.fits"));
      symlinkSync("/etc", join(home, "data", "etc"));
      symlinkSync("/etc/passwd", join(home, "data", "passwd.fits"));
      const found = async (glob: string, more: object = {}) => {
        const group = await launch("true", { args: ["{}"], replicas: 2, items: { glob, ...more } });
        await ended(group);
        return (await itemsOf(group)).map(({ item, replica }) => [
          item.slice("/arc/home/astro/data/".length),
          replica,
        ]);
      };
      const weighed = { split: "weight", weighBy: "bytes" };
      expect(await found("/arc/home/astro/data/*.fits", weighed)).toEqual([
        ["b.fits", 1],
        ["a.fits", 2],
        ["e.fits", 2],
      ]);
      expect((await found("/arc/home/astro/data/**/*.fits")).map(([name]) => name)).toEqual([
        ...["a.fits", "b.fits", "deep/c.fits", "e.fits"],
      ]);
      expect((await found("/arc/home/astro/data/link/c.{fits,txt}")).map(([name]) => name)).toEqual([
        "link/c.fits",
      ]);
      for (const glob of [
        "/arc/home/astro/data/etc/*",
        "/arc/home/astro/data/*/passwd",
        "/etc/*",
        "/arc/home/other/*",
      ]) {
        const response = await post({ command: "true", args: ["{}"], items: { glob } });
        expect([glob, response.status]).toEqual([glob, 400]);
      }
      for (const glob of ["/arc/home/astro/../other/*", "/arc/home/astro/data/../../*", "*.fits"]) {
        const response = await post({ command: "true", args: ["{}"], items: { glob } });
        expect(await response.text()).toContain("is not below /arc/home/astro or /arc/projects");
      }
    });

    it.each([
      [{ items: { list: ["a\nb"] } }, "line end"],
      [{ items: { list: ["a", "b", "a"] } }, "'a' is listed twice"],
      [{ items: { list: ["a"], glob: "/arc/projects/*" } }, "either a list or a glob"],
      [{ items: {} }, "either a list or a glob"],
      [{ items: { glob: "/arc/projects/none-*.fits" } }, "no file matches"],
      [{ items: { list: ["/etc/passwd"], split: "weight", weighBy: "bytes" } }, "no file below /arc"],
      [{ items: { list: ["a"] }, command: undefined }, "needs a command"],
      [
        { items: { list: ["a"] }, kind: "notebook", image: "skaha/astroml" },
        "a notebook session has no items",
      ],
    ])("as in %j are refused with the reason, and nothing is launched", async (request, reason) => {
      const before = await json<Group[]>("/canfar/v1/group");
      const response = await post({ command: "true", ...request });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(reason);
      expect(await json<Group[]>("/canfar/v1/group")).toHaveLength(before.length);
    });

    it("are told to those who watch the group, while one replica is at them", async () => {
      const gate = join(home, "gate");
      writeFileSync(gate, "");
      const group = await launch('[ "$1" != b ] || while [ -e "$HOME/gate" ]; do sleep 0.02; done', {
        ...{ args: ["{}"], items: { list: ["a", "b"] } },
      });
      const response = await send(`/canfar/v1/group/${group}?watch=true`);
      let text = "";
      for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        text += Buffer.from(piece).toString();
        // The first Item is told although nothing of the Session changes; only then the second one may end.
        if (text.includes('"done":1')) rmSync(gate, { force: true });
      }
      expect(text).toContain('"done":1');
      expect(text.trim().split("\n").at(-1)).toContain(
        '"items":{"total":2,"done":2,"failed":0,"setAside":0}',
      );
    });

    it("are asked for by a state that there is", async () => {
      const group = await launch("true", { args: ["{}"], items: { list: ["a"] } });
      const response = await send(`/canfar/v1/group/${group}/items?state=lost`);
      expect([response.status, await response.text()]).toEqual([
        400,
        expect.stringContaining("no state of an item"),
      ]);
    });

    it("do not let a command fail item by item that does not exist", async () => {
      const response = await post({ command: "no-such-program", args: ["{}"], items: { list: letters(50) } });
      const { group } = (await response.json()) as LaunchAnswer;
      expect((await ended(group)).items).toEqual({ total: 50, done: 0, failed: 0, setAside: 0 });
      expect(await exitCodes(group)).toEqual([127]);
    });

    it("have their tool on the PATH of every session, with help", async () => {
      const group = await launch(
        'canfar-items --help > "$HOME/help"; seq 10 | canfar-items stripe > "$HOME/stripe"',
        {},
      );
      await ended(group);
      expect(readFileSync(join(home, "help"), "utf8")).toContain("usage: canfar-items COMMAND");
      expect(readFileSync(join(home, "stripe"), "utf8").trim().split("\n")).toHaveLength(10);
      expect(homeInSession).toContain("astro");
    });
  });
}
