import { ROUTES } from "@canfar/contract";
import type { PlatformApp } from "./context.ts";

/** `/canfar/v1/user`: who the caller is. */
export function mountUser(app: PlatformApp): void {
  app.get(ROUTES.getCurrentUser.path, (context) => context.json(context.var.user));
}
