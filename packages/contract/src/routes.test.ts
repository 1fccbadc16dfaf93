import { expect, test } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { ROUTES, routePath } from "./routes.ts";

test("parameters of a path are encoded, and a missing one is an error", () => {
  expect(routePath("getSession", { id: "a/../b" })).toBe("/skaha/v1/session/a%2F..%2Fb");
  expect(() => routePath("getSession")).toThrowError(/needs the parameter id/);
});

test("the OpenAPI document has every route, with its parameters and its security", () => {
  const document = openApiDocument({ server: "https://host", version: "1.2.3" }) as {
    paths: Record<string, Record<string, { parameters: { name: string }[]; security?: unknown }>>;
  };
  for (const route of Object.values(ROUTES)) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()];
    expect(operation, `${route.method} ${route.path}`).toBeDefined();
    expect(operation?.security !== undefined).toBe(route.authenticated);
  }
  const names = document.paths["/skaha/v1/session/{id}"]?.get?.parameters.map(({ name }) => name);
  expect(names).toEqual(["id", "view", "follow", "tail", "since", "timestamps", "format"]);
});
