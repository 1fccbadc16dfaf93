import { z } from "zod";
import { CanfarError } from "./errors.ts";
import { SESSION_KINDS } from "./session-kind.ts";

/** The Container Registry that a reference without a host means. */
export const DEFAULT_REGISTRY = "images.canfar.net";

export const containerImageSchema = z.object({
  /** Full reference: `host/project/name:tag`. */
  id: z.string(),
  kinds: z.array(z.enum(SESSION_KINDS)),
  digest: z.string(),
  description: z.string().optional(),
});

export type ContainerImage = z.infer<typeof containerImageSchema>;

/**
 * Completes a Container Image reference: `skaha/astroml` is `images.canfar.net/skaha/astroml:latest`.
 *
 * @param text 2 or 3 parts separated by `/`; a tag or digest may be missing
 * @throws CanfarError `image.invalid_reference`
 */
export function parseImageReference(text: string): string {
  const parts = text.trim().split("/");
  const last = parts.at(-1) ?? "";
  if ((parts.length !== 2 && parts.length !== 3) || parts.some((part) => part === "" || /\s/.test(part))) {
    throw new CanfarError("image.invalid_reference", {
      message: `'${text}' is not a Container Image reference`,
      hint: "Write [registry/]project/name[:tag], for example skaha/astroml:latest.",
    });
  }
  const tagged = last.includes(":") ? parts : [...parts.slice(0, -1), `${last}:latest`];
  return (tagged.length === 2 ? [DEFAULT_REGISTRY, ...tagged] : tagged).join("/");
}

/** The reference as people type it: without the default registry. */
export function shortImageReference(id: string): string {
  return id.startsWith(`${DEFAULT_REGISTRY}/`) ? id.slice(DEFAULT_REGISTRY.length + 1) : id;
}

/** Host of the Container Registry in a full reference. */
export function registryHost(id: string): string {
  return id.slice(0, id.indexOf("/"));
}
