import type { z } from "zod";
import { type Group, groupSchema } from "../group.ts";
import { decodeSession, encodeSession, wireSessionSchema } from "./session.ts";

/** A Group as JSON: as the domain has it, but its Session as Skaha writes Sessions. */
export const wireGroupSchema = groupSchema.extend({ session: wireSessionSchema.optional() });

export type WireGroup = z.input<typeof wireGroupSchema>;

export function encodeGroup({ session, ...group }: Group): WireGroup {
  return session === undefined ? group : { ...group, session: encodeSession(session) };
}

export function decodeGroup(input: unknown): Group {
  const { session, ...group } = wireGroupSchema.parse(input);
  return session === undefined ? group : { ...group, session: decodeSession(session) };
}
