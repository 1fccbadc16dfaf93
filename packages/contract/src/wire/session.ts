import { z } from "zod";
import type { Session } from "../session.ts";
import { isSessionKind } from "../session-kind.ts";
import { parseSessionStatus } from "../session-status.ts";

/** Text or number: old servers send numbers where the current ones send strings. `<none>` means absent. */
const looseText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) =>
    value === null || value === undefined || value === "<none>" ? undefined : String(value),
  );

/** The Skaha v1 session object, as liberal as clients must be. Unknown fields are kept by `looseObject`. */
export const wireSessionSchema = z.looseObject({
  id: z.string(),
  userid: z.string().default(""),
  runAsUID: looseText,
  runAsGID: looseText,
  supplementalGroups: z.array(z.unknown()).nullish(),
  image: looseText,
  type: z.string().default("headless"),
  status: z.string().default("Pending"),
  name: looseText,
  startTime: looseText,
  expiryTime: looseText,
  connectURL: looseText,
  requestedRAM: looseText,
  requestedCPUCores: looseText,
  requestedGPUCores: looseText,
  ramInUse: looseText,
  cpuCoresInUse: looseText,
  isFixedResources: z.boolean().default(true),
  // What our platform adds; absent elsewhere.
  reason: looseText,
  message: looseText,
  exitCode: z.number().int().optional(),
  attempt: z.number().int().optional(),
  group: looseText,
  replicaIndex: z.number().int().optional(),
  replicaCount: z.number().int().optional(),
  createdTime: looseText,
  endTime: looseText,
});

export type WireSession = z.input<typeof wireSessionSchema>;

/**
 * Writes a Session as Skaha v1 JSON: numbers as strings where upstream has strings, absent data as missing keys.
 * Gigabytes keep the number that was asked for (`ram=4` answers `"4"`), which upstream converts to decimal GB.
 */
export function encodeSession(session: Session): WireSession {
  const text = (value: number | undefined) => (value === undefined ? undefined : String(value));
  const wire: WireSession = {
    id: session.id,
    userid: session.username,
    runAsUID: text(session.uid),
    runAsGID: text(session.gid),
    supplementalGroups: session.groups,
    image: session.image,
    type: session.kind,
    status: session.status,
    name: session.name,
    startTime: session.startedAt,
    expiryTime: session.expiresAt,
    connectURL: session.connectUrl ?? "",
    requestedRAM: session.fixedResources ? text(session.requestedMemoryGB) : undefined,
    requestedCPUCores: session.fixedResources ? text(session.requestedCores) : undefined,
    requestedGPUCores: text(session.requestedGpus ?? 0),
    ramInUse: session.memoryInUseGB?.toFixed(2),
    cpuCoresInUse: session.coresInUse?.toFixed(3),
    isFixedResources: session.fixedResources,
    reason: session.reason,
    message: session.message,
    exitCode: session.exitCode,
    attempt: session.attempt,
    group: session.group,
    replicaIndex: session.replicaIndex,
    replicaCount: session.replicaCount,
    createdTime: session.createdAt,
    endTime: session.endedAt,
  };
  return Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== undefined)) as WireSession;
}

/** Reads a Session from any Skaha server. Never refuses an odd field: it leaves it out. */
export function decodeSession(input: unknown): Session {
  const wire = wireSessionSchema.parse(input);
  const session: { -readonly [K in keyof Session]?: Session[K] | undefined } = {
    id: wire.id,
    name: wire.name,
    username: wire.userid,
    uid: integer(wire.runAsUID),
    gid: integer(wire.runAsGID),
    groups: (wire.supplementalGroups ?? []).filter((gid): gid is number => Number.isInteger(gid)),
    kind: isSessionKind(wire.type) ? wire.type : "headless",
    image: wire.image,
    status: parseSessionStatus(wire.status) ?? "Pending",
    reason: wire.reason,
    message: wire.message,
    exitCode: wire.exitCode,
    attempt: wire.attempt,
    group: wire.group,
    replicaIndex: wire.replicaIndex,
    replicaCount: wire.replicaCount,
    createdAt: instant(wire.createdTime),
    startedAt: instant(wire.startTime),
    endedAt: instant(wire.endTime),
    expiresAt: instant(wire.expiryTime),
    connectUrl: wire.connectURL === "" ? undefined : wire.connectURL,
    fixedResources: wire.isFixedResources,
    requestedCores: decimal(wire.requestedCPUCores),
    requestedMemoryGB: decimal(wire.requestedRAM),
    requestedGpus: integer(wire.requestedGPUCores),
    coresInUse: decimal(wire.cpuCoresInUse),
    memoryInUseGB: decimal(wire.ramInUse),
  };
  return Object.fromEntries(Object.entries(session).filter(([, value]) => value !== undefined)) as Session;
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A number with an optional unit behind it, as in "16G". */
function decimal(text: string | undefined): number | undefined {
  const match = text === undefined ? null : /^\s*(\d+(?:\.\d+)?)/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** A time stamp without an offset is UTC: every Skaha server runs so. */
function instant(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const withOffset = /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
  const time = Date.parse(withOffset);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
