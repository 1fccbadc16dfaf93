import type { PlatformStats } from "@canfar/contract";
import { CanfarError, ROUTES, type Route, type ServerContext } from "@canfar/contract";
import { Hono } from "hono";
import { type Authenticate, authenticated } from "./handlers/authenticate.ts";
import { mountAvailability } from "./handlers/availability.ts";
import { mountCapabilities } from "./handlers/capabilities.ts";
import { honoPath, type PlatformApp, type PlatformEnvironment } from "./handlers/context.ts";
import { errorResponse } from "./handlers/error-response.ts";
import { mountFile } from "./handlers/file.ts";
import { mountForecast } from "./handlers/forecast.ts";
import { mountGroup } from "./handlers/group.ts";
import { mountGroupLogs } from "./handlers/group-logs.ts";
import { mountImage } from "./handlers/image.ts";
import { mountOpenApi } from "./handlers/openapi.ts";
import { mountServerContext } from "./handlers/server-context.ts";
import { mountSession } from "./handlers/session.ts";
import { mountSessionById } from "./handlers/session-by-id.ts";
import { type IssueTicket, mountTicket } from "./handlers/ticket.ts";
import { mountUser } from "./handlers/user.ts";
import type { Log } from "./log.ts";
import type { PendingReasons } from "./services/admission/pending-reasons.ts";
import type { CarriedFiles } from "./services/carried-files.ts";
import type { Expiry } from "./services/expiry.ts";
import type { Forecaster } from "./services/forecaster.ts";
import type { GroupReader } from "./services/group-reader.ts";
import type { GroupWatch } from "./services/group-watch.ts";
import type { ImageCatalogue } from "./services/image-catalogue.ts";
import type { ItemLists } from "./services/items/item-lists.ts";
import type { LaunchService } from "./services/launch.ts";
import type { GroupLogs } from "./services/logs/group-logs.ts";
import type { SessionLogs } from "./services/logs/session-logs.ts";
import type { RerunService } from "./services/policy/rerun.ts";
import type { GroupReporter } from "./services/report/group-reporter.ts";
import type { SessionEnder } from "./services/session-ender.ts";
import type { SessionReader } from "./services/session-reader.ts";

export interface AppOptions {
  readonly authenticate: Authenticate;
  readonly issueTicket: IssueTicket;
  readonly reader: SessionReader;
  readonly reasons: PendingReasons;
  readonly forecaster: Forecaster;
  readonly groups: GroupReader;
  readonly watch: GroupWatch;
  readonly reporter: GroupReporter;
  readonly launch: LaunchService;
  readonly itemLists: ItemLists;
  readonly logs: SessionLogs;
  readonly groupLogs: GroupLogs;
  readonly ender: SessionEnder;
  readonly rerun: RerunService;
  readonly expiry: Expiry;
  readonly images: ImageCatalogue;
  readonly files: CarriedFiles;
  readonly load: () => PlatformStats;
  readonly context: ServerContext;
  readonly origin: string;
  readonly version: string;
  /** One line for people in `/skaha/availability`. */
  readonly note: string;
  readonly log: Log;
}

/** The HTTP API: needs no port, `fetch` is enough. */
export function createApp(options: AppOptions): PlatformApp {
  const app: PlatformApp = new Hono<PlatformEnvironment>();
  app.onError((error, context) => errorResponse(error, context.req.raw, options.log));
  app.notFound((context) => errorResponse(noSuchPath(context.req.path), context.req.raw, options.log));

  mountOpenApi(app, options);
  mountCapabilities(app, options.origin);
  mountAvailability(app, options.note);

  const guard = authenticated(options.authenticate);
  for (const prefix of ["/skaha/v1/*", "/canfar/v1/*"]) {
    app.use(prefix, guard);
    app.use(prefix, refuseHead);
  }
  mountSession(app, options);
  mountSessionById(app, options);
  mountGroup(app, options);
  mountForecast(app, options);
  mountGroupLogs(app, options.groupLogs);
  mountImage(app, options.images);
  mountFile(app, options.files);
  mountServerContext(app, options.context);
  mountUser(app);
  mountTicket(app, options);
  refuseOtherMethods(app);
  return app;
}

/** Upstream answers 400, not 405, to methods that a path does not have. */
function refuseOtherMethods(app: PlatformApp): void {
  for (const path of new Set(Object.values<Route>(ROUTES).map((route) => route.path))) {
    app.all(honoPath(path), (context) => {
      throw unsupportedMethod(context.req.method);
    });
  }
}

/** Hono would answer HEAD wherever there is GET; upstream has it for the VOSI documents only. */
async function refuseHead(context: { req: { method: string } }, next: () => Promise<void>): Promise<void> {
  if (context.req.method === "HEAD") throw unsupportedMethod("HEAD");
  await next();
}

function unsupportedMethod(method: string): CanfarError {
  return new CanfarError("request.unsupported", {
    message: `unsupported: HTTP ${method}`,
    hint: "See /openapi.json for what there is.",
  });
}

function noSuchPath(path: string): CanfarError {
  return new CanfarError("request.not_found", {
    message: `not found: ${path}`,
    hint: "The API is below /skaha/v1; see /openapi.json.",
  });
}
