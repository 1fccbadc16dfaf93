import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openClient } from "../client.ts";
import { systemClock } from "../clock.ts";
import { ConfigurationFile } from "../config/configuration-file.ts";
import { discoverServerAt } from "../servers/discover.ts";
import { type Issuer, PASSWORD, startIssuer, USERNAME } from "../test-servers/issuer.ts";
import { moduleUrl, runNode } from "../test-servers/run-node.ts";
import { scratchFolder } from "../test-servers/scratch-folder.ts";
import { Authentication } from "./authentication.ts";

/** A saved login at the issuer. */
async function loggedIn(issuer: Issuer) {
  const folder = await scratchFolder();
  const configPath = join(folder.path, "config.yaml");
  const configuration = new ConfigurationFile({ path: configPath });
  const found = await discoverServerAt(issuer.origin, {
    fetch,
    clock: systemClock,
    timeoutMs: 5000,
    saved: [],
  });
  const authentication = new Authentication({ configuration });
  await authentication.loginWithPassword(found, { username: USERNAME, password: PASSWORD });
  return { folder, configPath, configuration, authentication };
}

/** As time would. */
async function expireInFile(configuration: ConfigurationFile): Promise<void> {
  await configuration.update((now) => {
    const local = now.authentication?.local;
    if (local?.mode !== "oidc") throw new Error("no login");
    return { ...now, authentication: { local: { ...local, expiry: { access: 1 } } } };
  });
}

describe("a saved login", () => {
  test("is used by the client without more", async () => {
    await using issuer = await startIssuer();
    const { folder, configPath } = await loggedIn(issuer);
    await using _ = folder;
    const client = await openClient({ configPath, environment: {} });
    expect(await client.sessions.list()).toEqual([]);
    expect(issuer.requests.at(-1)?.headers["x-skaha-authentication-type"]).toBe("OIDC");
    expect(issuer.refreshes).toBe(0);
  });

  test("is renewed before a request when its time is over, and the new one is saved", async () => {
    await using issuer = await startIssuer();
    const { folder, configPath, configuration } = await loggedIn(issuer);
    await using _ = folder;
    await expireInFile(configuration);
    await (await openClient({ configPath, environment: {} })).sessions.list();
    await (await openClient({ configPath, environment: {} })).sessions.list();
    expect(issuer.refreshes).toBe(1);
  });

  test("is renewed once, and the request made again, when the server refuses it", async () => {
    await using issuer = await startIssuer();
    const { folder, configPath } = await loggedIn(issuer);
    await using _ = folder;
    issuer.expireAccess();
    const client = await openClient({ configPath, environment: {} });
    expect(await client.sessions.list()).toEqual([]);
    expect(issuer.refreshes).toBe(1);
  });

  test("is renewed once for many requests of one process", async () => {
    await using issuer = await startIssuer();
    const { folder, configPath, configuration } = await loggedIn(issuer);
    await using _ = folder;
    await expireInFile(configuration);
    const client = await openClient({ configPath, environment: {} });
    await Promise.all(Array.from({ length: 50 }, () => client.sessions.list()));
    expect(issuer.refreshes).toBe(1);
  });

  test("is renewed once when the server refuses many requests of one process at the same time", async () => {
    await using issuer = await startIssuer();
    const { folder, configPath } = await loggedIn(issuer);
    await using _ = folder;
    const client = await openClient({ configPath, environment: {} });
    await client.sessions.list();
    issuer.expireAccess();
    await Promise.all(Array.from({ length: 50 }, () => client.sessions.list()));
    expect(issuer.refreshes).toBe(1);
  });

  test("is renewed once for 20 processes", async () => {
    await using issuer = await startIssuer();
    const { folder, configPath, configuration } = await loggedIn(issuer);
    await using _ = folder;
    await expireInFile(configuration);
    const list = `
      import { openClient } from "${moduleUrl("client.ts")}";
      const client = await openClient({ configPath: ${JSON.stringify(configPath)}, environment: {} });
      console.log(JSON.stringify(await client.sessions.list()));`;
    const outputs = await Promise.all(Array.from({ length: 20 }, () => runNode(list)));
    expect(outputs).toEqual(Array(20).fill("[]\n"));
    expect(issuer.refreshes).toBe(1);
  });

  test("that cannot be renewed any more says so, and leaves the file alone", async () => {
    await using issuer = await startIssuer();
    const { folder, configPath, configuration } = await loggedIn(issuer);
    await using _ = folder;
    await expireInFile(configuration);
    issuer.expireRefresh();
    const before = await configuration.read();
    const client = await openClient({ configPath, environment: {} });
    await expect(client.sessions.list()).rejects.toMatchObject({
      code: "authentication.expired",
      hint: "Log in again with `canfar login`.",
    });
    expect(await configuration.read()).toEqual(before);
  });

  test("ended by logout is revoked and forgotten, with its server", async () => {
    await using issuer = await startIssuer();
    const { folder, configuration, authentication } = await loggedIn(issuer);
    await using _ = folder;
    expect(await authentication.logout()).toEqual({ idp: "local", revoked: true });
    expect(issuer.revoked).toEqual(["refresh-2"]);
    expect(await configuration.read()).toEqual({ version: 2 });
    await expect(authentication.logout()).rejects.toMatchObject({ code: "authentication.required" });
  });

  test("is forgotten also when the issuer is away", async () => {
    const issuer = await startIssuer();
    const { folder, configuration, authentication } = await loggedIn(issuer);
    await using _ = folder;
    await issuer[Symbol.asyncDispose]();
    expect(await authentication.logout("local")).toEqual({ idp: "local", revoked: false });
    expect(await configuration.read()).toEqual({ version: 2 });
  });
});
