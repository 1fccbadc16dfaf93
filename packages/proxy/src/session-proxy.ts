import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Activity } from "./activity.ts";
import type { Admit } from "./admit.ts";
import { badRequest, internalError } from "./answers.ts";
import { systemClock } from "./clock.ts";
import { failureAnswer, logFailure, requestFields } from "./failure.ts";
import type { Forwarding } from "./forward/exchange.ts";
import { forwardRequest } from "./forward/forward-request.ts";
import { forwardUpgrade } from "./forward/forward-upgrade.ts";
import { requestHeaders } from "./forward/request-headers.ts";
import { responseHeaders } from "./forward/response-headers.ts";
import { TargetAgents } from "./forward/target-agents.ts";
import { type Passage, passage } from "./gate.ts";
import type { ProxyLog } from "./log.ts";
import { OpenConnections } from "./open-connections.ts";
import { streamProgress } from "./progress.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import type { RouteTable } from "./route-table.ts";
import { writeAnswer } from "./write-answer.ts";

/** What the session proxy is made of. */
export interface SessionProxyOptions {
  readonly routes: RouteTable;
  /** Asked for every request; it should be quick. */
  readonly admit: Admit;
  /** The platform's public origin, e.g. `http://127.0.0.1:8088`; known only once the server listens. */
  readonly origin: () => string;
  readonly log: ProxyLog;
  /** Cookies of the platform: no Session sees or sets them. */
  readonly cookieNames: readonly string[];
  /** Believe `X-Forwarded-*` of the client: only behind a proxy that overwrites them. Default false. */
  readonly trustForwarded?: boolean;
  /** A Session is in use; at most once in 30 s for each. */
  readonly onActivity?: (sessionId: string) => void;
  /** Milliseconds for a connection to a Session; default 5000. */
  readonly connectTimeout?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The data plane: forwards the requests and websockets of `/session/…` to Sessions. */
export interface SessionProxy {
  /** For the `request` event of a node:http server. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  /** For `checkContinue`: the client is told to send its body only when the Session can take it. */
  handleContinue(request: IncomingMessage, response: ServerResponse): void;
  /**
   * For `upgrade`. Only websockets are taken; give the server
   * `shouldUpgradeCallback: isWebSocketHandshake`, so that offers of HTTP/2 stay plain requests.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

type Forward = Extract<Passage, { kind: "forward" }>;

/** True for a websocket handshake (RFC 6455 4.1) without a body, the only upgrade that is forwarded. */
export function isWebSocketHandshake({ method, headers }: IncomingMessage): boolean {
  return (
    method === "GET" &&
    headers.upgrade?.trim().toLowerCase() === "websocket" &&
    headers["transfer-encoding"] === undefined &&
    Number(headers["content-length"] ?? 0) === 0
  );
}

/** Makes the session proxy. It does not listen itself: the platform's server hands requests over. */
export function createSessionProxy(options: SessionProxyOptions): SessionProxy {
  const plane = new DataPlane(options);
  return {
    handleRequest: (request, response) => plane.serve(request, response),
    handleContinue: (request, response) => plane.serve(request, response, () => response.writeContinue()),
    handleUpgrade: (request, socket, head) => plane.upgrade(request, socket, head),
    close: () => plane.close(),
  };
}

class DataPlane {
  readonly #options: SessionProxyOptions;
  readonly #agents = new TargetAgents();
  readonly #open = new OpenConnections();
  readonly #activity: Activity;
  readonly #stopListening: () => void;

  constructor(options: SessionProxyOptions) {
    this.#options = options;
    this.#activity = new Activity(options.onActivity ?? (() => {}), options.now ?? systemClock);
    this.#stopListening = options.routes.onChange((sessionId, route) => {
      this.#open.endStale(sessionId, route === null || route.state === "ended" ? null : route.target);
      if (route === null) this.#activity.forget(sessionId);
    });
  }

  serve(request: IncomingMessage, response: ServerResponse, sayContinue?: () => void): void {
    passage(request, this.#options)
      .then((way) => {
        if (response.destroyed) return;
        if (way.kind === "answer") return writeAnswer(request, response, way.answer);
        if (way.kind === "progress") {
          response.once(
            "close",
            this.#open.add(way.route.sessionId, null, () => response.destroy()),
          );
          return streamProgress(response, this.#options.routes, way.route);
        }
        this.#forward(request, response, { way, sayContinue });
      })
      .catch((error: unknown) => {
        logFailure(this.#options.log, "a request failed", asError(error), requestFields(request));
        if (response.headersSent) response.destroy();
        else writeAnswer(request, response, internalError());
      });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const fields = requestFields(request);
    socket.on("error", (error) => logFailure(this.#options.log, "a websocket broke", error, fields));
    if (!isWebSocketHandshake(request)) {
      refuseUpgrade(request, socket, badRequest("only websockets are forwarded as upgrades"));
      return;
    }
    passage(request, this.#options)
      .then((way) => {
        if (socket.destroyed) return;
        if (way.kind === "forward") return this.#tunnel(request, { socket, head, way });
        const nothing = badRequest("there is no websocket at this address");
        refuseUpgrade(request, socket, way.kind === "answer" ? way.answer : nothing);
      })
      .catch((error: unknown) => {
        logFailure(this.#options.log, "a websocket failed", asError(error), fields);
        refuseUpgrade(request, socket, internalError());
      });
  }

  async close(): Promise<void> {
    this.#stopListening();
    this.#open.endAll();
    this.#agents.close();
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    { way, sayContinue }: { way: Forward; sayContinue: (() => void) | undefined },
  ): void {
    const { routes, log } = this.#options;
    response.once(
      "close",
      this.#open.add(way.route.sessionId, way.target, () => response.destroy()),
    );
    forwardRequest({
      ...this.#forwarding(request, way),
      response,
      agents: this.#agents,
      sayContinue,
      onFailure: (error) => {
        logFailure(log, "a session gave no answer", error, requestFields(request, way.route.sessionId));
        if (response.headersSent) response.destroy();
        else writeAnswer(request, response, failureAnswer(error, way.route, routes));
      },
    });
  }

  #tunnel(
    request: IncomingMessage,
    { socket, head, way }: { socket: Duplex; head: Buffer; way: Forward },
  ): void {
    const { routes, log } = this.#options;
    const { sessionId } = way.route;
    const end = forwardUpgrade({
      ...this.#forwarding(request, way),
      socket,
      head,
      agents: this.#agents,
      onClientData: (chunk) => this.#activity.sent(sessionId, chunk),
      onFailure: (error) => {
        logFailure(log, "a session gave no answer", error, requestFields(request, sessionId));
        refuseUpgrade(request, socket, failureAnswer(error, way.route, routes));
      },
    });
    socket.once("close", this.#open.add(sessionId, way.target, end));
  }

  #forwarding(request: IncomingMessage, { route, target, path, stripAuthorization }: Forward): Forwarding {
    const { cookieNames, origin, trustForwarded = false, connectTimeout = 5000, log } = this.#options;
    const policy = { cookieNames, origin: origin(), trustForwarded, stripAuthorization };
    return {
      request,
      target,
      path,
      headers: requestHeaders(request, route, policy),
      connectTimeout,
      responseHeaders: (answer) => responseHeaders(answer, { cookieNames, prefix: route.prefix }),
      onAnswer: (status) => this.#activity.answered(route.sessionId, status),
      onBroken: (error) =>
        logFailure(log, "a connection broke", error, requestFields(request, route.sessionId)),
    };
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
