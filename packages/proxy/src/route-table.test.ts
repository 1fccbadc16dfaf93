import { expect, test } from "vitest";
import { RouteTable, type SessionRoute } from "./route-table.ts";

const target = { host: "127.0.0.1", port: 1 };

function route(sessionId: string, more: Partial<SessionRoute> = {}): SessionRoute {
  const prefix = `/session/notebook/${sessionId}/`;
  return {
    sessionId,
    prefix,
    stripsPrefix: false,
    owner: "ada",
    target,
    state: "ready",
    message: "",
    ...more,
  };
}

test("a path finds the route with the longest prefix, byte by byte", () => {
  const routes = new RouteTable();
  const outer = route("outer", { prefix: "/session/" });
  const inner = route("abcd1234");
  routes.set(outer);
  routes.set(inner);
  expect(routes.match("/session/notebook/abcd1234/lab")).toBe(inner);
  expect(routes.match("/session/notebook/abcd1234/")).toBe(inner);
  expect(routes.match("/session/notebook/abcd1234")).toBe(outer);
  expect(routes.match("/session/notebook/ABCD1234/")).toBe(outer);
  expect(routes.match("/session//notebook/abcd1234/")).toBe(outer);
  expect(routes.match("/sess")).toBeNull();
  expect(routes.match("")).toBeNull();
});

test("replacing a route moves its prefix, removing it forgets it", () => {
  const routes = new RouteTable();
  routes.set(route("abcd1234"));
  routes.set(route("abcd1234", { prefix: "/session/contrib/abcd1234/" }));
  expect(routes.match("/session/notebook/abcd1234/")).toBeNull();
  expect(routes.match("/session/contrib/abcd1234/")?.sessionId).toBe("abcd1234");
  routes.remove("abcd1234");
  routes.remove("abcd1234");
  expect(routes.match("/session/contrib/abcd1234/")).toBeNull();
  expect(routes.get("abcd1234")).toBeUndefined();
});

test("two Sessions cannot share a prefix, and a prefix is a folder", () => {
  const routes = new RouteTable();
  routes.set(route("abcd1234"));
  expect(() => routes.set(route("wxyz1234", { prefix: "/session/notebook/abcd1234/" }))).toThrowError(
    /belongs to session abcd1234/,
  );
  expect(() => routes.set(route("wxyz1234", { prefix: "/session/notebook/wxyz1234" }))).toThrowError(
    /end with/,
  );
});

test("listeners hear each change until they stop", () => {
  const routes = new RouteTable();
  const heard: unknown[] = [];
  const stop = routes.onChange((id, now) => heard.push([id, now?.state ?? null]));
  routes.set(route("abcd1234", { state: "starting", target: null }));
  routes.set(route("abcd1234"));
  routes.remove("abcd1234");
  stop();
  routes.set(route("abcd1234"));
  expect(heard).toEqual([
    ["abcd1234", "starting"],
    ["abcd1234", "ready"],
    ["abcd1234", null],
  ]);
});

test("times count from the request, and from the last time it became ready", () => {
  let now = 1000;
  const routes = new RouteTable({ now: () => now });
  routes.set(route("abcd1234", { state: "starting", target: null }));
  now = 3000;
  expect(routes.elapsed("abcd1234")).toBe(2000);
  expect(routes.readyFor("abcd1234")).toBeNull();
  routes.set(route("abcd1234", { requestedAt: 500 }));
  now = 4000;
  routes.set(route("abcd1234", { requestedAt: 500, message: "other" }));
  expect(routes.elapsed("abcd1234")).toBe(3500);
  expect(routes.readyFor("abcd1234")).toBe(1000);
});

test("a path of many slashes is answered", () => {
  const routes = new RouteTable();
  routes.set(route("abcd1234"));
  // A pattern that tries again from each slash would take days for so many.
  expect(routes.match("/".repeat(10_000_000))).toBeNull();
});
