import { expect, test } from "vitest";
import { ask, COOKIE, startRig, startSession } from "./test-rig.ts";

const page = "/session/notebook/abcd1234/lab";
const browser = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

test("nobody known: a browser goes to the login page, everything else gets 401", async () => {
  await using rig = await startRig({
    admit: async () => ({ kind: "login", loginUrl: "/login?next=%2Fsession%2F" }),
  });
  rig.route("abcd1234", null);
  const navigation = await ask(rig.port, page, { headers: browser });
  expect([navigation.status, navigation.headers.location]).toEqual([302, "/login?next=%2Fsession%2F"]);
  const program = await ask(rig.port, page);
  expect([program.status, program.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
  expect(program.headers["x-canfar-code"]).toBe("authentication.required");
  expect(program.body).toBe("log in to open this session\n");
  expect((await ask(rig.port, page, { method: "POST", headers: browser })).status).toBe(401);
});

test("known and not allowed: 403 as a page, as text, and as a problem document", async () => {
  await using rig = await startRig({ admit: async () => ({ kind: "deny" }) });
  rig.route("abcd1234", null);
  const [html, text, problem] = [
    await ask(rig.port, page, { headers: browser }),
    await ask(rig.port, page),
    await ask(rig.port, page, { headers: { Accept: "application/problem+json" } }),
  ];
  expect([html.status, text.status, problem.status]).toEqual([403, 403, 403]);
  expect(html.body).toContain("<h1>This session is not yours to open</h1>");
  expect(text.headers["content-type"]).toBe("text/plain; charset=utf-8");
  expect(JSON.parse(problem.body)).toMatchObject({ status: 403, code: "authorization.denied" });
});

test("a good ticket sets the cookie and disappears from the address", async () => {
  await using rig = await startRig({
    admit: async () => ({ kind: "redirect", location: `${page}?x=1`, setCookie: `${COOKIE}=1; HttpOnly` }),
  });
  rig.route("abcd1234", null);
  const reply = await ask(rig.port, `${page}?ticket=secret&x=1`, { headers: browser });
  expect([reply.status, reply.headers.location]).toEqual([303, `${page}?x=1`]);
  expect(reply.headers["set-cookie"]).toEqual([`${COOKIE}=1; HttpOnly`]);
  expect(reply.headers["cache-control"]).toBe("no-store");
});

test("an address without its last slash is completed, the query kept", async () => {
  await using session = await startSession((_request, response) => response.end("ok"));
  await using rig = await startRig();
  rig.route("abcd1234", session);
  const reply = await ask(rig.port, "/session/notebook/abcd1234?ticket=1&x");
  expect([reply.status, reply.headers.location]).toEqual([308, "/session/notebook/abcd1234/?ticket=1&x"]);
});

test("a change that a page of another site asks for is refused, reading is not", async () => {
  const reached: (string | undefined)[] = [];
  await using session = await startSession((request, response) => {
    reached.push(request.method);
    response.end("ok");
  });
  await using rig = await startRig({
    admit: async ({ headers }) => ({
      kind: "allow",
      stripAuthorization: headers.authorization !== undefined,
    }),
  });
  rig.route("abcd1234", session, { inject: { authorization: "token s3cret" } });
  const status = async (method: string, headers: Record<string, string>) =>
    (await ask(rig.port, page, { method, headers })).status;
  expect(await status("POST", { Origin: "http://evil.example" })).toBe(403);
  expect(await status("POST", { Origin: "null" })).toBe(403);
  expect(await status("POST", { Origin: "http://127.0.0.1:1" })).toBe(403);
  expect(await status("DELETE", { "Sec-Fetch-Site": "cross-site" })).toBe(403);
  expect(reached).toEqual([]);
  expect(await status("GET", { Origin: "http://evil.example" })).toBe(200);
  expect(await status("POST", { Origin: rig.origin })).toBe(200);
  expect(await status("POST", { "Sec-Fetch-Site": "same-origin" })).toBe(200);
  expect(await status("POST", {})).toBe(200);
  expect(await status("POST", { Origin: "http://evil.example", Authorization: "Bearer x" })).toBe(200);
});

test("successful use is reported, at most once in 30 s for each Session; bad requests are no use", async () => {
  await using session = await startSession(({ url }, response) => {
    response.writeHead(url?.endsWith("bad") ? 404 : 200).end();
  });
  const used: string[] = [];
  let now = 1_000_000;
  await using rig = await startRig({ onActivity: (id) => used.push(id), now: () => now });
  rig.route("abcd1234", session);
  rig.route("wxyz1234", session);
  await ask(rig.port, `${page}/bad`);
  expect(used).toEqual([]);
  await ask(rig.port, page);
  await ask(rig.port, page);
  await ask(rig.port, "/session/notebook/wxyz1234/");
  expect(used).toEqual(["abcd1234", "wxyz1234"]);
  now += 30_000;
  await ask(rig.port, page);
  expect(used).toEqual(["abcd1234", "wxyz1234", "abcd1234"]);
});
