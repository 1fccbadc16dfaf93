import { spawn } from "node:child_process";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { type NotebookAccess, runInKernel } from "../tools/tour/notebook.ts";
import type { Figure } from "./main.ts";
import { median } from "./measure.ts";

const ROUNDS = 5;
const CODE = "print(6 * 7)";

/** From `canfar create notebook` to a kernel that answers, against starting `jupyter lab` by hand in the same environment. */
export async function measure(): Promise<Figure[]> {
  await using platform = await ScratchPlatform.start();
  await platform.login();
  const bearer = (await platform.canfar(["auth", "token"])).stdout.trim();
  const pairs: [number, number][] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const ours = await onPlatform(platform, bearer);
    const byHand = await started(platform);
    if (round > 0) pairs.push([ours, byHand]); // The first round builds the image and warms the disk cache.
  }
  const from = { seconds: median(pairs.map(([a]) => a)), byHandSeconds: median(pairs.map(([, b]) => b)) };
  const value = median(pairs.map(([a, b]) => a / b));
  return [
    { name: "notebook to a kernel's answer / jupyter lab by hand", value, unit: "ratio", target: 1.2, from },
  ];
}

async function onPlatform(platform: ScratchPlatform, bearer: string): Promise<number> {
  const start = performance.now();
  const created = await platform.canfar(["create", "-q", "notebook", "skaha/astroml:latest"]);
  const id = created.stdout.trim();
  const headers = { authorization: `Bearer ${bearer}` };
  for (;;) {
    const answer = await fetch(`${platform.url}/skaha/v1/session/${id}`, { headers });
    const session = (await answer.json()) as { status: string; connectURL: string; message?: string };
    if (session.status === "Failed") throw new Error(`the notebook failed: ${session.message}`);
    if (session.status === "Running") {
      await runInKernel({ connectUrl: session.connectURL, bearer }, CODE);
      const seconds = (performance.now() - start) / 1000;
      await platform.canfar(["delete", "-y", id]);
      return seconds;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** JupyterLab as a person starts it: same environment, same flags that matter, no platform. */
async function started(platform: ScratchPlatform): Promise<number> {
  const [jupyter = ""] = globSync(join(platform.data, "environments", "*", "bin", "jupyter"));
  const home = mkdtempSync(join(tmpdir(), "canfar-by-hand-"));
  const port = await freePort();
  const base = "/session/notebook/byhand/";
  const start = performance.now();
  const words = [
    "lab",
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    `--port=${port}`,
    `--ServerApp.base_url=${base}`,
  ];
  const server = spawn(jupyter, words, {
    env: { ...process.env, HOME: home, JUPYTER_TOKEN: "byhand" },
    stdio: "ignore",
  });
  const access: NotebookAccess = {
    connectUrl: `http://127.0.0.1:${port}${base}lab?token=byhand`,
    bearer: "byhand",
  };
  try {
    for (;;) {
      try {
        await fetch(`http://127.0.0.1:${port}${base}api`);
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20)); // Not listening yet.
      }
    }
    await runInKernel(access, CODE);
    return (performance.now() - start) / 1000;
  } finally {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await gone;
    rmSync(home, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
