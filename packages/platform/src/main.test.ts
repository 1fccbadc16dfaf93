/** The platform as a process, with real Sessions: start, kill -9, second start, stop. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { WireSession } from "@canfar/contract/wire";
import { eventually } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRunFile } from "./data-folder/run-files.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const password = "correct-horse-7";

let home: string;
let data: string;
let server: ChildProcess | null = null;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "canfar-main-"));
  data = join(home, "platform");
});

afterEach(async () => {
  if (server !== null) await end(server, "SIGKILL");
  if (existsSync(data)) await run("--end-sessions");
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

function begin(...words: string[]): ChildProcess {
  return spawn(process.execPath, [main, "--data", data, ...words], {
    env: { ...process.env, HOME: home, CANFAR_PLATFORM_PASSWORD: password },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

/** Runs it to its end. */
async function run(...words: string[]): Promise<{ exitCode: number; stderr: string }> {
  const child = begin(...words);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [exitCode] = await once(child, "close");
  return { exitCode, stderr };
}

async function start(): Promise<{ child: ChildProcess; url: string; announced: () => string }> {
  const child = begin("--port", "0");
  server = child;
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const run = await eventually(
    () => {
      const file = readRunFile(join(data, "run.json"));
      return file?.pid === child.pid && output.includes("Log in") && file;
    },
    { withinMs: 30_000 },
  );
  return { child, url: run.url, announced: () => output };
}

async function login(url: string): Promise<string> {
  const username = (await import("node:os")).userInfo().username;
  const body = new URLSearchParams({ grant_type: "password", client_id: "canfar-cli", username, password });
  body.set("scope", "openid profile email offline_access");
  const answer = await (await fetch(`${url}/oidc/token`, { method: "POST", body })).json();
  return String((answer as { access_token: string }).access_token);
}

const sessions = (url: string) => `${url}/skaha/v1/session`;

async function create(url: string, token: string, words: [string, string][]): Promise<string[]> {
  const body = new URLSearchParams([["name", "a"], ["image", "skaha/terminal"], ...words]);
  const response = await fetch(sessions(url), {
    ...{ method: "POST", body },
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text.trim().split("\n");
}

async function list(url: string, token: string): Promise<WireSession[]> {
  const response = await fetch(sessions(url), { headers: { authorization: `Bearer ${token}` } });
  return (await response.json()) as WireSession[];
}

describe("the platform's process", () => {
  it("says its address and how to log in, and keeps its data to its user", async () => {
    const { url, announced } = await start();
    expect(announced()).toContain(url);
    expect(announced()).toContain("canfar auth login -f");
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect((await fetch(`${url}/skaha/availability`)).status).toBe(200);
  });

  it("refuses to start a second time on its data folder, naming the first", async () => {
    const { child, url } = await start();
    const { exitCode, stderr } = await run("--port", "0");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`process ${child.pid} at ${url}`);
    expect((await fetch(`${url}/skaha/availability`)).status).toBe(200);
  });

  it("loses nothing by kill -9: what runs is found, what ended has its exit code, nothing runs twice", async () => {
    const first = await start();
    const token = await login(first.url);
    const script = 'echo "$REPLICA_ID" >> /arc/projects/ran; sleep 0.$REPLICA_ID; exit $((REPLICA_ID % 3))';
    const words: [string, string][] = [
      ["cmd", "sh"],
      ["arg", "-c"],
      ["arg", script],
      ["replicas", "12"],
    ];
    const ids = await create(first.url, token, words);
    await end(first.child, "SIGKILL");
    const { url } = await start();
    // The same token: logins outlive the server, too.
    const ended = await eventually(
      async () => {
        const all = await list(url, token);
        return all.every(({ status }) => status === "Completed" || status === "Failed") && all;
      },
      { withinMs: 30_000 },
    );
    expect(ended.map(({ id }) => id)).toEqual(ids);
    expect(ended.map(({ exitCode }) => exitCode)).toEqual(ids.map((_, index) => (index + 1) % 3));
    const { readFileSync } = await import("node:fs");
    const ran = readFileSync(join(data, "arc", "projects", "ran"), "utf8")
      .trim()
      .split("\n")
      .map(Number);
    expect(ran.sort((a, b) => a - b)).toEqual(ids.map((_, index) => index + 1));
  });

  it("stops on SIGTERM, takes its run files along, and lets Sessions go on", async () => {
    const { child, url } = await start();
    const token = await login(url);
    await create(url, token, [
      ["cmd", "sleep"],
      ["args", "1000"],
    ]);
    await eventually(async () => (await list(url, token))[0]?.status === "Running");
    await end(child, "SIGTERM");
    expect(child.exitCode).toBe(0);
    expect(existsSync(join(data, "run.json"))).toBe(false);
    const again = await start();
    expect(await list(again.url, token)).toEqual([expect.objectContaining({ status: "Running" })]);
  });

  it("says what is wrong with its options, its configuration and its port", async () => {
    expect(await run("--port", "many")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--port many"),
    });
    expect(await run("--nonsense")).toMatchObject({ exitCode: 2 });
    const { url } = await start();
    const { port } = new URL(url);
    data = join(home, "other");
    expect(await run("--port", port)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`port ${port} on 127.0.0.1 is taken`),
    });
    data = join(home, "platform");
  });
});
