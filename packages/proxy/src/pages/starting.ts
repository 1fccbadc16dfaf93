import { html } from "./html.ts";
import { commands, type Page } from "./layout.ts";

/** What the waiting page needs to know. */
export interface StartingFacts {
  readonly sessionId: string;
  readonly message: string;
  readonly elapsedSeconds: number;
  /** Where the page listens for news. */
  readonly progressPath: string;
}

/** Seconds between two looks of a browser that runs no scripts. */
const REFRESH = 3;

/** Shows what a Session waits for, and moves on by itself. */
export function startingPage({ sessionId, message, elapsedSeconds, progressPath }: StartingFacts): Page {
  return {
    heading: "Your session is starting",
    mood: "waiting",
    head: html`<noscript><meta http-equiv="refresh" content="${REFRESH}"></noscript>`,
    body: html`<p id="message" role="status" aria-live="polite">${message}</p>
<div class="bar" aria-hidden="true"><i></i></div>
<p class="quiet">Session <code>${sessionId}</code>, asked for <span id="elapsed" class="time"
 data-seconds="${elapsedSeconds}" data-progress="${progressPath}">${duration(elapsedSeconds)}</span> ago.
 This page moves on by itself.</p>
${commands([
  [`canfar events ${sessionId}`, "shows every step so far"],
  [`canfar logs -f ${sessionId}`, "follows what the session itself prints"],
  [`canfar delete ${sessionId}`, "stops it, if you changed your mind"],
])}`,
    script: SCRIPT,
  };
}

/** Seconds as people say them: `7 s`, `2 min 5 s`, `1 h 4 min`. Same as in the script below. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

const SCRIPT = `
const elapsed = document.getElementById("elapsed");
const message = document.getElementById("message");
const start = Date.now() - 1000 * elapsed.dataset.seconds;
const duration = ${duration.toString()};
setInterval(() => { elapsed.textContent = duration((Date.now() - start) / 1000); }, 1000);
const news = new EventSource(elapsed.dataset.progress);
news.onmessage = ({ data }) => {
  const now = JSON.parse(data);
  if (now.state === "starting") {
    if (message.textContent !== now.message) message.textContent = now.message;
    return;
  }
  news.close();
  location.reload();
};
news.onerror = () => { if (news.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000); };
`;
