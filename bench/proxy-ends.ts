/** The threads of the proxy's benchmark: a server that stands for a Session, and the proxy in front of it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { createSessionProxy, isWebSocketHandshake, RouteTable } from "@canfar/proxy";
import { WebSocketServer } from "ws";

const { role, target = 0 } = workerData as { role: "session" | "proxy"; target?: number };
const server = role === "session" ? session() : proxy();
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));

function session(): ReturnType<typeof createServer> {
  const chunk = Buffer.alloc(64 * 1024);
  const session = createServer((request, response) => {
    let left = Number(request.url?.split("/").at(-1)) * 16;
    response.setHeader("Content-Length", left * chunk.length);
    const fill = (): void => {
      while (left > 0) {
        left -= 1;
        if (!response.write(chunk)) return void response.once("drain", fill);
      }
      response.end();
    };
    fill();
  });
  const sockets = new WebSocketServer({ server: session, perMessageDeflate: false });
  sockets.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  return session;
}

function proxy(): ReturnType<typeof createServer> {
  const routes = new RouteTable();
  routes.set({
    sessionId: "abcd1234",
    prefix: "/session/notebook/abcd1234/",
    stripsPrefix: false,
    owner: "ada",
    target: { host: "127.0.0.1", port: target },
    state: "ready",
    message: "",
  });
  const log = { info() {}, warn: console.error, error: console.error };
  const plane = createSessionProxy({
    routes,
    admit: async () => ({ kind: "allow" }),
    origin: () => "http://127.0.0.1",
    log,
    cookieNames: ["canfar"],
  });
  const server = createServer({ shouldUpgradeCallback: isWebSocketHandshake }, plane.handleRequest);
  return server.on("upgrade", plane.handleUpgrade);
}
