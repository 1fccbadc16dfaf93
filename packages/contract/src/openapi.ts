import { z } from "zod";
import { ERROR_CODES } from "./errors.ts";
import { type Body, ROUTES, type Route } from "./routes.ts";

/**
 * The OpenAPI 3.1 document of the platform, made from the route table.
 *
 * @param options.server base address, e.g. `https://host`
 * @param options.version version of the platform
 */
export function openApiDocument(options: { server: string; version: string }): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "CANFAR Science Platform", version: options.version },
    servers: [{ url: options.server }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: { ErrorCode: { type: "string", enum: [...ERROR_CODES] } },
    },
  };
}

function operation(operationId: string, route: Route): Record<string, unknown> {
  const path = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const query = Object.entries(route.parameters?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: !schema.safeParse(undefined).success,
    schema: z.toJSONSchema(schema, { io: "input" }),
  }));
  const failure = { description: "The reason as text, or a problem document where the client accepts one" };
  return {
    operationId,
    summary: route.summary,
    ...(route.authenticated ? { security: [{ bearer: [] }] } : {}),
    parameters: [...path, ...query],
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: contentOf(route.body) } }),
    responses: { 200: { description: "OK", content: contentOf(route.answer) }, default: failure },
  };
}

function contentOf({ mediaType, schema }: Body): Record<string, unknown> {
  return { [mediaType]: { schema: z.toJSONSchema(schema, { io: "input" }) } };
}
