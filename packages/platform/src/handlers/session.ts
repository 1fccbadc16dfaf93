import type { PlatformStats } from "@canfar/contract";
import { CanfarError, ROUTES, type Session } from "@canfar/contract";
import { decodeLaunchForm, encodeSession } from "@canfar/contract/wire";
import type { LaunchService } from "../services/launch.ts";
import type { SessionFilter, SessionReader } from "../services/session-reader.ts";
import { honoPath, type PlatformApp } from "./context.ts";
import { jsonArrayResponse } from "./json-array-response.ts";
import { readParameters } from "./parameters.ts";

/** `/v1/session`: list and create. */
export function mountSession(
  app: PlatformApp,
  services: { reader: SessionReader; launch: LaunchService; load: () => PlatformStats },
): void {
  const path = honoPath(ROUTES.listSessions.path);

  app.get(path, (context) => {
    const { reader, load } = services;
    const view = context.req.query("view");
    if (view === "stats")
      return context.body(JSON.stringify(load(), null, 2), 200, { "Content-Type": "application/json" });
    const filter: SessionFilter = { kind: context.req.query("type"), status: context.req.query("status") };
    if (view === "all") return jsonArrayResponse(reader.list(null, filter), reduced);
    if (view?.toLowerCase() !== "interactive") {
      return jsonArrayResponse(reader.list(context.var.user, filter), encodeSession);
    }
    const interactive = { status: filter.status, interactive: true };
    return jsonArrayResponse(reader.list(context.var.user, interactive), encodeSession);
  });

  app.post(path, async (context) => {
    const form = decodeLaunchForm(await readParameters(context.req.raw));
    const { sessions } = services.launch.launch({
      user: context.var.user,
      ...form,
      registryAuth: context.req.header("x-skaha-registry-auth"),
    });
    return context.text(`${sessions.join("\n")}\n`);
  });

  app.delete(path, () => {
    throw new CanfarError("request.unsupported", {
      message: "Cannot kill all sessions.",
      hint: "Delete each session by its id.",
    });
  });
}

/** What everybody may know of everybody's Sessions. */
function reduced(session: Session): Record<string, string | undefined> {
  const { username, kind, status, startedAt } = session;
  return { userid: username, type: kind, status, startTime: startedAt };
}
