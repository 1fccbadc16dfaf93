import { readdirSync, readFileSync } from "node:fs";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { created, ended, list } from "./sessions.ts";

const IMAGE = "skaha/terminal:latest";
let platform: ScratchPlatform;

beforeAll(async () => {
  platform = await ScratchPlatform.start();
  await platform.login();
});
afterAll(() => platform.remove());

test("the saved login is for its owner's eyes only, and shows no secret", async () => {
  const { statSync } = await import("node:fs");
  expect(statSync(`${platform.home}/.canfar/config.yaml`).mode & 0o777).toBe(0o600);
  const token = (await platform.canfar(["auth", "token"])).stdout.trim();
  expect(token.length).toBeGreaterThan(20);
  for (const words of [
    ["auth", "show"],
    ["config", "show"],
    ["config", "show", "-o", "json"],
  ]) {
    const { stdout, stderr } = await platform.canfar(words);
    expect(stdout + stderr).not.toContain(token);
  }
});

test("a batch session runs, ends, and its output and exit code are there", async () => {
  const [id = ""] = await created(platform, [
    "headless",
    IMAGE,
    "--",
    "sh",
    "-c",
    "echo out; echo err >&2; exit 3",
  ]);
  const [session] = await ended(platform, [id]);
  expect(session).toMatchObject({ status: "Failed", exitCode: 3, type: "headless" });
  const { stdout } = await platform.canfar(["logs", id]);
  expect(stdout.split("\n").filter(Boolean).sort()).toEqual(["err", "out"]);
  expect((await platform.canfar(["ps", "--all"])).stdout).toContain(id);
});

test("arguments and variables arrive unchanged, whatever they hold", async () => {
  const nasty = ["a  b", "$HOME", "line\nbreak", '"quoted"', "it's", "a=b", "*", "", "\\", "é🚀"];
  const value = "b=c \"'$`\\\n end";
  const script = 'for a in "$@"; do printf "<%s>" "$a"; done; printf "[%s]" "$NASTY"';
  const words = ["--env", `NASTY=${value}`, "headless", IMAGE, "--", "sh", "-c", script, "sh", ...nasty];
  const [id = ""] = await created(platform, words);
  await ended(platform, [id]);
  const { stdout } = await platform.canfar(["logs", id]);
  expect(stdout.trimEnd()).toBe(`${nasty.map((word) => `<${word}>`).join("")}[${value}]`);
});

test("the container contract holds inside a session", async () => {
  const script =
    "id -u; id -un; pwd; echo $HOME $skaha_sessionid $skaha_username $REPLICA_ID/$REPLICA_COUNT; echo x > /scratch/x && ls /scratch; ls /arc/home";
  const [id = ""] = await created(platform, ["headless", IMAGE, "--", "sh", "-c", script]);
  await ended(platform, [id]);
  const lines = (await platform.canfar(["logs", id])).stdout.trim().split("\n");
  const home = `/arc/home/${platform.username}`;
  expect(lines.slice(1)).toEqual([
    platform.username,
    home,
    `${home} ${id} ${platform.username} 1/1`,
    "x",
    platform.username,
  ]);
});

test("replicas are one request with as many sessions, each with its number", async () => {
  const words = [
    "-n",
    "stars",
    "--replicas",
    "10",
    "headless",
    IMAGE,
    "--",
    "sh",
    "-c",
    "echo $REPLICA_ID/$REPLICA_COUNT",
  ];
  const ids = await created(platform, words);
  expect(new Set(ids).size).toBe(10);
  const sessions = await ended(platform, ids);
  expect(sessions.map(({ name }) => name).sort()).toEqual(ids.map((_, index) => `stars-${index + 1}`).sort());
  const names = ids.map((_, index) => `stars-${index + 1}`);
  const logs = await Promise.all(
    names.map(async (name) => (await platform.canfar(["logs", name])).stdout.trim()),
  );
  expect(logs).toEqual(ids.map((_, index) => `${index + 1}/10`));
});

test("options may stand behind the kind and the image", async () => {
  const [id = ""] = await created(platform, ["headless", IMAGE, "--name", "behind", "--", "true"]);
  expect(await ended(platform, [id])).toMatchObject([{ name: "behind", status: "Completed" }]);
});

test("a program that does not exist fails with 127, and ps says so", async () => {
  const [id = ""] = await created(platform, ["headless", IMAGE, "--", "no-such-program"]);
  expect(await ended(platform, [id])).toMatchObject([{ status: "Failed", exitCode: 127 }]);
  expect((await platform.canfar(["ps", "--all"])).stdout).toMatch(new RegExp(`${id}.*127`));
});

test("a deleted session is off the list and its program is gone", async () => {
  const seconds = `100000.${process.pid}`; // No other program on this machine sleeps as long.
  const [id = ""] = await created(platform, ["headless", IMAGE, "--", "sleep", seconds]);
  await expect.poll(() => runs(`sleep\0${seconds}\0`)).toBe(true);
  expect((await platform.canfar(["delete", "-y", id])).exitCode).toBe(0);
  expect((await list(platform)).some((each) => each.id === id)).toBe(false);
  expect((await platform.canfar(["info", id])).exitCode).toBe(4);
  await expect.poll(() => runs(`sleep\0${seconds}\0`)).toBe(false);
});

test.each([
  [
    "an unknown image",
    ["create", "headless", "skaha/terminl:latest", "--", "true"],
    4,
    /did you mean.*skaha\/terminal/is,
  ],
  ["a bad name", ["create", "-n", "bad_name", "headless", IMAGE, "--", "true"], 2, /alpha-numeric/],
  ["too much memory", ["create", "-m", "9999", "headless", IMAGE, "--", "true"], 2, /ram|memory/i],
  ["too many cores", ["create", "-c", "9999", "headless", IMAGE, "--", "true"], 2, /cores|cpu/i],
  ["a missing --", ["create", "headless", IMAGE, "python", "echo.py"], 2, /--/],
  ["an unknown id", ["logs", "zzzzzzzz"], 4, /zzzzzzzz/],
  ["an unknown command", ["creat"], 2, /create/],
])("%s is refused with its reason", async (_, words, exitCode, reason) => {
  const result = await platform.canfar(words);
  expect(result.stderr).toMatch(reason);
  expect(result.stdout).toBe("");
  expect(result.exitCode).toBe(exitCode);
});

test("an error with -o json is one JSON object on standard error", async () => {
  const { stderr, exitCode } = await platform.canfar([
    "create",
    "-o",
    "json",
    "headless",
    "skaha/none:latest",
    "--",
    "true",
  ]);
  expect(JSON.parse(stderr)).toMatchObject({ code: "image.unknown", message: expect.any(String) });
  expect(exitCode).toBe(4);
});

/** True while a process of this machine has exactly these words, each ended by a zero. */
function runs(words: string): boolean {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8") === words;
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}
