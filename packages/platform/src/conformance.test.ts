/**
 * The conformance checklist of the Skaha API (upstream-server.md section 10): black box over HTTP. Tests carry the
 * item's number; U is upstream's behaviour, H a deliberate hardening. Missing: 6 (no users group on one machine),
 * 9 for certificates, 43 (what a program sees: the process driver's tests), 58 and 59 (desktops do not run here).
 */
import { type PlatformStats, platformStatsSchema, serverContextSchema } from "@canfar/contract";
import type { WireSession } from "@canfar/contract/wire";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SESSION = "/skaha/v1/session";
const TERMINAL = "images.canfar.net/skaha/terminal:latest";
const ASTROML = "images.canfar.net/skaha/astroml:latest";

let driver: FakeDriver;
let platform: TestPlatform;

beforeEach(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver });
});

afterEach(async () => {
  await platform[Symbol.asyncDispose]();
});

type Form = Record<string, string | string[]>;

function encode(form: Form): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    for (const one of [value].flat()) parameters.append(name, one);
  }
  return parameters;
}

async function post(form: Form, init: { as?: string; headers?: Record<string, string> } = {}) {
  return await platform.fetch(SESSION, { method: "POST", body: encode(form), ...init });
}

async function create(form: Form, as?: string): Promise<string> {
  const response = await post(form, as === undefined ? {} : { as });
  const body = await response.text();
  expect(response.status, body).toBe(200);
  return body.replace(/[\r\n]/g, "");
}

const batch = (change: Form = {}): Form => ({ name: "batch", image: TERMINAL, cmd: "sleeper", ...change });
const notebook = (change: Form = {}): Form => ({ name: "nb", image: ASTROML, type: "notebook", ...change });

async function list(query = "", as?: string): Promise<WireSession[]> {
  const response = await platform.fetch(`${SESSION}${query}`, as === undefined ? {} : { as });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  return (await response.json()) as WireSession[];
}

async function get(id: string): Promise<WireSession> {
  return (await (await platform.fetch(`${SESSION}/${id}`)).json()) as WireSession;
}

async function untilStatus(id: string, status: string): Promise<WireSession> {
  return await eventually(async () => {
    const session = await get(id);
    return session.status === status ? session : null;
  });
}

async function refused(response: Response, status: number, text: string): Promise<void> {
  expect(await response.text()).toContain(text);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(response.headers.get("x-canfar-code")).toMatch(/^[a-z]+\.[a-z_]+$/);
}

describe("service", () => {
  it("1 U: availability needs no credentials and says true", async () => {
    const response = await fetch(`${platform.url}/skaha/availability`);
    expect(response.status).toBe(200);
    const xml = await response.text();
    expect(xml).toContain('xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0"');
    expect(xml).toContain("<vosi:available>true</vosi:available>");
  });

  it("2 U: capabilities name each service below /v1 with three security methods", async () => {
    const xml = await (await fetch(`${platform.url}/skaha/capabilities`)).text();
    for (const name of ["session", "image", "context", "repository"]) {
      const capability =
        xml.split("<capability ").find((part) => part.includes(`std/platform#${name}-1"`)) ?? "";
      expect(capability).toContain(`>${platform.url}/skaha/v1/${name}</accessURL>`);
      for (const method of ["cookie", "tls-with-certificate", "token"]) {
        expect(capability).toContain(`standardID="ivo://ivoa.net/sso#${method}"`);
      }
    }
  });

  it("3 U: HEAD of the capabilities is 200 without a body", async () => {
    const response = await fetch(`${platform.url}/skaha/capabilities`, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  it.each(["session", "image", "context", "repository"])(
    "4 and 7 U: /v1/%s without credentials is 401 text with a challenge",
    async (name) => {
      const response = await fetch(`${platform.url}/skaha/v1/${name}`);
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
      await refused(response, 401, "Unauthorized");
    },
  );

  it("5 U: an invalid token is 401", async () => {
    const headers = { authorization: "Bearer nonsense" };
    await refused(await platform.fetch(SESSION, { headers }), 401, "Unauthorized");
  });

  it("9 U: one token is good for every endpoint", async () => {
    for (const path of ["session", "session?view=stats", "image", "context", "repository"]) {
      expect((await platform.fetch(`/skaha/v1/${path}`)).status, path).toBe(200);
    }
  });

  it("8 U: a method that a path does not have is 400", async () => {
    await refused(await platform.fetch(SESSION, { method: "PUT" }), 400, "unsupported: HTTP PUT");
    const image = await platform.fetch("/skaha/v1/image", { method: "POST" });
    await refused(image, 400, "unsupported: HTTP POST");
    expect((await platform.fetch(SESSION, { method: "HEAD" })).status).toBe(400);
  });
});

describe("image, repository, context", () => {
  it("10 U: images have id, types and digest", async () => {
    const images = (await (await platform.fetch("/skaha/v1/image")).json()) as Record<string, unknown>[];
    expect(images.length).toBeGreaterThan(0);
    for (const image of images) {
      expect(image).toMatchObject({ id: expect.any(String), digest: expect.any(String) });
      expect(image.types).toEqual(expect.arrayContaining([expect.any(String)]));
    }
  });

  it("11 U: images of one type", async () => {
    const response = await platform.fetch("/skaha/v1/image?type=notebook");
    const images = (await response.json()) as { types: string[] }[];
    expect(images.length).toBeGreaterThan(0);
    for (const { types } of images) expect(types).toContain("notebook");
  });

  it("12 U: an unknown image type is 400", async () => {
    await refused(await platform.fetch("/skaha/v1/image?type=bogus"), 400, "unknown type: bogus");
    await refused(await platform.fetch("/skaha/v1/image?type=Notebook"), 400, "unknown type: Notebook");
  });

  it("13 U: every image comes from a host of /v1/repository", async () => {
    const hosts = (await (await platform.fetch("/skaha/v1/repository")).json()) as string[];
    expect(hosts).toEqual(["images.canfar.net"]);
    const images = (await (await platform.fetch("/skaha/v1/image")).json()) as { id: string }[];
    for (const { id } of images) expect(hosts.some((host) => id.startsWith(`${host}/`))).toBe(true);
  });

  it("14 and 15 U/H: the context is of its schema, its maximum a number", async () => {
    const context = await (await platform.fetch("/skaha/v1/context")).json();
    expect(serverContextSchema.parse(context)).toEqual(context);
    expect(context).toMatchObject({ maxInteractiveSessions: 5, gpus: { options: [] } });
  });
});

describe("create: refusals", () => {
  const cases: [string, Form, string][] = [
    ["16 U: no image", { name: "a" }, "Missing parameter 'image'"],
    ["17 U: no name", { image: TERMINAL }, "Missing parameter 'name'"],
    ["18 U: a name with other characters", batch({ name: "bad_name" }), "alpha-numeric"],
    ["19 H: a name that starts with a dash", batch({ name: "-a" }), "starts or ends with '-'"],
    ["19 H: a name that ends with a dash", batch({ name: "a-" }), "starts or ends with '-'"],
    ["19 H: a name of 64 characters", batch({ name: "a".repeat(64) }), "longer than 63"],
    [
      "19 H: a name that is too long with its number",
      batch({ name: "a".repeat(62), replicas: "10" }),
      "longer",
    ],
    ["20 U: an unknown type", batch({ type: "nope" }), "Invalid session type"],
    ["21 U: another registry", batch({ image: "docker.io/x/y:1" }), "must come from one of"],
    [
      "22 H: a registry that only begins alike",
      batch({ image: "images.canfar.net.evil.org/x/y:1" }),
      "must come from",
    ],
    ["23 U: too many cores", batch({ cores: "9999" }), "Invalid value for 'cores'"],
    ["23 U: cores that are no number", batch({ cores: "abc" }), "Invalid value for 'cores'"],
    ["23 U: no cores at all", batch({ cores: "0" }), "Invalid value for 'cores'"],
    ["23 H: a little more cores than there are", batch({ cores: "4.5" }), "Invalid value for 'cores'"],
    ["24 U: too much memory", batch({ ram: "9999" }), "Invalid value for 'ram'"],
    ["25 U: gpus that are no number", batch({ gpus: "abc" }), "Invalid value for 'gpus'"],
    ["25 U: gpus where there are none", batch({ gpus: "1" }), "Invalid value for 'gpus'"],
    [
      "26 U: an unknown image without registry credentials",
      batch({ image: "images.canfar.net/skaha/other:1" }),
      "No authentication provided for unknown or private image",
    ],
    ["H: an image of another kind", notebook({ image: TERMINAL }), "is for headless sessions"],
    ["H: no replicas", batch({ replicas: "0" }), "Invalid value for 'replicas'"],
    ["H: too many replicas", batch({ replicas: "100001" }), "Invalid value for 'replicas'"],
    ["H: a variable without a value", batch({ env: "NOVALUE" }), "not KEY=VALUE"],
  ];

  it.each(cases)("%s is 400 and 28: the list stays as it was", async (_title, form, text) => {
    await refused(await post(form), 400, text);
    expect(await list()).toEqual([]);
  });

  it("26 H: an unknown image comes with the nearest name", async () => {
    await refused(await post(batch({ image: "skaha/astrml" })), 400, "did you mean 'skaha/astroml:latest'?");
  });

  it("27 U: registry credentials of another form are refused", async () => {
    const headers = { "x-skaha-registry-auth": "bm9jb2xvbg==" };
    const form = batch({ image: "images.canfar.net/skaha/other:1" });
    await refused(await post(form, { headers }), 400, "username:secret");
  });

  it("H: a body that is no form is 400, one that is too large 413", async () => {
    const headers = { "content-type": "application/json" };
    const json = await platform.fetch(SESSION, { method: "POST", headers, body: "{}" });
    await refused(json, 400, "not supported");
    await refused(await post(batch({ env: `A=${"x".repeat(9 * 1024 * 1024)}` })), 413, "larger than");
  });

  it("H: a client that accepts problem documents gets one", async () => {
    const response = await post({ name: "a" }, { headers: { accept: "application/problem+json" } });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      status: 400,
      code: "session.missing_parameter",
      detail: "Missing parameter 'image'",
      hint: expect.any(String),
    });
  });
});

describe("create", () => {
  it("29 U: a form body gives a text answer with the id", async () => {
    const response = await post(notebook({ cores: "1", ram: "1" }));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await response.text()).toMatch(/^[a-z0-9]{8}\n$/);
  });

  it("30 U: the query string is as good as the body, and both may be mixed", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const query = await platform.fetch(`${SESSION}?${encode(batch())}`, { method: "POST", headers });
    expect(await query.text()).toMatch(/^[a-z0-9]{8}\n$/);
    const mixed = await platform.fetch(`${SESSION}?name=x`, {
      method: "POST",
      body: encode({ image: TERMINAL }),
    });
    expect(await mixed.text()).toMatch(/^[a-z0-9]{8}\n$/);
  });

  it("31 U: without a type it is headless", async () => {
    expect(await get(await create(batch()))).toMatchObject({ type: "headless" });
  });

  it("32 and 33 U: the id is on the list at once, its name in lower case", async () => {
    driver.holdForTest();
    const id = await create(batch({ name: "MyName" }));
    expect(await list()).toEqual([expect.objectContaining({ id, status: "Pending", name: "myname" })]);
  });

  it("34 U: a notebook gets Running with an address of the known shape", async () => {
    const id = await create(notebook());
    const { connectURL } = await untilStatus(id, "Running");
    expect(connectURL).toBe(`${platform.url}/session/notebook/${id}/lab/tree/arc/home/astro?token=${id}`);
  });

  it("35 U: each kind has its address", async () => {
    const at = async (type: string, image: string) => {
      const id = await create({ name: "a", type, image: `images.canfar.net/skaha/${image}:latest` });
      return String((await get(id)).connectURL)
        .replace(platform.url, "")
        .replaceAll(id, "ID");
    };
    expect(await at("desktop", "desktop")).toBe("/session/desktop/ID/?password=ID&path=session/desktop/ID/");
    expect(await at("carta", "carta")).toBe("/session/carta/ID/");
    expect(await at("contributed", "vscode")).toBe("/session/contrib/ID/");
    expect(await at("firefly", "firefly")).toBe("/session/firefly/ID/firefly/");
    expect(await at("headless", "terminal")).toBe("");
  });

  it("36 U: ids are strings, groups numbers, and what is unknown is missing", async () => {
    driver.holdForTest();
    const session = await get(await create(batch()));
    expect(session).toMatchObject({ runAsUID: "10005", runAsGID: "10005", supplementalGroups: [10_006] });
    expect(session.isFixedResources).toBe(false);
    expect(Object.values(session)).not.toContain(null);
    expect(session).not.toHaveProperty("startTime");
  });

  it("37 U: fixed and flexible resources", async () => {
    const fixed = await get(await create(notebook({ cores: "1", ram: "4" })));
    expect(fixed).toMatchObject({ isFixedResources: true, requestedCPUCores: "1", requestedRAM: "4" });
    const flexible = await get(await create(notebook()));
    expect(flexible.isFixedResources).toBe(false);
    expect(flexible).not.toHaveProperty("requestedCPUCores");
    expect(flexible).not.toHaveProperty("requestedRAM");
  });

  it.each([
    ["notebook", 4 * 86_400],
    ["headless", 14 * 86_400],
  ])("38 U: the life of a %s session is %i seconds", async (type, seconds) => {
    const id = await create({ name: "a", image: ASTROML, type, cmd: "sleeper" });
    const { startTime, expiryTime } = await untilStatus(id, "Running");
    expect(Date.parse(String(expiryTime)) - Date.parse(String(startTime))).toBe(seconds * 1000);
  });

  it("39 U: one interactive session too many is 400, headless ones do not count", async () => {
    for (let count = 0; count < 5; count += 1) await create(notebook());
    await refused(await post(notebook()), 400, "has reached the maximum of 5 active sessions");
    await create(batch());
    await create(notebook(), "bela");
  });

  it("40 H: of two creates at once at the maximum, one succeeds", async () => {
    for (let count = 0; count < 4; count += 1) await create(notebook());
    const responses = await Promise.all([post(notebook()), post(notebook())]);
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it("41 and 42 U/H: variables arrive as they are", async () => {
    const values = { A: "b=c", E: "", Q: `"$HOME" \\ 'x'\n; rm -rf`, U: "é 🌌" };
    const env = [
      ...Object.entries(values).map(([key, value]) => `${key}=${value}`),
      "REPLICA_ID=2",
      "REPLICA_COUNT=3",
    ];
    await create(batch({ env }));
    const plan = driver.plansForTest[0];
    expect(plan?.env).toMatchObject({ ...values, REPLICA_COUNT: "3" });
    expect(plan?.replicas[0]?.env).toMatchObject({ REPLICA_ID: "2" });
  });

  it("H: arg keeps every word whole", async () => {
    await create(batch({ cmd: "python", arg: ["-c", 'print("a b")', "", "x\ny"], args: "ignored" }));
    expect(driver.plansForTest[0]?.argv).toEqual(["python", "-c", 'print("a b")', "", "x\ny"]);
  });

  it("H: replicas=N makes a Group, one id a line", async () => {
    const response = await post(batch({ name: "Many", cmd: "true", replicas: "3" }));
    const ids = (await response.text()).trim().split("\n");
    expect(ids).toHaveLength(3);
    const sessions = await list();
    expect(sessions.map(({ id }) => id)).toEqual(ids);
    expect(sessions.map(({ name }) => name)).toEqual(["many-1", "many-2", "many-3"]);
    for (const session of sessions)
      expect(session).toMatchObject({ group: sessions[0]?.group, replicaCount: 3 });
  });
});

describe("list and get", () => {
  it("44 and 45 U: filters by type and status, any case", async () => {
    const headless = await create(batch());
    const interactive = await create(notebook());
    await untilStatus(interactive, "Running");
    await untilStatus(headless, "Running");
    for (const type of ["headless", "HEADLESS"]) {
      expect((await list(`?type=${type}`)).map(({ id }) => id)).toEqual([headless]);
    }
    expect(await list("?type=zzz")).toEqual([]);
    expect(await list("?status=running")).toHaveLength(2);
    expect(await list("?status=Failed")).toEqual([]);
  });

  it("46 U: desktop-app sessions are a type to ask for", async () => {
    await create(batch());
    expect(await list("?type=desktop-app")).toEqual([]);
  });

  it("47 U: view=interactive has no headless sessions", async () => {
    await create(batch());
    const interactive = await create(notebook());
    expect((await list("?view=interactive")).map(({ id }) => id)).toEqual([interactive]);
  });

  it("48 U: view=all shows others' sessions in four fields only", async () => {
    const id = await create(notebook());
    await untilStatus(id, "Running");
    const [session, ...others] = await list("?view=all", "bela");
    expect(others).toEqual([]);
    expect(Object.keys(session ?? {}).sort()).toEqual(["startTime", "status", "type", "userid"]);
  });

  it("49 U: others' sessions and unknown ids are 404", async () => {
    const id = await create(batch());
    expect((await platform.fetch(`${SESSION}/${id}`)).status).toBe(200);
    await refused(await platform.fetch(`${SESSION}/${id}`, { as: "bela" }), 404, "not found");
    await refused(await platform.fetch(`${SESSION}/nosuchid`), 404, "session nosuchid not found");
    await refused(await platform.fetch(`${SESSION}/%00%2e%2e`), 404, "not found");
    expect(await list("", "bela")).toEqual([]);
  });

  it("50 U: Completed and Failed sessions stay on the list, with their exit code", async () => {
    const good = await create(batch({ cmd: "true" }));
    const bad = await create(batch({ cmd: "no-such-program" }));
    expect(await untilStatus(good, "Completed")).toMatchObject({ exitCode: 0 });
    const failed = await untilStatus(bad, "Failed");
    expect(failed).toMatchObject({ exitCode: 127, message: expect.stringContaining("exited with code 127") });
    expect(await list()).toHaveLength(2);
  });
});

describe("logs, events, renew, delete", () => {
  it("51 U/H: logs are text, those of an unknown session 404, of a waiting one empty", async () => {
    const id = await create(batch({ cmd: "echo", args: "hello world" }));
    await untilStatus(id, "Completed");
    const response = await platform.fetch(`${SESSION}/${id}?view=logs`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await response.text()).toBe("hello world\n");
    await refused(await platform.fetch(`${SESSION}/nosuchid?view=logs`), 404, "not found");
  });

  it("52 U: events are a table", async () => {
    const id = await create(batch({ cmd: "true" }));
    await untilStatus(id, "Completed");
    const response = await platform.fetch(`${SESSION}/${id}?view=events`);
    const [header, ...rows] = (await response.text()).trim().split("\n");
    expect(header?.split(/\s{2,}/)).toEqual(["TYPE", "REASON", "MESSAGE", "FIRST-TIME", "LAST-TIME"]);
    expect(rows.map((row) => row.split(/\s{2,}/)[1])).toEqual([
      "Created",
      "Starting",
      "Started",
      "Completed",
    ]);
  });

  it("53 H: a queued session tells what it waits for", async () => {
    await platform[Symbol.asyncDispose]();
    platform = await startTestPlatform({ driver, config: { batch: { flexible: 1 } } });
    const [, , third] = [await create(batch()), await create(batch()), await create(batch())];
    const session = await get(third);
    const message = "waiting for room: 1 session before it";
    expect(session).toMatchObject({ status: "Pending", reason: "Queued", message });
    const events = await platform.fetch(`${SESSION}/${third}?view=events&format=json`);
    expect(await events.json()).toContainEqual(expect.objectContaining({ reason: "Queued", message }));
    expect(await (await platform.fetch(`${SESSION}/${third}?view=logs`)).text()).toBe("");
  });

  it("54 U: renewal does not shorten a longer life", async () => {
    const id = await create(batch());
    const before = await untilStatus(id, "Running");
    expect((await platform.fetch(`${SESSION}/${id}?action=renew`, { method: "POST" })).status).toBe(200);
    expect((await get(id)).expiryTime).toBe(before.expiryTime);
  });

  it("54 U: a renewed notebook lives longer", async () => {
    const id = await create(notebook());
    const before = await untilStatus(id, "Running");
    await eventually(() => Date.now() > Date.parse(String(before.startTime)) + 2);
    const body = encode({ action: "RENEW" });
    expect((await platform.fetch(`${SESSION}/${id}`, { method: "POST", body })).status).toBe(200);
    expect(String((await get(id)).expiryTime) > String(before.expiryTime)).toBe(true);
  });

  it("55 U: other actions, and renewal of what does not run, are 400", async () => {
    const id = await create(batch({ cmd: "true" }));
    await untilStatus(id, "Completed");
    const act = (on: string, query: string) => platform.fetch(`${SESSION}/${on}${query}`, { method: "POST" });
    await refused(await act(id, ""), 400, "Cannot modify an existing session");
    await refused(await act(id, "?action=foo"), 400, "unrecognized action");
    await refused(await act("nosuchid", "?action=renew"), 400, "No active job");
    await refused(await act(id, "?action=renew"), 400, "No active job");
  });

  it("56 U: a deleted session leaves the list at once and ends", async () => {
    const id = await create(notebook());
    await untilStatus(id, "Running");
    const response = await platform.fetch(`${SESSION}/${id}`, { method: "DELETE" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(await list()).toEqual([]);
    await refused(await platform.fetch(`${SESSION}/${id}`), 404, "not found");
    expect(platform.platform.routes.get(id)).toBeUndefined();
    await eventually(async () => (await driver.list()).every(({ phase }) => phase === "ended"));
  });

  it("57 U/H: nobody deletes all sessions, or others' ones", async () => {
    const id = await create(batch());
    const all = await platform.fetch(SESSION, { method: "DELETE" });
    await refused(all, 400, "Cannot kill all sessions");
    await refused(
      await platform.fetch(`${SESSION}/${id}`, { method: "DELETE", as: "bela" }),
      404,
      "not found",
    );
    expect(await list()).toHaveLength(1);
  });

  it("58 U: desktop apps of a session that is no desktop are 404", async () => {
    const id = await create(batch());
    await refused(await platform.fetch(`${SESSION}/${id}/app`), 404, "not found");
    await refused(await platform.fetch(`${SESSION}/${id}/app`, { method: "POST" }), 404, "not found");
  });

  it("60 U: stats are of their schema and count what active sessions asked for", async () => {
    const id = await create(batch({ cores: "2", ram: "3" }));
    await untilStatus(id, "Running");
    const stats = (await (await platform.fetch(`${SESSION}?view=stats`)).json()) as PlatformStats;
    expect(platformStatsSchema.parse(stats)).toEqual(stats);
    expect(stats.cores).toMatchObject({ requestedCPUCores: 2, cpuCoresAvailable: 4 });
    expect(stats.ram.requestedRAM).toMatch(/^3\.221G$/);
  });
});
