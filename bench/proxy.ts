import { request as httpRequest } from "node:http";
import { Worker } from "node:worker_threads";
import { WebSocket } from "ws";
import type { Figure } from "./main.ts";
import { median } from "./measure.ts";

const BODY_MB = 256;
const MESSAGES = 20_000;
const ROUNDS = 5;
const PATH = "/session/notebook/abcd1234/";

/** What the session proxy costs: a large body and many websocket messages, through it and past it, in turn. */
export async function measure(): Promise<Figure[]> {
  // Threads of their own: on one event loop the ends would wait for the proxy and the proxy for them.
  const ends = new Worker(new URL("./proxy-ends.ts", import.meta.url), { workerData: { role: "session" } });
  const direct = await portOf(ends);
  const data = { role: "proxy", target: direct };
  const proxy = new Worker(new URL("./proxy-ends.ts", import.meta.url), { workerData: data });
  try {
    const through = await portOf(proxy);
    const bodies = await inTurn((port) => download(port), through, direct);
    const messages = await inTurn((port) => echo(port), through, direct);
    return [
      {
        name: `${BODY_MB} MB through the proxy, against without`,
        value: bodies.ratio,
        unit: "ratio",
        from: {
          megabytesPerSecond: BODY_MB / bodies.proxied,
          directMegabytesPerSecond: BODY_MB / bodies.direct,
        },
      },
      {
        name: `${MESSAGES} websocket messages there and back, against without the proxy`,
        value: messages.ratio,
        unit: "ratio",
        from: {
          messagesPerSecond: MESSAGES / messages.proxied,
          directMessagesPerSecond: MESSAGES / messages.direct,
        },
      },
    ];
  } finally {
    await Promise.all([ends.terminate(), proxy.terminate()]);
  }
}

function portOf(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => void worker.once("message", resolve).once("error", reject));
}

/** Medians in seconds, and the median of the pairs' ratios. The first pair warms both and does not count. */
async function inTurn(
  run: (port: number) => Promise<void>,
  through: number,
  past: number,
): Promise<{ proxied: number; direct: number; ratio: number }> {
  const pairs: [number, number][] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const pair: [number, number] = [await seconds(() => run(through)), await seconds(() => run(past))];
    if (round > 0) pairs.push(pair);
  }
  return {
    proxied: median(pairs.map(([proxied]) => proxied)),
    direct: median(pairs.map(([, direct]) => direct)),
    ratio: median(pairs.map(([proxied, direct]) => proxied / direct)),
  };
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function download(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: "127.0.0.1", port, path: `${PATH}${BODY_MB}`, agent: false });
    outgoing.once("error", reject).once("response", (incoming) => {
      let received = 0;
      incoming.on("data", (chunk: Buffer) => {
        received += chunk.length;
      });
      incoming.once("error", reject).once("end", () => {
        if (received === BODY_MB * 1024 * 1024) resolve();
        else reject(new Error(`${received} bytes came`));
      });
    });
    outgoing.end();
  });
}

/** A window of messages is always under way, as with a kernel that prints. */
function echo(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${PATH}channels`, { perMessageDeflate: false });
    const text = "x".repeat(200);
    let sent = 0;
    let received = 0;
    const send = (): void => {
      sent += 1;
      socket.send(text);
    };
    socket.on("open", () => {
      for (let window = 0; window < 32; window += 1) send();
    });
    socket.on("message", () => {
      received += 1;
      if (received === MESSAGES) socket.close();
      else if (sent < MESSAGES) send();
    });
    socket.once("error", reject).once("close", () => resolve());
  });
}
