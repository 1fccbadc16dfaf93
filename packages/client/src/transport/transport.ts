import { CanfarError } from "@canfar/contract";
import { PROBLEM_MEDIA_TYPE } from "@canfar/contract/wire";
import type { z } from "zod";
import { type Clock, wait } from "../clock.ts";
import { VERSION } from "../version.ts";
import type { Credentials } from "./credentials.ts";
import { type Exchange, failedAnswer, networkFailure, silentServer, unreadableAnswer } from "./failures.ts";
import { InactivityWatch } from "./inactivity-watch.ts";
import { retryDelayMs } from "./retry.ts";

const ACCEPT = `${PROBLEM_MEDIA_TYPE}, application/json, text/plain, */*`;

export type Fetch = typeof globalThis.fetch;

export interface TransportOptions {
  /** Server Name, for messages. */
  readonly server: string;
  /** Base address of the Skaha API with its version. */
  readonly baseUrl: string;
  /** Null for what a server shows to everybody. */
  readonly credentials: Credentials | null;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Longest time without any byte. */
  readonly timeoutMs: number;
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path below the base address, its parts percent-encoded; or, with a leading slash, below the origin. */
  readonly path: string;
  /** Entries without a value are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Goes into the body: addresses end up in logs of servers and proxies. */
  readonly form?: URLSearchParams;
  /** The same for JSON; a request has one of the three. */
  readonly json?: unknown;
  /** The same for a file's content. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** True for a POST that the server knows again, so that it may be repeated when its answer is lost. */
  readonly repeatable?: boolean;
  /** Media type of the answer, where the server has several. */
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

type Read<T> = (response: Response, watch: InactivityWatch, exchange: Exchange) => Promise<T>;

/**
 * The one way to a server: credentials, timeouts, retries and errors for every request.
 *
 * A 401 is answered by one renewal of the credential and one more try. What may be repeated (GET, DELETE, and a POST
 * that says so) is tried again when the connection breaks or the server is busy; any other POST never is, because it
 * may have been done.
 */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** The answer as text. */
  async text(request: ApiRequest): Promise<string> {
    return await this.#perform(request, readText);
  }

  /** The answer as JSON that fits the schema. @throws CanfarError `transport.failure` where it does not */
  async json<S extends z.ZodType>(request: ApiRequest, schema: S): Promise<z.output<S>> {
    return await this.#perform(request, async (response, watch, exchange) => {
      const text = await readText(response, watch);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        throw unreadableAnswer(exchange, "something that is not JSON", error);
      }
      const result = schema.safeParse(value);
      if (!result.success) throw unreadableAnswer(exchange, describeMismatch(result.error), result.error);
      return result.data;
    });
  }

  /**
   * The answer as it arrives, without a time limit between its parts: a Session may be silent for hours.
   *
   * @throws CanfarError `transport.failure` when the connection breaks
   */
  async *stream(request: ApiRequest): AsyncGenerator<string> {
    const { response, exchange } = await this.#perform(request, async (response, watch, exchange) => {
      watch.stop();
      return { response, exchange };
    });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) yield decoder.decode(chunk, { stream: true });
    } catch (error) {
      request.signal?.throwIfAborted();
      throw networkFailure(error, exchange);
    }
    const rest = decoder.decode();
    if (rest !== "") yield rest;
  }

  async #perform<T>(request: ApiRequest, read: Read<T>): Promise<T> {
    const { clock, credentials } = this.#options;
    let renewed = false;
    for (let attempts = 1; ; attempts += 1) {
      const token = credentials === null ? null : await credentials.token();
      try {
        return await this.#attempt(request, { attempts, token }, read);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (!(error instanceof CanfarError)) throw error;
        if (error.details.status === 401 && token !== null && !renewed) {
          renewed = true;
          if (await credentials?.renew(token)) continue;
        }
        const once = request.method === "POST" && !request.repeatable;
        const delay = once ? null : retryDelayMs(error, attempts);
        if (delay === null) throw error;
        await wait(clock, delay, request.signal);
      }
    }
  }

  async #attempt<T>(
    request: ApiRequest,
    { attempts, token }: { attempts: number; token: string | null },
    read: Read<T>,
  ): Promise<T> {
    const { server, fetch, clock, timeoutMs } = this.#options;
    const url = this.#address(request);
    const exchange: Exchange = { server, url, method: request.method, attempts };
    const headers = this.#headers(request, token);
    const watch = new InactivityWatch(clock, timeoutMs);
    const signal =
      request.signal === undefined ? watch.signal : AbortSignal.any([request.signal, watch.signal]);
    try {
      const init: RequestInit = { method: request.method, headers, redirect: "manual", signal };
      if (request.method === "POST") init.body = bodyOf(request);
      const response = await fetch(url, init);
      watch.touch();
      if (!response.ok) throw await failedAnswer(response, exchange);
      return await read(response, watch, exchange);
    } catch (error) {
      if (error instanceof CanfarError) throw error;
      request.signal?.throwIfAborted();
      throw watch.signal.aborted ? silentServer(exchange, timeoutMs) : networkFailure(error, exchange);
    } finally {
      watch.stop();
    }
  }

  #headers({ accept = ACCEPT, json, bytes }: ApiRequest, token: string | null): Record<string, string> {
    const mediaType =
      bytes !== undefined ? "application/octet-stream" : json !== undefined ? "application/json" : null;
    const content = mediaType === null ? {} : { "content-type": mediaType };
    const headers = { accept, "user-agent": `canfar/${VERSION}`, ...content };
    const type = this.#options.credentials?.type;
    if (token === null || type === undefined) return headers;
    return { ...headers, authorization: `Bearer ${token}`, "x-skaha-authentication-type": type };
  }

  #address(request: ApiRequest): URL {
    const base = `${this.#options.baseUrl}/`;
    const url = new URL(request.path, base);
    // `..` as an id would otherwise send the request, and the token, to another resource.
    const root = request.path.startsWith("/") ? new URL("/", base).href + request.path.slice(1) : base;
    if (!url.href.startsWith(root)) {
      throw new CanfarError("request.invalid", {
        message: `'${request.path}' leaves the address of the server`,
      });
    }
    for (const [key, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.append(key, value);
    }
    return url;
  }
}

function bodyOf({ form, json, bytes }: ApiRequest): URLSearchParams | string | Uint8Array<ArrayBuffer> {
  if (bytes !== undefined) return bytes;
  return json === undefined ? (form ?? new URLSearchParams()) : JSON.stringify(json);
}

async function readText(response: Response, watch: InactivityWatch): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    watch.touch();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function describeMismatch(error: z.ZodError): string {
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  return `JSON of another shape than the protocol's (${issue?.message ?? "unknown"}${where})`;
}
