import type { PlatformStats } from "@canfar/contract";
import { CanfarError, ROUTES, type Session } from "@canfar/contract";
import { decodeLaunchForm, encodeSession } from "@canfar/contract/wire";
import type { LaunchService } from "../services/launch.ts";
import type { SessionFilter, SessionReader } from "../services/session-reader.ts";
import { honoPath, type PlatformApp } from "./context.ts";
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
    if (view === "stats") return json(JSON.stringify(load(), null, 2));
    const filter: SessionFilter = { kind: context.req.query("type"), status: context.req.query("status") };
    if (view === "all") return json(jsonArray(reader.list(null, filter), reduced));
    if (view?.toLowerCase() !== "interactive") {
      return json(jsonArray(reader.list(context.var.user, filter), encodeSession));
    }
    const interactive = { status: filter.status, interactive: true };
    return json(jsonArray(reader.list(context.var.user, interactive), encodeSession));
  });

  app.post(path, async (context) => {
    const form = decodeLaunchForm(await readParameters(context.req.raw));
    const ids = services.launch.launch({
      user: context.var.user,
      form,
      registryAuth: context.req.header("x-skaha-registry-auth"),
    });
    return context.text(`${ids.join("\n")}\n`);
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

/** An indented JSON array, item by item: ten thousand Sessions are never all in memory as objects. */
function jsonArray<T>(items: Iterable<T>, encode: (item: T) => object): string {
  let text = "[";
  for (const item of items) {
    // An array of one, without its brackets, is indented as it must be in the whole.
    const element = JSON.stringify([encode(item)], null, 2).slice(1, -2);
    text += `${text === "[" ? "" : ","}${element}`;
  }
  return text === "[" ? "[]" : `${text}\n]`;
}

function json(text: string): Response {
  return new Response(text, { headers: { "Content-Type": "application/json" } });
}
