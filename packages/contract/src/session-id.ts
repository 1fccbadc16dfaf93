/**
 * Session ids: 8 characters of [a-z0-9], the first one a letter, so that an id is never mistaken for a number
 * or an option. Upstream keeps to 8 because VNC passwords stop there.
 */
export const SESSION_ID_PATTERN = /^[a-z0-9]{8}$/;

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const ALPHABET = `${LETTERS}0123456789`;

/** A new random id from the platform's secure generator; the caller checks that it is not taken. */
export function newSessionId(): string {
  return pick(LETTERS) + Array.from({ length: 7 }, () => pick(ALPHABET)).join("");
}

/** One character, without the bias a plain modulo would have. */
function pick(alphabet: string): string {
  const limit = 256 - (256 % alphabet.length);
  const byte = new Uint8Array(1);
  do crypto.getRandomValues(byte);
  while ((byte[0] ?? 255) >= limit);
  return alphabet.charAt((byte[0] ?? 0) % alphabet.length);
}
