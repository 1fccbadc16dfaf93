import { once } from "node:events";
import { connect } from "node:net";
import { startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpFront } from "./http-front.ts";
import { silentLog } from "./log.ts";

let platform: TestPlatform;

beforeEach(async () => {
  platform = await startTestPlatform({ identityProvider: true });
});
afterEach(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Sends bytes as they are. @returns the first line of the answer */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(platform.url).port), "127.0.0.1");
  socket.end(text);
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    answer += chunk;
  });
  await once(socket, "close");
  return answer.split("\r\n")[0] ?? "";
}

describe("HttpFront", () => {
  it("says whose port it is when the port is taken", async () => {
    const port = Number(new URL(platform.url).port);
    await expect(HttpFront.listen({ host: "127.0.0.1", port, log: silentLog })).rejects.toMatchObject({
      code: "platform.port_taken",
      message: `port ${port} on 127.0.0.1 is taken by another program`,
    });
  });

  it("says what is wrong with an address that is not this machine's", async () => {
    await expect(HttpFront.listen({ host: "192.0.2.1", port: 0, log: silentLog })).rejects.toMatchObject({
      code: "platform.start_failed",
    });
  });

  it("answers 503 until the platform is there", async () => {
    const front = await HttpFront.listen({ host: "127.0.0.1", port: 0, log: silentLog });
    const response = await fetch(front.address);
    expect(response.status).toBe(503);
    await response.text();
    await front.close();
  });

  it("answers bytes that are no HTTP with 400, and goes on", async () => {
    expect(await raw("nonsense\r\n\r\n")).toBe("HTTP/1.1 400 Bad Request");
    expect(await raw("GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 4\d\d/,
    );
    expect(await raw("GET / HTTP/1.1\r\nHost: a b<>\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 [24]\d\d/,
    );
    expect((await fetch(`${platform.url}/skaha/availability`)).status).toBe(200);
  });

  it("hands each path to who answers it", async () => {
    const get = async (path: string) =>
      (await fetch(`${platform.url}${path}`, { redirect: "manual" })).status;
    expect(await get("/oidc/.well-known/openid-configuration")).toBe(200);
    expect(await get("/login")).toBe(200);
    expect(await get("/openapi.json")).toBe(200);
    expect(await get("/session/notebook/nosuchid/")).toBe(404);
    expect(await get("/nowhere")).toBe(404);
  });

  it("takes the tokens of its identity provider, and of nobody else", async () => {
    const user = await (await platform.fetch("/canfar/v1/user", { as: "bela" })).json();
    expect(user).toMatchObject({ username: "bela", uid: 10_004 });
    expect((await platform.fetch("/canfar/v1/user", { headers: { authorization: "Bearer x" } })).status).toBe(
      401,
    );
  });
});
