import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LaunchPlan, LogLine, Observation, SessionDriver, SessionRef } from "../session-driver.ts";
import { DriverWatch } from "../watch-driver.ts";
import { openCgroups } from "./cgroup/cgroup.ts";
import { hostFolders } from "./host/host-folders.ts";
import { ScratchDriver } from "./scratch-driver.ts";

const hasCgroups = typeof openCgroups("canfar-test") !== "string";

for (const sandbox of ["bubblewrap", "none"] as const) {
  describe(`sessions as processes (sandbox: ${sandbox})`, () => {
    let scratch: ScratchDriver;
    let driver: SessionDriver;
    let watch: DriverWatch;
    let count = 0;

    beforeAll(async () => {
      scratch = new ScratchDriver({ sandbox });
      driver = await scratch.open();
      watch = new DriverWatch(driver);
    });
    afterAll(async () => {
      await scratch.dispose();
    });

    const launch = async (
      argv: readonly string[] | null,
      change: Partial<LaunchPlan> = {},
    ): Promise<SessionRef> => {
      count += 1;
      const ref = { sessionId: `p${String(count).padStart(7, "0")}`, attempt: 1 };
      const replicas = [{ ...ref, name: "galaxy-1", index: 1, env: { REPLICA_ID: "1" } }];
      await driver.launch(scratch.plan({ argv, replicas, ...change }));
      return ref;
    };
    const lines = async (ref: SessionRef): Promise<LogLine[]> =>
      (await Array.fromAsync(driver.readLog({ group: "testgrp1", ...ref }, { follow: true }))).flat();
    const run = async (argv: readonly string[] | null, change?: Partial<LaunchPlan>) => {
      const ref = await launch(argv, change);
      const [end, output] = await Promise.all([watch.ended(ref), lines(ref)]);
      return { end, output, text: output.map(({ text }) => text) };
    };
    const sh = (script: string, change?: Partial<LaunchPlan>) => run(["sh", "-c", script], change);

    it("can print to /dev/stdout and /dev/stderr", async () => {
      const { output } = await sh("echo out > /dev/stdout; echo err > /dev/stderr");
      expect(output.map(({ stream, text }) => [stream, text]).toSorted()).toEqual([
        ["stderr", "err"],
        ["stdout", "out"],
      ]);
    });

    it("run the image's own program where the launch names none", async () => {
      expect((await run(null)).text).toEqual(["entrypoint"]);
    });

    it("see a clean environment: nothing of the server's", async () => {
      const { text } = await sh("env | cut -d= -f1 | sort", { env: { MINE: "1" } });
      const allowed = [
        "CANFAR_ATTEMPT",
        "HOME",
        "LANG",
        "LOGNAME",
        "MINE",
        "OLDPWD",
        "PATH",
        "PWD",
        "REPLICA_ID",
      ];
      expect(text.filter((name) => ![...allowed, "SHELL", "USER"].includes(name))).toEqual([]);
      expect(text).toContain("MINE");
    });

    it("find the plan's tools first on their PATH, also where they bring one of their own", async () => {
      const tools = join(scratch.dataFolder, "tools");
      mkdirSync(tools, { recursive: true });
      writeFileSync(join(tools, "ls"), "#!/bin/sh\necho own ls\n", { mode: 0o755 });
      const mounts = [
        ...scratch.plan().mounts,
        { source: tools, target: "/run/canfar/bin", readOnly: true } as const,
      ];
      for (const env of [{}, { PATH: "/usr/bin:/bin" }]) {
        expect((await run(["ls"], { mounts, env, path: ["/run/canfar/bin"] })).text).toEqual(["own ls"]);
      }
    });

    it("start in their working directory and have home, projects and scratch", async () => {
      const { text, end } = await sh(
        'pwd -P > "$HOME/where"; cd "$SCRATCH" && echo x > file && ls; cat "$HOME/where"',
        {
          env: { SCRATCH: "/scratch" },
        },
      );
      const home = sandbox === "none" ? scratch.home : "/arc/home/astro";
      expect(text).toEqual(["file", home]);
      expect(end.outcome?.exitCode).toBe(0);
      expect(existsSync(join(scratch.home, "where"))).toBe(true);
    });

    it("say which program was not found, or cannot be executed", async () => {
      writeFileSync(join(scratch.home, "data.txt"), "no program");
      const missing = await run(["no-such-program"]);
      expect(missing.end.message).toContain("no-such-program");
      const refused = await run([join(sandbox === "none" ? scratch.home : "/arc/home/astro", "data.txt")]);
      expect(refused.end.outcome?.exitCode).toBe(126);
      expect(refused.end.message).toContain("cannot be executed");
    });

    it("end with 128 and the number of the signal that ended them", async () => {
      const { end } = await sh("kill -ABRT $$");
      expect(end.outcome).toMatchObject({ exitCode: 134, signal: "SIGABRT", cause: "exited" });
    });

    it("may save their work when they are asked to end", async () => {
      const ref = await launch([
        "sh",
        "-c",
        'trap "echo saved; exit 7" TERM; echo ready; while :; do sleep 0.05; done',
      ]);
      for await (const _ of driver.readLog({ group: "testgrp1", ...ref }, { follow: true })) break;
      await driver.stop([ref], { graceSeconds: 30 });
      expect((await watch.ended(ref)).outcome).toMatchObject({ exitCode: 7, cause: "stopped" });
      expect((await lines(ref)).map(({ text }) => text)).toContain("saved");
    });

    it("are killed after the grace when they do not listen", async () => {
      const ref = await launch(["sh", "-c", 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
      for await (const _ of driver.readLog({ group: "testgrp1", ...ref }, { follow: true })) break;
      await driver.stop([ref], { graceSeconds: 0.3 });
      expect((await watch.ended(ref)).outcome).toMatchObject({
        exitCode: 137,
        signal: "SIGKILL",
        cause: "stopped",
      });
    });

    it("end with their program, whatever it left running", async () => {
      const mark = `daemon-of-${sandbox}`;
      const script = `(setsid sh -c 'exec sleep 1000 # ${mark}' &) ; echo gone`;
      const { text, end } = await sh(script);
      expect(text).toEqual(["gone"]);
      expect(end.outcome?.exitCode).toBe(0);
      const left = processes().filter(({ environ }) =>
        environ.includes(`CANFAR_ATTEMPT=${end.sessionId}.1\0`),
      );
      expect(left).toEqual([]);
    });

    it("leave nothing of theirs in the host's folder", async () => {
      await sh("echo x > /tmp/x");
      const { marks, lanes } = hostFolders(scratch.dataFolder);
      await expect.poll(() => readdirSync(marks)).toEqual([]);
      await expect.poll(() => readdirSync(lanes)).toEqual([]);
    });

    it("may print megabytes, long lines and bytes that are no text", async () => {
      const { output } = await sh(
        "head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; printf 'a\\377b\\n'; seq 1 20000; printf unfinished",
      );
      const whole = output.filter(({ text }) => /^x+$/.test(text));
      expect(whole.reduce((sum, { text }) => sum + text.length, 0)).toBe(3_000_000);
      expect(whole.slice(0, -1).every(({ partial }) => partial)).toBe(true);
      const rest = output.slice(output.findIndex(({ text }) => text.startsWith("a")));
      expect(rest[0]?.text).toBe("a\uFFFDb");
      expect(rest.slice(1, -1).map(({ text }) => text)).toEqual(
        Array.from({ length: 20_000 }, (_, at) => String(at + 1)),
      );
      expect(rest.at(-1)).toMatchObject({ text: "unfinished", partial: true });
    });

    it("that cannot be started end with the reason", async () => {
      const { end } = await run(["true"], {
        mounts: [{ source: "/no/such/folder", target: "/arc/projects", readOnly: true }],
        workingDirectory: "/arc/projects",
      });
      expect(end.outcome).toMatchObject({ exitCode: null, cause: "not-started" });
      expect(end.reason).toBe("NotStarted");
    });

    it.skipIf(!hasCgroups)(
      "that need more memory than they were given end, and say so (needs control groups)",
      async () => {
        const limits = { cores: 1, memoryBytes: 64 * 1024 ** 2, processes: 64, gpus: 0 };
        const argv = ["node", "-e", "const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))"];
        const { end } = await run(argv, { limits });
        expect(end).toMatchObject({ reason: "OOMKilled", outcome: { outOfMemory: true } });
        expect(end.usage?.peakMemoryBytes).toBeLessThanOrEqual(limits.memoryBytes);
        expect(end.usage?.peakMemoryBytes).toBeGreaterThan(limits.memoryBytes / 2);
      },
    );

    it.skipIf(!hasCgroups)("cannot multiply beyond their limit (needs control groups)", async () => {
      const limits = { cores: 1, memoryBytes: 512 * 1024 ** 2, processes: 20, gpus: 0 };
      const { end, text } = await sh("for i in $(seq 50); do sleep 100 & done; echo unreachable", { limits });
      expect(text).not.toContain("unreachable");
      expect(end.outcome?.exitCode).not.toBe(0);
    });

    it("run 100 at once, each to its own end", async () => {
      const replicas = Array.from({ length: 100 }, (_, at) => {
        const sessionId = `r${String(at).padStart(7, "0")}`;
        return { sessionId, attempt: 1, name: `r-${at}`, index: at + 1, env: { REPLICA_ID: String(at + 1) } };
      });
      await driver.launch(scratch.plan({ argv: ["true"], replicas, replicaCount: 100 }));
      const ends = await Promise.all(replicas.map((replica) => watch.ended(replica)));
      expect(ends.filter(({ outcome }: Observation) => outcome?.exitCode !== 0)).toEqual([]);
    });
  });
}

describe("a sandbox", () => {
  it("shows nothing of other users, of the platform or of the machine's processes", async () => {
    const scratch = new ScratchDriver({ sandbox: "bubblewrap" });
    const driver = await scratch.open();
    try {
      const ref = { sessionId: "sandbox1", attempt: 1 };
      const replicas = [{ ...ref, name: "galaxy-1", index: 1, env: {} }];
      const script = `
        echo "user: $(id -un) $(id -u)"
        echo "host: $(hostname)"
        echo "homes: $(ls -A /arc/home)"
        echo "tmp: $(ls -A /tmp)"
        echo "home: $(ls -A /home 2> /dev/null)"
        echo "root: $(ls -A /root 2> /dev/null)"
        test -e "$DATA" || echo hidden
        touch /usr/x 2> /dev/null || echo read-only
        cat /proc/[0-9]*/stat | wc -l`;
      const env = { DATA: scratch.dataFolder };
      await driver.launch(scratch.plan({ argv: ["sh", "-c", script], replicas, env }));
      const log = driver.readLog({ group: "testgrp1", ...ref }, { follow: true });
      const text = (await Array.fromAsync(log)).flat().map((line) => line.text);
      // The Node of this test is part of the image, and may itself be somewhere below.
      const imageIn = (folder: string) =>
        process.execPath.startsWith(`${folder}/`) ? process.execPath.split("/")[2] : "";
      expect(text.slice(0, -1)).toEqual([
        "user: astro 10000",
        "host: galaxy-1",
        "homes: astro",
        `tmp: ${imageIn("/tmp")}`,
        `home: ${imageIn("/home")}`,
        `root: ${imageIn("/root")}`,
        "hidden",
        "read-only",
      ]);
      expect(Number(text.at(-1))).toBeLessThan(10);
    } finally {
      await scratch.dispose();
    }
  });
});

function processes(): { pid: string; environ: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return { pid, environ: readFileSync(`/proc/${pid}/environ`, "utf8") };
      } catch {
        return { pid, environ: "" }; // It has ended meanwhile.
      }
    });
}
