/** Shortest time between two reports of one Session, in milliseconds. */
const INTERVAL = 30_000;

/**
 * Reports that a Session is in use. Only successful traffic counts: a flood of bad requests must not keep a Session
 * alive.
 */
export class Activity {
  readonly #report: (sessionId: string) => void;
  readonly #now: () => number;
  readonly #reported = new Map<string, number>();

  constructor(report: (sessionId: string) => void, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  /** The Session answered. @param status of its answer */
  answered(sessionId: string, status: number): void {
    if (status < 400) this.#note(sessionId);
  }

  /** The client sent something through a websocket; answers to a server's pings are no activity. */
  sent(sessionId: string, chunk: Buffer): void {
    if (!isControlFrame(chunk)) this.#note(sessionId);
  }

  forget(sessionId: string): void {
    this.#reported.delete(sessionId);
  }

  #note(sessionId: string): void {
    const now = this.#now();
    if (now - (this.#reported.get(sessionId) ?? Number.NEGATIVE_INFINITY) < INTERVAL) return;
    this.#reported.set(sessionId, now);
    this.#report(sessionId);
  }
}

/** Largest control frame of a client: 2 bytes of header, 4 of mask, 125 of payload (RFC 6455 5.5). */
const MAX_CONTROL_FRAME = 131;

/** A good guess without following the frames: a short chunk that starts with opcode 8 or above. */
function isControlFrame(chunk: Buffer): boolean {
  return chunk.length <= MAX_CONTROL_FRAME && ((chunk[0] ?? 0) & 0x08) !== 0;
}
