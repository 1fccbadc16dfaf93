import { ROUTES } from "@canfar/contract";
import type { PlatformApp } from "./context.ts";
import { escapeXml, xmlResponse } from "./xml.ts";

/**
 * `/skaha/availability` (IVOA VOSI 1.1).
 *
 * @param note one line for people
 */
export function mountAvailability(app: PlatformApp, note: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">
  <vosi:available>true</vosi:available>
  <vosi:note>${escapeXml(note)}</vosi:note>
</vosi:availability>
`;
  app.get(ROUTES.getAvailability.path, () => xmlResponse(body));
}
