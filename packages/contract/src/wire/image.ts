import { z } from "zod";
import type { ContainerImage } from "../container-image.ts";
import { isSessionKind, type SessionKind } from "../session-kind.ts";

/** One entry of `GET /v1/image`. */
export const wireImageSchema = z.looseObject({
  id: z.string(),
  types: z.array(z.string()).nullish(),
  digest: z.string().nullish(),
  description: z.string().nullish(),
});

export type WireImage = z.input<typeof wireImageSchema>;

export function encodeImage(image: ContainerImage): WireImage {
  return {
    id: image.id,
    types: image.kinds,
    digest: image.digest,
    ...(image.description === undefined ? {} : { description: image.description }),
  };
}

export function decodeImage(input: unknown): ContainerImage {
  const wire = wireImageSchema.parse(input);
  return {
    id: wire.id,
    kinds: (wire.types ?? []).filter((type): type is SessionKind => isSessionKind(type)),
    digest: wire.digest ?? "",
    ...(wire.description ? { description: wire.description } : {}),
  };
}
