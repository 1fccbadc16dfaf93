import {
  KIND_CONTRACTS,
  REPLICA_ID,
  replicaEnvironment,
  type SessionKind,
  SKAHA_BASE,
  SKAHA_VERSION,
  sessionPath,
} from "@canfar/contract";
import { type LaunchPlan, PORT_PLACEHOLDER } from "@canfar/drivers";
import type { GroupRecord } from "../records/group-store.ts";
import { type Capacity, demandOf, slotsOf } from "./admission/demand.ts";
import { itemsEnvironment, itemsMounts, replicaItemsEnvironment, withItems } from "./items/plan-items.ts";
import { ADDRESS_VARIABLE, bringsOwnLogin } from "./with-credentials.ts";

const GIB = 1024 ** 3;

/** Where a Session finds the platform's own tools, whatever its image has. */
const TOOLS = "/run/canfar/bin";

/** Where the tool `canfar` finds Node and the command; drivers without mounts say where they really are. */
const COMMAND = { CANFAR_NODE: "/run/canfar/node", CANFAR_COMMAND: "/run/canfar/command" };

/** What the planner knows of the platform: facts of the machine, no services. */
export interface PlanSurroundings {
  /** Host name and port of the platform, for `skaha_hostname`. */
  readonly hostname: string;
  /** Origin of the pages, the only one from which Jupyter takes requests of other pages. */
  readonly origin: string;
  /** Origin by which Sessions reach the platform. */
  readonly innerOrigin: string;
  /** Folders on the machine. */
  readonly homes: string;
  readonly projects: string;
  /** Has a folder for each Group with Items. */
  readonly groups: string;
  /** The tools that every Session gets. */
  readonly sessionTools: string;
  /** What runs `canfar` inside Sessions; null where the command is not built. */
  readonly command: SessionCommand | null;
  readonly maxProcesses: number;
  readonly capacity: Capacity;
  /** The driver's own time limit; the platform ends Sessions at their expiry, which renewal moves. */
  readonly longestLifetimeSeconds: number;
}

/** The `canfar` command, mounted into Sessions with the program that runs it. */
export interface SessionCommand {
  /** Node's executable file. */
  readonly node: string;
  /** The folder with `package.json` and `dist`. */
  readonly folder: string;
}

/** A Session that is to start. */
export interface PlannedSession {
  readonly id: string;
  readonly name: string;
  readonly replicaIndex: number;
  readonly attempt: number;
  /** Its own memory in GiB, where an earlier attempt ran out of it; null means the Group's. */
  readonly memoryGiB: number | null;
}

/**
 * Makes plans from records: pure, so that what a Session gets can be read here and tested as data. Headless Replicas
 * with the same limits share one plan; interactive Sessions get one each, since their addresses are part of their arguments.
 */
export function planLaunch(
  group: GroupRecord,
  sessions: readonly PlannedSession[],
  surroundings: PlanSurroundings,
): LaunchPlan[] {
  const batches = group.interactive
    ? sessions.map((session) => [session])
    : Map.groupBy(sessions, ({ memoryGiB }) => memoryGiB).values();
  return Array.from(batches, (batch) => planBatch(group, batch, surroundings));
}

function planBatch(
  group: GroupRecord,
  sessions: readonly PlannedSession[],
  surroundings: PlanSurroundings,
): LaunchPlan {
  const { username, kind, details } = group;
  const { allocation } = details;
  const home = `/arc/home/${username}`;
  const id = sessions[0]?.id ?? group.id;
  return {
    group: group.id,
    kind,
    image: { id: group.image, ...details.image },
    replicas: sessions.map((session) => ({
      sessionId: session.id,
      attempt: session.attempt,
      name: session.name,
      index: session.replicaIndex,
      env: {
        skaha_sessionid: session.id,
        [REPLICA_ID]:
          replicaEnvironment({ index: session.replicaIndex, count: group.replicaCount })[REPLICA_ID] ?? "",
        ...replicaItemsEnvironment(group, session),
      },
    })),
    replicaCount: group.replicaCount,
    argv: programOf(group, id, surroundings),
    env: environmentOf(group, id, home, surroundings),
    path: [TOOLS],
    user: { username, ...details.user, home },
    mounts: [
      { source: `${surroundings.homes}/${username}`, target: home, readOnly: false },
      { source: surroundings.projects, target: "/arc/projects", readOnly: false },
      { source: null, target: "/scratch", readOnly: false },
      { source: surroundings.sessionTools, target: TOOLS, readOnly: true },
      ...commandMounts(surroundings.command),
      ...itemsMounts(group, surroundings.groups),
    ],
    workingDirectory: home,
    limits: {
      cores: allocation.coresLimit,
      memoryBytes: Math.round((sessions[0]?.memoryGiB ?? allocation.memoryLimitGiB) * GIB),
      processes: surroundings.maxProcesses,
      gpus: allocation.gpus,
    },
    slots: slotsIn(group, sessions[0]?.memoryGiB ?? null, surroundings),
    service: serviceOf(kind, id),
    lifetimeSeconds: surroundings.longestLifetimeSeconds,
  };
}

/** Interactive Sessions start at once. */
function slotsIn(group: GroupRecord, memoryGiB: number | null, { capacity }: PlanSurroundings): number {
  return group.interactive ? 0 : slotsOf(demandOf(group, memoryGiB, capacity), capacity);
}

function commandMounts(command: SessionCommand | null): LaunchPlan["mounts"] {
  if (command === null) return [];
  return [
    { source: command.node, target: COMMAND.CANFAR_NODE, readOnly: true },
    { source: command.folder, target: COMMAND.CANFAR_COMMAND, readOnly: true },
  ];
}

/** Null runs the image's own program. */
function programOf(group: GroupRecord, id: string, { origin }: PlanSurroundings): string[] | null {
  if (group.kind === "notebook") return jupyterLab(id, origin);
  const { command, args } = group.details;
  if (group.kind !== "headless") return null;
  // As for a container: arguments without a command stand where the image's default command would.
  if (command === undefined) return args.length === 0 ? null : withItems(group, args);
  return withItems(group, [command, ...args]);
}

function jupyterLab(id: string, origin: string): string[] {
  return [
    ...["jupyter", "lab", "--no-browser", "--ip", "127.0.0.1", "--port", PORT_PLACEHOLDER],
    "--ServerApp.port_retries=0",
    `--ServerApp.base_url=/session/notebook/${id}`,
    "--ServerApp.root_dir=/",
    // The proxy speaks to it with the public host name, and has checked who asks.
    "--ServerApp.allow_remote_access=True",
    `--ServerApp.allow_origin=${origin}`,
    // Without a sandbox, on a machine where root runs the platform, Jupyter would refuse to start.
    "--allow-root",
  ];
}

/** The user's own variables first: the platform's win. */
function environmentOf(
  group: GroupRecord,
  id: string,
  home: string,
  surroundings: PlanSurroundings,
): Record<string, string> {
  const { username, kind, details } = group;
  const threads = String(Math.max(1, Math.floor(details.allocation.requestedCores)));
  const { REPLICA_COUNT = "" } = replicaEnvironment({ index: 1, count: group.replicaCount });
  return {
    ...(kind === "headless" ? details.env : {}),
    ...(bringsOwnLogin(details.env) ? {} : { [ADDRESS_VARIABLE]: apiAddress(surroundings) }),
    ...(surroundings.command === null ? {} : COMMAND),
    skaha_hostname: surroundings.hostname,
    skaha_username: username,
    HOME: home,
    PWD: home,
    USER: username,
    LOGNAME: username,
    OMP_NUM_THREADS: threads,
    REPLICA_COUNT,
    ...itemsEnvironment(group),
    ...kindEnvironment(kind, { id, home, threads, username, uid: details.user.uid }),
  };
}

/** Base address of the Skaha API as clients write it. */
function apiAddress({ innerOrigin }: PlanSurroundings): string {
  return `${innerOrigin}${SKAHA_BASE}/${SKAHA_VERSION}`;
}

function kindEnvironment(
  kind: SessionKind,
  facts: { id: string; home: string; threads: string; username: string; uid: number },
): Record<string, string> {
  const { id, home, threads, username, uid } = facts;
  const libraries = { OPENBLAS_NUM_THREADS: threads, MKL_NUM_THREADS: threads, JULIA_NUM_THREADS: threads };
  switch (kind) {
    case "notebook":
      return {
        ...libraries,
        JUPYTER_TOKEN: id,
        JUPYTER_CONFIG_DIR: `${home}/.jupyter/`,
        JUPYTER_DATA_DIR: `${home}/.local/share/jupyter/`,
        JUPYTER_RUNTIME_DIR: `${home}/.local/share/jupyter/runtime/`,
        JUPYTER_PATH: `${home}/.jupyter/`,
        JUPYTERLAB_WORKSPACES_DIR: `${home}/.jupyter/lab/workspaces/`,
        JUPYTERLAB_SETTINGS_DIR: `${home}/.jupyter/lab/user-settings/`,
        NB_USER: username,
        NB_UID: String(uid),
        XDG_CACHE_HOME: home,
      };
    case "contributed":
      // The container contract says port 5000; where a driver has to map it, the program is told here.
      return { ...libraries, PORT: PORT_PLACEHOLDER };
    case "firefly":
      return { ...libraries, XDG_CACHE_HOME: home, baseURL: `/session/firefly/${id}/` };
    case "carta":
      return {
        SKAHA_TOP_LEVEL_DIR: "/arc",
        SKAHA_PROJECTS_DIR: "/arc/projects",
        SKAHA_SESSION_URL_PATH: `/session/carta/${id}`,
        CARTA_PORT: PORT_PLACEHOLDER,
        CARTA_IDLE_TIMEOUT: "100000",
        UWS_HTTP_MAX_HEADERS_SIZE: "32768",
      };
    case "desktop":
      return { VNC_PW: id, MOZ_FORCE_DISABLE_E10S: "1", SKAHA_API_VERSION: "v1" };
    default:
      return {};
  }
}

function serviceOf(kind: SessionKind, id: string): LaunchPlan["service"] {
  const { port } = KIND_CONTRACTS[kind];
  if (port === null) return null;
  switch (kind) {
    case "notebook":
      return { port, readyPath: `/session/notebook/${id}/api` };
    case "carta":
      return { port, readyPath: sessionPath(kind, id) };
    case "desktop":
      return { port, readyPath: "/" };
    default:
      return { port, readyPath: null };
  }
}
