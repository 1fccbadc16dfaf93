import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfinedFolder } from "./confined-folder.ts";

describe("a confined folder", () => {
  let outside: string;
  let path: string;

  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), "canfar-confined-"));
    path = join(outside, "inside");
    mkdirSync(join(path, "folder"), { recursive: true });
    writeFileSync(join(path, "folder", "file"), "hello");
    writeFileSync(join(outside, "secret"), "secret");
  });
  afterEach(() => rmSync(outside, { recursive: true }));

  const open = () => {
    const folder = ConfinedFolder.open(path);
    if (folder === null) throw new Error("it was not opened");
    return folder;
  };

  it("reads files and folders, also parts of them", () => {
    using top = open();
    using folder = top.folder("folder");
    expect(folder?.names()).toEqual(["file"]);
    expect(folder?.read("file")?.toString()).toBe("hello");
    expect(folder?.read("file", 2)?.toString()).toBe("llo");
    expect(folder?.read("file", 1, 2)?.toString()).toBe("el");
    expect(folder?.read("file", 99)?.toString()).toBe("");
    expect(top.folder("none")).toBeNull();
    expect(top.read("none")).toBeNull();
    expect(ConfinedFolder.open(join(outside, "none"))).toBeNull();
  });

  it("follows no link, wherever it leads", () => {
    symlinkSync("../secret", join(path, "link"));
    symlinkSync("..", join(path, "up"));
    using top = open();
    expect(top.read("link")).toBeNull();
    expect(top.folder("up")).toBeNull();
    expect(top.link("link")).toBe("../secret");
    expect(top.link("folder")).toBeNull();
    expect(top.stat("link")?.isSymbolicLink()).toBe(true);
  });

  it("takes no name that is a path", () => {
    using top = open();
    for (const name of ["..", ".", "", "folder/file", "/etc/passwd"])
      expect(() => top.read(name), name).toThrow(RangeError);
  });

  it("stays with the folder that was opened, when another is put in its place", () => {
    using top = open();
    using folder = top.folder("folder");
    renameSync(join(path, "folder"), join(path, "moved"));
    symlinkSync(outside, join(path, "folder"));
    expect(folder?.names()).toEqual(["file"]);
    expect(folder?.read("secret")).toBeNull();
  });

  it("does not wait for a pipe, and takes a folder for no file", () => {
    spawnSync("mkfifo", [join(path, "pipe")]);
    using top = open();
    expect(top.read("pipe")).toBeNull();
    expect(top.read("folder")).toBeNull();
  });
});
