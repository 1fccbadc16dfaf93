/** Files that `canfar run` carries to a user's home, over HTTP. */
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type FolderAnswer, type FolderRequest, MAX_CARRIED_FILE_BYTES } from "@canfar/contract";
import { startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let platform: TestPlatform;
let home: string;

beforeEach(async () => {
  platform = await startTestPlatform();
  home = join(platform.folder.homes, "astro");
});
afterEach(async () => {
  await platform[Symbol.asyncDispose]();
});

const digestOf = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

function file(path: string, content: string, executable = false) {
  return { path, digest: digestOf(content), size: Buffer.byteLength(content), executable };
}

async function put(content: string | Buffer, digest = digestOf(content), as = "astro"): Promise<Response> {
  const body = Buffer.from(content);
  return await platform.fetch(`/canfar/v1/file/${digest}`, { method: "POST", body, as });
}

async function make(request: unknown, as = "astro"): Promise<Response> {
  return await platform.fetch("/canfar/v1/folder", { method: "POST", body: JSON.stringify(request), as });
}

async function made(request: FolderRequest, as?: string): Promise<FolderAnswer> {
  const response = await make(request, as);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as FolderAnswer;
}

test("only contents that are missing travel, and the folder has copies that programs may change", async () => {
  const files = [
    file("a.py", "print(1)\n"),
    file("lib/b.sh", "true\n", true),
    file("lib/c/same", "print(1)\n"),
  ];
  const first = await made({ folder: "a-runs/1", files });
  expect(first.missing.sort()).toEqual([digestOf("print(1)\n"), digestOf("true\n")].sort());
  expect(existsSync(join(home, "a-runs"))).toBe(false);
  for (const content of ["print(1)\n", "true\n"]) expect((await put(content)).status).toBe(200);

  expect(await made({ folder: "a-runs/1", files })).toEqual({
    folder: "/arc/home/astro/a-runs/1",
    missing: [],
  });
  expect(readFileSync(join(home, "a-runs/1/lib/c/same"), "utf8")).toBe("print(1)\n");
  expect(statSync(join(home, "a-runs/1/lib/b.sh")).mode & 0o111).toBe(0o111);
  expect(statSync(join(home, "a-runs/1/a.py")).mode & 0o111).toBe(0);
  writeFileSync(join(home, "a-runs/1/a.py"), "changed by a program");

  expect((await made({ folder: "a-runs/2", files })).missing).toEqual([]);
  expect(readFileSync(join(home, "a-runs/2/a.py"), "utf8")).toBe("print(1)\n");
  expect(readdirSync(join(home, "a-runs")).sort()).toEqual(["1", "2"]);
});

test("a folder is never written over, and each user has a home of their own", async () => {
  const files = [file("a", "1")];
  await put("1");
  await made({ folder: "x", files });
  const again = await make({ folder: "x", files });
  expect(again.status).toBe(409);
  expect((await made({ folder: "x", files }, "bob")).missing).toEqual([digestOf("1")]);
});

describe("contents", () => {
  test("with another digest are refused, and leave nothing", async () => {
    expect((await put("one", digestOf("two"))).status).toBe(400);
    expect(readdirSync(join(home, ".canfar/run/files"))).toEqual([]);
  });

  test("that are too large are refused, and leave nothing", async () => {
    const response = await put(randomBytes(MAX_CARRIED_FILE_BYTES + 1));
    expect(response.status).toBe(413);
    expect(readdirSync(join(home, ".canfar/run/files"))).toEqual([]);
  });

  test("that a program changed since are asked for again", async () => {
    await put("one");
    const [name = ""] = readdirSync(join(home, ".canfar/run/files"));
    writeFileSync(join(home, ".canfar/run/files", name), "two");
    expect(await made({ folder: "x", files: [file("a", "one")] })).toMatchObject({
      missing: [digestOf("one")],
    });
    expect(existsSync(join(home, "x"))).toBe(false);
    await put("one");
    expect(await made({ folder: "x", files: [file("a", "one")] })).toMatchObject({ missing: [] });
  });

  test("may come twice at the same time", async () => {
    const content = randomBytes(300_000);
    const answers = await Promise.all([put(content), put(content), put(content)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(readdirSync(join(home, ".canfar/run/files"))).toEqual([digestOf(content)]);
  });
});

describe("nothing gets out of the home", () => {
  test.each(["../bob", "/etc", "a/../../b", "a//b", ".", "", "a/./b", "a\0b"])(
    "by the folder %j",
    async (folder) => {
      await put("1");
      expect((await make({ folder, files: [file("a", "1")] })).status).toBe(400);
    },
  );

  test.each(["../a", "/a", "b/../../a", ".."])("by the path %j", async (path) => {
    await put("1");
    expect((await make({ folder: "x", files: [{ ...file("a", "1"), path }] })).status).toBe(400);
    expect((await make({ folder: "x", files: [file("a", "1"), file("a", "1")] })).status).toBe(400);
  });

  test("by a digest that is a path", async () => {
    expect((await platform.fetch("/canfar/v1/file/..%2f..%2fx", { method: "POST", body: "1" })).status).toBe(
      400,
    );
  });

  test.each([".canfar", ".canfar/run/files", "out"])("by a link that a program put at %s", async (link) => {
    const elsewhere = join(platform.folder.root, "elsewhere");
    mkdirSync(elsewhere);
    await put("1");
    rmSync(join(home, link), { recursive: true, force: true });
    symlinkSync(elsewhere, join(home, link));
    const answers = [await put("2"), await make({ folder: "out/x", files: [file("a", "1")] })];
    expect(answers.map(({ status }) => status)).toContain(409);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test("by a kept content that is a link to a secret", async () => {
    await put("1");
    const secret = join(platform.folder.root, "secret");
    writeFileSync(secret, "s");
    const kept = join(home, ".canfar/run/files", digestOf("1"));
    rmSync(kept);
    symlinkSync(secret, kept);
    expect(await made({ folder: "x", files: [file("a", "1")] })).toMatchObject({ missing: [digestOf("1")] });
  });
});

test("a full disk is told, and leaves nothing half-done; with room the same works", async (context) => {
  mkdirSync(home);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", home]).status === 0;
  if (!mounted) return context.skip("needs the right to mount a small disk");
  try {
    const [small, large] = [randomBytes(600_000), randomBytes(900_000)];
    expect((await put(small)).status).toBe(200);
    const refused = await put(large);
    expect(refused.status).toBe(507);
    expect(refused.headers.get("x-canfar-code")).toBe("storage.full");
    expect(readdirSync(join(home, ".canfar/run/files"))).toEqual([digestOf(small)]);
    const files = [{ path: "a", digest: digestOf(small), size: small.length }];
    expect((await make({ folder: "x", files })).status).toBe(507);
    expect(readdirSync(home)).toEqual([".canfar"]);
    spawnSync("mount", ["-o", "remount,size=4m", home]);
    expect(await made({ folder: "x", files } as FolderRequest)).toMatchObject({ missing: [] });
  } finally {
    spawnSync("umount", [home]);
  }
});

test("who is not logged in carries nothing", async () => {
  const headers = { authorization: "" };
  expect((await platform.fetch("/canfar/v1/folder", { method: "POST", body: "{}", headers })).status).toBe(
    401,
  );
  expect((await platform.fetch(`/canfar/v1/file/${digestOf("1")}`, { method: "POST", headers })).status).toBe(
    401,
  );
});
