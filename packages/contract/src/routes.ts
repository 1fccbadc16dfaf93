import { z } from "zod";
import { folderAnswerSchema, folderRequestSchema } from "./carried-files.ts";
import { forecastSchema } from "./forecast.ts";
import { groupLogEntrySchema } from "./group-log.ts";
import { groupReportSchema } from "./group-report.ts";
import { ITEM_STATES, itemSchema } from "./item.ts";
import { launchAnswerSchema, launchRequestSchema } from "./launch-request.ts";
import { pendingReasonSchema } from "./pending-reason.ts";
import { platformStatsSchema } from "./platform-stats.ts";
import { serverContextSchema } from "./resource-allocation.ts";
import { userSchema } from "./user.ts";
import { wireGroupSchema } from "./wire/group.ts";
import { wireImageSchema } from "./wire/image.ts";
import { wireSessionSchema } from "./wire/session.ts";

/** Where the Skaha API lives on a platform of ours; upstream's default as well. */
export const SKAHA_BASE = "/skaha";
export const SKAHA_VERSION = "v1";

/** Media type and schema of one body. */
export interface Body {
  readonly mediaType: string;
  readonly schema: z.ZodType;
}

/** One HTTP operation: the server mounts it, the client calls it, the OpenAPI document lists it. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path below the server's origin, parameters as `{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly authenticated: boolean;
  /** Parameters in the query string (and, on POST, equally in a form body). */
  readonly parameters?: z.ZodObject;
  /** What the request carries, where that is no form. */
  readonly body?: Body;
  readonly answer: Body;
}

const v1 = `${SKAHA_BASE}/${SKAHA_VERSION}`;
const text: Body = { mediaType: "text/plain", schema: z.string() };
const xml: Body = { mediaType: "text/xml", schema: z.string() };
const json = (schema: z.ZodType): Body => ({ mediaType: "application/json", schema });
const flag = z.enum(["true", "false"]);

const group = "/canfar/v1/group/{id}";
/** Which Replicas are meant, as `parseReplicaSelection` reads it: `3-10,15`, `failed`; all when absent. */
const replicas = z.string().optional();

export const ROUTES = {
  listSessions: {
    method: "GET",
    path: `${v1}/session`,
    summary: "The caller's Sessions, or with view=stats the platform's load",
    authenticated: true,
    parameters: z.object({
      type: z.string().optional(),
      status: z.string().optional(),
      view: z.enum(["all", "stats", "interactive"]).optional(),
    }),
    answer: json(z.union([z.array(wireSessionSchema), platformStatsSchema])),
  },
  createSession: {
    method: "POST",
    path: `${v1}/session`,
    summary: "Launch a Session, or with replicas=N a Group; answers one id a line",
    authenticated: true,
    parameters: z.object({
      name: z.string(),
      image: z.string(),
      type: z.string().optional(),
      cores: z.string().optional(),
      ram: z.string().optional(),
      gpus: z.string().optional(),
      cmd: z.string().optional(),
      args: z.string().optional(),
      arg: z.array(z.string()).optional(),
      env: z.array(z.string()).optional(),
      replicas: z.string().optional(),
    }),
    answer: text,
  },
  getSession: {
    method: "GET",
    path: `${v1}/session/{id}`,
    summary: "One Session; with view=logs its output, with view=events what happened to it",
    authenticated: true,
    parameters: z.object({
      view: z.enum(["logs", "events"]).optional(),
      /** Logs: go on until the Session ends. */
      follow: flag.optional(),
      /** Logs: only the last N lines that there are now. */
      tail: z.string().optional(),
      /** Logs: only lines from this ISO 8601 time on. */
      since: z.string().optional(),
      /** Logs: put the time before each line. */
      timestamps: flag.optional(),
      /** Events: `json` for a JSON array. */
      format: z.enum(["json"]).optional(),
    }),
    answer: json(wireSessionSchema),
  },
  changeSession: {
    method: "POST",
    path: `${v1}/session/{id}`,
    summary: "action=renew gives the Session its full life again from now",
    authenticated: true,
    parameters: z.object({ action: z.string().optional() }),
    answer: text,
  },
  deleteSession: {
    method: "DELETE",
    path: `${v1}/session/{id}`,
    summary: "End a Session and take it off the list",
    authenticated: true,
    answer: text,
  },
  listImages: {
    method: "GET",
    path: `${v1}/image`,
    summary: "Container Images that can be launched",
    authenticated: true,
    parameters: z.object({ type: z.string().optional() }),
    answer: json(z.array(wireImageSchema)),
  },
  getContext: {
    method: "GET",
    path: `${v1}/context`,
    summary: "Resources that a Session may ask for",
    authenticated: true,
    answer: json(serverContextSchema),
  },
  listRepositories: {
    method: "GET",
    path: `${v1}/repository`,
    summary: "Hosts of the Container Registries in use",
    authenticated: true,
    answer: json(z.array(z.string())),
  },
  getCapabilities: {
    method: "GET",
    path: `${SKAHA_BASE}/capabilities`,
    summary: "VOSI capabilities",
    authenticated: false,
    answer: xml,
  },
  getAvailability: {
    method: "GET",
    path: `${SKAHA_BASE}/availability`,
    summary: "VOSI availability",
    authenticated: false,
    answer: xml,
  },
  launchGroup: {
    method: "POST",
    path: "/canfar/v1/group",
    summary: "Launch a Group (or one Session) with everything that a launch request may say",
    authenticated: true,
    body: json(launchRequestSchema),
    answer: json(launchAnswerSchema),
  },
  listGroups: {
    method: "GET",
    path: "/canfar/v1/group",
    summary: "The caller's Groups with how many of their Replicas wait, run and have ended, oldest first",
    authenticated: true,
    answer: json(z.array(wireGroupSchema)),
  },
  getGroup: {
    method: "GET",
    path: group,
    summary:
      "One Group; watch=true sends it again, one JSON document a line, whenever it changed, until it has ended",
    authenticated: true,
    parameters: z.object({ watch: flag.optional() }),
    answer: json(wireGroupSchema),
  },
  listReplicas: {
    method: "GET",
    path: `${group}/session`,
    summary: "Sessions of a Group in the order of their Replicas",
    authenticated: true,
    parameters: z.object({ replicas }),
    answer: json(z.array(wireSessionSchema)),
  },
  getGroupReport: {
    method: "GET",
    path: `${group}/report`,
    summary: "How a Group went: failures by cause, durations, use of what was asked for, and what to ask for",
    authenticated: true,
    answer: json(groupReportSchema),
  },
  getGroupLogs: {
    method: "GET",
    path: `${group}/logs`,
    summary:
      "What the Replicas of a Group have written, in one stream: as text, or as JSON, one object a line",
    authenticated: true,
    parameters: z.object({
      replicas,
      /** Go on until every selected Replica has ended; those chosen as failed or completed come when they have. */
      follow: flag.optional(),
      /** Only the last N lines that there are now of each Replica, of its newest attempt. */
      tail: z.string().optional(),
      /** Only lines from this ISO 8601 time on. */
      since: z.string().optional(),
      /** Only lines that match this regular expression, in the syntax of RE2. */
      grep: z.string().optional(),
      /** Go on behind the line that had this cursor; everything else as it was asked for then. */
      cursor: z.string().optional(),
      /** Text: put `NAME-INDEX | ` before each line. */
      prefix: flag.optional(),
      /** Text: put the time before each line. */
      timestamps: flag.optional(),
    }),
    answer: { mediaType: "application/jsonl", schema: groupLogEntrySchema },
  },
  listItems: {
    method: "GET",
    path: `${group}/items`,
    summary: "Items of a Group and what became of them, in the order in which they are dealt",
    authenticated: true,
    parameters: z.object({ state: z.enum(ITEM_STATES).optional() }),
    answer: json(z.array(itemSchema)),
  },
  deleteGroup: {
    method: "DELETE",
    path: group,
    summary: "End a Group's Replicas and take them off the list; answers their ids",
    authenticated: true,
    parameters: z.object({ replicas }),
    answer: json(z.array(z.string())),
  },
  rerunGroup: {
    method: "POST",
    path: `${group}/rerun`,
    summary: "Run ended Replicas of a Group again, the failed ones unless told otherwise; answers their ids",
    authenticated: true,
    parameters: z.object({
      replicas,
      /** Items that were set aside are tried again as well. */
      setAside: flag.optional(),
    }),
    answer: json(z.array(z.string())),
  },
  putFile: {
    method: "POST",
    path: "/canfar/v1/file/{digest}",
    summary: "Keep a file's content in the caller's home, under its SHA-256, for folders that are made of it",
    authenticated: true,
    body: { mediaType: "application/octet-stream", schema: z.string() },
    answer: text,
  },
  makeFolder: {
    method: "POST",
    path: "/canfar/v1/folder",
    summary:
      "Make a folder in the caller's home of files whose content is kept; answers which contents are missing",
    authenticated: true,
    body: json(folderRequestSchema),
    answer: json(folderAnswerSchema),
  },
  whySession: {
    method: "GET",
    path: "/canfar/v1/session/{id}/why",
    summary:
      "What a Session waits for, what would let it start, its place in the queue, and when that may be",
    authenticated: true,
    answer: json(pendingReasonSchema),
  },
  forecastLaunch: {
    method: "POST",
    path: "/canfar/v1/forecast",
    summary: "What a launch request would come to if it was made now; nothing is launched",
    authenticated: true,
    body: json(launchRequestSchema),
    answer: json(forecastSchema),
  },
  createTicket: {
    method: "POST",
    path: "/canfar/v1/session/{id}/ticket",
    summary: "A one-time address that opens the Session in a browser without another login",
    authenticated: true,
    answer: json(z.object({ url: z.string(), expiresAt: z.string() })),
  },
  getCurrentUser: {
    method: "GET",
    path: "/canfar/v1/user",
    summary: "Who the caller is to the platform",
    authenticated: true,
    answer: json(userSchema),
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** The path of a route with its parameters filled in, each percent-encoded. */
export function routePath(name: RouteName, parameters: Readonly<Record<string, string>> = {}): string {
  return ROUTES[name].path.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = parameters[key];
    if (value === undefined) throw new TypeError(`route ${name} needs the parameter ${key}`);
    return encodeURIComponent(value);
  });
}
