import type { KoaContextWithOIDC } from "oidc-provider";
import { deviceCodeForm, deviceConfirmForm, NO_SUCH_CODE } from "../pages/device-pages.ts";

/**
 * The start of every approval, `GET /device`. It begins without the cookie of an earlier one: the next person at the
 * same browser may be somebody else. An address that holds the code (RFC 8628 section 3.3.1) leads straight to the
 * question whether it is the right one; oidc-provider would send a page with a script, which ours do without.
 *
 * @param cookieName of oidc-provider's session
 */
export function deviceEntry(cookieName: string) {
  return async (context: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const isEntry = context.path === "/device" && context.method === "GET";
    if (isEntry) {
      const cookies = (context.req.headers.cookie ?? "").split("; ");
      context.req.headers.cookie = cookies.filter((pair) => !pair.startsWith(`${cookieName}`)).join("; ");
    }
    await next();
    const userCode = context.oidc?.params?.user_code;
    if (isEntry && context.status === 200 && typeof userCode === "string") await confirm(context, userCode);
  };
}

async function confirm(context: KoaContextWithOIDC, userCode: string): Promise<void> {
  const { provider } = context.oidc;
  const normalized = userCode.toUpperCase().replace(/\W/g, "");
  const code = await provider.DeviceCode.findByUserCode(normalized);
  const client = code?.clientId === undefined ? undefined : await provider.Client.find(code.clientId);
  if (client === undefined) deviceCodeForm(context, "", undefined, NO_SUCH_CODE);
  else deviceConfirmForm(context, "", client, {}, normalized.replace(/^(.{4})(?=.)/, "$1-"));
}
