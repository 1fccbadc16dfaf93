import { CanfarError, SECURITY_METHODS, STANDARD_IDS } from "@canfar/contract";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import type { PlatformFeatures } from "./features.ts";

/** A document of a well-meaning server has a few kilobytes. */
const LARGEST_DOCUMENT = 1024 * 1024;

/** One way to reach a capability. */
export interface CapabilityInterface {
  readonly url: string;
  /** `base` or `full`, as VOResource has it. */
  readonly use: string;
  readonly securityMethods: readonly string[];
}

/** One entry of a VOSI capabilities document. */
export interface Capability {
  readonly standardId: string;
  readonly interfaces: readonly CapabilityInterface[];
}

/** The parser gives an element without attributes and content as an empty text. */
const element = <S extends z.ZodRawShape>(shape: S) =>
  z.preprocess((node) => (typeof node === "string" ? { "#text": node } : node), z.looseObject(shape));

const interfaceElement = element({
  accessURL: z
    .array(element({ "#text": z.string().default(""), "@use": z.string().default("full") }))
    .default([]),
  securityMethod: z.array(element({ "@standardID": z.string().default("") })).default([]),
});
const capabilityElement = element({
  "@standardID": z.string().default(""),
  interface: z.array(interfaceElement).default([]),
});
const documentSchema = z.looseObject({
  capabilities: element({ capability: z.array(capabilityElement).default([]) }),
});

/**
 * Reads a VOSI capabilities document (VOSI 1.1, VOResource 1.1).
 *
 * @throws CanfarError `server.discovery_failed` for anything else
 */
export function parseCapabilities(xml: string): Capability[] {
  const parsed = documentSchema.safeParse(parseXml(xml));
  if (!parsed.success) throw notVosi("capabilities", parsed.error);
  return parsed.data.capabilities.capability.map((capability) => ({
    standardId: capability["@standardID"],
    interfaces: capability.interface.flatMap(({ accessURL, securityMethod }) =>
      accessURL.map((access) => ({
        url: access["#text"].trim(),
        use: access["@use"],
        securityMethods: securityMethod.map((method) => method["@standardID"]),
      })),
    ),
  }));
}

/**
 * Reads a VOSI availability document.
 *
 * @throws CanfarError `server.discovery_failed` for anything else
 */
export function parseAvailability(xml: string): { available: boolean; note: string | undefined } {
  const schema = z.looseObject({
    availability: z.looseObject({
      available: z.string(),
      note: z.union([z.string(), z.array(z.string())]).optional(),
    }),
  });
  const parsed = schema.safeParse(parseXml(xml));
  if (!parsed.success) throw notVosi("availability", parsed.error);
  const { available, note } = parsed.data.availability;
  return { available: available.trim() === "true", note: Array.isArray(note) ? note.join(" ") : note };
}

/** Finds in a capabilities document what this client can use. */
export function platformFeatures(capabilities: readonly Capability[]): PlatformFeatures {
  const has = (id: string) => capabilities.some(({ standardId }) => standardId === id);
  const session = newestSessionService(capabilities);
  const identity = capabilities.find(({ standardId }) => standardId === STANDARD_IDS.identity);
  return {
    version: session?.version ?? null,
    auths: session?.auths ?? [],
    groups: has(STANDARD_IDS.groups),
    logs: has(STANDARD_IDS.logs),
    files: has(STANDARD_IDS.files),
    tickets: has(STANDARD_IDS.ticket),
    issuer: identity?.interfaces[0]?.url ?? null,
  };
}

function newestSessionService(
  capabilities: readonly Capability[],
): { version: string; auths: string[] } | undefined {
  const prefix = STANDARD_IDS.session.replace(/\d+$/, "");
  return capabilities
    .filter(
      ({ standardId }) => standardId.startsWith(prefix) && /^\d+$/.test(standardId.slice(prefix.length)),
    )
    .sort((a, b) => Number(b.standardId.slice(prefix.length)) - Number(a.standardId.slice(prefix.length)))
    .map(({ standardId, interfaces }) => ({
      version: versionInPath(interfaces) ?? `v${standardId.slice(prefix.length)}`,
      auths: authenticationModes(interfaces),
    }))
    .find(({ auths }) => auths.length > 0);
}

function versionInPath(interfaces: readonly CapabilityInterface[]): string | undefined {
  return interfaces.map(({ url }) => /\/(v\d+(?:\.\d+)*)(?:\/|$)/.exec(url)?.[1]).find((version) => version);
}

/** Browser cookies are of no use to a client. */
function authenticationModes(interfaces: readonly CapabilityInterface[]): string[] {
  const names: Readonly<Record<string, string>> = {
    [SECURITY_METHODS.token]: "oidc",
    [SECURITY_METHODS.certificate]: "x509",
  };
  const methods = new Set(interfaces.flatMap(({ securityMethods }) => securityMethods));
  methods.delete(SECURITY_METHODS.cookie);
  methods.delete("");
  const order = ["x509", "oidc"];
  const rank = (mode: string) => (order.includes(mode) ? order.indexOf(mode) : order.length);
  return [...methods]
    .map((method) => names[method] ?? method.slice(method.indexOf("#") + 1))
    .sort((a, b) => rank(a) - rank(b));
}

function parseXml(xml: string): unknown {
  if (xml.length > LARGEST_DOCUMENT) throw notVosi("description");
  const lists = ["capability", "interface", "accessURL", "securityMethod"];
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    removeNSPrefix: true,
    parseTagValue: false,
    isArray: (name) => lists.includes(name),
  });
  try {
    return parser.parse(xml, true);
  } catch (error) {
    throw notVosi("description", error);
  }
}

function notVosi(what: string, cause?: unknown): CanfarError {
  return new CanfarError("server.discovery_failed", {
    message: `The answer is not a VOSI ${what} document`,
    hint: "Is this the address of a Science Platform, such as http://127.0.0.1:8088/skaha?",
    cause,
  });
}
