import { connect, createServer } from "node:net";

/** Loopback ports of this host's Sessions: one that is given out is not given again before it is back. */
export class PortPool {
  readonly #taken = new Set<number>();

  /** A port that is free now. Who starts a service on it must cope with losing it to another program. */
  async take(): Promise<number> {
    for (;;) {
      const port = await freePort();
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
  }

  /** Notes a port that a Session of an earlier host has. */
  keep(port: number): void {
    this.#taken.add(port);
  }

  giveBack(port: number): void {
    this.#taken.delete(port);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

const PROBE_MS = 100;
const PROBE_TIMEOUT_MS = 5_000;

/** Resolves true when the service answers, false when `signal` aborts first. */
export async function untilReady(
  port: number,
  readyPath: string | null,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    if (await answers(port, readyPath)) return true;
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
  return false;
}

async function answers(port: number, readyPath: string | null): Promise<boolean> {
  if (readyPath === null) return await accepts(port);
  try {
    const response = await fetch(`http://127.0.0.1:${port}${readyPath}`, {
      redirect: "manual",
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false; // Refused, reset or silent: not ready yet, which is what is asked.
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });
}
