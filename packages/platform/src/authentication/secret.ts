import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A new unguessable value, fit for a URL and a cookie: 256 bits. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * What the database keeps of a secret. A plain hash is enough: 256 random bits cannot be guessed. Looking a secret up
 * by its hash also tells nothing about it by the time that it takes.
 */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Compares in a time that does not depend on where the two differ. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(a)), Buffer.from(hashSecret(b)));
}
