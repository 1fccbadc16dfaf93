import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openClient } from "./client.ts";
import { scratchFolder } from "./test-servers/scratch-folder.ts";
import { startSkaha } from "./test-servers/skaha.ts";

const FILE = (origin: string) => `version: 2
active: {authentication: local, server: local, servers: {local: local}}
authentication:
  local: {mode: oidc, token: {access: LOCAL-TOKEN}, expiry: {access: 4102444800}}
  other: {mode: oidc, token: {access: OTHER-TOKEN}, expiry: {access: 4102444800}}
  cadc: {mode: x509, path: /none, expiry: 0.0}
servers:
  local: {idp: local, uri: 'ivo://canfar.local/skaha', url: '${origin}/skaha', version: v1}
  second: {idp: other, url: '${origin}/second', version: v2}
  canfar: {idp: cadc, url: 'https://host.invalid/skaha', version: v1}
`;

/** Where a request went, and with which token, for these options and variables. */
async function target(
  options: Parameters<typeof openClient>[0],
  variables: (origin: string) => Record<string, string> = () => ({}),
): Promise<string> {
  await using folder = await scratchFolder();
  await using server = await startSkaha({
    answer: (_, response) => {
      response.writeHead(200).end("[]");
      return true;
    },
  });
  const configPath = join(folder.path, "config.yaml");
  await writeFile(configPath, FILE(server.origin));
  const client = await openClient({ ...options, configPath, environment: variables(server.origin) });
  await client.sessions.list();
  const [request] = server.requests;
  return `${request?.path} ${request?.headers.authorization} ${request?.headers["x-skaha-authentication-type"]}`;
}

describe("which server and which login", () => {
  test("the active ones of the file", async () => {
    expect(await target({})).toBe("/skaha/v1/session Bearer LOCAL-TOKEN OIDC");
  });

  test("a saved server by name or URI, with its own login", async () => {
    expect(await target({ server: "second" })).toBe("/second/v2/session Bearer OTHER-TOKEN OIDC");
    expect(await target({ server: "ivo://canfar.local/skaha" })).toBe(
      "/skaha/v1/session Bearer LOCAL-TOKEN OIDC",
    );
    const named = await target({}, () => ({ CANFAR_ACTIVE__SERVER: "second" }));
    expect(named).toBe("/second/v2/session Bearer OTHER-TOKEN OIDC");
  });

  test("CANFAR_URL and CANFAR_TOKEN beat the file, CANFAR_URL alone takes the saved login", async () => {
    const both = (origin: string) => ({ CANFAR_URL: `${origin}/third/v1/`, CANFAR_TOKEN: "RUN" });
    expect(await target({}, both)).toBe("/third/v1/session Bearer RUN RUNTIME-TOKEN");
    const url = (origin: string) => ({ CANFAR_URL: `${origin}/third/v1` });
    expect(await target({}, url)).toBe("/third/v1/session Bearer LOCAL-TOKEN OIDC");
  });

  test("options beat variables, and an empty variable is none", async () => {
    const variables = (origin: string) => ({ CANFAR_URL: `${origin}/third/v1`, CANFAR_TOKEN: "RUN" });
    expect(await target({ server: "second" }, variables)).toBe("/second/v2/session Bearer RUN RUNTIME-TOKEN");
    expect(await target({ token: "MINE" }, variables)).toBe("/third/v1/session Bearer MINE RUNTIME-TOKEN");
    expect(await target({}, () => ({ CANFAR_URL: "", CANFAR_TOKEN: "" }))).toBe(
      "/skaha/v1/session Bearer LOCAL-TOKEN OIDC",
    );
  });

  test("another login for one process", async () => {
    expect(
      await target({}, () => ({ CANFAR_AUTHENTICATION_IDP: "other", CANFAR_ACTIVE__SERVER: "local" })),
    ).toBe("/skaha/v1/session Bearer OTHER-TOKEN OIDC");
  });
});

describe("what cannot work says so", () => {
  test.each([
    { options: { server: "nowhere" }, variables: {}, code: "server.none_available" },
    { options: { server: "canfar" }, variables: {}, code: "request.unsupported" },
    { options: { url: "host/skaha" }, variables: {}, code: "config.invalid" },
    { options: { url: "ftp://host/skaha" }, variables: {}, code: "config.invalid" },
    { options: {}, variables: { CANFAR_TIMEOUT: "0" }, code: "config.invalid" },
    { options: {}, variables: { CANFAR_CONCURRENCY: "many" }, code: "config.invalid" },
    { options: {}, variables: { CANFAR_AUTHENTICATION_IDP: "nobody" }, code: "server.none_available" },
  ])("$options $variables", async ({ options, variables, code }) => {
    await expect(target(options, () => variables as Record<string, string>)).rejects.toMatchObject({ code });
  });

  test("a token without an address", async () => {
    await using folder = await scratchFolder();
    const configPath = join(folder.path, "config.yaml");
    await expect(openClient({ configPath, token: "T", environment: {} })).rejects.toMatchObject({
      code: "config.invalid",
      hint: expect.stringContaining("CANFAR_URL"),
    });
  });
});

test("a job with its own token and address needs no readable file", async () => {
  await using folder = await scratchFolder();
  const configPath = join(folder.path, "config.yaml");
  await writeFile(configPath, "version: 9\n");
  const client = await openClient({
    configPath,
    token: "T",
    url: "http://127.0.0.1:1/skaha/v1",
    environment: {},
  });
  expect(client.server.url).toBe("http://127.0.0.1:1/skaha");
});
