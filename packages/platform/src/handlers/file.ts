import { CanfarError, fileDigestSchema, folderRequestSchema, ROUTES } from "@canfar/contract";
import type { z } from "zod";
import type { CarriedFiles } from "../services/carried-files.ts";
import { honoPath, type PlatformApp } from "./context.ts";
import { readJson } from "./parameters.ts";

/** `/canfar/v1/file/{digest}` and `/canfar/v1/folder`: files that `canfar run` carries to the caller's home. */
export function mountFile(app: PlatformApp, files: CarriedFiles): void {
  app.post(honoPath(ROUTES.putFile.path), async (context) => {
    const digest = checked(fileDigestSchema, context.req.param("digest"));
    await files.keep(context.var.user.username, digest, context.req.raw.body ?? []);
    return context.text(`${digest}\n`);
  });

  app.post(ROUTES.makeFolder.path, async (context) => {
    const request = checked(folderRequestSchema, await readJson(context.req.raw));
    return context.json(await files.makeFolder(context.var.user.username, request));
  });
}

/** @throws CanfarError `request.invalid` naming the first field that is wrong */
function checked<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw new CanfarError("request.invalid", {
    message: `the files cannot be taken: ${where}${issue?.message ?? ""}`,
    hint: "See /openapi.json for what a folder may be.",
    details: { fields: result.error.issues.map(({ path }) => path.join(".")) },
  });
}
