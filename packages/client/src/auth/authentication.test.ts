import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { ConfigurationFile } from "../config/configuration-file.ts";
import { discoverServerAt } from "../servers/discover.ts";
import { startHttpServer } from "../test-servers/http-server.ts";
import { HurriedClock } from "../test-servers/hurried-clock.ts";
import { type Issuer, PASSWORD, startIssuer, USERNAME } from "../test-servers/issuer.ts";
import { scratchFolder } from "../test-servers/scratch-folder.ts";
import { Authentication } from "./authentication.ts";
import type { DeviceCode } from "./device-login.ts";

async function prepare(issuer: Issuer, clock = new HurriedClock()) {
  const folder = await scratchFolder();
  const configuration = new ConfigurationFile({ path: join(folder.path, "config.yaml") });
  const authentication = new Authentication({ configuration, clock });
  const found = await discoverServerAt(issuer.origin, {
    fetch,
    clock: systemClock,
    timeoutMs: 5000,
    saved: [],
  });
  return { folder, configuration, authentication, found, clock };
}

describe("a login with a password", () => {
  test("is saved as the active one, without the password", async () => {
    await using issuer = await startIssuer();
    const { folder, configuration, authentication, found } = await prepare(issuer);
    await using _ = folder;
    const login = await authentication.loginWithPassword(found, { username: USERNAME, password: PASSWORD });
    expect(login).toMatchObject({
      idp: "local",
      mode: "oidc",
      active: true,
      server: "local",
      renewable: true,
    });
    expect(await configuration.read()).toMatchObject({
      version: 2,
      active: { authentication: "local", server: "local", servers: { local: "local" } },
      authentication: {
        local: {
          mode: "oidc",
          endpoints: {
            discovery: `${issuer.issuer}/.well-known/openid-configuration`,
            token: `${issuer.issuer}/token`,
          },
          client: { identity: "canfar-cli" },
          token: { access: "access-2", refresh: "refresh-2", token_type: "Bearer", scope: "openid" },
        },
      },
      servers: {
        local: {
          idp: "local",
          uri: "ivo://canfar.local/skaha",
          url: `${issuer.origin}/skaha`,
          version: "v1",
          auths: ["oidc"],
        },
      },
    });
    expect(await readFile(configuration.path, "utf8")).not.toContain(PASSWORD);
  });

  test("that is wrong is refused without repeating it, and nothing is saved", async () => {
    await using issuer = await startIssuer();
    const { folder, configuration, authentication, found } = await prepare(issuer);
    await using _ = folder;
    const error = await authentication
      .loginWithPassword(found, { username: USERNAME, password: "hunter2" })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: "authentication.denied",
      message: expect.stringContaining("wrong user name or password"),
    });
    expect(JSON.stringify(error)).not.toContain("hunter2");
    expect(await configuration.read()).toEqual({ version: 2 });
  });

  test("does not go over the network without encryption", async () => {
    await using issuer = await startIssuer();
    const { folder, authentication, found } = await prepare(issuer);
    await using _ = folder;
    const elsewhere = { ...found, features: { ...found.features, issuer: "http://platform.example/oidc" } };
    await expect(
      authentication.loginWithPassword(elsewhere, { username: USERNAME, password: PASSWORD }),
    ).rejects.toMatchObject({
      code: "authentication.failed",
      message: expect.stringContaining("without encryption"),
    });
  });

  test("at something that is no issuer fails clearly", async () => {
    await using issuer = await startIssuer();
    const { folder, authentication, found } = await prepare(issuer);
    await using _ = folder;
    await using other = await startHttpServer((_, response) => {
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"issuer":"http://127.0.0.1/else"}');
    });
    const wrong = { ...found, features: { ...found.features, issuer: other.origin } };
    await expect(
      authentication.loginWithPassword(wrong, { username: USERNAME, password: PASSWORD }),
    ).rejects.toMatchObject({ code: "authentication.failed", details: { issuer: other.origin } });
  });
});

describe("a login with a browser", () => {
  test("shows the code, waits as long as the issuer asks, and is saved", async () => {
    await using issuer = await startIssuer({
      deviceAnswers: ["authorization_pending", "slow_down", "authorization_pending", "ok"],
    });
    const { folder, authentication, found, clock } = await prepare(issuer);
    await using _ = folder;
    const codes: DeviceCode[] = [];
    const login = await authentication.loginWithDevice(found, { onCode: (code) => void codes.push(code) });
    expect(codes).toEqual([
      {
        userCode: "ABCD-EFGH",
        verificationUri: `${issuer.issuer}/confirm`,
        verificationUriComplete: `${issuer.issuer}/confirm?user_code=ABCD-EFGH`,
        expiresInSeconds: 600,
      },
    ]);
    expect(clock.waits).toEqual([1000, 1000, 6000, 6000]);
    expect(login.active).toBe(true);
  });

  test.each([
    { answers: ["access_denied"], code: "authentication.denied" },
    { answers: ["authorization_pending", "expired_token"], code: "command.timed_out" },
    { answers: ["server_error"], code: "authentication.failed" },
  ])("that gets $answers ends with $code", async ({ answers, code }) => {
    await using issuer = await startIssuer({ deviceAnswers: answers });
    const { folder, authentication, found } = await prepare(issuer);
    await using _ = folder;
    await expect(authentication.loginWithDevice(found, { onCode: () => {} })).rejects.toMatchObject({ code });
  });

  test("that nobody confirms ends when the code does", async () => {
    await using issuer = await startIssuer({ deviceExpiresIn: 3 });
    const { folder, authentication, found } = await prepare(issuer);
    await using _ = folder;
    await expect(authentication.loginWithDevice(found, { onCode: () => {} })).rejects.toMatchObject({
      code: "command.timed_out",
    });
  });

  test("can be given up", async () => {
    await using issuer = await startIssuer();
    const { folder, authentication, found } = await prepare(issuer);
    await using _ = folder;
    const abort = new AbortController();
    const login = authentication.loginWithDevice(found, {
      onCode: () => abort.abort(new Error("Ctrl-C")),
      signal: abort.signal,
    });
    await expect(login).rejects.toThrow("Ctrl-C");
  });
});

describe("several logins", () => {
  test("are listed without secrets, and each remembers its server", async () => {
    await using issuer = await startIssuer();
    const { folder, configuration, authentication, found } = await prepare(issuer);
    await using _ = folder;
    await configuration.update(() => ({
      version: 2,
      active: { authentication: "cadc", server: "canfar", servers: { cadc: "canfar" } },
      authentication: { cadc: { mode: "x509", path: "~/.ssl/cadcproxy.pem", expiry: 4102444800 } },
      servers: { canfar: { idp: "cadc", url: "https://host/skaha" } },
    }));
    await authentication.loginWithPassword(found, { username: USERNAME, password: PASSWORD });
    expect(await authentication.list()).toEqual([
      {
        idp: "cadc",
        mode: "x509",
        active: false,
        server: "canfar",
        expiresAt: new Date("2100-01-01"),
        renewable: false,
      },
      {
        idp: "local",
        mode: "oidc",
        active: true,
        server: "local",
        expiresAt: expect.any(Date),
        renewable: true,
      },
    ]);
    expect(await authentication.use("cadc")).toMatchObject({ active: true, server: "canfar" });
    expect(await authentication.logout("cadc")).toEqual({ idp: "cadc", revoked: false });
    expect(await configuration.read()).toMatchObject({
      active: { authentication: "local", server: "local" },
    });
    await expect(authentication.use("cadc")).rejects.toMatchObject({ code: "authentication.required" });
  });
});
