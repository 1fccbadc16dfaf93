import { ROUTES, SECURITY_METHODS, STANDARD_IDS } from "@canfar/contract";
import type { PlatformApp } from "./context.ts";
import { escapeXml, xmlResponse } from "./xml.ts";

/** One capability: a standard, where it is, and by which credentials. */
interface Capability {
  readonly standardId: string;
  readonly url: string;
  /** None for what needs no login. */
  readonly security: readonly string[];
}

/** `/skaha/capabilities` (IVOA VOSI 1.1): what this server speaks, and where. */
export function mountCapabilities(app: PlatformApp, origin: string): void {
  const body = capabilitiesDocument(capabilitiesAt(origin));
  app.get(ROUTES.getCapabilities.path, () => xmlResponse(body));
}

/** Upstream lists these three for each; clients look for the one that they can use. */
const ALL_METHODS = [SECURITY_METHODS.cookie, SECURITY_METHODS.certificate, SECURITY_METHODS.token];
const TOKEN = [SECURITY_METHODS.token];

function capabilitiesAt(origin: string): Capability[] {
  const at = (path: string) => `${origin}${path}`;
  const session = at(ROUTES.listSessions.path);
  return [
    { standardId: STANDARD_IDS.capabilities, url: at(ROUTES.getCapabilities.path), security: [] },
    { standardId: STANDARD_IDS.availability, url: at(ROUTES.getAvailability.path), security: [] },
    { standardId: STANDARD_IDS.session, url: session, security: ALL_METHODS },
    { standardId: STANDARD_IDS.context, url: at(ROUTES.getContext.path), security: ALL_METHODS },
    { standardId: STANDARD_IDS.image, url: at(ROUTES.listImages.path), security: ALL_METHODS },
    { standardId: STANDARD_IDS.repository, url: at(ROUTES.listRepositories.path), security: ALL_METHODS },
    { standardId: STANDARD_IDS.replicas, url: session, security: TOKEN },
    { standardId: STANDARD_IDS.groups, url: at(ROUTES.listGroups.path), security: TOKEN },
    { standardId: STANDARD_IDS.logs, url: session, security: TOKEN },
    { standardId: STANDARD_IDS.ticket, url: at("/canfar/v1/session"), security: TOKEN },
    { standardId: STANDARD_IDS.files, url: at("/canfar/v1"), security: TOKEN },
    { standardId: STANDARD_IDS.identity, url: at("/oidc"), security: [] },
  ];
}

function capabilitiesDocument(capabilities: readonly Capability[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<vosi:capabilities
    xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0"
    xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
${capabilities.map(capabilityElement).join("\n")}
</vosi:capabilities>
`;
}

function capabilityElement({ standardId, url, security }: Capability): string {
  const methods = security.length === 0 ? [null] : security;
  const interfaces = methods.map((method) => {
    const element = method === null ? "" : `\n      <securityMethod standardID="${escapeXml(method)}" />`;
    return `    <interface xsi:type="vs:ParamHTTP" role="std" version="1.0">
      <accessURL use="${security.length === 0 ? "full" : "base"}">${escapeXml(url)}</accessURL>${element}
    </interface>`;
  });
  return `  <capability standardID="${escapeXml(standardId)}">\n${interfaces.join("\n")}\n  </capability>`;
}
