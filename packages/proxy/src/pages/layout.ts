import { Html, html } from "./html.ts";
import { STYLE } from "./style.ts";

/** What one page says. */
export interface Page {
  /** Plain words: what is the matter. Also the window's title. */
  readonly heading: string;
  /** Colour of the mark beside the heading. */
  readonly mood: "waiting" | "over" | "problem";
  readonly body: Html;
  /** Goes into `<head>`. */
  readonly head?: Html;
  /** Runs in the page; constant text of ours. */
  readonly script?: string;
}

/** The one layout of every page. @param nonce the Content-Security-Policy lets only this page's own style and script run */
export function layout(page: Page, nonce: string): string {
  const script =
    page.script === undefined ? html`` : html`<script nonce="${nonce}">${new Html(page.script)}</script>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${page.heading} · CANFAR</title>
<style nonce="${nonce}">${new Html(STYLE)}</style>
${page.head ?? html``}
</head>
<body>
<header>CANFAR <span>Science Platform</span></header>
<main class="${page.mood}">
<h1>${page.heading}</h1>
${page.body}
</main>
${script}
</body>
</html>
`.text;
}

/** Nothing but this page's own style and script; events from its own origin. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
}

/** Commands to try, each with what it does. */
export function commands(rows: readonly (readonly [command: string, what: string])[]): Html {
  const items = rows.map(([command, what]) => html`<li><code>${command}</code> <span>${what}</span></li>\n`);
  return html`<h2>What you can do</h2>
<ul class="commands">
${items}</ul>`;
}
