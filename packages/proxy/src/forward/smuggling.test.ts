import { expect, test } from "vitest";
import { ask, exchange, startRig, startSession } from "../test-rig.ts";

const line = "POST /session/notebook/abcd1234/api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";

/** Two Sessions that count what reaches them. */
async function twoSessions() {
  const reached: string[] = [];
  const count = (name: string) =>
    startSession((request, response) => {
      reached.push(`${name} ${request.url}`);
      request.resume();
      response.end(name);
    });
  return { reached, mine: await count("mine"), other: await count("other") };
}

test.each([
  ["length and chunks", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"],
  ["two lengths", "Content-Length: 6\r\nContent-Length: 5\r\n\r\nabcdef"],
  ["an encoding that is not chunked", "Transfer-Encoding: gzip\r\n\r\nabc"],
  ["chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n"],
  ["a hidden encoding", "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\nabc"],
  ["a folded header", "X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc"],
  ["a signed length", "Content-Length: +3\r\n\r\nabc"],
  ["a bare line feed", "X: a\nContent-Length: 3\r\n\r\nabc"],
])("%s: refused, nothing reaches the Session", async (_what, bytes) => {
  const { reached, mine, other } = await twoSessions();
  await using session = mine;
  await using _other = other;
  await using rig = await startRig();
  rig.route("abcd1234", session);
  expect(await exchange(rig.port, line + bytes)).toMatch(/^HTTP\/1\.1 400 /);
  expect(reached).toEqual([]);
});

test("pipelined requests stay apart and in order", async () => {
  const { reached, mine, other } = await twoSessions();
  await using session = mine;
  await using another = other;
  await using rig = await startRig();
  rig.route("abcd1234", session);
  rig.route("wxyz1234", another);
  const first = "POST /session/notebook/abcd1234/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  const second = "GET /session/notebook/wxyz1234/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const text = await exchange(rig.port, first + second);
  expect(text.match(/mine|other/g)).toEqual(["mine", "other"]);
  expect([...reached].sort()).toEqual([
    "mine /session/notebook/abcd1234/a",
    "other /session/notebook/wxyz1234/b",
  ]);
});

test.each([
  ["/session/notebook/abcd1234/../wxyz1234/", 400],
  ["/session/notebook/abcd1234/%2e%2e/wxyz1234/", 400],
  ["/session/notebook/abcd1234/%252e%252e/wxyz1234/", 400],
  ["/session/notebook/abcd1234/..%2fwxyz1234/", 400],
  ["/session/notebook/abcd1234/..;/wxyz1234/", 400],
  ["/session/notebook/abcd1234/..%5cwxyz1234/", 400],
  ["/session/notebook/abcd1234/x/..\\..\\wxyz1234/", 400],
  ["/session/notebook/../notebook/wxyz1234/", 404],
  ["//session/notebook/wxyz1234/", 404],
  ["/session//notebook/wxyz1234/", 404],
  ["/session/notebook/%77xyz1234/", 404],
  ["/session/notebook/WXYZ1234/", 404],
  ["/session/contrib/wxyz1234/", 404],
  ["/session/notebook/wxyz12345/", 404],
  ["/session/notebook/wxyz123/", 404],
  ["http://127.0.0.1/session/notebook/wxyz1234/", 400],
  ["wxyz1234.evil:80", 400],
  ["*", 400],
  ["/session/notebook/wxyz1234/#x", 400],
])("%s never reaches another Session: %i", async (target, status) => {
  const { reached, mine, other } = await twoSessions();
  await using session = mine;
  await using another = other;
  await using rig = await startRig();
  rig.route("abcd1234", session);
  rig.route("wxyz1234", another);
  const answer = await exchange(rig.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(reached).toEqual([]);
});

test("each Session is asked for its own admission, and gets its own traffic only", async () => {
  const { reached, mine, other } = await twoSessions();
  await using session = mine;
  await using another = other;
  const asked: string[] = [];
  await using rig = await startRig({
    admit: async ({ headers }, { sessionId, owner }) => {
      asked.push(sessionId);
      return headers.cookie === owner ? { kind: "allow" } : { kind: "deny" };
    },
  });
  rig.route("abcd1234", session, { owner: "ada" });
  rig.route("wxyz1234", another, { owner: "bob" });
  const as = async (cookie: string, id: string) =>
    (await ask(rig.port, `/session/notebook/${id}/`, { headers: { Cookie: cookie } })).status;
  expect([await as("ada", "abcd1234"), await as("ada", "wxyz1234")]).toEqual([200, 403]);
  expect([await as("bob", "abcd1234"), await as("bob", "wxyz1234")]).toEqual([403, 200]);
  expect(asked).toEqual(["abcd1234", "wxyz1234", "abcd1234", "wxyz1234"]);
  expect(reached).toEqual(["mine /session/notebook/abcd1234/", "other /session/notebook/wxyz1234/"]);
});

test("an answer that was never asked for does not become the next request's answer", async () => {
  await using session = await startSession((request, response) => {
    response.socket?.write(
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nrealHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nforged",
    );
    request.resume();
  });
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const bodies = [];
  for (let run = 0; run < 3; run += 1) bodies.push((await ask(rig.port, "/session/notebook/abcd1234/")).body);
  expect(bodies).toEqual(["real", "real", "real"]);
});
