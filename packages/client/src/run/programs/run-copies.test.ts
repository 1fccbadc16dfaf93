import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RUN_COPIES } from "./run-copies.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "canfar run copies-"));
  put(".run/run.sh", RUN_COPIES);
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function run(words: readonly string[], env: Record<string, string> = {}) {
  return spawnSync("/bin/sh", [join(folder, ".run/run.sh"), ...words], {
    ...{ encoding: "utf8", cwd: "/", env: { PATH: process.env.PATH ?? "", ...env } },
  });
}

const SHOW = 'printf "[%s]" "$CANFAR_COPY/$CANFAR_COPIES" "$@"; echo';

test("each word arrives unchanged, parameters before arguments", () => {
  put("a.sh", SHOW);
  const odd = ["a  b", "", "$HOME", "*", "--", "-p", "new\nline", "v:x=1", "'\"\\"];
  const { stdout } = run(["shell", "a.sh", "a", "1", "v:x=1 2=3", "v:empty=", "--", ...odd]);
  expect(stdout).toBe(`[1/1][--x=1 2=3][--empty=]${odd.map((word) => `[${word}]`).join("")}\n`);
});

test("it runs in the folder of the script, with Python unbuffered", () => {
  put(
    "a.py",
    "import os, sys\nprint(os.listdir('.') == sorted(os.listdir('.')), sys.argv, os.environ['PYTHONUNBUFFERED'])\n",
  );
  expect(run(["python", "a.py", "a", "1", "--", "x"]).stdout).toContain("['a.py', 'x'] 1");
});

test.each([
  [1, 3, "1 2 3"],
  [2, 3, "4 5"],
  [3, 3, "6 7"],
  [1, 1, "1 2 3 4 5 6 7"],
  [7, 7, "7"],
])("Replica %i of %i has the copies %s of seven", (replica, replicas, copies) => {
  put("a.sh", 'printf "%s " "$1"');
  put(".run/lists/n", "one 1\ntwo 2\nthree 3\nfour 4\nfive 5\nsix 6\nseven 7\n");
  const words = ["one 1", "two 2", "three 3", "four 4", "five 5", "six 6", "seven 7"];
  const { stdout } = run(["shell", "a.sh", "a", "7", "l:n", "--"], {
    ...{ REPLICA_ID: String(replica), REPLICA_COUNT: String(replicas) },
  });
  const expected = copies.split(" ").map((copy) => `--n=${words[Number(copy) - 1]} `);
  expect(stdout).toBe(expected.join(""));
});

test("a script's own exit code comes out; of several copies the first that is not 0, after all have run", () => {
  put("a.sh", 'echo "$CANFAR_COPY"; exit $((CANFAR_COPY == 2 ? 7 : 0))');
  expect(run(["shell", "a.sh", "a", "1", "--"]).status).toBe(0);
  const { status, stdout, stderr } = run(["shell", "a.sh", "a", "3", "--"]);
  expect({ status, stdout }).toEqual({ status: 7, stdout: "1\n2\n3\n" });
  expect(stderr).toContain("of the copies 1 to 3 these failed: 2");
  put("b.sh", "kill -KILL $$");
  expect(run(["shell", "b.sh", "b", "1", "--"]).status).toBe(137);
});

test("a script that begins with bash's name runs in bash", () => {
  put("a.sh", "#!/usr/bin/env bash\n[[ a == a ]] && echo 2\n");
  expect(run(["shell", "a.sh", "a", "1", "--"]).stdout).toBe("2\n");
});

test("an image without Python says so", () => {
  put("a.py", "");
  mkdirSync(join(folder, "bin"));
  for (const tool of ["dirname", "sed"]) put(`bin/${tool}`, `#!/bin/sh\nexec /usr/bin/${tool} "$@"\n`);
  spawnSync("chmod", ["-R", "+x", join(folder, "bin")]);
  const { status, stderr } = run(["python", "a.py", "a", "1", "--"], { PATH: join(folder, "bin") });
  expect(status).toBe(127);
  expect(stderr).toContain("this image has no Python");
});
