import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { expect, onTestFinished, test } from "vitest";
import { created, ended, list } from "./sessions.ts";

const IMAGE = "skaha/terminal:latest";

async function start(): Promise<ScratchPlatform> {
  const platform = await ScratchPlatform.start();
  onTestFinished(() => platform.remove());
  await platform.login();
  return platform;
}

test("a server killed in the middle of 60 replicas loses none and runs none twice", async () => {
  const platform = await start();
  const mark =
    'echo "$REPLICA_ID" >> $HOME/ran; sleep 0.2; echo "done $REPLICA_ID"; exit $((REPLICA_ID % 7 == 0 ? 5 : 0))';
  const ids = await created(platform, ["--replicas", "60", "headless", IMAGE, "--", "sh", "-c", mark]);
  const ran = () => {
    const file = platform.arc(join("home", platform.username, "ran"));
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : [];
  };
  for (const count of [5, 20, 35]) {
    await expect.poll(() => ran().length, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(count);
    await platform.kill();
    await platform.up();
  }
  const sessions = await ended(platform, ids, 120_000);
  expect(ran().sort((a, b) => a - b)).toEqual(ids.map((_, index) => index + 1));
  expect(sessions.map(({ exitCode }) => exitCode)).toEqual(
    ids.map((_, index) => ((index + 1) % 7 === 0 ? 5 : 0)),
  );
  const { stdout } = await platform.canfar(["logs", ids[0] ?? ""]);
  expect(stdout.trim()).toBe("done 1");
});

test("a session that ends while the server is down has its real exit code and all its output", async () => {
  const platform = await start();
  const gate = platform.arc(join("home", platform.username, "go"));
  const script = "while [ ! -e $HOME/go ]; do sleep 0.05; done; echo last words; exit 9";
  const [id = ""] = await created(platform, ["headless", IMAGE, "--", "sh", "-c", script]);
  await expect.poll(async () => (await list(platform))[0]?.status).toBe("Running");
  await platform.kill();
  writeFileSync(gate, "");
  await platform.up();
  expect(await ended(platform, [id])).toMatchObject([{ status: "Failed", exitCode: 9 }]);
  expect((await platform.canfar(["logs", id])).stdout.trim()).toBe("last words");
});

test("a second platform on the same data folder refuses, naming the first", async () => {
  const platform = await start();
  const words = ["platform", "up", "--foreground", "--data", platform.data, "--port", "0"];
  const { stderr, exitCode } = await platform.canfar(words);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(String(platform.runFile.pid));
  expect((await platform.canfar(["ps"])).exitCode).toBe(0);
});

test("a taken port is refused with what to do", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await expect(ScratchPlatform.start({ arguments: ["--port", String(port)] })).rejects.toThrow(
    new RegExp(`${port}.*(in use|taken)`, "is"),
  );
});

test("a server that is down is told as such, with how to start it, and exit code 6", async () => {
  const platform = await start();
  await platform.down();
  const { stderr, exitCode } = await platform.canfar(["ps"]);
  expect(stderr).toMatch(/canfar platform up/);
  expect(exitCode).toBe(6);
  await platform.up();
});

test("without a login every command says how to log in, with exit code 3", async () => {
  const platform = await start();
  rmSync(join(platform.home, ".canfar", "config.yaml"));
  const { stderr, exitCode } = await platform.canfar(["ps"]);
  expect(stderr).toMatch(/canfar (auth )?login/);
  expect(exitCode).toBe(3);
});
