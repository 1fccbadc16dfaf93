const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long each thing lasts that a login leaves behind; all in seconds. */
export interface Lifetimes {
  readonly accessToken: number;
  /** Each rotation starts it anew: who uses the command once a month stays logged in. */
  readonly refreshToken: number;
  /** Longest that one login lasts, however often it was refreshed. */
  readonly grant: number;
  /**
   * A refresh token is replaced only when it is older than this. Commands that run side by side refresh with the same
   * token; replacing it on each use would make most of them lose the race, for no gain on the same day.
   */
  readonly refreshTokenRotation: number;
  /**
   * A replaced refresh token still works for so long: for the commands that had read it already, and for an answer
   * that was lost on its way. After that its use is taken for theft, and ends the login.
   */
  readonly rotationGrace: number;
  readonly deviceCode: number;
  /** Shortest pause between two questions of a waiting device (RFC 8628 section 3.5). */
  readonly devicePolling: number;
  /** Time to fill in a login page. */
  readonly interaction: number;
  /** A browser that shows no Session page for so long has to log in again… */
  readonly browserIdle: number;
  /** …and after this in any case. */
  readonly browserLogin: number;
  readonly ticket: number;
  /** Expired tokens are kept for so long, so that their owner hears "expired" and not "unknown". */
  readonly expiredKept: number;
  /** A registered client that has no tokens goes after this; the Python client registers anew at every login. */
  readonly idleClient: number;
}

export const DEFAULT_LIFETIMES: Lifetimes = {
  accessToken: HOUR,
  refreshToken: 30 * DAY,
  grant: 365 * DAY,
  refreshTokenRotation: DAY,
  rotationGrace: 2 * MINUTE,
  deviceCode: 10 * MINUTE,
  devicePolling: 2,
  interaction: 10 * MINUTE,
  browserIdle: 12 * HOUR,
  browserLogin: 4 * DAY,
  ticket: MINUTE,
  expiredKept: 7 * DAY,
  idleClient: DAY,
};
