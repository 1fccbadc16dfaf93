import { fileURLToPath } from "node:url";
import type { DriverDescription, SessionDriver } from "@canfar/drivers";
import { RouteTable } from "@canfar/proxy";
import { createApp } from "./app.ts";
import type { Caller, CredentialedSession } from "./authentication/index.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config/config.ts";
import type { DataFolder } from "./data-folder/data-folder.ts";
import type { PlatformApp } from "./handlers/context.ts";
import type { IssueTicket } from "./handlers/ticket.ts";
import type { Log } from "./log.ts";
import type { Records } from "./records/records.ts";
import { AdmissionQueue } from "./services/admission/admission-queue.ts";
import { capacityOf } from "./services/admission/demand.ts";
import { Ledger } from "./services/admission/ledger.ts";
import { PendingReasons } from "./services/admission/pending-reasons.ts";
import { CarriedFiles } from "./services/carried-files.ts";
import { Expiry } from "./services/expiry.ts";
import { Forecaster } from "./services/forecaster.ts";
import { GroupReader } from "./services/group-reader.ts";
import { GroupWatch } from "./services/group-watch.ts";
import { HomeFolders } from "./services/home-folders.ts";
import { type CataloguedImage, ImageCatalogue } from "./services/image-catalogue.ts";
import { ItemLists } from "./services/items/item-lists.ts";
import { ItemReader } from "./services/items/item-reader.ts";
import { ItemOrphans } from "./services/items/orphans.ts";
import { LaunchService } from "./services/launch.ts";
import { LaunchCheck } from "./services/launch-check.ts";
import { Launcher } from "./services/launcher.ts";
import { GroupLogs } from "./services/logs/group-logs.ts";
import { LogRetention } from "./services/logs/log-retention.ts";
import { SessionLogs } from "./services/logs/session-logs.ts";
import { AllowedHosts } from "./services/notify/allowed-hosts.ts";
import { deliverBy } from "./services/notify/deliver.ts";
import { Outbox } from "./services/notify/outbox.ts";
import { Postman } from "./services/notify/postman.ts";
import { platformLoad } from "./services/platform-load.ts";
import { GroupEnds } from "./services/policy/group-ends.ts";
import { RerunService } from "./services/policy/rerun.ts";
import { Settlement } from "./services/policy/settlement.ts";
import { Reconciler } from "./services/reconciler.ts";
import { GroupReporter } from "./services/report/group-reporter.ts";
import { serverContext } from "./services/server-context.ts";
import { SessionChanges } from "./services/session-changes.ts";
import { SessionEnder } from "./services/session-ender.ts";
import { SessionObserver } from "./services/session-observer.ts";
import { SessionReader } from "./services/session-reader.ts";
import { SessionRoutes } from "./services/session-routes.ts";
import { UsageMonitor } from "./services/usage-monitor.ts";
import { sessionCommand } from "./session-command.ts";

/** How often records and driver are compared; a change that was told late is seen then. */
const RECONCILE_MS = 30_000;

/** The driver's own limit, a backstop only: the platform ends Sessions itself, at an expiry that renewal moves. */
const LONGEST_LIFETIME_SECONDS = 365 * 86_400;

/** Programs that every Session finds on its PATH. */
const SESSION_TOOLS = fileURLToPath(new URL("../session-tools", import.meta.url));

/** What the platform needs to know of who calls. */
export interface CallerIdentity {
  authenticate(authorization: string | undefined): Promise<Caller>;
  issueSessionCredential(session: CredentialedSession): Promise<string>;
  readonly issueTicket: IssueTicket;
}

export interface PlatformParts {
  readonly config: Config;
  readonly folder: DataFolder;
  /** Public origin, e.g. `http://127.0.0.1:8088`. */
  readonly origin: string;
  /** Origin by which Sessions reach the platform; need not be the public one. */
  readonly innerOrigin: string;
  readonly version: string;
  readonly driver: SessionDriver;
  readonly identity: CallerIdentity;
  readonly images: readonly CataloguedImage[];
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Log;
}

/** A platform without a port: its API, its Sessions' routes, and its life. */
export interface Platform {
  readonly app: PlatformApp;
  readonly routes: RouteTable;
  readonly driver: DriverDescription;
  /** Compares records and driver, then starts what waits. */
  start(): Promise<void>;
  /** Ends every user's Sessions; nothing starts any more. Resolves when all have ended, or when `signal` aborts. */
  endSessions(signal: AbortSignal): Promise<void>;
  /** Stops working; Sessions go on. */
  stop(): void;
}

/** The composition root: every object of the platform is made here, from parts that the caller chose. */
export async function createPlatform(parts: PlatformParts): Promise<Platform> {
  const { config, folder, origin, driver, records, clock, log } = parts;
  const { graceSeconds } = config.sessions;
  const description = await driver.describe();
  const context = serverContext({
    ...{ capacity: description.capacity, ...config.resources },
    maxInteractiveSessions: config.sessions.maxInteractive,
  });

  const routes = new RouteTable();
  const changes = new SessionChanges();
  const usage = new UsageMonitor(clock);
  const sessionRoutes = new SessionRoutes(routes);
  const capacity = capacityOf({
    ...{ machine: description.capacity, memoryGiB: context.memoryGB.defaultRequest },
    places: config.batch.flexible ?? 2 * Math.max(1, Math.floor(description.capacity.cores)),
  });
  const ledger = new Ledger({ records, capacity, clock });
  const weights = config.batch.shares;
  const reasons = new PendingReasons({ records, ledger, weights, clock });
  const reader = new SessionReader({ records, usage, reasons, origin });
  const items = new ItemReader({ records, changes, folder: folder.groups, log });
  const orphans = new ItemOrphans({ records, changes, folder: folder.groups, log });
  const itemLists = new ItemLists(folder);
  const groups = new GroupReader({ records, sessions: reader, items });
  const watch = new GroupWatch({ groups, changes, clock });
  // The queue and those that make room in it need each other.
  const onEnd = () => queue.admit();

  const surroundings = {
    ...{ hostname: new URL(origin).host, origin, innerOrigin: parts.innerOrigin },
    ...{ homes: folder.homes, projects: folder.projects },
    ...{ groups: folder.groups, capacity, sessionTools: SESSION_TOOLS },
    command: sessionCommand(),
    ...{ maxProcesses: config.sessions.maxProcesses, longestLifetimeSeconds: LONGEST_LIFETIME_SECONDS },
  };
  const ends = new GroupEnds();
  const settlement = new Settlement({ records, ledger, ends, changes, clock });
  const shared = {
    ...{ driver, records, changes, ledger, settlement, clock, log, graceSeconds, onEnd },
    largestMemoryGiB: context.memoryGB.defaultLimit,
  };
  const launcher = new Launcher({
    ...{ ...shared, surroundings, onRefused: (refused) => observer.apply(refused) },
    issueCredential: (session) => parts.identity.issueSessionCredential(session),
  });
  const { keepsSlots } = description;
  const queue = new AdmissionQueue({ ...shared, launcher, weights, keepsSlots });
  const onStart = (expiresAt: string) => expiry.expect(expiresAt);
  const observer = new SessionObserver({ ...shared, routes: sessionRoutes, usage, onStart });
  const ender = new SessionEnder({ ...shared, reader, routes: sessionRoutes });
  const renewalSeconds = config.sessions.interactiveLifetimeSeconds;
  const expiry = new Expiry({ records, ender, clock, log, renewalSeconds });
  const reconciler = new Reconciler({ ...shared, launcher, observer, queue, intervalMs: RECONCILE_MS });
  const images = new ImageCatalogue({ images: parts.images, registries: config.registries });
  const hosts = new AllowedHosts(config.notifications.allowedHosts);
  const check = new LaunchCheck({
    notices: { hosts, sendsMail: config.mail !== undefined },
    ...{ records, images, context, clock, kinds: description.kinds },
    lifetimes: {
      interactiveSeconds: config.sessions.interactiveLifetimeSeconds,
      headlessSeconds: config.sessions.headlessLifetimeSeconds,
    },
  });
  const homes = new HomeFolders(folder.homes);
  const launch = new LaunchService({ ...shared, check, queue, launcher, homes, routes: sessionRoutes });
  const forecaster = new Forecaster({ records, check, ledger, queue, reasons });
  const rerun = new RerunService({ ...shared, groups, queue, items });
  const files = new CarriedFiles({ homes, folder: folder.homes });
  const logs = new SessionLogs({ driver, records, changes });
  const groupLogs = new GroupLogs({ driver, records, changes, clock });
  /** Items stay as long as anything of their Group is listed, or its logs are there. */
  const keepsItems = (id: string) => {
    const group = records.groups.find(id);
    return group !== null && (group.logsRemovedAt === null || records.sessions.ofGroup(id).length > 0);
  };
  const retention = new LogRetention({
    ...{ driver, records, clock, log, days: config.logs.retentionDays },
    afterLook: () => itemLists.tidy(keepsItems),
  });
  const reporter = new GroupReporter({ records, groups, items, driver, context, clock });
  const { secret } = config.notifications;
  const deliver = deliverBy({ records, reporter, hosts, secret, mail: config.mail, clock });
  const postman = new Postman({ records, deliver, clock, log });
  ends.listen(new Outbox({ records, clock, origin, onNew: () => postman.look() }));
  const app = createApp({
    ...{ reasons, forecaster },
    ...{
      reader,
      groups,
      watch,
      launch,
      itemLists,
      ender,
      rerun,
      expiry,
      images,
      files,
      context,
      origin,
      log,
    },
    ...{
      version: parts.version,
      logs,
      groupLogs,
      reporter,
    },
    load: () => platformLoad({ records, capacity: description.capacity, context }),
    authenticate: (authorization) => parts.identity.authenticate(authorization),
    issueTicket: (options) => parts.identity.issueTicket(options),
    note: `CANFAR Science Platform ${parts.version}: ${description.summary}`,
  });
  return {
    ...{ app, routes, driver: description },
    async start() {
      sessionRoutes.restore(records);
      itemLists.open(keepsItems);
      observer.start();
      settlement.resume();
      await reconciler.start();
      orphans.start();
      expiry.start();
      retention.start();
      postman.start();
    },
    async endSessions(signal) {
      queue.stop();
      await ender.stopAll(signal);
    },
    stop() {
      queue.stop();
      launcher.stop();
      reconciler.stop();
      expiry.stop();
      postman.stop();
      observer.stop();
      logs.stop();
      groupLogs.stop();
      retention.stop();
      watch.stop();
    },
  };
}
