/** What the driver in the server and the session host say to each other: one JSON object a line over a unix socket. */
import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import type { LaunchPlan, Observation, SessionRef } from "../../session-driver.ts";
import type { ImageEnvironment } from "../image-environment.ts";
import type { HostOptions } from "./host-options.ts";

/** Grows whenever a host of an older version would misunderstand. */
export const PROTOCOL_VERSION = 3;

/** A plan with everything that the host needs beside it. */
export interface HostLaunch {
  readonly plan: LaunchPlan;
  readonly environment: ImageEnvironment;
}

/** What is asked about Sessions. */
export type SessionCall =
  | { readonly call: "launch"; readonly launch: HostLaunch }
  | { readonly call: "stop"; readonly sessions: readonly SessionRef[]; readonly graceSeconds: number }
  | { readonly call: "forget"; readonly sessions: readonly SessionRef[] }
  | { readonly call: "list" };

export type HostCall =
  | SessionCall
  /** The host ends: at once, or only if nothing runs and nobody else is connected. Sessions go on either way. */
  | { readonly call: "leave"; readonly onlyIfIdle: boolean };

export type HostRequest = HostCall & { readonly id: number };

/** What a host says first. */
export interface HostHello {
  readonly version: number;
  /** What it was started with. */
  readonly options: HostOptions;
}

export type HostMessage =
  | { readonly hello: HostHello }
  | { readonly id: number; readonly result: readonly Observation[] | null }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string } }
  /** What changed, in order; many at a time where much happens. */
  | { readonly observations: readonly Observation[] };

/** Calls `receive` for each message of the other side; a line that is no JSON ends the connection. */
export function receiveMessages<T>(socket: Socket, receive: (message: T) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  socket.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      try {
        receive(JSON.parse(line) as T);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
        return;
      }
    }
  });
}

export function sendMessage(socket: Socket, message: HostMessage | HostRequest): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

export function attemptKey({ sessionId, attempt }: SessionRef): string {
  return `${sessionId}.${attempt}`;
}
