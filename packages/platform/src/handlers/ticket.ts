import { CanfarError, ROUTES, type Session, type User } from "@canfar/contract";
import type { SessionReader } from "../services/session-reader.ts";
import { honoPath, type PlatformApp } from "./context.ts";

/** Makes a one-time address for a Session's page. */
export type IssueTicket = (options: { user: User; sessionId: string; path: string }) => {
  url: string;
  expiresAt: string;
};

/** `/canfar/v1/session/{id}/ticket`. */
export function mountTicket(
  app: PlatformApp,
  services: { reader: SessionReader; issueTicket: IssueTicket },
): void {
  app.post(honoPath(ROUTES.createTicket.path), (context) => {
    const { user, callingSession } = context.var;
    const session = services.reader.get(user, context.req.param("id") ?? "");
    if (callingSession !== null) throw wouldOutlive(callingSession, session);
    if (session.connectUrl === undefined) {
      throw new CanfarError("request.unsupported", {
        message: `session ${session.id} is a ${session.kind} session: it has no page to open`,
        hint: `Read what it writes with \`canfar logs ${session.id}\`.`,
      });
    }
    if (session.endedAt !== undefined) {
      throw new CanfarError("session.not_active", {
        message: `session ${session.id} has ended${session.message === undefined ? "" : `: ${session.message}`}`,
        hint: "Create a new one with `canfar create`.",
      });
    }
    const { pathname, search } = new URL(session.connectUrl);
    return context.json(services.issueTicket({ user, sessionId: session.id, path: `${pathname}${search}` }));
  });
}

/** A Ticket makes a login of a browser, which lasts for days. */
function wouldOutlive(callingSession: string, { id, connectUrl }: Session): CanfarError {
  const address = connectUrl === undefined ? "" : ` at ${connectUrl}`;
  return new CanfarError("authorization.denied", {
    message: `the credential of session ${callingSession} cannot log a browser in: that login would outlive it`,
    hint: `Open session ${id} in a browser that is logged in${address}.`,
  });
}
