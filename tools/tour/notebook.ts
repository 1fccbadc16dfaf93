/** A kernel and a terminal in a running notebook Session, used as JupyterLab in a browser uses them. */
import { randomUUID } from "node:crypto";

/** How to reach one notebook through the platform's proxy. */
export interface NotebookAccess {
  /** Address of the Session as `canfar info` prints it, with Jupyter's own token. */
  readonly connectUrl: string;
  /** Bearer token of the Session's owner. */
  readonly bearer: string;
}

const REPLY_TIMEOUT_MS = 60_000;

/**
 * Starts a kernel, runs `code` in it, and ends it.
 *
 * @returns what the code printed
 * @throws Error with the kernel's traceback, or with what did not answer
 */
export async function runInKernel(access: NotebookAccess, code: string): Promise<string> {
  const kernel = (await callJupyter(access, "POST", "api/kernels")) as { id: string };
  try {
    return await execute(access, kernel.id, code);
  } finally {
    await callJupyter(access, "DELETE", `api/kernels/${kernel.id}`);
  }
}

/**
 * Opens a terminal, types `command`, and reads until `expected` appears.
 *
 * @throws Error with what the terminal showed instead
 */
export async function runInTerminal(
  access: NotebookAccess,
  command: string,
  expected: string,
): Promise<void> {
  const terminal = (await callJupyter(access, "POST", "api/terminals")) as { name: string };
  const socket = openSocket(access, `terminals/websocket/${terminal.name}`);
  let seen = "";
  try {
    await withTimeout(
      new Promise<void>((resolve, reject) => {
        socket.addEventListener("open", () => socket.send(JSON.stringify(["stdin", `${command}\r`])));
        socket.addEventListener("error", () => reject(new Error("the terminal's websocket failed")));
        socket.addEventListener("message", ({ data }) => {
          const [channel, text] = JSON.parse(String(data)) as [string, string?];
          if (channel === "stdout") seen += text ?? "";
          if (seen.includes(expected)) resolve();
        });
      }),
      () => `the terminal showed ${JSON.stringify(seen)}, not ${expected}`,
    );
  } finally {
    socket.close();
    await callJupyter(access, "DELETE", `api/terminals/${terminal.name}`);
  }
}

/** Base address of the Session: everything before JupyterLab's own path. */
function baseUrl({ connectUrl }: NotebookAccess): URL {
  const url = new URL(connectUrl);
  const match = /^\/session\/notebook\/[^/]+\//.exec(url.pathname);
  if (match === null) throw new Error(`${url.pathname} is not the address of a notebook`);
  return new URL(match[0], url.origin);
}

/** One call of Jupyter's REST API, with its token and the platform's. */
async function callJupyter(access: NotebookAccess, method: string, path: string): Promise<unknown> {
  const url = new URL(path, baseUrl(access));
  url.searchParams.set("token", new URL(access.connectUrl).searchParams.get("token") ?? "");
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${access.bearer}` } });
  const body = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${body.slice(0, 200)}`);
  return body === "" ? null : JSON.parse(body);
}

function openSocket(access: NotebookAccess, path: string): WebSocket {
  const url = new URL(path, baseUrl(access));
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("token", new URL(access.connectUrl).searchParams.get("token") ?? "");
  // Node's WebSocket takes headers, which the browser's type does not know.
  const options = { headers: { authorization: `Bearer ${access.bearer}` } } as unknown as string[];
  return new WebSocket(url, options);
}

/** Jupyter's messaging protocol, version 5.3: one execute_request and all that comes back for it. */
async function execute(access: NotebookAccess, kernelId: string, code: string): Promise<string> {
  const socket = openSocket(access, `api/kernels/${kernelId}/channels`);
  const id = randomUUID();
  const request = {
    header: {
      msg_id: id,
      username: "",
      session: randomUUID(),
      msg_type: "execute_request",
      version: "5.3",
      date: new Date(),
    },
    parent_header: {},
    metadata: {},
    channel: "shell",
    content: { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false },
  };
  let output = "";
  const finished = new Promise<string>((resolve, reject) => {
    socket.addEventListener("open", () => socket.send(JSON.stringify(request)));
    socket.addEventListener("error", () => reject(new Error("the kernel's websocket failed")));
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return;
      const message = JSON.parse(data) as KernelMessage;
      if (message.parent_header.msg_id !== id) return;
      if (message.msg_type === "stream") output += message.content.text ?? "";
      if (message.msg_type === "error")
        reject(new Error(`${message.content.ename}: ${message.content.evalue}`));
      if (message.msg_type === "status" && message.content.execution_state === "idle") resolve(output);
    });
  });
  try {
    return await withTimeout(finished, () => "the kernel did not finish");
  } finally {
    socket.close();
  }
}

interface KernelMessage {
  readonly msg_type: string;
  readonly parent_header: { readonly msg_id?: string };
  readonly content: {
    readonly text?: string;
    readonly ename?: string;
    readonly evalue?: string;
    readonly execution_state?: string;
  };
}

async function withTimeout<T>(work: Promise<T>, describe: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${describe()} (after ${REPLY_TIMEOUT_MS / 1000} s)`)),
      REPLY_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
