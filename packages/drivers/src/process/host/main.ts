/**
 * The session host's process: `node main.ts DATA_FOLDER`, with its options as JSON on standard input. It outlives
 * the server that started it, serves one unix socket, and ends by itself when nothing runs and no driver is connected.
 */
import { createHash, randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { openCgroups } from "../cgroup/cgroup.ts";
import { LogStore } from "../logs/log-store.ts";
import { FifoPool } from "./fifo-pool.ts";
import { hostFolders } from "./host-folders.ts";
import { takeHostLock } from "./host-lock.ts";
import type { HostOptions } from "./host-options.ts";
import { Journal } from "./journal.ts";
import { Lanes } from "./lanes.ts";
import { OldLanes } from "./old-lanes.ts";
import { type HostRequest, PROTOCOL_VERSION, receiveMessages, sendMessage } from "./protocol.ts";
import { PortPool } from "./readiness.ts";
import { SessionHost } from "./session-host.ts";

const IDLE_MS = 60_000;
const LOOK_MS = 1_000;

const dataFolder = process.argv[2] ?? "";
const options = JSON.parse(readFileSync(0, "utf8")) as HostOptions;
const folders = hostFolders(dataFolder);
mkdirSync(folders.root, { recursive: true, mode: 0o700 });

const lock = takeHostLock(folders);
if (lock === null) process.exit(0); // Another host was quicker; the driver will find that one.

rmSync(folders.socket, { force: true });
const fifos = new FifoPool(folders.fifos);
const instance = createHash("sha256").update(dataFolder).digest("hex").slice(0, 8);
const opened = options.controlGroups ? openCgroups(`canfar-${instance}`) : "";
const cgroups = typeof opened === "string" ? null : opened;
const laneSurroundings = {
  ...options,
  ...{ hostId: randomUUID().slice(0, 8), lanesFolder: folders.lanes, marksFolder: folders.marks, fifos },
  cgroups,
};
for (const folder of [folders.lanes, folders.marks]) mkdirSync(folder, { recursive: true, mode: 0o700 });
const oldLanes = new OldLanes(folders.lanes, cgroups);
const host = new SessionHost({
  journal: Journal.open(folders.journal),
  surroundings: {
    ...laneSurroundings,
    ...{
      logs: new LogStore(options.logFolder),
      lanes: new Lanes(laneSurroundings),
      oldLanes,
      ports: new PortPool(),
    },
  },
  slots: options.slots,
});
host.recover();

const connections = new Set<Socket>();
const server = createServer((socket) => serve(socket));
server.listen(folders.socket, () => chmodSync(folders.socket, 0o600));

let idleSince = Date.now();
setInterval(look, LOOK_MS);
process.on("SIGTERM", () => void leave());
process.on("SIGINT", () => void leave());
process.on("SIGHUP", () => {}); // The terminal that the server was started from may close.

function look(): void {
  if (connections.size > 0 || host.isBusy) idleSince = Date.now();
  const isOrphan = !existsSync(folders.socket) && !host.isBusy; // The data folder was removed.
  oldLanes.removeGone();
  if (isOrphan || Date.now() - idleSince > IDLE_MS) void leave();
  try {
    fifos.fill();
  } catch (error) {
    console.error(new Date().toISOString(), error); // A full disk: the next launch says it to its user.
  }
}

function serve(socket: Socket): void {
  connections.add(socket);
  const unsubscribe = host.observe((observations) => sendMessage(socket, { observations }));
  socket.on("error", () => socket.destroy()); // The server was killed: its close is what counts.
  socket.on("close", () => {
    unsubscribe();
    connections.delete(socket);
  });
  receiveMessages<HostRequest>(socket, (request) => answer(socket, request));
  sendMessage(socket, { hello: { version: PROTOCOL_VERSION, options } });
}

function answer(socket: Socket, request: HostRequest): void {
  try {
    if (request.call === "leave") {
      const isIdle = !host.isBusy && connections.size === 1;
      sendMessage(socket, { id: request.id, result: null });
      if (isIdle || !request.onlyIfIdle) void leave();
    } else sendMessage(socket, { id: request.id, result: host.handle(request) });
  } catch (error) {
    const { message, code = "" } = error as NodeJS.ErrnoException;
    sendMessage(socket, { id: request.id, error: { message, code } });
  }
}

/** Sessions go on; the next host adopts them. */
async function leave(): Promise<void> {
  server.close();
  rmSync(folders.socket, { force: true });
  for (const socket of connections) socket.end();
  await host.release();
  if (!host.isBusy) cgroups?.close();
  process.exit(0);
}
