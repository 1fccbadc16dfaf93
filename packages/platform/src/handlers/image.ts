import { CanfarError, isSessionKind, ROUTES } from "@canfar/contract";
import { encodeImage } from "@canfar/contract/wire";
import type { ImageCatalogue } from "../services/image-catalogue.ts";
import type { PlatformApp } from "./context.ts";

/** `/v1/image` and `/v1/repository`. */
export function mountImage(app: PlatformApp, images: ImageCatalogue): void {
  app.get(ROUTES.listImages.path, (context) => {
    const type = context.req.query("type");
    if (type !== undefined && !isSessionKind(type)) {
      throw new CanfarError("request.invalid", {
        message: `unknown type: ${type}`,
        hint: "Session kinds are written in lower case: notebook, headless, …",
      });
    }
    const body = JSON.stringify(images.list(type).map(encodeImage), null, 2);
    return context.body(body, 200, { "Content-Type": "application/json" });
  });

  app.get(ROUTES.listRepositories.path, (context) => context.json(images.registries));
}
