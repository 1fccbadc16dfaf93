/**
 * Session ids: 8 characters of [a-z0-9], the first one a letter, so that an id is never mistaken for a number
 * or an option. Upstream keeps to 8 because VNC passwords stop there.
 */
export const SESSION_ID_PATTERN = /^[a-z0-9]{8}$/;

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const ALPHABET = `${LETTERS}0123456789`;

/** Random bytes, each used once: asking for one at a time is most of what an id costs, and a Group needs thousands. */
const random = { bytes: new Uint8Array(1024), used: 1024 };

/** A new random id from the platform's secure generator; the caller checks that it is not taken. */
export function newSessionId(): string {
  let id = pick(LETTERS);
  while (id.length < 8) id += pick(ALPHABET);
  return id;
}

/** One character, without the bias a plain modulo would have. */
function pick(alphabet: string): string {
  const limit = 256 - (256 % alphabet.length);
  let byte = nextByte();
  while (byte >= limit) byte = nextByte();
  return alphabet.charAt(byte % alphabet.length);
}

function nextByte(): number {
  if (random.used === random.bytes.length) {
    crypto.getRandomValues(random.bytes);
    random.used = 0;
  }
  const byte = random.bytes[random.used] ?? 0;
  random.bytes[random.used] = 0; // It is a secret of whoever got it.
  random.used += 1;
  return byte;
}
