/** `canfar run` as a user types it: real processes, against a platform whose Sessions only pretend to run. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { CanfarHome } from "@canfar/testing/run-canfar";
import { afterEach, beforeEach, expect, test } from "vitest";

let driver: FakeDriver;
let platform: TestPlatform;
let home: CanfarHome;
let script: string;

beforeEach(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver });
  home = new CanfarHome({ CANFAR_URL: `${platform.url}/skaha/v1`, CANFAR_TOKEN: await platform.token() });
  script = join(mkdtempSync(join(tmpdir(), "canfar-run-")), "sky.py");
  writeFileSync(script, "print(1)\n");
});
afterEach(async () => {
  home[Symbol.dispose]();
  rmSync(join(script, ".."), { recursive: true });
  await platform[Symbol.asyncDispose]();
});

/** Id of the Session that was launched last, once it runs. */
async function launched(): Promise<string> {
  return await eventually(() => driver.plansForTest.at(-1)?.replicas[0]?.sessionId);
}

test("a single script is followed: its output alone on standard output, its exit code", async () => {
  const running = home.run(["run", script, "--", "--fast"]);
  const id = await launched();
  driver.printForTest(id, "from the script");
  driver.endForTest(id, { exitCode: 3 });
  const { stdout, stderr, exitCode } = await running;
  expect({ stdout, exitCode }).toEqual({ stdout: "from the script\n", exitCode: 3 });
  expect(stderr).toMatch(/Session sky \(\w{8}\)/);
  expect(stderr).toContain("Carried: 2 files");
  expect(stderr).toContain("failed: exited with code 3");
});

test("Ctrl-C leaves it running, and says how to go on", async () => {
  let id = "";
  const running = home.run(["run", script], {
    onOutput: (stdout, kill) => {
      if (stdout.includes("tick")) kill("SIGINT");
    },
  });
  id = await launched();
  driver.printForTest(id, "tick");
  const { stderr, exitCode } = await running;
  expect(exitCode).toBe(130);
  expect(stderr).toContain(`canfar logs -f ${id}`);
  expect((await driver.list()).find(({ sessionId }) => sessionId === id)?.phase).toBe("running");
});

test("a batch prints ids, and waits if asked to", async () => {
  const { stdout, exitCode } = await home.run(["run", "-p", "n=@1,2,3", "-q", script]);
  expect(exitCode).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(3);
  const waiting = home.run(["run", "-p", "n=@1,2", "--wait", "-n", "two", script]);
  await eventually(() => driver.plansForTest.flatMap(({ replicas }) => replicas).length === 5);
  const own = driver.plansForTest
    .flatMap(({ replicas }) => replicas)
    .filter(({ name }) => name.startsWith("two"));
  for (const [place, { sessionId }] of own.entries()) driver.endForTest(sessionId, { exitCode: place });
  expect((await waiting).exitCode).toBe(7);
});

test("options of a launch reach the Session", async () => {
  const words = [
    "--image",
    "skaha/terminal",
    "--cpu",
    "1",
    "-m",
    "2",
    "-e",
    "A=b c",
    "--timeout",
    "90m",
    "-d",
  ];
  expect((await home.run(["run", ...words, script])).exitCode).toBe(0);
  const plan = await eventually(() => driver.plansForTest[0]);
  expect(plan.image.id).toBe("images.canfar.net/skaha/terminal:latest");
  expect(plan).toMatchObject({ limits: { cores: 1 }, env: { A: "b c" } });
});

test("--dry-run shows what would be carried, and sends nothing", async () => {
  const { stdout } = await home.run(["run", "--dry-run", "-o", "json", script]);
  const plan = JSON.parse(stdout) as { files: { path: string }[]; image: string };
  expect(plan.files.map(({ path }) => path)).toEqual(["sky.py", ".run/run.sh"]);
  expect(driver.plansForTest).toEqual([]);
});

test("what cannot be run is refused with what to do", async () => {
  const missing = await home.run(["run", "no-such.py"]);
  expect(missing).toMatchObject({ exitCode: 4, stdout: "" });
  const dashes = await home.run(["run", script, "--fast"]);
  expect(dashes.exitCode).toBe(2);
  expect(dashes.stderr).toContain(`canfar run ${script} -- --fast`);
  const kind = await home.run(["run", "a.txt"]);
  expect(kind.exitCode).toBe(2);
  expect(kind.stderr).toContain("neither a script");
});
