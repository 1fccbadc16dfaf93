/** A webhook that is under way when the server is killed with -9 arrives all the same. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { NotificationDocument } from "@canfar/contract";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { expect, onTestFinished, test } from "vitest";

test("a notification survives a kill -9 of the server, and says who it is when it comes twice", async () => {
  const received: { id: string; document: NotificationDocument }[] = [];
  let answers = false;
  const receiver = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    received.push({ id: String(request.headers["webhook-id"]), document: JSON.parse(body) });
    if (answers) response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  await once(receiver, "listening");
  const target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const platform = await ScratchPlatform.start();
  onTestFinished(() => platform.remove());
  await platform.login();
  const create = ["create", "-n", "stars", "--replicas", "2", "--notify", `done,failed:${target}`];
  const words = [
    ...create,
    "headless",
    "skaha/terminal:latest",
    "--",
    "sh",
    "-c",
    "echo no flux >&2; exit $((REPLICA_ID - 1))",
  ];

  const refused = await platform.canfar(words);
  expect(refused.stderr).toContain("inside the platform's own network");
  expect(refused.exitCode).not.toBe(0);
  await platform.down();
  writeFileSync(join(platform.data, "config.yaml"), 'notifications: { allowedHosts: ["127.0.0.1"] }\n');
  await platform.up();

  const accepted = await platform.canfar(words);
  expect(accepted.exitCode, accepted.stderr).toBe(0);
  await expect.poll(() => received.length, { timeout: 60_000 }).toBe(2);
  await platform.kill();
  answers = true;
  await platform.up();
  await expect.poll(() => received.length, { timeout: 60_000 }).toBe(4);
  expect(new Set(received.map(({ id }) => id)).size).toBe(2);
  const done = received.find(({ document }) => document.moment === "done")?.document;
  expect(done).toMatchObject({
    counts: { completed: 1, failed: 1 },
    causes: [{ pattern: "no flux", exitCode: 1, replicas: "2" }],
  });
  await expect.poll(async () => (await platform.canfar(["events", "stars"])).stdout).toContain("Notified");
});
