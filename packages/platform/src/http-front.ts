import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CanfarError } from "@canfar/contract";
import { isWebSocketHandshake, type SessionProxy } from "@canfar/proxy";
import { getRequestListener } from "@hono/node-server";
import type { Log } from "./log.ts";

/** Who answers what on the platform's one port. */
export interface HttpRoutes {
  /** All else below `/session/`: pages of Sessions. */
  readonly proxy: SessionProxy;
  /** `/oidc/…`, `/login…`: whatever it says it handles. */
  readonly identity: {
    handles(pathname: string): boolean;
    handle(request: IncomingMessage, response: ServerResponse): void;
  };
  /** Everything else. */
  readonly api: (request: Request) => Response | Promise<Response>;
}

/** How long open requests may go on while the server stops. */
const DRAIN_MS = 3_000;
const IDLE_MS = 20;

/** The platform's one listening port. It listens before the services exist, since they need to know its address. */
export class HttpFront {
  readonly #server: Server;
  readonly #log: Log;
  #routes: (HttpRoutes & { listener: ReturnType<typeof getRequestListener> }) | null = null;
  #closing: Promise<void> | null = null;

  private constructor(log: Log) {
    this.#log = log;
    this.#server = createServer({ shouldUpgradeCallback: isWebSocketHandshake });
    this.#server.on("request", (request, response) => this.#answer(request, response));
    this.#server.on("checkContinue", (request, response) => this.#answerExpectation(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.#routes === null) socket.destroy();
      else this.#routes.proxy.handleUpgrade(request, socket, head);
    });
    this.#server.on("clientError", (_error, socket) => {
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      else socket.destroy();
    });
  }

  /**
   * @param options.port 0 takes a free one
   * @throws CanfarError `platform.port_taken`, `platform.start_failed`
   */
  static async listen(options: { host: string; port: number; log: Log }): Promise<HttpFront> {
    const front = new HttpFront(options.log);
    await new Promise<void>((resolve, reject) => {
      front.#server.once("error", (error) => reject(listenFailure(error, options)));
      front.#server.listen(options.port, options.host, resolve);
    });
    front.#server.on("error", (error) => options.log.error("the HTTP server failed", { error }));
    return front;
  }

  /** `http://host:port` as a client on this machine reaches it. */
  get address(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    if (address === "0.0.0.0") return `http://127.0.0.1:${port}`;
    if (address === "::") return `http://[::1]:${port}`;
    return family === "IPv6" ? `http://[${address}]:${port}` : `http://${address}:${port}`;
  }

  /** From now on requests are answered. */
  serve(routes: HttpRoutes): void {
    const listener = getRequestListener((request) => routes.api(request), { overrideGlobalObjects: false });
    this.#routes = { ...routes, listener };
  }

  /** Takes no more requests, lets those that run end, and cuts what is left. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    // Node closes connections that are idle now; those that become so would be kept alive for seconds.
    const idle = setInterval(() => this.#server.closeIdleConnections(), IDLE_MS);
    const cut = setTimeout(() => this.#server.closeAllConnections(), DRAIN_MS);
    await this.#routes?.proxy.close();
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (this.#routes === null) {
      response.writeHead(503, { "Retry-After": "1", "Content-Type": "text/plain" }).end("starting\n");
      return;
    }
    const { proxy, identity, listener } = this.#routes;
    const pathname = request.url?.split("?", 1)[0] ?? "/";
    // Asked first: the page that logs out is below /session/, where its cookie is.
    if (identity.handles(pathname)) identity.handle(request, response);
    else if (pathname.startsWith("/session/")) proxy.handleRequest(request, response);
    else {
      listener(request, response).catch((error: unknown) => {
        this.#log.error("a request could not be answered", { path: pathname, error });
        response.destroy();
      });
    }
  }

  #answerExpectation(request: IncomingMessage, response: ServerResponse): void {
    if (request.url?.startsWith("/session/") && this.#routes !== null) {
      this.#routes.proxy.handleContinue(request, response);
      return;
    }
    response.writeContinue();
    this.#answer(request, response);
  }
}

function listenFailure(error: Error, { host, port }: { host: string; port: number }): CanfarError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new CanfarError("platform.port_taken", {
      message: `port ${port} on ${host} is taken by another program`,
      hint: `Stop that program, or choose another port: --port ${port + 1}, or --port 0 for any free one.`,
      details: { host, port },
      cause: error,
    });
  }
  const hint =
    code === "EACCES"
      ? "Ports below 1024 need special rights: choose a higher one with --port."
      : "Choose another address with --host and --port.";
  return new CanfarError("platform.start_failed", {
    message: `cannot listen on ${host} port ${port}: ${error.message}`,
    hint,
    cause: error,
  });
}
