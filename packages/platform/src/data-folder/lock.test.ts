import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DataFolder, dataFolderAt, makeDataFolder } from "./data-folder.ts";
import { lockDataFolder } from "./lock.ts";
import { readRunFile, writeRunFiles } from "./run-files.ts";

let folder: DataFolder;
let holder: ChildProcess | null = null;

beforeEach(() => {
  folder = dataFolderAt(mkdtempSync(join(tmpdir(), "canfar-lock-")));
  makeDataFolder(folder);
});
afterEach(async () => {
  if (holder !== null && holder.exitCode === null && holder.signalCode === null) {
    holder.kill("SIGKILL");
    await once(holder, "exit");
  }
  holder = null;
  rmSync(folder.root, { recursive: true });
});

/** Another process that has the lock. */
async function startHolder(): Promise<ChildProcess> {
  const at = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
  const program = `
    const { lockDataFolder } = await import(${at("./lock.ts")});
    const { dataFolderAt } = await import(${at("./data-folder.ts")});
    globalThis.lock = lockDataFolder(dataFolderAt(${JSON.stringify(folder.root)}));
    console.log("locked");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  holder = child;
  await once(child.stdout, "data");
  return child;
}

describe("lockDataFolder", () => {
  it("refuses while another process has it, naming process and address", async () => {
    const { pid = 0 } = await startHolder();
    const run = {
      url: "http://127.0.0.1:1",
      pid,
      data: folder.root,
      startedAt: "",
      version: "",
      notices: [],
    };
    writeRunFiles([folder.runFile], run);
    expect(() => lockDataFolder(folder)).toThrow(
      expect.objectContaining({
        code: "platform.already_running",
        message: expect.stringContaining(`process ${pid} at http://127.0.0.1:1`),
      }),
    );
  });

  it("does not take the run file of an earlier platform for the present one", async () => {
    await startHolder();
    const run = {
      url: "http://127.0.0.1:1",
      pid: 1,
      data: folder.root,
      startedAt: "",
      version: "",
      notices: [],
    };
    writeRunFiles([folder.runFile], run);
    expect(() => lockDataFolder(folder)).toThrow("which is starting");
  });

  it("is free at once after kill -9 of its holder", async () => {
    const child = await startHolder();
    child.kill("SIGKILL");
    await once(child, "exit");
    lockDataFolder(folder).release();
  });

  it("refuses a second time in the same process, and is free after release", () => {
    const lock = lockDataFolder(folder);
    expect(() => lockDataFolder(folder)).toThrow("runs on");
    lock.release();
    lockDataFolder(folder).release();
  });
});

describe("run files", () => {
  it("are read back, and null where they are broken or missing", () => {
    const run = {
      url: "http://127.0.0.1:1",
      pid: 1,
      data: "/d",
      startedAt: "now",
      version: "1",
      notices: [],
    };
    writeRunFiles([folder.runFile], run);
    expect(readRunFile(folder.runFile)).toEqual(run);
    expect(readRunFile(folder.log)).toBeNull();
  });
});
