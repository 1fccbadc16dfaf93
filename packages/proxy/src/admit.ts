import type { IncomingMessage } from "node:http";
import type { SessionRoute } from "./route-table.ts";

/** The answer to: may this request reach this Session? */
export type Admission =
  /**
   * Yes. `stripAuthorization`: the request was admitted by its `Authorization` header, which is a credential of the
   * platform then: the Session never sees it. Such a request cannot be forged by a foreign page either, so its
   * `Origin` is not looked at.
   */
  | { readonly kind: "allow"; readonly stripAuthorization?: boolean }
  /** Not known who asks: a browser goes to `loginUrl`, everything else gets 401. */
  | { readonly kind: "login"; readonly loginUrl: string }
  /** Known, and not allowed. */
  | { readonly kind: "deny" }
  /** A one-time ticket was good: set the cookie, then send the browser to the address without the ticket. */
  | { readonly kind: "redirect"; readonly location: string; readonly setCookie: string };

/** The one question that the proxy asks; the platform answers it. */
export type Admit = (request: IncomingMessage, route: SessionRoute) => Promise<Admission>;
