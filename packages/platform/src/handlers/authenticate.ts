import type { MiddlewareHandler } from "hono";
import type { Caller } from "../authentication/index.ts";
import type { PlatformEnvironment } from "./context.ts";

/** Finds out who calls, from the `Authorization` header alone: cookies would let other pages act for the user. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

export function authenticated(authenticate: Authenticate): MiddlewareHandler<PlatformEnvironment> {
  return async (context, next) => {
    const { user, session } = await authenticate(context.req.header("authorization"));
    context.set("user", user);
    context.set("callingSession", session);
    await next();
  };
}
