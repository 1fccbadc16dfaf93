/** The baseline of bench/logs.ts, in a thread of its own: a file over HTTP, as plainly as Node does it. */
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const { file } = workerData as { file: string };
const server = createServer((_, response) => createReadStream(file).pipe(response));
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
