/** What is wrong with a command line is said before anything is sent, with exit code 2. */
import { CanfarHome } from "@canfar/testing/run-canfar";
import { afterAll, expect, test } from "vitest";

const home = new CanfarHome();
afterAll(() => home[Symbol.dispose]());

test.each<[string[], RegExp]>([
  [["nonsense"], /no command 'nonsense'/],
  [["pss"], /Did you mean `ps`/],
  [["--nope"], /no option --nope/],
  [["ps", "--ststus", "Failed"], /did you mean --status/],
  [["ps", "-x"], /no option -x/],
  [["ps", "-o", "xml"], /use json, yaml, jsonl/],
  [["ps", "-k"], /--kind needs a value/],
  [["ps", "-k", "batch"], /not a Session Kind/],
  [["ps", "-s", "Done"], /not a status/],
  [["stats", "word"], /one word too many/],
  [["info"], /NAME is missing/],
  [["auth", "lss"], /Did you mean `ls`/],
  [["create", "headless"], /IMAGE is missing/],
  [["create", "skaha/astroml:latest", "headless"], /kind stands before/],
  [["create", "headless", "astroml", "--", "true"], /not a Container Image reference/],
  [["create", "headless", "x/y", "python", "a.py"], /create headless x\/y -- python a\.py/],
  [["create", "notebook", "x/y", "--", "true"], /takes no command/],
  [["create", "notebook", "x/y", "-e", "A=1"], /no environment variables/],
  [["create", "-n", "Bad_Name", "headless", "x/y"], /alpha-numeric/],
  [["create", "-c", "0", "headless", "x/y"], /greater than 0/],
  [["create", "-c", "two", "headless", "x/y"], /'two'/],
  [["create", "-m", "4X", "headless", "x/y"], /amount of memory/],
  [["create", "-r", "0", "headless", "x/y"], /greater than 0/],
  [["create", "-r", "1.5", "headless", "x/y"], /whole number/],
  [["create", "-e", "NOVALUE", "headless", "x/y"], /KEY=VALUE/],
  [["logs", "--tail", "-1", "abc"], /tail|-1/],
  [["logs", "--since", "yesterday", "abc"], /neither a length of time/],
  [["completion", "powershell"], /no completion for/],
  [["ps", "--color", "red"], /--color cannot be/],
])("canfar %j", async (words, expected) => {
  const { stdout, stderr, exitCode } = await home.run(words);
  expect(stderr).toMatch(expected);
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
});

test("a usage error is one JSON object with -o json", async () => {
  const { stderr } = await home.run(["ps", "-o", "json", "--nope"]);
  expect(JSON.parse(stderr)).toMatchObject({ code: "command.usage" });
});

test("canfar alone shows its commands on standard output", async () => {
  const { stdout, exitCode } = await home.run([]);
  expect(stdout).toContain("create");
  expect(exitCode).toBe(0);
});

test("--version and version print the number and nothing else", async () => {
  const [flag, command] = [await home.run(["--version"]), await home.run(["version"])];
  expect(flag.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(command).toEqual(flag);
});

test("without a login every command says how to log in, with exit code 3", async () => {
  for (const words of [
    ["ps"],
    ["info", "abc"],
    ["create", "headless", "x/y", "--", "true"],
    ["stats"],
    ["auth"],
  ]) {
    const { stdout, stderr, exitCode } = await home.run(words);
    expect({ stdout, exitCode }, words.join(" ")).toEqual({ stdout: "", exitCode: 3 });
    expect(stderr).toContain("canfar login");
  }
});

test("an old spelling works and is said once, on standard error", async () => {
  const { stderr } = await home.run(["ls", "--json"], {
    env: { CANFAR_URL: "http://127.0.0.1:1/skaha/v1", CANFAR_TOKEN: "x" },
  });
  expect(stderr.match(/old spelling/g)).toHaveLength(1);
  expect(stderr.match(/is now `canfar ps`/g)).toHaveLength(1);
});
