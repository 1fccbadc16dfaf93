import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { isReady, type RouteTable, type SessionRoute, type SessionTarget } from "./route-table.ts";

/** What the waiting page is told. Anything but `starting` makes it load again. */
interface News {
  readonly state: "starting" | "ready" | "ended" | "gone";
  readonly message: string;
}

/** Between two tries to connect to a Session that is said to be ready, in milliseconds. */
const PROBE_INTERVAL = 250;
/** An event stream without news says something this often, so that a vanished browser is noticed. Milliseconds. */
const HEARTBEAT = 15_000;

/**
 * Answers a waiting page with server-sent events: what the Session waits for, each time that changes, and at last
 * that it is ready, which is said only when its port takes connections.
 *
 * @param routes followed until the end of the stream
 */
export function streamProgress(response: ServerResponse, routes: RouteTable, first: SessionRoute): void {
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    // Tells a buffering proxy in front to let events through.
    "X-Accel-Buffering": "no",
  });
  response.write("retry: 1000\n\n");
  const { sessionId } = first;
  let probing: NodeJS.Timeout | undefined;
  const heartbeat = setInterval(() => response.write(":\n\n"), HEARTBEAT);
  const stop = routes.onChange((id, route) => {
    if (id === sessionId) look(route);
  });
  const end = (): void => {
    stop();
    clearInterval(heartbeat);
    clearTimeout(probing);
  };
  response.once("close", end);

  function look(route: SessionRoute | null): void {
    clearTimeout(probing);
    if (route !== null && isReady(route)) void probe(route.target);
    const news = newsOf(route);
    response.write(`data: ${JSON.stringify(news)}\n\n`);
    if (news.state !== "starting") response.end();
  }

  async function probe(target: SessionTarget): Promise<void> {
    const takes = await takesConnections(target);
    const now = routes.get(sessionId);
    if (response.writableEnded || response.destroyed || now === undefined) return;
    if (!isReady(now) || now.target.port !== target.port) return;
    if (!takes) {
      probing = setTimeout(() => void probe(target), PROBE_INTERVAL);
      return;
    }
    response.end(`data: ${JSON.stringify({ state: "ready", message: now.message } satisfies News)}\n\n`);
  }

  look(first);
}

function newsOf(route: SessionRoute | null): News {
  if (route === null) return { state: "gone", message: "the session was deleted" };
  return { state: route.state === "ended" ? "ended" : "starting", message: route.message };
}

function takesConnections({ host, port }: SessionTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const answer = (takes: boolean): void => {
      socket.destroy();
      resolve(takes);
    };
    socket.once("connect", () => answer(true));
    socket.once("timeout", () => answer(false));
    socket.once("error", () => answer(false));
  });
}
