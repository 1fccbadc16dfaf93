import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { KoaContextWithOIDC } from "oidc-provider";
import { Html, html } from "./html.ts";
import { STYLE } from "./style.ts";

/** What one page says. */
export interface Page {
  /** Plain words: what is to be done. Also the window's title. */
  readonly heading: string;
  readonly body: Html;
}

/** The one layout of the login pages. */
export function layout({ heading, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${heading} · CANFAR</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>CANFAR <span>Science Platform</span></header>
<main>
<h1>${heading}</h1>
${body}
</main>
</body>
</html>
`.text;
}

/**
 * For every answer of the IDP; no page has a script. `same-origin` and not `no-referrer`, which would make browsers
 * send `Origin: null` with the forms.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cache-Control": "no-store",
  "Cross-Origin-Opener-Policy": "same-origin",
};

export async function securityHeaders(
  context: KoaContextWithOIDC,
  next: () => Promise<unknown>,
): Promise<void> {
  context.set(SECURITY_HEADERS);
  await next();
}

export function showPage(response: ServerResponse, status: number, page: Page): void {
  const body = layout(page);
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

export function redirect(response: ServerResponse, location: string, setCookie?: string): void {
  const cookie = setCookie === undefined ? {} : { "Set-Cookie": setCookie };
  response.writeHead(303, { ...SECURITY_HEADERS, ...cookie, Location: location, "Content-Length": 0 });
  response.end();
}
