import { CanfarError, isEnded, KIND_CONTRACTS, type Session } from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { forEachInOrder } from "../command/every.ts";
import { flag, sessionIds } from "../command/flags.ts";
import { showInBrowser } from "../command/show-in-browser.ts";
import { statusText } from "../output/session-table.ts";

const POLL_MS = 500;

export const open = defineCommand<{ wait: boolean; print?: boolean }, string[]>({
  brief: "Open Sessions in the browser",
  details:
    "Open Sessions in the browser, each with a one-time address that needs no login. Waits until the Session runs. Prints the address where there is no browser.",
  parameters: {
    flags: {
      wait: {
        kind: "boolean",
        brief: "Wait until the Session runs; --no-wait opens what there is",
        default: true,
      },
      print: flag("Only print the address"),
    },
    aliases: { p: "print" },
    positional: sessionIds,
  },
  async run(context, { wait, print }, ...ids) {
    const client = await context.client();
    await forEachInOrder(context, ids, async (reference) => {
      const session = await client.sessions.resolve(reference);
      const { id } = session;
      refuseUnopenable(session);
      if (wait) await untilRunning(context, session);
      const { url } = await client.sessions.ticket(id);
      if (print) return context.write(`${url}\n`);
      if (await showInBrowser(url, context.streams.env)) return context.say(`Opened ${id} in the browser.`);
      context.say("There is no browser here (set BROWSER to name one). Open this address, which works once:");
      context.write(`${url}\n`);
    });
  },
});

function refuseUnopenable(session: Session): void {
  const { id, kind, status } = session;
  if (!KIND_CONTRACTS[kind].interactive) {
    throw new CanfarError("request.unsupported", {
      message: `${id} is a ${kind} Session: it has no page to open`,
      hint: `Read what it writes with \`canfar logs ${id}\`.`,
    });
  }
  if (isEnded(status)) {
    throw new CanfarError("session.not_active", {
      message: `${id} has ended: ${statusText(session)}${session.message === undefined ? "" : `: ${session.message}`}`,
      hint: "Create a new one with `canfar create`.",
    });
  }
}

async function untilRunning(context: Context, started: Session): Promise<void> {
  const client = await context.client();
  let session = started;
  if (session.status === "Running") return;
  const progress = context.progress();
  try {
    while (session.status !== "Running") {
      refuseUnopenable(session);
      progress.update(`${session.id}: ${session.message ?? statusText(session)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      session = await client.sessions.get(session.id);
    }
  } finally {
    progress.end();
  }
}
