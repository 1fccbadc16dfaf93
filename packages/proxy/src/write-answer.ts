import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { CanfarError } from "@canfar/contract";
import { encodeProblem, PROBLEM_MEDIA_TYPE } from "@canfar/contract/wire";
import type { Answer } from "./answers.ts";
import { contentSecurityPolicy, layout } from "./pages/layout.ts";

/** Writes an answer of the proxy's own, in the form that the client asked for. */
export function writeAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { headers, body } = answerMessage(request, answer);
  response.writeHead(answer.status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** True when people will read the answer in a browser. */
export function wantsPage({ headers }: IncomingMessage): boolean {
  return headers.accept?.toLowerCase().includes("text/html") ?? false;
}

/** Headers and body of an answer; also for websocket handshakes, which have no response object. */
export function answerMessage(
  request: IncomingMessage,
  answer: Answer,
): { readonly headers: Record<string, string>; readonly body: string } {
  const headers: Record<string, string> = {
    "Cache-Control": "no-store",
    // Answers differ by what the client accepts.
    Vary: "Accept",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    ...answer.headers,
    ...(answer.code === undefined ? {} : { "X-Canfar-Code": answer.code }),
  };
  if (answer.page !== undefined && wantsPage(request)) {
    const nonce = randomBytes(16).toString("base64");
    headers["Content-Type"] = "text/html; charset=utf-8";
    headers["Content-Security-Policy"] = contentSecurityPolicy(nonce);
    return { headers, body: layout(answer.page, nonce) };
  }
  if (answer.code !== undefined && request.headers.accept?.includes(PROBLEM_MEDIA_TYPE)) {
    const error = new CanfarError(answer.code, { message: answer.text, hint: answer.hint });
    headers["Content-Type"] = PROBLEM_MEDIA_TYPE;
    return { headers, body: JSON.stringify(encodeProblem(error, answer.status)) };
  }
  headers["Content-Type"] = "text/plain; charset=utf-8";
  return { headers, body: `${answer.text}\n` };
}
