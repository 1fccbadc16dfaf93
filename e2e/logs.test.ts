import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openClient } from "@canfar/client";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { expect, onTestFinished, test } from "vitest";
import { created, ended } from "./sessions.ts";

const IMAGE = "skaha/terminal:latest";

async function start(): Promise<ScratchPlatform> {
  const platform = await ScratchPlatform.start();
  onTestFinished(() => platform.remove());
  await platform.login();
  return platform;
}

async function clientOf(platform: ScratchPlatform) {
  const token = (await platform.canfar(["auth", "token"])).stdout.trim();
  return await openClient({ url: `${platform.url}/skaha/v1`, token, environment: {} });
}

test("who follows a group through kill -9 of the server misses no line and sees none twice", async () => {
  const platform = await start();
  const { groups, sessions } = await clientOf(platform);
  const script =
    'i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo "$i"; [ $((i % 10)) = 0 ] && sleep 0.1; done; exit 0';
  const ids = await created(platform, ["--replicas", "4", "headless", IMAGE, "--", "sh", "-c", script]);
  const { group = "" } = await sessions.get(ids[0] ?? "");
  const seen = new Map<string, number[]>(ids.map((id) => [id, []]));
  let count = 0;
  const kills = [100, 400];
  let restart = Promise.resolve();
  for await (const { session, text } of groups.logs(group, { follow: true })) {
    seen.get(session)?.push(Number(text));
    count += 1;
    if (count !== kills[0]) continue;
    kills.shift();
    await restart;
    restart = platform.kill().then(() => platform.up());
  }
  await restart;
  expect(kills).toEqual([]);
  const all = Array.from({ length: 200 }, (_, at) => at + 1);
  expect([...seen.values()]).toEqual(ids.map(() => all));
  expect(readdirSync(join(platform.data, "logs", group)).length).toBeLessThanOrEqual(2);
});

test("a deleted session's log is there for who knows its id", async () => {
  const platform = await start();
  const [id = ""] = await created(platform, ["headless", IMAGE, "--", "echo", "last words"]);
  await ended(platform, [id]);
  expect((await platform.canfar(["delete", "-y", id])).exitCode).toBe(0);
  const { stdout, exitCode } = await platform.canfar(["logs", id]);
  expect({ stdout, exitCode }).toEqual({ stdout: "last words\n", exitCode: 0 });
});

test("half a line, left by a host that was killed while it wrote, is nobody's", async () => {
  const platform = await start();
  const [id = ""] = await created(platform, ["headless", IMAGE, "--", "echo", "whole"]);
  await ended(platform, [id]);
  const file = join(platform.data, "logs", id, "1-of-1.log");
  appendFileSync(file, "2026-11-24T12:00:00.000000Z stdout F half of a li");
  expect((await platform.canfar(["logs", id])).stdout).toBe("whole\n");
});
