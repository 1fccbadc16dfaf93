import { closeSync, constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { LogLine } from "../../session-driver.ts";

const STREAMS = ["stdout", "stderr"] as const;

/** Most that a pipe can hold (`fs.pipe-max-size`), a page of it at a time. */
const MOST_BYTES = 1024 * 1024;
const buffer = Buffer.alloc(64 * 1024);

/** Where the bytes of a Session go. */
export type OutputSink = (stream: LogLine["stream"], chunk: Buffer) => void;

/** The host's ends of a lane's two named pipes: what its Sessions print, one after the other. */
export class OutputPipes {
  readonly #pipes: readonly { stream: LogLine["stream"]; descriptor: number; socket: Socket }[];
  #sink: OutputSink = () => {};

  /** @param folder the lane's @throws the file system's error */
  constructor(folder: string) {
    this.#pipes = STREAMS.map((stream) => {
      const descriptor = openSync(join(folder, stream), constants.O_RDONLY | constants.O_NONBLOCK);
      const socket = new Socket({ fd: descriptor, readable: true, writable: false });
      socket.on("error", () => socket.destroy()); // Only the last holder's end closes a pipe.
      socket.on("data", (chunk) => this.#sink(stream, chunk));
      return { stream, descriptor, socket };
    });
  }

  /**
   * The ends that Sessions write to, for a lane's descriptors 1 and 2. Open for reading too, so that the lane itself keeps
   * the pipe whole: nobody gets SIGPIPE, even when the host that reads has died.
   */
  static openWriters(folder: string): { descriptors: number[]; close(): void } {
    const descriptors = STREAMS.map((stream) => openSync(join(folder, stream), constants.O_RDWR));
    return {
      descriptors,
      close() {
        for (const descriptor of descriptors) closeSync(descriptor);
      },
    };
  }

  /** What is read from now on belongs to somebody else. */
  deliverTo(sink: OutputSink): void {
    this.#sink = sink;
  }

  pause(): void {
    for (const { socket } of this.#pipes) socket.pause();
  }

  resume(): void {
    for (const { socket } of this.#pipes) socket.resume();
  }

  /** Takes all that is in the pipes now: once nobody writes any more, all there ever will be. */
  drain(): void {
    for (const { stream, descriptor, socket } of this.#pipes) {
      if (socket.destroyed) continue;
      while (socket.read() !== null); // Its event delivers it.
      let left = MOST_BYTES;
      for (let size = readNow(descriptor); size > 0; size = left > 0 ? readNow(descriptor) : 0) {
        this.#sink(stream, Buffer.from(buffer.subarray(0, size)));
        left -= size;
      }
    }
  }

  /** Reads no more; what is printed waits in the pipes for the next host. */
  close(): void {
    for (const { socket } of this.#pipes) socket.destroy();
  }
}

/** @returns how many bytes are in the buffer now; 0 where the pipe is empty, or nobody holds it any more */
function readNow(descriptor: number): number {
  try {
    return readSync(descriptor, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
