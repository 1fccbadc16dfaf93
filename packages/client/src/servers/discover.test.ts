import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { ConfigurationFile } from "../config/configuration-file.ts";
import { refusedOrigin, sendText, startHttpServer } from "../test-servers/http-server.ts";
import { runNode } from "../test-servers/run-node.ts";
import { scratchFolder } from "../test-servers/scratch-folder.ts";
import { startSkaha } from "../test-servers/skaha.ts";
import { discoverServerAt, discoverServers } from "./discover.ts";
import { probeAvailability } from "./probe.ts";
import { Servers } from "./servers.ts";
import { DefaultAddress, RunningPlatforms } from "./sources.ts";

const probe = { fetch, clock: systemClock, timeoutMs: 5000, saved: [] };

describe("platforms of this machine", () => {
  test("are found by the files that they keep; those of dead ones and broken files are passed over", async () => {
    await using folder = await scratchFolder();
    await using server = await startSkaha({ ours: true });
    const dead = Number(await runNode("console.log(process.pid)"));
    const file = (name: string, text: string) => writeFile(join(folder.path, name), text);
    await file(
      "a.json",
      JSON.stringify({ url: server.origin, pid: process.pid, startedAt: "2026-01-01T00:00:00Z" }),
    );
    await file("b.json", JSON.stringify({ url: "http://127.0.0.1:9", pid: dead }));
    await file("c.json", "{ half");
    await file("d.json", JSON.stringify({ url: "file:///etc/passwd", pid: process.pid }));
    await file("e.txt", "no");
    const found = await discoverServers({ ...probe, sources: [new RunningPlatforms(folder.path)] });
    expect(
      found.map(({ server: { name, idp, url, version, auths } }) => ({ name, idp, url, version, auths })),
    ).toEqual([
      { name: "local", idp: "local", url: `${server.origin}/skaha`, version: "v1", auths: ["oidc"] },
    ]);
    expect(found[0]?.features).toMatchObject({
      groups: true,
      logs: true,
      tickets: true,
      issuer: `${server.origin}/oidc`,
    });
    expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test("several have a name and an IDP each, the oldest the plain one; saved ones keep theirs", async () => {
    await using old = await startSkaha({ ours: true });
    await using young = await startSkaha({ ours: true });
    const source = (startedAt: string, origin: string) => ({
      name: "test",
      candidates: async () => [{ url: `${origin}/skaha`, startedAt }],
    });
    const sources = [source("2026-02-01", young.origin), source("2026-01-01", old.origin)];
    const port = new URL(young.origin).port;
    const names = async (saved: Parameters<typeof discoverServers>[0]["saved"]) =>
      (await discoverServers({ ...probe, sources, saved })).map(
        ({ server }) => `${server.name} ${server.idp} ${server.url}`,
      );
    expect(await names([])).toEqual([
      `local local ${old.origin}/skaha`,
      `local-${port} local-${port} ${young.origin}/skaha`,
    ]);
    const saved = [{ name: "local", idp: "local", url: `${young.origin}/skaha` }];
    expect((await names(saved))[1]).toBe(`local local ${young.origin}/skaha`);
  });

  test("are asked before the default address, which may be somebody else's", async () => {
    await using folder = await scratchFolder();
    await using mine = await startSkaha({ ours: true });
    await using other = await startSkaha({ ours: true });
    const sources = [new RunningPlatforms(folder.path), new DefaultAddress(other.origin)];
    const urls = async () => (await discoverServers({ ...probe, sources })).map(({ server }) => server.url);
    expect(await urls()).toEqual([`${other.origin}/skaha`]);
    await writeFile(join(folder.path, "a.json"), JSON.stringify({ url: mine.origin, pid: process.pid }));
    expect(await urls()).toEqual([`${mine.origin}/skaha`]);
  });

  test("none is an error that says where was looked, and how to start one", async () => {
    await using folder = await scratchFolder();
    const origin = await refusedOrigin();
    const sources = [new RunningPlatforms(join(folder.path, "none")), new DefaultAddress(origin)];
    await expect(discoverServers({ ...probe, sources })).rejects.toMatchObject({
      code: "server.none_available",
      hint: expect.stringContaining("canfar platform up"),
      details: { asked: [`${origin}/skaha`] },
    });
  });
});

describe("a server at an address", () => {
  test.each(["", "/", "/skaha", "/skaha/", "/skaha/v1"])("can be typed as origin%s", async (path) => {
    await using server = await startSkaha({ ours: true });
    const { server: found } = await discoverServerAt(`${server.origin}${path}`, probe);
    expect(found.url).toBe(`${server.origin}/skaha`);
  });

  test("that is something else is not taken for one", async () => {
    await using server = await startHttpServer((_, response) => sendText(response, "<html><body>Hello"));
    await expect(discoverServerAt(server.origin, probe)).rejects.toMatchObject({
      code: "server.discovery_failed",
    });
  });

  test("says whether it is available", async () => {
    const availability = (answer: string) =>
      `<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0"><vosi:available>${answer}</vosi:available><vosi:note>n</vosi:note></vosi:availability>`;
    let answer = "true";
    await using server = await startHttpServer((_, response) => sendText(response, availability(answer)));
    expect(await probeAvailability(`${server.origin}/skaha`, probe)).toBe(true);
    answer = "false";
    expect(await probeAvailability(`${server.origin}/skaha`, probe)).toBe(false);
  });
});

test("a saved server is made the active one only with a login for it", async () => {
  await using folder = await scratchFolder();
  await mkdir(folder.path, { recursive: true });
  const configuration = new ConfigurationFile({ path: join(folder.path, "config.yaml") });
  await configuration.update(() => ({
    version: 2,
    active: { authentication: "a", server: "one", servers: { a: "one" } },
    authentication: { a: { mode: "oidc" } },
    servers: {
      one: { idp: "a", url: "http://one.example/skaha" },
      two: { idp: "a", uri: "ivo://two/skaha", url: "http://two.example/skaha" },
      three: { idp: "b", url: "http://three.example/skaha" },
    },
  }));
  const servers = new Servers({ configuration });
  expect((await servers.use("ivo://two/skaha")).name).toBe("two");
  expect((await servers.list()).map(({ name, active }) => [name, active])).toEqual([
    ["one", false],
    ["two", true],
    ["three", false],
  ]);
  await expect(servers.use("three")).rejects.toMatchObject({ code: "authentication.required" });
  await expect(servers.use("four")).rejects.toMatchObject({
    code: "server.none_available",
    hint: "Saved servers: one, two, three.",
  });
  expect((await configuration.read()).active?.servers).toEqual({ a: "two" });
});
