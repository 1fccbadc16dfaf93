import type { ServerContext } from "@canfar/contract";
import { openClient } from "./client.ts";
import type { ClientOptions } from "./open-connection.ts";

/** What a server offers, as Python's `canfar.context.Context`. */
export class Context {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
  }

  async resources(): Promise<ServerContext> {
    return await (await openClient(this.#options)).context();
  }
}
