/** The tool that every session has, under each shell that images have as `sh`: real processes, real files. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dealItems, ITEM_EXIT_CODES, type ItemSplit } from "@canfar/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ItemRecords } from "./item-records.ts";
import { ItemTally } from "./item-tally.ts";
import { listItems } from "./list-items.ts";
import { writeItems } from "./write-items.ts";

const TOOLS = fileURLToPath(new URL("../../../session-tools", import.meta.url));
const TOOL = join(TOOLS, "canfar-items");

/** What the tool needs of an image, beside `sh`; the rest of it is builtin everywhere. */
const UTILITIES = [
  ...["cat", "cut", "dd", "grep", "ln", "mkdir", "mkfifo", "mv", "rm", "sed", "sleep", "tail", "tee", "tr"],
];

/** The words that start a shell with nothing else around than what the tool needs. */
const BUSYBOX_ONLY = [
  ...["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/bin/busybox", "/bin/busybox"],
  ...["sh", "kill", ...UTILITIES].flatMap((name) => ["--symlink", "busybox", `/bin/${name}`]),
  // The shared libraries of busybox itself.
  ...[
    "--ro-bind",
    "/usr/lib",
    "/usr/lib",
    "--symlink",
    "usr/lib",
    "/lib",
    "--symlink",
    "usr/lib64",
    "/lib64",
  ],
  ...["--ro-bind-try", "/usr/lib64", "/usr/lib64", "--proc", "/proc", "--dev", "/dev"],
  ...["--ro-bind", TOOLS, TOOLS],
];

interface Shell {
  readonly name: string;
  /** @param folder that it may write to */
  readonly words: (folder: string) => string[];
}

const SHELLS: readonly Shell[] = [
  { name: "dash", words: () => ["dash"] },
  { name: "busybox sh", words: () => ["busybox", "sh"] },
  { name: "bash --posix", words: () => ["bash", "--posix"] },
  {
    name: "an image with nothing but busybox",
    words: (folder) => [
      ...BUSYBOX_ONLY,
      ...["--bind", folder, folder, "--setenv", "PATH", "/bin", "--", "/bin/sh"],
    ],
  },
];

function whyNot({ words }: Shell): string | null {
  const folder = mkdtempSync(join(tmpdir(), "canfar-shell-"));
  const [program = "", ...rest] = words(folder);
  const { error, status, stderr } = spawnSync(program, [...rest, "-c", "exit 0"], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  if (error !== undefined) return error.message;
  return status === 0 ? null : stderr.trim();
}

for (const shell of SHELLS) {
  const reason = whyNot(shell);
  const title = `canfar-items in ${shell.name}`;
  describe.skipIf(reason !== null)(
    reason === null ? title : `${title} (skipped: ${reason})`,
    { timeout: 60_000 },
    () => inShell(shell),
  );
}

function inShell(shell: Shell): void {
  let folder: string;
  let items: string;
  let progress: string;
  let replicas: number;
  let total: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "canfar-items-"));
    items = join(folder, "items");
    progress = join(folder, "progress");
    mkdirSync(progress);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 }));

  async function given(list: readonly string[], split: ItemSplit, options: Record<string, number> = {}) {
    const { replicas: count = 1, setAsideAfter = 3 } = options;
    replicas = count;
    total = list.length;
    const deal = dealItems({ count: list.length, replicas, split, weights: list.map((_, at) => at % 3) });
    await writeItems(items, { list, deal, split, setAsideAfter });
  }

  const environment = (replica: number, attempt: number) => ({
    ...{ PATH: "/usr/bin:/bin", CANFAR_ITEMS: items, CANFAR_ITEMS_PROGRESS: progress },
    ...{ REPLICA_ID: String(replica), REPLICA_COUNT: String(replicas) },
    ...{ CANFAR_ITEMS_ATTEMPT: String(attempt), FOLDER: folder },
  });

  function start(words: readonly string[], { replica = 1, attempt = 1 } = {}): ChildProcess {
    const [program = "", ...rest] = [...shell.words(folder), TOOL, ...words];
    return spawn(program, rest, { env: environment(replica, attempt), stdio: ["ignore", "pipe", "pipe"] });
  }

  async function run(words: readonly string[], place: { replica?: number; attempt?: number } = {}) {
    const child = start(words, place);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, stdout, stderr };
  }

  const work = (script: string) => ["run", "--", "sh", "-c", script, "sh", "{}"];
  const lines = (name: string) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1);
  const events = () => {
    const records = new ItemRecords(progress);
    return [...records.news(records.replicas())];
  };
  const counts = () => {
    const tally = new ItemTally(total);
    for (const { replica, event } of events()) tally.add(replica, event, 0);
    return tally.counts(() => false);
  };
  const listed = () => [
    ...listItems({
      folders: { items, progress, group: folder, counts: "" },
      running: new Map<number, number>(),
    }),
  ];
  const doneTwice = () => {
    const done = events().filter(({ event }) => event.kind === "done");
    return done.length - new Set(done.map(({ event }) => event.position)).size;
  };
  const names = (count: number) => Array.from({ length: count }, (_, at) => `item ${at}`);

  it("shares words and lines as the library does", async () => {
    for (const split of ["chunk", "balanced", "stripe"] as const) {
      for (const [count, of] of [
        [0, 2],
        [1, 3],
        [7, 3],
      ] as [number, number][]) {
        replicas = of;
        const { order, shares } = dealItems({ count, replicas, split });
        const dealt = names(count).map((item, at, list) => list[order?.[at] ?? at] ?? item);
        for (let replica = 1; replica <= of; replica += 1) {
          const mine = dealt.slice(shares?.[replica - 1], shares?.[replica]);
          const { stdout } = await run([split, ...names(count)], { replica });
          expect([split, count, replica, stdout]).toEqual([
            split,
            count,
            replica,
            mine.map((item) => `${item}\n`).join(""),
          ]);
        }
      }
    }
  });

  it("hands over each item word for word", async () => {
    const odd = ["a b", "*", "$HOME", "-n", "{}", "quote'\"", "ünï", " spaces ", "\\n", "`id`", "a;b|c&d"];
    await given(odd, "balanced");
    const { code } = await run(work('printf "%s|%s\\n" "$1" "$CANFAR_ITEM" >> "$FOLDER/seen"'));
    expect(code).toBe(0);
    expect(lines("seen")).toEqual(odd.map((item) => `${item}|${item}`));
    expect(counts()).toEqual({ total: odd.length, done: odd.length, failed: 0, setAside: 0 });
  });

  it("goes on after a failure, tries it again in the next attempt, and sets it aside", async () => {
    await given(names(4), "balanced", { setAsideAfter: 2 });
    const script =
      'echo "$1" >> "$FOLDER/seen"; [ "$1" != "item 1" ] || { printf "50%%\\r100%%\\nbad\\n\\n" >&2; exit 9; }';
    const first = await run(work(script));
    expect(first.code).toBe(ITEM_EXIT_CODES.failed);
    expect(first.stderr).toContain("100%\nbad\n");
    expect(first.stderr).toContain("failed with exit code 9: item 1");
    expect(listed()[1]).toMatchObject({
      state: "failed",
      exitCode: 9,
      reason: "bad",
      attempts: 1,
      replica: 1,
    });
    expect((await run(work(script), { attempt: 2 })).code).toBe(ITEM_EXIT_CODES.setAside);
    expect((await run(work(script), { attempt: 3 })).code).toBe(ITEM_EXIT_CODES.setAside);
    expect(lines("seen")).toEqual(["item 0", "item 1", "item 2", "item 3", "item 1"]);
    expect(listed()[1]).toMatchObject({ state: "set-aside", exitCode: 9, reason: "bad", attempts: 2 });
  });

  it("does not set aside what fails in another way each time", async () => {
    await given(["a"], "balanced", { setAsideAfter: 2 });
    for (const attempt of [1, 2, 3])
      expect((await run(work(`exit ${attempt}`), { attempt })).code).toBe(ITEM_EXIT_CODES.failed);
    expect((await run(work("exit 2"), { attempt: 4 })).code).toBe(ITEM_EXIT_CODES.setAside);
  });

  it("deals dynamically: several replicas, each item once, none twice", async () => {
    await given(names(150), "dynamic", { replicas: 4 });
    const all = [1, 2, 3, 4].map((replica) => run(work('echo "$1" >> "$FOLDER/seen"'), { replica }));
    expect((await Promise.all(all)).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(lines("seen").sort()).toEqual(names(150).sort());
    expect(counts()).toEqual({ total: 150, done: 150, failed: 0, setAside: 0 });
    expect(doneTwice()).toBe(0);
  });

  it.each(["balanced", "dynamic"] as const)(
    "%s: loses nothing and records nothing twice, however often replicas are killed",
    async (split) => {
      await given(names(60), split, { replicas: 3, setAsideAfter: 1000 });
      let kills = 0;
      const live = async (replica: number): Promise<void> => {
        for (let attempt = 1; ; attempt += 1) {
          const child = start(work('echo "$1" >> "$FOLDER/seen"'), { replica, attempt });
          child.stdout?.resume();
          child.stderr?.resume();
          const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
          // The first attempts are killed at some moment, each a little later than the one before.
          const timer =
            attempt <= 8 ? setTimeout(() => killTree(child), 15 * attempt + 7 * replica) : undefined;
          const code = await ended;
          clearTimeout(timer);
          if (code === 0) return;
          kills += 1;
        }
      };
      await Promise.all([1, 2, 3].map(live));
      expect(kills).toBeGreaterThan(0);
      expect(counts()).toEqual({ total: 60, done: 60, failed: 0, setAside: 0 });
      expect(doneTwice()).toBe(0);
      expect(new Set(lines("seen")).size).toBe(60);
      // Begun once for each time that it was done or its replica killed, never more.
      expect(lines("seen").length).toBeLessThanOrEqual(60 + kills);
    },
  );

  it("sets aside what kills its replica each time", async () => {
    await given(names(2), "balanced", { setAsideAfter: 2 });
    const fatal = 'echo "$1" >> "$FOLDER/seen"; [ "$1" != "item 0" ] || { kill -9 $PPID; exit 0; }';
    expect((await run(work(fatal))).code).not.toBe(0);
    await run(work(fatal), { attempt: 2 });
    expect((await run(work(fatal), { attempt: 3 })).code).toBe(ITEM_EXIT_CODES.setAside);
    expect(lines("seen")).toEqual(["item 0", "item 0", "item 1"]);
    expect(listed()).toMatchObject([{ state: "set-aside", attempts: 2 }, { state: "done" }]);
  });

  it("gives the list as a file where the command has no {}", async () => {
    await given(names(5), "stripe", { replicas: 2 });
    const command = [
      "run",
      "--",
      "sh",
      "-c",
      'cat "$CANFAR_ITEMS_PROGRESS/work/list.2"; [ "$CANFAR_ITEMS_ATTEMPT" -gt 1 ] || { canfar_items=1; exit 4; }',
    ];
    const first = await run(command, { replica: 2 });
    expect(first).toMatchObject({ code: 4, stdout: "item 1\nitem 3\n" });
    expect(counts()).toMatchObject({ done: 0, failed: 2 });
    expect((await run(command, { replica: 2, attempt: 2 })).code).toBe(0);
    expect((await run(command, { replica: 2, attempt: 3 })).stdout).toBe("");
    expect(counts()).toMatchObject({ done: 2, failed: 0 });
  });

  it("lists, gives out and records items for scripts", async () => {
    await given(names(5), "balanced", { replicas: 2 });
    expect((await run(["list"])).stdout).toBe("item 0\nitem 1\nitem 2\n");
    expect(await run(["next"])).toMatchObject({ code: 0, stdout: "item 0\n" });
    expect((await run(["next"])).stdout).toBe("item 1\n");
    expect((await run(["done", "item 0"])).code).toBe(0);
    expect((await run(["done", "item 0"])).code).toBe(0);
    expect((await run(["fail", "item 1", "no", "stars"])).code).toBe(0);
    expect((await run(["done", "item 2"])).code).toBe(0);
    expect(await run(["next"])).toMatchObject({ code: 1, stdout: "" });
    expect(await run(["done", "item 4"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is not an Item of this Replica"),
    });
    expect(listed()).toMatchObject([
      { state: "done", attempts: 1 },
      { state: "failed", reason: "no stars", attempts: 1 },
      ...[{ state: "done" }, { state: "pending", replica: 2 }, { state: "pending", replica: 2 }],
    ]);
    expect(doneTwice()).toBe(0);
    expect((await run(["next"], { attempt: 2 })).stdout).toBe("item 1\n");
  });

  it("does not wait for what a command leaves running", async () => {
    await given(names(1), "balanced");
    const begun = performance.now();
    const { code } = await run(work("(sleep 30 >/dev/null &) ; true"));
    expect(code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(25_000);
  });

  it("says so, and stops, when it cannot record", async () => {
    await given(names(3), "balanced");
    const full = spawnSync(
      "sh",
      ["-c", 'trap "" XFSZ; ulimit -f 0; exec "$@"', "sh", ...shell.words(folder), TOOL, ...work("true")],
      { env: environment(1, 1), encoding: "utf8" },
    );
    expect(full.status).toBe(ITEM_EXIT_CODES.unrecorded);
    expect(full.stderr).toContain("is the disk full?");
    expect((await run(work("true"), { attempt: 2 })).code).toBe(0);
    expect(counts()).toMatchObject({ done: 3 });
  });

  it("explains itself, and refuses what it does not know", async () => {
    replicas = 1;
    expect((await run(["--help"])).stdout).toContain("usage: canfar-items COMMAND");
    expect((await run([])).code).toBe(2);
    expect(await run(["frobnicate"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no command"),
    });
    const { stderr, code } = await run(["next"]);
    expect({ stderr, code }).toMatchObject({ code: 2, stderr: expect.stringContaining("has no Items") });
  });
}

/** `kill -9` of a program and everything that it started, as when its container is killed. */
function killTree(child: ChildProcess): void {
  for (const pid of [...descendants(child.pid ?? 0), child.pid ?? 0]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function descendants(pid: number): number[] {
  const children = childrenOf(pid);
  return children.flatMap((child) => [...descendants(child), child]);
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.trim().split(" ").filter(Boolean).map(Number);
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return []; // It has just ended.
    throw error;
  }
}
