import { Agent, type ClientRequest } from "node:http";
import type { Socket } from "node:net";

/** A header block of a Session may be this large: CARTA is given cookies of 32 kB. */
export const MAX_HEADER_BYTES = 64 * 1024;

const IDLE_MS = 30_000;
const MAX_IDLE_PER_TARGET = 32;

/** For net.connect, which gets every option of an agent; the type of an agent's options does not know this one. */
const HALF_OPEN = { allowHalfOpen: true };

/** Connections to Sessions: reused ones for requests, fresh ones for retries, and tunnels. */
export class TargetAgents {
  readonly reusing = new Agent({
    keepAlive: true,
    maxFreeSockets: MAX_IDLE_PER_TARGET,
    // Ends sockets that wait unused; a request under way has no idle limit.
    timeout: IDLE_MS,
  });
  readonly fresh = new Agent({ keepAlive: false });
  /** A tunnel's directions end one by one. */
  readonly tunnels = new Agent({ keepAlive: false, ...HALF_OPEN });

  close(): void {
    this.reusing.destroy();
    this.fresh.destroy();
    this.tunnels.destroy();
  }
}

/** Fails a request whose connection is not there in time. @param limit milliseconds */
export function limitConnecting(outgoing: ClientRequest, limit: number): void {
  outgoing.once("socket", (socket: Socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => outgoing.destroy(new ConnectTimeout(limit)), limit);
    const stop = (): void => clearTimeout(timer);
    socket.once("connect", stop);
    socket.once("close", stop);
  });
}

class ConnectTimeout extends Error {
  readonly code = "ETIMEDOUT";
  constructor(limit: number) {
    super(`no connection within ${limit} ms`);
  }
}
