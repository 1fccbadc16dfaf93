import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { Forwarding } from "./exchange.ts";
import { headersOf } from "./hop-by-hop.ts";
import { limitConnecting, MAX_HEADER_BYTES, type TargetAgents } from "./target-agents.ts";

/** One request on its way to a Session. */
export interface RequestForwarding extends Forwarding {
  readonly response: ServerResponse;
  readonly agents: TargetAgents;
  /** Says 100 to a client that waits for it; called when the Session can take the body. */
  readonly sayContinue?: (() => void) | undefined;
  /** The Session gave no answer; nothing was sent to the client yet. */
  onFailure(error: Error): void;
}

/** Methods that may be sent twice (RFC 9110 9.2.2). */
const IDEMPOTENT = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"];

/**
 * Sends a request to its Session and streams both bodies with back-pressure. A request that found a reused
 * connection dead is sent once more over a fresh one when nothing can have happened twice (RFC 9112 9.3.1): its method
 * is idempotent and it has no body.
 *
 * @throws TypeError when node:http refuses the path or a header
 */
export function forwardRequest(forwarding: RequestForwarding): void {
  const { request, agents } = forwarding;
  const retries = !hasBody(request) && IDEMPOTENT.includes(request.method ?? "");
  send(forwarding, agents.reusing, retries);
}

function send(forwarding: RequestForwarding, agent: Agent, retries: boolean): void {
  const { request, response, target } = forwarding;
  const outgoing = httpRequest({
    host: target.host,
    port: target.port,
    method: request.method,
    path: forwarding.path,
    headers: [...forwarding.headers, ...framing(request)],
    maxHeaderSize: MAX_HEADER_BYTES,
    setHost: false,
    agent,
  });
  let answered = false;
  limitConnecting(outgoing, forwarding.connectTimeout);
  outgoing.once("response", (incoming) => {
    answered = true;
    relay(forwarding, incoming, outgoing);
  });
  outgoing.on("error", (error: NodeJS.ErrnoException) => {
    request.unpipe(outgoing);
    // After the answer began, its own stream reports what is wrong; the rest of the body has no reader any more.
    if (answered) return void request.resume();
    if (response.destroyed) return;
    if (retries && outgoing.reusedSocket && isDeadSocket(error))
      return send(forwarding, forwarding.agents.fresh, false);
    forwarding.onFailure(error);
  });
  abortTogether(forwarding, outgoing);
  sendBody(forwarding, outgoing);
}

/** A client that goes away takes its request along. */
function abortTogether({ request, response }: RequestForwarding, outgoing: ClientRequest): void {
  response.once("close", () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  request.once("close", () => {
    if (!request.complete) outgoing.destroy();
  });
}

function sendBody({ request, sayContinue }: RequestForwarding, outgoing: ClientRequest): void {
  if (!hasBody(request)) {
    outgoing.end();
    return;
  }
  if (sayContinue !== undefined) {
    outgoing.once("socket", (socket: Socket) => {
      if (socket.connecting) socket.once("connect", sayContinue);
      else sayContinue();
    });
  }
  request.once("end", () => outgoing.addTrailers(trailersOf(request)));
  request.pipe(outgoing);
}

function relay(forwarding: RequestForwarding, incoming: IncomingMessage, outgoing: ClientRequest): void {
  const { response } = forwarding;
  const status = incoming.statusCode ?? 502;
  try {
    response.writeHead(status, incoming.statusMessage, forwarding.responseHeaders(incoming));
  } catch (error) {
    outgoing.destroy();
    forwarding.onFailure(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  sendHeaders(response);
  forwarding.onAnswer(status);
  incoming.once("end", () => response.addTrailers(trailersOf(incoming)));
  let clientLeft = false;
  response.once("close", () => {
    clientLeft = !incoming.destroyed;
  });
  incoming.once("error", (error) => {
    // The client must see that the answer is not whole. People close tabs: only a Session that breaks off is news.
    response.destroy();
    if (!clientLeft) forwarding.onBroken(error);
  });
  incoming.pipe(response);
}

/**
 * Headers leave at once, so that an event stream opens before its first event, but in one packet with a body that is
 * there already. An empty buffer sends them: flushHeaders() would write them as UTF-8 instead of Latin-1, and a corked
 * response (instead of its socket) writes its last chunk before its first.
 */
function sendHeaders(response: ServerResponse): void {
  const { socket } = response;
  socket?.cork();
  setImmediate(() => socket?.uncork());
  response.write(Buffer.alloc(0));
}

function trailersOf({ rawTrailers }: IncomingMessage): [string, string][] {
  return headersOf(rawTrailers).map(({ name, value }) => [name, value]);
}

/** How the body is framed towards the Session: as it came, and never by two headers at once. */
function framing({ headers, method }: IncomingMessage): string[] {
  if (headers["transfer-encoding"] !== undefined) return ["Transfer-Encoding", "chunked"];
  if (headers["content-length"] !== undefined) return ["Content-Length", headers["content-length"]];
  return method === "POST" || method === "PUT" || method === "PATCH" ? ["Content-Length", "0"] : [];
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function isDeadSocket({ code }: NodeJS.ErrnoException): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}
