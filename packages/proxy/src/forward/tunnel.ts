import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** How long one direction may stay silent after the other one has ended, in milliseconds. */
const HALF_CLOSED_IDLE = 60_000;

/** How soon a peer that vanished without a word is looked for, in milliseconds. */
const KEEP_ALIVE = 30_000;

/**
 * Pipes two sockets into each other until both directions have ended. Each end is passed on by itself (half-close);
 * an error or an early close on one side destroys the other.
 */
export function joinSockets(client: Duplex, session: Socket, onBroken: (error: Error) => void): void {
  const pairs: readonly (readonly [Duplex, Duplex])[] = [
    [client, session],
    [session, client],
  ];
  for (const [from, to] of pairs) {
    if (isSocket(from)) {
      from.setTimeout(0);
      from.setNoDelay(true);
      from.setKeepAlive(true, KEEP_ALIVE);
    }
    from.on("error", (error) => {
      onBroken(error);
      to.destroy();
    });
    from.once("end", () => {
      if (isSocket(to)) to.setTimeout(HALF_CLOSED_IDLE, () => to.destroy());
    });
    from.once("close", () => {
      if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
}

function isSocket(stream: Duplex): stream is Socket {
  return "setKeepAlive" in stream;
}
