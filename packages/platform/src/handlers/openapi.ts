import { openApiDocument } from "@canfar/contract";
import type { PlatformApp } from "./context.ts";

/** `/openapi.json`, and a first page that says what this is. */
export function mountOpenApi(app: PlatformApp, options: { origin: string; version: string }): void {
  app.get("/openapi.json", (context) =>
    context.json(openApiDocument({ server: options.origin, version: options.version })),
  );
  app.get("/", (context) =>
    context.text(
      `CANFAR Science Platform ${options.version}\n\nAPI: ${options.origin}/skaha/v1 (described in ${options.origin}/openapi.json)\nLog in: canfar auth login -f\n`,
    ),
  );
}
