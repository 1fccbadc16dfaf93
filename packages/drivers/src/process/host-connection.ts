import { connect, type Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { CanfarError } from "@canfar/contract";
import type { Observation } from "../session-driver.ts";
import { type HostFolders, hostFolders } from "./host/host-folders.ts";
import type { HostOptions } from "./host/host-options.ts";
import {
  type HostCall,
  type HostHello,
  type HostMessage,
  PROTOCOL_VERSION,
  receiveMessages,
  sendMessage,
} from "./host/protocol.ts";
import { startHost } from "./start-host.ts";

const START_TIMEOUT_MS = 20_000;
const RETRY_MS = 20;
/** How often a call is made anew when a host dies under it. */
const MAX_TRIES = 5;

interface Call {
  resolve(result: readonly Observation[] | null): void;
  reject(error: Error): void;
}

/** A host that has said its first words. */
interface ReachedHost {
  readonly socket: Socket;
  readonly hello: HostHello;
  /** Where what it says goes from now on, what it has said meanwhile first. */
  deliver(receiver: (message: HostMessage) => void): void;
}

class HungUp extends Error {
  override readonly message = "the session host hung up";
}

/** The driver's line to the session host: starts the host where none runs, and comes back when the line is cut. */
export class HostConnection {
  readonly #dataFolder: string;
  readonly #folders: HostFolders;
  readonly #options: HostOptions;
  readonly #onObservation: (observation: Observation) => void;
  readonly #calls = new Map<number, Call>();
  #socket: Promise<Socket> | null = null;
  #nextId = 1;
  #closed = false;

  constructor(options: {
    dataFolder: string;
    host: HostOptions;
    onObservation: (observation: Observation) => void;
  }) {
    this.#dataFolder = options.dataFolder;
    this.#folders = hostFolders(options.dataFolder);
    this.#options = options.host;
    this.#onObservation = options.onObservation;
  }

  /**
   * Asks the host. When it dies before it answers, the next one is asked: hosts know attempts by their ids, so that every
   * call may be repeated.
   *
   * @throws CanfarError `storage.full`, `server.internal`
   */
  async call(call: HostCall): Promise<readonly Observation[] | null> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#callOnce(call);
      } catch (error) {
        if (!(error instanceof HungUp)) throw error;
        if (this.#closed || tries === MAX_TRIES) throw hostError({ message: error.message, code: "" });
      }
    }
  }

  async #callOnce(call: HostCall): Promise<readonly Observation[] | null> {
    const socket = await this.#connected();
    const id = this.#nextId++;
    return await new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      sendMessage(socket, { ...call, id });
    });
  }

  /**
   * Connects, and starts a host first where there is none. One of another version, or with other options, is asked to make
   * room: the new one takes its Sessions over.
   *
   * @throws CanfarError `server.internal` when no host answers in time
   */
  async open(): Promise<void> {
    const end = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const host = await this.#reach(end);
      const { socket, hello } = host;
      if (hello.version === PROTOCOL_VERSION && isDeepStrictEqual(hello.options, this.#options)) {
        this.#socket = Promise.resolve(this.#use(host));
        return;
      }
      sendMessage(socket, { call: "leave", onlyIfIdle: false, id: 0 });
      await new Promise((resolve) => socket.once("close", resolve));
    }
  }

  /** Lets go of the host, which goes too where nobody needs it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const socket = await this.#socket?.catch(() => null); // A host that cannot be reached needs no farewell.
    if (socket === null || socket === undefined || socket.destroyed) return;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    sendMessage(socket, { call: "leave", onlyIfIdle: true, id: 0 });
    socket.end();
    await closed;
  }

  #connected(): Promise<Socket> {
    if (this.#closed) return Promise.reject(new HungUp());
    this.#socket ??= this.#reach(Date.now() + START_TIMEOUT_MS)
      .then((host) => this.#use(host))
      .catch((error: unknown) => {
        this.#socket = null;
        throw error;
      });
    return this.#socket;
  }

  /** Finds a host that answers, and starts one whenever none runs. */
  async #reach(end: number): Promise<ReachedHost> {
    let isStarting = false;
    while (Date.now() < end) {
      const reached = await greet(this.#folders.socket);
      if (reached !== null) return reached;
      if (!isStarting) {
        isStarting = true;
        // One that ends had found another one running, which may be about to end itself.
        startHost({ dataFolder: this.#dataFolder, host: this.#options }).once("exit", () => {
          isStarting = false;
        });
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    throw new CanfarError("server.internal", {
      message: "the session host does not answer",
      hint: `Its own words are in ${this.#folders.log}.`,
    });
  }

  #use({ socket, deliver }: ReachedHost): Socket {
    socket.on("close", () => this.#lost());
    deliver((message) => this.#receive(message));
    return socket;
  }

  #receive(message: HostMessage): void {
    if ("hello" in message) return;
    if ("observations" in message) {
      message.observations.forEach(this.#onObservation);
      return;
    }
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if ("result" in message) call?.resolve(message.result);
    else call?.reject(hostError(message.error));
  }

  /** The host died, or this side closes. A new host is started at once, and what happened meanwhile is asked for. */
  #lost(): void {
    this.#socket = null;
    for (const { reject } of this.#calls.values()) reject(new HungUp());
    this.#calls.clear();
    if (this.#closed) return;
    this.call({ call: "list" }).then(
      (observations) => observations?.forEach(this.#onObservation),
      () => {}, // The next call tries again and tells its caller.
    );
  }
}

/** @returns a host that has greeted; null where nobody answers */
function greet(path: string): Promise<ReachedHost | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("error", () => socket.destroy()); // Its close is what counts.
    const gone = () => resolve(null);
    socket.once("close", gone);
    const early: HostMessage[] = [];
    let receive = (message: HostMessage): void => {
      if (!("hello" in message)) early.push(message);
      else {
        socket.off("close", gone);
        resolve({ socket, hello: message.hello, deliver });
      }
    };
    const deliver: ReachedHost["deliver"] = (receiver) => {
      receive = receiver;
      early.forEach(receiver);
    };
    receiveMessages<HostMessage>(socket, (message) => receive(message));
  });
}

function hostError({ message, code }: { message: string; code: string }): CanfarError {
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new CanfarError("storage.full", {
      message: `the platform's disk is full: ${message}`,
      hint: "Free some space in the platform's data folder, then try again.",
    });
  }
  return new CanfarError("server.internal", { message: `the session host failed: ${message}` });
}
