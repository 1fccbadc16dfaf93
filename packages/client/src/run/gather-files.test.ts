import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MAX_CARRIED_FILE_BYTES, MAX_CARRIED_FILES } from "@canfar/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gatherFiles } from "./gather-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "canfar-gather-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function put(path: string, content = "x", mode = 0o644): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode });
  return file;
}

async function gathered(script: string, alone = false): Promise<string[]> {
  return (await gatherFiles(join(folder, script), { alone })).files.map(({ path }) => path);
}

test("the script comes first, then what lies beside it", async () => {
  put("z.py");
  put("lib/a.py");
  put("lib/run.sh", "true", 0o755);
  put("b.csv");
  const { script, files } = await gatherFiles(join(folder, "z.py"), { alone: false });
  expect(script).toBe("z.py");
  expect(files.map(({ path }) => path)).toEqual(["z.py", "b.csv", "lib/a.py", "lib/run.sh"]);
  expect(files.map(({ executable }) => executable)).toEqual([false, false, false, true]);
  expect(await gathered("z.py", true)).toEqual(["z.py"]);
});

test("histories, caches, environments, secrets and earlier runs stay", async () => {
  put("z.py");
  for (const path of [
    ...[
      ".git/config",
      ".env",
      ".ipynb_checkpoints/z.ipynb",
      "__pycache__/z.pyc",
      "lib/__pycache__/a.pyc",
      "z.pyc",
    ],
    ...[
      ".venv/x",
      "venv/x",
      "mine/pyvenv.cfg",
      "mine/lib/x.py",
      "conda/conda-meta/history",
      "node_modules/x/y.js",
    ],
    ...["z-runs/20260101-000000-abc/z.py", "pkg.egg-info/PKG-INFO"],
  ])
    put(path);
  expect(await gathered("z.py")).toEqual(["z.py"]);
});

test("what is too large is named, and links count as what they lead to", async () => {
  put("z.py");
  truncateSync(put("big.fits"), MAX_CARRIED_FILE_BYTES + 1);
  symlinkSync(put("real/data.txt"), join(folder, "link.txt"));
  symlinkSync("nowhere", join(folder, "broken"));
  symlinkSync(".", join(folder, "loop"));
  const { files, left } = await gatherFiles(join(folder, "z.py"), { alone: false });
  expect(files.map(({ path }) => path)).toEqual(["z.py", "link.txt", "real/data.txt"]);
  expect(left.map(({ path }) => path)).toEqual(["big.fits"]);
});

test("beside a script in the home folder only Python modules are gathered", async () => {
  put("z.ipynb");
  put("helper.py");
  put("thesis.pdf");
  put("project/a.py");
  vi.stubEnv("HOME", folder);
  expect(homedir()).toBe(folder);
  expect(await gathered("z.ipynb")).toEqual(["z.ipynb", "helper.py"]);
});

test("a script that is not there, or lies in a heap of files, is refused", async () => {
  await expect(gathered("no.py")).rejects.toMatchObject({ code: "file.not_found" });
  await expect(gathered(".")).rejects.toMatchObject({ code: "file.not_found" });
  put("z.py");
  for (let file = 0; file < MAX_CARRIED_FILES; file += 1) put(`heap/${file}`, "");
  await expect(gathered("z.py")).rejects.toMatchObject({ code: "request.too_large" });
  expect(await gathered("z.py", true)).toEqual(["z.py"]);
});
