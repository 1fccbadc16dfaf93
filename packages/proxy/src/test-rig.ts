/** Real servers on loopback for the tests: a front server with the proxy in it, and servers that stand for Sessions. */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
  type Server,
} from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import type { LogFields } from "./log.ts";
import { RouteTable, type SessionRoute } from "./route-table.ts";
import {
  createSessionProxy,
  isWebSocketHandshake,
  type SessionProxy,
  type SessionProxyOptions,
} from "./session-proxy.ts";

/** The platform's cookie in the tests. */
export const COOKIE = "canfar_session";

/** One logged line. */
export interface Logged {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A platform's front with nothing behind it but the proxy. */
export interface Rig extends AsyncDisposable {
  readonly routes: RouteTable;
  readonly proxy: SessionProxy;
  readonly port: number;
  readonly origin: string;
  readonly logged: Logged[];
  /** Adds a ready Session that is reached at the server's port. */
  route(sessionId: string, server: Server | NetServer | null, more?: Partial<SessionRoute>): SessionRoute;
}

/** Starts the front; admits everybody unless told otherwise. */
export async function startRig(options: Partial<SessionProxyOptions> = {}): Promise<Rig> {
  const routes = options.routes ?? new RouteTable();
  const logged: Logged[] = [];
  const write = (level: Logged["level"]) => (message: string, fields?: LogFields) => {
    logged.push({ level, message, fields });
  };
  const server = createServer({ shouldUpgradeCallback: isWebSocketHandshake });
  const port = await listen(server);
  const origin = `http://127.0.0.1:${port}`;
  const proxy = createSessionProxy({
    admit: async () => ({ kind: "allow" }),
    origin: () => origin,
    log: { info: write("info"), warn: write("warn"), error: write("error") },
    cookieNames: [COOKIE],
    ...options,
    routes,
  });
  server.on("request", proxy.handleRequest).on("checkContinue", proxy.handleContinue);
  server.on("upgrade", proxy.handleUpgrade);
  return {
    routes,
    proxy,
    port,
    origin,
    logged,
    route: (sessionId, target, more = {}) => {
      const route = routeTo(sessionId, target, more);
      routes.set(route);
      return route;
    },
    [Symbol.asyncDispose]: async () => {
      await proxy.close();
      await stop(server);
    },
  };
}

function routeTo(
  sessionId: string,
  server: Server | NetServer | null,
  more: Partial<SessionRoute>,
): SessionRoute {
  return {
    sessionId,
    prefix: `/session/notebook/${sessionId}/`,
    stripsPrefix: false,
    owner: "ada",
    target: server === null ? null : { host: "127.0.0.1", port: portOf(server) },
    state: server === null ? "starting" : "ready",
    message: "Pulling image skaha/astroml",
    ...more,
  };
}

/** A server that stands for a Session's own. */
export async function startSession(handle: RequestListener): Promise<Server & AsyncDisposable> {
  const server = createServer(handle);
  await listen(server);
  return Object.assign(server, { [Symbol.asyncDispose]: () => stop(server) });
}

/** A Session that speaks raw bytes, to do what no HTTP library does. */
export async function startRawSession(
  handle: (socket: Socket) => void,
): Promise<NetServer & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handle(socket);
  });
  await listen(server);
  const end = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await stop(server);
  };
  return Object.assign(server, { [Symbol.asyncDispose]: end });
}

/** Port of a listening server. */
export function portOf(server: Server | NetServer): number {
  return (server.address() as AddressInfo).port;
}

async function listen(server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return portOf(server);
}

/** Stops a server and everything connected to it. */
export async function stop(server: Server | NetServer): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  if ("closeAllConnections" in server) server.closeAllConnections();
  await closed;
}

/** An answer, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly trailers: IncomingMessage["trailers"];
}

/** One request with node:http, which changes no header and follows no redirect. */
export async function ask(
  port: number,
  path: string,
  options: RequestOptions & { body?: string } = {},
): Promise<Reply> {
  const { body, ...rest } = options;
  const incoming = await open(port, path, rest, body);
  const text = await read(incoming);
  const { statusCode = 0, headers, rawHeaders, trailers } = incoming;
  return { status: statusCode, headers, rawHeaders, body: text, trailers };
}

/** Like `ask`, back as soon as the headers are there. */
export function open(
  port: number,
  path: string,
  options: RequestOptions = {},
  body = "",
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: "127.0.0.1", port, path, agent: false, ...options });
    outgoing.once("response", resolve).once("error", reject);
    outgoing.end(body);
  });
}

/** A whole body as text. */
export async function read(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Sends bytes as they are; resolves with everything that came back until the server ended. */
export function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.once("close", () => resolve(text)).once("error", reject);
  });
}

/** A promise, and what settles it. */
export function signal<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  return Promise.withResolvers<T>();
}

/** Waits until something is so. @throws the condition's last error, or an Error, after 10 s */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`never true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
