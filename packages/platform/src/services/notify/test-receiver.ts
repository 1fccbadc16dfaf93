import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type NotificationDocument, notificationDocumentSchema } from "@canfar/contract";

export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly document: NotificationDocument;
}

/** A receiver of webhooks on a free loopback port that keeps what it is sent. */
export class TestReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** What it answers from now on. */
  answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end();
  readonly #server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const document = notificationDocumentSchema.parse(JSON.parse(body));
    this.received.push({ headers: request.headers, body, document });
    this.answer(response);
  });

  static async start(): Promise<TestReceiver> {
    const receiver = new TestReceiver();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?token=t0p`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
