import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CanfarError } from "@canfar/contract";
import { eventually } from "@canfar/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PlannedImage } from "../../session-driver.ts";
import { findPython } from "./python.ts";
import { PythonEnvironments } from "./python-environments.ts";
import { TinyImages } from "./tiny-image.ts";
import { findUv } from "./uv.ts";

const CHILD = fileURLToPath(new URL("build-in-child.ts", import.meta.url));
const RANGE = { minimum: "3.10", below: "3.20" };

const images = new TinyImages();
const tools = join(images.folder, "tools");
let data = "";
let count = 0;

beforeAll(async () => {
  const python = await findPython(RANGE, process.env);
  await findUv({ python, toolsFolder: tools, environment: process.env });
});

beforeEach(() => {
  data = join(images.folder, `environments-${++count}`);
  rmSync(images.gate, { force: true });
  rmSync(images.gateReached, { force: true });
});

afterAll(() => images.dispose());

function environmentsOf(
  options: { environment?: NodeJS.ProcessEnv; signal?: AbortSignal; toolsFolder?: string } = {},
) {
  return new PythonEnvironments({
    environmentsFolder: data,
    toolsFolder: tools,
    environment: images.environment,
    ...options,
  });
}

async function refusal(work: Promise<unknown>): Promise<CanfarError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof CanfarError) return error;
  throw new Error(`not refused: ${String(error)}`);
}

/** Folders of environments, finished or not. */
function folders(): string[] {
  return readdirSync(data, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function buildInChild(image: PlannedImage): ChildProcess {
  const words = [CHILD, data, tools, JSON.stringify(image)];
  return spawn(process.execPath, words, { env: images.environment, stdio: ["ignore", "pipe", "inherit"] });
}

describe("an image with packages", () => {
  it("becomes an environment whose programs run, with its own files and compiled bytecode", async () => {
    const told: string[] = [];
    const environment = await environmentsOf().ensure(images.image("tiny", ["tiny"]), (line) =>
      told.push(line),
    );
    const bin = environment.path[0] ?? "";
    expect(execFileSync(join(bin, "tiny"), { encoding: "utf8" })).toBe("tiny works\n");
    expect(environment.entrypoint).toEqual(["tiny"]);
    expect(environment.env.VIRTUAL_ENV).toBe(dirname(bin));
    expect(existsSync(join(dirname(bin), "etc/tiny.json"))).toBe(true);
    expect(globSync("lib/python3*/site-packages/__pycache__/tiny.*.pyc", { cwd: dirname(bin) })).toHaveLength(
      1,
    );
    expect(told[0]).toBe("Pulling image test/tiny:latest");
    expect(told.at(-1)).toMatch(/^Pulled in \d+ s$/);
  });

  it("shows a sandbox the environment and a Python that is not under /usr", async () => {
    const environment = await environmentsOf().ensure(images.image("tiny", ["tiny"]), () => {});
    const { basePrefix } = await findPython(RANGE, images.environment);
    const outside = basePrefix.startsWith("/usr") ? [] : [basePrefix];
    expect(environment.readOnlyRoots).toEqual([environment.env.VIRTUAL_ENV, ...outside]);
  });

  it("is built once for a hundred that ask at the same time, and all are told", async () => {
    const environments = environmentsOf();
    const image = images.image("tiny", ["tiny"]);
    const last = new Map<number, string>();
    const asked = Array.from({ length: 100 }, (_, n) =>
      environments.ensure(image, (line) => last.set(n, line)),
    );
    const paths = new Set((await Promise.all(asked)).map(({ path }) => path[0]));
    expect(paths.size).toBe(1);
    expect(folders()).toHaveLength(1);
    expect([...last.values()].filter((line) => line.startsWith("Pulled in"))).toHaveLength(100);
  });

  it("is there at once the second time, for another platform too", async () => {
    const image = images.image("tiny", ["tiny"]);
    const first = await environmentsOf().ensure(image, () => {});
    const told: string[] = [];
    const broken = { ...images.environment, PIP_FIND_LINKS: "/nowhere" };
    const second = await environmentsOf({ environment: broken }).ensure(image, (line) => told.push(line));
    expect(second).toEqual(first);
    expect(told).toEqual([]);
  });

  it("is a new environment when its files change", async () => {
    const environments = environmentsOf();
    const image = images.image("changing", ["tiny"]);
    const before = await environments.ensure(image, () => {});
    writeFileSync(join(image.recipe ?? "", "files/etc/tiny.json"), '{"changed":true}');
    const after = await environments.ensure(image, () => {});
    expect(after.path).not.toEqual(before.path);
    expect(await environments.listEnvironments()).toHaveLength(2);
  });

  it("is built again when its folder was removed by hand", async () => {
    const environments = environmentsOf();
    const image = images.image("tiny", ["tiny"]);
    const before = await environments.ensure(image, () => {});
    rmSync(before.env.VIRTUAL_ENV ?? "", { recursive: true });
    const after = await environments.ensure(image, () => {});
    expect(existsSync(join(after.path[0] ?? "", "tiny"))).toBe(true);
  });
});

describe("an image without packages", () => {
  it("needs neither Python nor a build", async () => {
    const image = images.recipe("plain", {
      "image.yaml": "description: shell\nkinds: [headless]\ntags: [latest]\nentrypoint: [/bin/sh]\n",
    });
    const environment = await environmentsOf({ environment: { PATH: "/nowhere" } }).ensure(image, () => {});
    expect(environment).toEqual({ path: [], readOnlyRoots: [], env: {}, entrypoint: ["/bin/sh"] });
  });
});

describe("two processes and killed builds", () => {
  it("builds once when two processes ask at the same time", async () => {
    const image = images.image("gated", ["tiny", "gated"]);
    const first = buildInChild(image);
    await eventually(() => existsSync(images.gateReached));
    const second = buildInChild(image);
    const outputs = [first, second].map(async (child) => {
      const chunks: string[] = [];
      child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
      await once(child, "close");
      return chunks.join("");
    });
    images.openGate();
    const [one, other] = await Promise.all(outputs);
    expect(one).toMatch(/\/bin\n$/);
    expect(other).toBe(one);
    expect(folders()).toHaveLength(1);
  });

  it("resumes cleanly after kill -9 in the middle of a build", async () => {
    const image = images.image("gated", ["tiny", "gated"]);
    rmSync(join(tools, "uv-cache"), { recursive: true, force: true });
    const child = buildInChild(image);
    await eventually(() => existsSync(images.gateReached));
    child.kill("SIGKILL");
    await once(child, "close");
    const [leftover] = folders();
    expect(await environmentsOf().listEnvironments()).toEqual([]);
    images.openGate();
    const environment = await environmentsOf().ensure(image, () => {});
    expect(execFileSync(join(environment.path[0] ?? "", "tiny"), { encoding: "utf8" })).toBe("tiny works\n");
    expect(folders()).not.toContain(leftover);
    expect(folders()).toHaveLength(1);
  });

  it("says that the platform was stopped, and builds at the next try", async () => {
    rmSync(join(tools, "uv-cache"), { recursive: true, force: true });
    const image = images.image("gated", ["tiny", "gated"]);
    const stop = new AbortController();
    const build = refusal(environmentsOf({ signal: stop.signal }).ensure(image, () => {}));
    await eventually(() => existsSync(images.gateReached));
    stop.abort();
    const error = await build;
    expect(error.code).toBe("image.build_failed");
    expect(error.message).toContain("the platform was stopped");
    expect(folders()).toEqual([]);
    images.openGate();
    await environmentsOf().ensure(image, () => {});
  });
});

describe("a build that fails", () => {
  it("says what the tool said, and keeps the whole of it in a file", async () => {
    const environment = { ...images.environment, PIP_FIND_LINKS: images.folder };
    const error = await refusal(
      environmentsOf({ environment }).ensure(images.image("tiny", ["tiny"]), () => {}),
    );
    expect(error.code).toBe("image.build_failed");
    expect(error.message).toContain(
      "Container Image test/tiny:latest could not be built: uv ended with exit code",
    );
    const log = String(error.details.log);
    expect(error.message).toContain(log);
    expect(readFileSync(log, "utf8")).toContain("tiny");
    expect(folders()).toEqual([]);
  });

  it("succeeds at the next try once the reason is gone, and then removes the log", async () => {
    const environments = environmentsOf();
    const image = images.image("tiny", ["tiny"]);
    const packages = join(images.folder, "packages");
    renameSync(packages, `${packages}-away`);
    const error = await refusal(environments.ensure(image, () => {}));
    renameSync(`${packages}-away`, packages);
    expect(existsSync(String(error.details.log))).toBe(true);
    await environments.ensure(image, () => {});
    expect(existsSync(String(error.details.log))).toBe(false);
  });

  it("refuses packages that are not the locked ones", async () => {
    const image = images.image("forged", ["tiny"], "0".repeat(64));
    const error = await refusal(environmentsOf().ensure(image, () => {}));
    expect(error.code).toBe("image.build_failed");
    expect(error.hint).toContain("other files than the image's lock names");
  });

  it("blames the network when the package index does not answer", async () => {
    const environment = { ...process.env, PIP_INDEX_URL: "http://127.0.0.1:9/simple", UV_HTTP_RETRIES: "0" };
    rmSync(join(tools, "uv-cache"), { recursive: true, force: true });
    const error = await refusal(
      environmentsOf({ environment }).ensure(images.image("tiny", ["tiny"]), () => {}),
    );
    expect(error.code).toBe("image.build_failed");
    expect(error.hint).toContain("did not answer");
  });

  it("is storage.full on a full disk, and leaves nothing behind", async ({ skip }) => {
    mkdirSync(data);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", data]).status === 0;
    if (!mounted) skip("only root may mount a small disk");
    try {
      const environment = { ...images.environment, UV_CACHE_DIR: join(data, "cache") };
      const error = await refusal(
        environmentsOf({ environment }).ensure(images.image("big", ["big"]), () => {}),
      );
      expect(error.code).toBe("storage.full");
      expect(error.hint).toContain("Make room");
      expect(folders()).toEqual(["cache"]);
    } finally {
      spawnSync("umount", [data]);
    }
  });

  it("knows no image without a recipe", async () => {
    const image = { id: "images.canfar.net/skaha/none:1", digest: "", recipe: null };
    expect((await refusal(environmentsOf().ensure(image, () => {}))).code).toBe("image.unknown");
  });
});

describe("Python and uv", () => {
  function fakePython(script: string): string {
    const folder = join(images.folder, `path-${++count}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "python3"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "python3"), 0o755);
    return folder;
  }

  it("says what to install where there is no Python", async () => {
    const error = await refusal(findPython(RANGE, { PATH: "/nowhere" }));
    expect(error.code).toBe("platform.python_missing");
    expect(error.message).toContain("there is no python3 on PATH");
    expect(error.hint).toMatch(/apt-get install python3.*dnf install python3.*brew install python/);
  });

  it("says which Python is too old", async () => {
    const facts = {
      program: "/p",
      executable: "/p",
      version: "3.8.1",
      basePrefix: "/",
      platform: "linux-x86_64",
    };
    const answer = JSON.stringify({ ...facts, hasPip: true, hasVenv: true, pipSettings: {} });
    const error = await refusal(findPython(RANGE, { PATH: fakePython(`echo '${answer}'`) }));
    expect(error.code).toBe("platform.python_missing");
    expect(error.message).toContain("python3 is 3.8.1");
  });

  it("takes a python3 that does not run for a missing one", async () => {
    const error = await refusal(findPython(RANGE, { PATH: fakePython("echo not installed >&2; exit 127") }));
    expect(error.message).toContain("there is no python3 on PATH");
  });

  it("fetches uv without pip", async () => {
    const python = { ...(await findPython(RANGE, process.env)), hasPip: false };
    const uv = await findUv({ python, toolsFolder: join(data, "tools"), environment: process.env });
    const { stdout } = await promisify(execFile)(uv ?? "", ["--version"]);
    expect(stdout).toMatch(/^uv \d/);
  });

  it("uses pip where uv cannot be had", async () => {
    const environments = environmentsOf({ toolsFolder: join(data, "no-tools"), environment: withoutUv() });
    const { path } = await environments.ensure(images.image("tiny", ["tiny"]), () => {});
    expect(execFileSync(join(path[0] ?? "", "tiny"), { encoding: "utf8" })).toBe("tiny works\n");
    expect(existsSync(join(path[0] ?? "", "pip"))).toBe(true);
  });

  it("asks for pip where neither uv nor pip can be had", async () => {
    const python = await findPython(RANGE, process.env);
    const answer = JSON.stringify({ ...python, platform: "linux-vax", hasPip: false, hasVenv: false });
    const environment = { PATH: fakePython(`echo '${answer}'`) };
    const work = environmentsOf({ environment, toolsFolder: data }).ensure(
      images.image("tiny", ["tiny"]),
      () => {},
    );
    const error = await refusal(work);
    expect(error.code).toBe("platform.python_missing");
    expect(error.hint).toContain("python3-venv");
  });

  /** PATH without folders that hold a uv; the packages' folder has none either, and the index is off. */
  function withoutUv(): NodeJS.ProcessEnv {
    const path = (process.env.PATH ?? "").split(":").filter((folder) => !existsSync(join(folder, "uv")));
    return { ...images.environment, PATH: path.join(":") };
  }
});
