import { CanfarError, ROUTES } from "@canfar/contract";
import { encodeEventsTable, encodeSession } from "@canfar/contract/wire";
import type { Context } from "hono";
import type { PendingReasons } from "../services/admission/pending-reasons.ts";
import type { Expiry } from "../services/expiry.ts";
import type { SessionLogs } from "../services/logs/session-logs.ts";
import type { SessionEnder } from "../services/session-ender.ts";
import type { SessionReader } from "../services/session-reader.ts";
import { honoPath, type PlatformApp, type PlatformEnvironment } from "./context.ts";
import { logResponse } from "./log-response.ts";
import { readParameters } from "./parameters.ts";

/** `/v1/session/{id}`: read, logs, events, renew, delete. */
export function mountSessionById(
  app: PlatformApp,
  services: {
    reader: SessionReader;
    reasons: PendingReasons;
    logs: SessionLogs;
    ender: SessionEnder;
    expiry: Expiry;
  },
): void {
  const path = honoPath(ROUTES.getSession.path);

  app.get(path, (context) => {
    const id = idOf(context);
    const { user } = context.var;
    switch (context.req.query("view")) {
      case "logs":
        return logResponse(context, (query) => services.logs.read(user, id, query));
      case "events":
        return eventsResponse(context, services.reader.events(user, id));
      default:
        return context.body(JSON.stringify(encodeSession(services.reader.get(user, id)), null, 2), 200, {
          "Content-Type": "application/json",
        });
    }
  });

  app.get(honoPath(ROUTES.whySession.path), (context) => {
    const { user } = context.var;
    return context.json(services.reasons.answer(user, services.reader.record(user, idOf(context))));
  });

  app.post(path, async (context) => {
    const action = (await readParameters(context.req.raw)).get("action");
    if (action === null || action === "") throw unsupported("Cannot modify an existing session");
    if (action.toLowerCase() !== "renew") throw unsupported(`unrecognized action: ${action}`);
    services.expiry.renew(context.var.user, idOf(context));
    return context.body("", 200, { "Content-Type": "text/plain" });
  });

  app.delete(path, async (context) => {
    await services.ender.delete(context.var.user, idOf(context));
    return context.body("", 200, { "Content-Type": "text/plain" });
  });

  // Desktop applications live inside desktop Sessions, which this platform does not run.
  app.all(`${path}/app/:app?`, (context) => {
    const id = idOf(context);
    throw new CanfarError("session.not_found", { message: `session ${id} not found`, details: { id } });
  });
}

function idOf(context: Context<PlatformEnvironment>): string {
  return context.req.param("id") ?? "";
}

function unsupported(message: string): CanfarError {
  return new CanfarError("request.unsupported", { message, hint: "The only action is action=renew." });
}

function eventsResponse(
  context: Context<PlatformEnvironment>,
  events: ReturnType<SessionReader["events"]>,
): Response {
  if (context.req.query("format") === "json") return context.json(events);
  return context.body(encodeEventsTable(events), 200, { "Content-Type": "text/plain" });
}
