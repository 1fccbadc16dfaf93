import { randomBytes, randomInt, scrypt as scryptWithCallback, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { CanfarError } from "@canfar/contract";

const scrypt = promisify<string, Buffer, number, ScryptCost, Buffer>(scryptWithCallback);

interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly maxmem: number;
}

/**
 * One of the settings that OWASP's password storage cheat sheet lists as equally strong. 2^17·8·1 is as strong and
 * takes 128 MiB for each login; this takes 32 MiB, which a server of 200 MB can spare.
 */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const MIN_LENGTH = 8;
/** Longer input is not a password, but somebody's attempt to keep the server busy. */
const MAX_LENGTH = 1024;

/**
 * Hashes a password to one line that names its own parameters: `scrypt$N$r$p$salt$hash`.
 *
 * @throws CanfarError `request.invalid` where it is too short or too long
 */
export async function hashPassword(password: string): Promise<string> {
  if (password.length < MIN_LENGTH || password.length > MAX_LENGTH) {
    throw new CanfarError("request.invalid", {
      message: `a password has ${MIN_LENGTH} to ${MAX_LENGTH} characters`,
      hint: "Choose another password.",
    });
  }
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Takes the same time for a right and a wrong password. */
export async function matchesPassword(password: string, stored: string): Promise<boolean> {
  const [scheme, N, r, p, salt = "", hash = ""] = stored.split("$");
  if (scheme !== "scrypt") throw new Error(`unknown kind of password hash: ${scheme}`);
  const expected = Buffer.from(hash, "base64url");
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const actual = await derive(password.slice(0, MAX_LENGTH), Buffer.from(salt, "base64url"), cost);
  return timingSafeEqual(actual, expected);
}

/** NFKC: the same letters typed on another keyboard are the same password (NIST SP 800-63B section 5.1.1.2). */
function derive(password: string, salt: Buffer, cost: Omit<ScryptCost, "maxmem">): Promise<Buffer> {
  const maxmem = 256 * cost.N * cost.r;
  return scrypt(password.normalize("NFKC"), salt, HASH_BYTES, { ...cost, maxmem });
}

/** No 0 and o, no 1, i and l: read from one screen, typed on another. */
const READABLE = "23456789abcdefghjkmnpqrstuvwxyz";

/** A password of about 79 bits that people can copy by eye: `k7mp-x3wd-9tqa-hc4f`. */
export function generatePassword(): string {
  const letters = Array.from({ length: 16 }, () => READABLE[randomInt(READABLE.length)]).join("");
  return letters.replace(/(.{4})(?=.)/g, "$1-");
}
