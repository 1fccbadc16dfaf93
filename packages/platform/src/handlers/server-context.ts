import { ROUTES, type ServerContext } from "@canfar/contract";
import type { PlatformApp } from "./context.ts";

/** `/v1/context`: what a Session may ask for. */
export function mountServerContext(app: PlatformApp, offered: ServerContext): void {
  app.get(ROUTES.getContext.path, (context) => context.json(offered));
}
