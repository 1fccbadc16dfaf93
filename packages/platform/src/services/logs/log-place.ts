import { CanfarError } from "@canfar/contract";
import { z } from "zod";

/** Replicas by the number of their attempt, each as ranges of indexes: `{ "1": "1-5,9", "2": "7" }`. */
const attemptsSchema = z.record(z.string().regex(/^\d{1,9}$/), z.string());

const placeSchema = z.strictObject({
  /** The driver's own cursor. */
  at: z.string(),
  /** The Replicas that are being read; absent: all. */
  only: attemptsSchema.optional(),
  /** Those that were read to their end before. */
  given: attemptsSchema.optional(),
});

/** Where a reader of a Group's output is: behind which line, of which Replicas. */
export type LogPlace = z.infer<typeof placeSchema>;

/** As text that is nobody's affair but the server's. */
export function encodePlace(place: LogPlace): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** @throws CanfarError `request.invalid` */
export function decodePlace(cursor: string): LogPlace {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch (error) {
    throw new CanfarError("request.invalid", {
      message: "the log cursor is not one of this server's",
      hint: "Begin without one.",
      cause: error,
    });
  }
}
