import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Answer } from "./answers.ts";
import { headText } from "./forward/forward-upgrade.ts";
import { answerMessage } from "./write-answer.ts";

/** Answers a websocket handshake that goes nowhere, and closes its connection. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, answer: Answer): void {
  if (socket.destroyed) return;
  const { headers, body } = answerMessage(request, answer);
  const all = { ...headers, "Content-Length": String(Buffer.byteLength(body)), Connection: "close" };
  socket.end(headText(answer.status, undefined, Object.entries(all).flat()) + body);
  // The client's side may stay open for as long as it likes; nobody reads it any more.
  socket.once("finish", () => socket.destroy());
}
