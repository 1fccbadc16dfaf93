import { request as httpRequest, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Forwarding } from "./exchange.ts";
import { headersOf } from "./hop-by-hop.ts";
import { limitConnecting, MAX_HEADER_BYTES, type TargetAgents } from "./target-agents.ts";
import { joinSockets } from "./tunnel.ts";

/** One websocket handshake on its way to a Session. */
export interface UpgradeForwarding extends Forwarding {
  readonly socket: Duplex;
  /** What the client sent after its handshake already. */
  readonly head: Buffer;
  readonly agents: TargetAgents;
  /** Bytes of the client passed. */
  onClientData(chunk: Buffer): void;
  /** The Session gave no answer; nothing was sent to the client yet. */
  onFailure(error: Error): void;
}

/**
 * Sends a websocket handshake to its Session. After its 101 both sockets are piped into each other without a look at
 * the frames; any other answer is passed on, and the connection closed: nothing the client sends later is read as a
 * request by anyone.
 *
 * @returns a function that ends it all
 * @throws TypeError when node:http refuses the path or a header
 */
export function forwardUpgrade(forwarding: UpgradeForwarding): () => void {
  const { request, socket, target, agents } = forwarding;
  const outgoing = httpRequest({
    host: target.host,
    port: target.port,
    method: "GET",
    path: forwarding.path,
    headers: [
      ...forwarding.headers,
      "Connection",
      "Upgrade",
      "Upgrade",
      request.headers.upgrade ?? "websocket",
    ],
    maxHeaderSize: MAX_HEADER_BYTES,
    setHost: false,
    agent: agents.tunnels,
  });
  let answered = false;
  let upgraded: Socket | null = null;
  limitConnecting(outgoing, forwarding.connectTimeout);
  outgoing.once("upgrade", (incoming, tunnel: Socket, tunnelHead) => {
    answered = true;
    upgraded = tunnel;
    accept(forwarding, incoming, { tunnel, tunnelHead });
  });
  outgoing.once("response", (incoming) => {
    answered = true;
    refuse(forwarding, incoming);
  });
  outgoing.on("error", (error) => {
    if (!answered && !socket.destroyed) forwarding.onFailure(error);
  });
  socket.once("close", () => {
    if (upgraded === null) outgoing.destroy();
  });
  outgoing.end();
  return () => {
    outgoing.destroy();
    upgraded?.destroy();
    socket.destroy();
  };
}

interface Accepted {
  readonly tunnel: Socket;
  readonly tunnelHead: Buffer;
}

function accept(
  forwarding: UpgradeForwarding,
  incoming: IncomingMessage,
  { tunnel, tunnelHead }: Accepted,
): void {
  const { socket, head } = forwarding;
  if (socket.destroyed) {
    tunnel.destroy();
    return;
  }
  forwarding.onAnswer(101);
  const upgrade =
    headersOf(incoming.rawHeaders).find(({ lower }) => lower === "upgrade")?.value ?? "websocket";
  const headers = [...forwarding.responseHeaders(incoming), "Connection", "Upgrade", "Upgrade", upgrade];
  socket.write(headText(101, incoming.statusMessage, headers), "latin1");
  if (tunnelHead.length > 0) socket.write(tunnelHead);
  if (head.length > 0) tunnel.write(head);
  socket.on("data", (chunk: Buffer) => forwarding.onClientData(chunk));
  joinSockets(socket, tunnel, (error) => forwarding.onBroken(error));
}

function refuse(forwarding: UpgradeForwarding, incoming: IncomingMessage): void {
  const { socket } = forwarding;
  const status = incoming.statusCode ?? 502;
  forwarding.onAnswer(status);
  const headers = [...forwarding.responseHeaders(incoming), "Connection", "close"];
  socket.write(headText(status, incoming.statusMessage, headers), "latin1");
  incoming.once("error", () => socket.destroy());
  incoming.pipe(socket);
}

/** Status line and headers, ready to be written to a socket. @param headers flat */
export function headText(status: number, message: string | undefined, headers: readonly string[]): string {
  const lines = headersOf(headers).map(({ name, value }) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${message || (STATUS_CODES[status] ?? "")}\r\n${lines.join("")}\r\n`;
}
