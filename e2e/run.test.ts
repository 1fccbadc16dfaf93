/** From a notebook to a batch in one gesture: `canfar run`, from a laptop and inside a notebook. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandResult, runCommand, ScratchPlatform } from "@canfar/testing/scratch-platform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runInKernel, runInTerminal } from "../tools/tour/notebook.ts";
import { created, list } from "./sessions.ts";

const canfar = fileURLToPath(new URL("../node_modules/.bin/canfar", import.meta.url));
const BUILD_TIMEOUT_MS = 20 * 60_000;

let platform: ScratchPlatform;
/** A folder of a laptop. */
let work: string;

beforeAll(async () => {
  platform = await ScratchPlatform.start();
  await platform.login();
  work = mkdtempSync(join(tmpdir(), "canfar-run-"));
  writeFileSync(join(work, "helper.py"), "GREETING = 'hello'\n");
  writeFileSync(join(work, "stars.csv"), "vega,0.03\n");
  writeFileSync(join(work, "sky.py"), SCRIPT);
  writeFileSync(join(work, "sky.ipynb"), NOTEBOOK);
});
afterAll(async () => {
  rmSync(work, { recursive: true });
  await platform.remove();
});

const SCRIPT = `import os, sys, helper
print(helper.GREETING, open("stars.csv").read().strip(), sys.argv[1:])
with open("result.txt", "w") as file:
    file.write("done")
sys.exit(int(os.environ.get("CODE", "0")))
`;

const NOTEBOOK = JSON.stringify({
  cells: [
    {
      cell_type: "code",
      id: "a",
      metadata: { tags: ["parameters"] },
      source: "n = 0",
      outputs: [],
      execution_count: null,
    },
    {
      ...{ cell_type: "code", id: "b", metadata: {}, outputs: [], execution_count: null },
      source: [
        "import helper, numpy\n",
        "assert n != 4, 'four is not good'\n",
        "print(helper.GREETING, numpy.square(n))",
      ],
    },
  ],
  // A kernel of somebody's laptop.
  metadata: { kernelspec: { name: "conda-env-mine-py", display_name: "mine", language: "python" } },
  ...{ nbformat: 4, nbformat_minor: 5 },
});

async function run(...words: string[]): Promise<CommandResult> {
  return await runCommand(canfar, ["run", ...words], { env: platform.env, cwd: work });
}

/** Where the run that was started last is on this machine. */
function newestRun(script: string): string {
  const runs = platform.arc(join("home", platform.username, `${script}-runs`));
  return join(runs, readdirSync(runs).sort().at(-1) ?? "");
}

describe("a script from a laptop", () => {
  test(
    "runs with what lies beside it, as if it ran there",
    async () => {
      const { stdout, stderr, exitCode } = await run("-p", "band=r", "sky.py", "--", "a b");
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toBe("hello vega,0.03 ['--band=r', 'a b']\n");
      expect(readFileSync(join(newestRun("sky"), "result.txt"), "utf8")).toBe("done");
    },
    BUILD_TIMEOUT_MS,
  );

  test("travels once: the second time 0 bytes are sent", async () => {
    const { stderr, exitCode } = await run("sky.py");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("(0 bytes sent)");
  });

  test("gives its exit code to whoever ran it", async () => {
    const { stderr, exitCode } = await run("--env", "CODE=3", "sky.py");
    expect(exitCode).toBe(3);
    expect(stderr).toContain("exited with code 3");
  });

  test("in sh needs nothing but sh", async () => {
    writeFileSync(join(work, "count.sh"), 'wc -l < stars.csv; echo "$1"\n');
    const { stdout } = await run("--image", "skaha/terminal", "count.sh", "--", "x");
    expect(stdout.trim().split(/\s+/)).toEqual(["1", "x"]);
  });
});

describe("packages that a script names inline", () => {
  const wheels = () => platform.arc(join("home", platform.username, "wheels"));
  const offline = () => [
    "--env",
    "PIP_NO_INDEX=1",
    "--env",
    `PIP_FIND_LINKS=/arc/home/${platform.username}/wheels`,
  ];

  test("are installed on top of the image, and kept", async () => {
    makeWheel(wheels());
    const block = '# /// script\n# dependencies = ["tinysky", "numpy"]\n# ///\n';
    writeFileSync(
      join(work, "inline.py"),
      `${block}import numpy, tinysky\nprint(tinysky.NAME, numpy.arange(2))\n`,
    );
    const first = await run(...offline(), "inline.py");
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.stdout).toContain("canfar run: installing tinysky, numpy\n");
    expect(first.stdout).toContain("tiny sky [0 1]\n");
    rmSync(wheels(), { recursive: true });
    const second = await run(...offline(), "inline.py");
    expect(second.stdout).toBe("tiny sky [0 1]\n");
  });

  test("that cannot be had are named in the last line", async () => {
    writeFileSync(join(work, "missing.py"), '# /// script\n# dependencies = ["no-such-sky"]\n# ///\n');
    const { stdout, exitCode } = await run(...offline(), "missing.py");
    expect(exitCode).toBe(125);
    expect(stdout.trim().split("\n").at(-1)).toBe(
      "canfar run: these packages cannot be had here: no-such-sky",
    );
  });
});

describe("a notebook", () => {
  test("is executed once for each value, and every executed copy is left, of a failing one too", async () => {
    const { stdout, stderr, exitCode } = await run("-p", "n=@1,2,3,4,5", "--wait", "sky.ipynb");
    expect(exitCode, stderr).toBe(7);
    const ids = stdout.trim().split("\n");
    expect(ids).toHaveLength(5);
    const copies = readdirSync(newestRun("sky")).filter((name) => /^sky-\d\.ipynb$/.test(name));
    expect(copies).toEqual(["sky-1.ipynb", "sky-2.ipynb", "sky-3.ipynb", "sky-4.ipynb", "sky-5.ipynb"]);
    const [, , third = "", fourth = ""] = copies.map((name) =>
      readFileSync(join(newestRun("sky"), name), "utf8"),
    );
    expect(third).toContain("hello 9");
    expect(fourth).toContain("four is not good");
    const { stdout: log } = await platform.canfar(["logs", ids[3] ?? ""]);
    expect(log.trim().split("\n").at(-1)).toBe("AssertionError: four is not good");
  }, 300_000);

  test("shares a list over fewer Replicas", async () => {
    const { stderr, exitCode } = await run("-p", "n=@1,2,3", "-r", "2", "--wait", "sky.ipynb");
    expect(exitCode, stderr).toBe(0);
    expect(readdirSync(newestRun("sky")).filter((name) => /^sky-\d\.ipynb$/.test(name))).toHaveLength(3);
  }, 300_000);
});

describe("inside a notebook", () => {
  let id = "";
  async function access() {
    const connectUrl = (await list(platform)).find((each) => each.id === id)?.connectURL ?? "";
    return { connectUrl, bearer: (await platform.canfar(["auth", "token"])).stdout.trim() };
  }

  test(
    "it starts, with the user's files",
    async () => {
      [id = ""] = await created(platform, ["notebook", "skaha/astroml:latest"]);
      const status = async () => (await list(platform)).find((each) => each.id === id)?.status;
      await expect.poll(status, { timeout: BUILD_TIMEOUT_MS, interval: 200 }).toBe("Running");
      mkdirSync(platform.arc(join("home", platform.username, "project")), { recursive: true });
      for (const name of ["sky.py", "helper.py", "stars.csv"])
        platform.putInHome(join(work, name), join("project", name));
    },
    BUILD_TIMEOUT_MS,
  );

  test("the command is there and logged in, in a terminal", async () => {
    await runInTerminal(await access(), `canfar ps -q | grep -c ${id} | sed 's/^/found:/'`, "found:1");
  });

  test("a cell runs a script in the same image, and the Python client works as well", async () => {
    const code = `!cd ~/project && canfar run sky.py -- --from-a-cell 2>/dev/null`;
    expect(await runInKernel(await access(), code)).toContain("hello vega,0.03 ['--from-a-cell']");
    const session = (await list(platform)).find(({ name }) => name === "sky");
    expect(session).toBeDefined();
    expect(basename(newestRun("sky"))).toMatch(/^\d{8}-\d{6}-/);
    const python = "from canfar.sessions import Session; print(len(Session().fetch(kind='notebook')))";
    expect(await runInKernel(await access(), python)).toContain("1");
  });
});

/** A package of one module, as a wheel. */
function makeWheel(folder: string): void {
  const info = "tinysky-1.0.dist-info";
  const program = `
import os, sys, zipfile
os.makedirs(sys.argv[1], exist_ok=True)
with zipfile.ZipFile(os.path.join(sys.argv[1], "tinysky-1.0-py3-none-any.whl"), "w") as wheel:
    wheel.writestr("tinysky.py", "NAME = 'tiny sky'\\n")
    wheel.writestr("${info}/METADATA", "Metadata-Version: 2.1\\nName: tinysky\\nVersion: 1.0\\n")
    wheel.writestr("${info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("${info}/RECORD", "tinysky.py,,\\n${info}/METADATA,,\\n${info}/WHEEL,,\\n${info}/RECORD,,\\n")
`;
  execFileSync("python3", ["-c", program, folder]);
}
