import {
  CanfarError,
  fileDigestSchema,
  folderRequestSchema,
  MAX_CARRIED_FILE_BYTES,
  ROUTES,
} from "@canfar/contract";
import type { z } from "zod";
import type { CarriedFiles } from "../services/carried-files.ts";
import { honoPath, type PlatformApp } from "./context.ts";
import { readJson } from "./parameters.ts";

/** `/canfar/v1/file/{digest}` and `/canfar/v1/folder`: files that `canfar run` carries to the caller's home. */
export function mountFile(app: PlatformApp, files: CarriedFiles): void {
  app.post(honoPath(ROUTES.putFile.path), async (context) => {
    const digest = checked(fileDigestSchema, context.req.param("digest"));
    const { body } = context.req.raw;
    try {
      await files.keep(context.var.user.username, digest, body?.values({ preventCancel: true }) ?? []);
    } catch (error) {
      await readToEnd(body);
      throw error;
    }
    return context.text(`${digest}\n`);
  });

  app.post(ROUTES.makeFolder.path, async (context) => {
    const request = checked(folderRequestSchema, await readJson(context.req.raw));
    return context.json(await files.makeFolder(context.var.user.username, request));
  });
}

/** A client that is still sending would see a broken connection instead of the refusal. */
async function readToEnd(body: ReadableStream<Uint8Array> | null): Promise<void> {
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_CARRIED_FILE_BYTES) return;
  }
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
