import type { ContainerImage, SessionKind } from "@canfar/contract";
import { decodeImage, wireImageSchema } from "@canfar/contract/wire";
import { z } from "zod";
import type { Connection } from "./connection.ts";

/** Container Images of one server. */
export class Images {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Images that can be launched. @param options.kind only those for this Session Kind */
  async list(options: { kind?: SessionKind | undefined } = {}): Promise<ContainerImage[]> {
    const request = { method: "GET", path: "image", query: { type: options.kind } } as const;
    const images = await this.#connection.transport.json(request, z.array(wireImageSchema));
    return images.map(decodeImage);
  }
}
