/** The commands as a user types them: real processes, against a platform that imitates programs. */

import { type AddressInfo, createServer } from "node:net";
import { eventually, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { CanfarHome, type CanfarResult } from "@canfar/testing/run-canfar";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const IMAGE = "skaha/terminal:latest";

let platform: TestPlatform;
let home: CanfarHome;

beforeAll(async () => {
  // Enough slots that no test waits for what another has left running.
  platform = await startTestPlatform({ config: { batch: { flexible: 10_000 } } });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});
let user = 0;
beforeEach(async () => {
  // Each test is a user of its own, so that no test sees the Sessions of another.
  user += 1;
  const name = `user${user}`;
  home = new CanfarHome({ CANFAR_URL: `${platform.url}/skaha/v1`, CANFAR_TOKEN: await platform.token(name) });
});
afterEach(() => {
  home[Symbol.dispose]();
});

async function must(...words: string[]): Promise<CanfarResult> {
  const result = await home.run(words);
  expect(result, words.join(" ")).toMatchObject({ exitCode: 0 });
  return result;
}

async function created(...words: string[]): Promise<string[]> {
  return (await must("create", ...words)).stdout.trim().split("\n");
}

async function untilEnded(id: string): Promise<void> {
  await eventually(async () => /Completed|Failed/.test((await must("info", id, "-o", "json")).stdout));
}

describe("create", () => {
  test("prints the id alone, and every word of the command arrives unchanged", async () => {
    const odd = ["a  b", "", "$HOME", "x=1", "new\nline", "--flag", "--"];
    const { stdout, stderr } = await must("create", "headless", IMAGE, "-e", "A=b=c d", "--", "echo", ...odd);
    expect(stdout).toMatch(/^[a-z0-9]{8}\n$/);
    expect(stderr).toBe("");
    const plans = await eventually(() => {
      const found = (platform.driver as unknown as { plansForTest: readonly Plan[] }).plansForTest;
      return found.find(({ replicas }) => replicas.some(({ sessionId }) => sessionId === stdout.trim()));
    });
    expect(plans.argv).toEqual(["echo", ...odd]);
  });

  test("takes options before, between and behind kind and image", async () => {
    for (const words of [
      ["-n", "one", "headless", IMAGE],
      ["headless", "--name", "one", IMAGE],
      ["headless", IMAGE, "--name=one"],
    ]) {
      const { stdout } = await must("create", "--dry-run", ...words, "--", "true");
      expect(stdout).toMatch(/name +one/);
    }
  });

  test("--replicas prints an id a line, in the order of the Replicas", async () => {
    const ids = await created("-r", "5", "-n", "batch", "headless", IMAGE, "--", "sleep", "600");
    expect(new Set(ids).size).toBe(5);
    const list = JSON.parse((await must("ps", "-a", "-o", "json")).stdout) as { id: string; name: string }[];
    expect(list.map(({ id }) => id)).toEqual(ids);
    expect(list.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5].map((index) => `batch-${index}`));
  });

  test("--dry-run sends nothing", async () => {
    const { stderr } = await must("create", "--dry-run", "headless", IMAGE, "--", "true");
    expect(stderr).toContain("Nothing was launched");
    expect((await must("ps", "-aq")).stdout).toBe("");
  });

  test("the server's own words and a hint come with its refusal", async () => {
    const { stderr, exitCode } = await home.run(["create", "headless", "skaha/terminl:latest", "--", "true"]);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/did you mean 'skaha\/terminal:latest'/i);
  });
});

/** A port on which nothing listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Plan {
  readonly argv: readonly string[] | null;
  readonly replicas: readonly { readonly sessionId: string }[];
}

describe("ps", () => {
  test("shows what waits or runs; --all also what has ended, with the exit code", async () => {
    const [ended = ""] = await created("headless", IMAGE, "--", "no-such-program");
    const [running = ""] = await created("headless", IMAGE, "--", "sleep", "600");
    await untilEnded(ended);
    expect((await must("ps", "-q")).stdout).toBe(`${running}\n`);
    expect((await must("ps", "-aq")).stdout).toBe(`${ended}\n${running}\n`);
    expect((await must("ps", "-a")).stdout).toMatch(new RegExp(`${ended} .*Failed \\(127\\)`));
    expect((await must("ps", "-s", "failed", "-q")).stdout).toBe(`${ended}\n`);
    expect((await must("ps", "-a", "-k", "notebook", "-q")).stdout).toBe("");
  });

  test("an empty list is no data: JSON has an empty list, and people are told on standard error", async () => {
    expect((await must("ps", "-o", "json")).stdout).toBe("[]\n");
    const { stdout, stderr } = await must("ps");
    expect(stdout).toBe("");
    expect(stderr).toContain("canfar ps --all");
  });

  test("json, jsonl and yaml have the server's own field names", async () => {
    const [id = ""] = await created("-n", "fields", "headless", IMAGE, "--", "sleep", "600");
    const [one] = JSON.parse((await must("ps", "-o", "json")).stdout) as Record<string, unknown>[];
    expect(one).toMatchObject({ id, name: "fields", type: "headless", isFixedResources: false });
    expect(JSON.parse((await must("ps", "-o", "jsonl")).stdout)).toMatchObject({ id });
    expect((await must("ps", "-o", "yaml")).stdout).toMatch(new RegExp(`^- id: ${id}$`, "m"));
  });

  test("a reader that leaves early is no failure", async () => {
    await created("-r", "400", "headless", IMAGE, "--", "sleep", "600");
    const { stdout, stderr, exitCode } = await home.run(["ps", "-a", "-o", "json"], { leavesAfter: 1 });
    expect(stdout.length).toBeLessThan(200_000);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });
});

describe("several ids after one verb", () => {
  test("all are tried, each failure is told, and the exit code is 7", async () => {
    const ids = await created("-r", "2", "headless", IMAGE, "--", "sleep", "600");
    const { stderr, exitCode } = await home.run(["delete", "-y", ids[0] ?? "", "nosuchid", ids[1] ?? ""]);
    expect(exitCode).toBe(7);
    expect(stderr).toContain("nosuchid");
    expect((await must("ps", "-aq")).stdout).toBe("");
  });

  test("nothing found is exit code 4", async () => {
    expect(await home.run(["info", "nosuchid", "another1"])).toMatchObject({ exitCode: 4 });
  });
});

describe("delete and prune", () => {
  test("without a terminal they need -y, and say so", async () => {
    const [id = ""] = await created("headless", IMAGE, "--", "sleep", "600");
    const { stderr, exitCode } = await home.run(["delete", id]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("-y");
    expect((await must("delete", "--dry-run", id)).stdout).toContain(id);
    expect((await must("ps", "-q")).stdout).toBe(`${id}\n`);
  });

  test("on a terminal they ask; no means no, with exit code 1", async () => {
    const [id = ""] = await created("headless", IMAGE, "--", "sleep", "600");
    const no = { terminal: true, typing: [{ after: "[y/N]", type: "n\r" }] };
    expect(await home.run(["delete", id], no)).toMatchObject({ exitCode: 1 });
    expect((await must("ps", "-q")).stdout).toBe(`${id}\n`);
    const yes = { terminal: true, typing: [{ after: "[y/N]", type: "y\r" }] };
    expect(await home.run(["delete", id], yes)).toMatchObject({ exitCode: 0 });
    expect((await must("ps", "-q")).stdout).toBe("");
  });

  test("Ctrl-C at the question is exit code 130, and nothing is deleted", async () => {
    const [id = ""] = await created("headless", IMAGE, "--", "sleep", "600");
    const interrupt = { terminal: true, typing: [{ after: "[y/N]", type: "\x03" }] };
    expect(await home.run(["delete", id], interrupt)).toMatchObject({ exitCode: 130 });
    expect((await must("ps", "-q")).stdout).toBe(`${id}\n`);
  });

  test("prune takes those whose names begin so, with kind and status", async () => {
    const [gone = ""] = await created("-n", "galaxy-a", "headless", IMAGE, "--", "true");
    const [failed = ""] = await created("-n", "galaxy-b", "headless", IMAGE, "--", "false");
    const [other = ""] = await created("-n", "star-a", "headless", IMAGE, "--", "true");
    for (const id of [gone, failed, other]) await untilEnded(id);
    await must("prune", "galaxy", "-y");
    expect((await must("ps", "-aq")).stdout).toBe(`${failed}\n${other}\n`);
    await must("prune", "-y", "galaxy", "headless", "Failed");
    expect((await must("ps", "-aq")).stdout).toBe(`${other}\n`);
  });
});

describe("logs", () => {
  test("come byte for byte, with @last and by name", async () => {
    const [id = ""] = await created(
      "-n",
      "talker",
      "headless",
      IMAGE,
      "--",
      "echo",
      "[bold]a  b[/bold]\nsecond",
    );
    await untilEnded(id);
    expect((await must("logs", "@last")).stdout).toBe("[bold]a  b[/bold]\nsecond\n");
    expect((await must("logs", "--tail", "1", "talker")).stdout).toBe("second\n");
    expect((await must("logs", "--prefix", id)).stdout).toBe("talker | [bold]a  b[/bold]\ntalker | second\n");
    expect((await must("logs", "--timestamps", "--tail", "1", id)).stdout).toMatch(/^\d{4}-.*Z second\n$/);
    expect((await must("logs", "-f", id)).stdout).toContain("second");
  });

  test("Ctrl-C while following leaves quietly with 130, and the Session goes on", async () => {
    const [id = ""] = await created("headless", IMAGE, "--", "sh", "-c", "echo hello; sleep 600");
    const result = await home.run(["logs", "-f", id], {
      onOutput: (text, kill) => {
        if (text.includes("hello")) kill("SIGINT");
      },
    });
    expect(result).toMatchObject({ exitCode: 130, stderr: "" });
    expect((await must("ps", "-q")).stdout).toBe(`${id}\n`);
  });
});

describe("open", () => {
  test("a batch Session has no page", async () => {
    const [id = ""] = await created("headless", IMAGE, "--", "sleep", "600");
    const { stderr, exitCode } = await home.run(["open", id]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("canfar logs");
  });

  test("prints a one-time address where there is no browser, and with --print", async () => {
    const [id = ""] = await created("notebook", "skaha/astroml:latest");
    for (const words of [
      ["open", id],
      ["open", "--print", id],
    ]) {
      expect((await must(...words, "--no-wait")).stdout).toMatch(/^http:.*ticket=test\n$/);
    }
  });
});

describe("errors", () => {
  test("a wrong token is exit code 3, with how to log in", async () => {
    const { stderr, exitCode } = await home.run(["ps"], { env: { CANFAR_TOKEN: "wrong" } });
    expect(exitCode).toBe(3);
    expect(stderr).toContain("canfar login");
  });

  test("a server that is not there is exit code 6, as one JSON object with -o json", async () => {
    const { stdout, stderr, exitCode } = await home.run(["ps", "-o", "json"], {
      env: { CANFAR_URL: `http://127.0.0.1:${await closedPort()}/skaha/v1` },
    });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 6 });
    expect(JSON.parse(stderr)).toMatchObject({ code: "server.unavailable", hint: expect.any(String) });
  });

  test("-v tells each answer in a line, and never a token", async () => {
    const { stdout, stderr } = await must("-v", "ps", "-q");
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^GET http:\/\/127.0.0.1:\d+\/skaha\/v1\/session 200 \d+ ms\n$/m);
    expect(stderr).not.toContain("test-token");
  });
});
