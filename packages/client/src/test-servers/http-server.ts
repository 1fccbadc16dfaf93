import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** One request as a test wants to look at it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  /** The body where it is JSON. */
  readonly json: unknown;
  readonly headers: IncomingMessage["headers"];
}

export type Answer = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server on a port of its own, which keeps what it was asked. */
export interface HttpServer extends AsyncDisposable {
  readonly origin: string;
  readonly requests: ReceivedRequest[];
}

/** @param answer sends the whole response; what it throws becomes a 500 */
export async function startHttpServer(answer: Answer, port = 0): Promise<HttpServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? "/", "http://test");
    const body = await text(incoming);
    const isJson = incoming.headers["content-type"]?.startsWith("application/json") ?? false;
    const request: ReceivedRequest = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      form: new URLSearchParams(isJson ? "" : body),
      json: isJson ? JSON.parse(body) : undefined,
      headers: incoming.headers,
    };
    requests.push(request);
    try {
      await answer(request, response);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

export function sendText(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(body);
}

/** An address where nothing listens. */
export async function refusedOrigin(): Promise<string> {
  await using server = await startHttpServer(() => {});
  return server.origin;
}
