import { CanfarError } from "@canfar/contract";
import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";

/** One attempt of a Session, and whose it is: what a Session's credential says. */
export interface CredentialedSession {
  readonly sessionId: string;
  readonly attempt: number;
  readonly username: string;
}

/** Says whether an attempt runs right now. The answer is the life of its credential: it has no other. */
export type IsSessionActive = (session: CredentialedSession) => boolean;

const ALGORITHM = "HS256";
/** Keeps other tokens apart that may one day be signed with the same key (RFC 8725 section 3.11). */
const TYPE = "canfar-session+jwt";

const claimsSchema = z.object({ sub: z.string(), sid: z.string(), att: z.int().positive() });

/**
 * Credentials of Sessions: what a program inside uses to act as its user on this platform. Nothing of them is stored; one
 * is as good as its signature and as the Session's life on record, so that it survives restarts and ends at once.
 */
export class SessionCredentials {
  readonly #key: CryptoKey;
  readonly #isActive: IsSessionActive;

  private constructor(key: CryptoKey, isActive: IsSessionActive) {
    this.#key = key;
    this.#isActive = isActive;
  }

  /** @param options.secret 32 random bytes of this platform, base64url */
  static async open(options: { secret: string; isActive: IsSessionActive }): Promise<SessionCredentials> {
    const bytes = Buffer.from(options.secret, "base64url");
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
    return new SessionCredentials(key, options.isActive);
  }

  /** True for what has the form of one; access tokens of logins are opaque and have no dots. */
  static isOne(token: string): boolean {
    return token.split(".").length === 3;
  }

  /** The same each time for the same attempt: a launch that is repeated after a crash stays the same launch. */
  async issue({ sessionId, attempt, username }: CredentialedSession): Promise<string> {
    return await new SignJWT({ sid: sessionId, att: attempt })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setSubject(username)
      .sign(this.#key);
  }

  /**
   * The attempt that a credential is of.
   *
   * @throws CanfarError `authentication.credential_invalid` where this platform did not make it,
   *   `authentication.expired` where the attempt does not run any more
   */
  async verify(token: string): Promise<CredentialedSession> {
    const session = await this.#read(token);
    if (this.#isActive(session)) return session;
    throw new CanfarError("authentication.expired", {
      message: `the credential of session ${session.sessionId} ended with the session`,
      hint: "Log in where you are with `canfar login`.",
    });
  }

  async #read(token: string): Promise<CredentialedSession> {
    try {
      const { payload } = await jwtVerify(token, this.#key, { algorithms: [ALGORITHM], typ: TYPE });
      const { sub, sid, att } = claimsSchema.parse(payload);
      return { username: sub, sessionId: sid, attempt: att };
    } catch (error) {
      if (!(error instanceof errors.JOSEError || error instanceof z.ZodError)) throw error;
      throw new CanfarError("authentication.credential_invalid", {
        message: "this session credential is not of this platform",
        hint: "A credential works on the platform only that runs its session: check CANFAR_URL and CANFAR_TOKEN.",
        cause: error,
      });
    }
  }
}
