import type { User } from "@canfar/contract";
import type { MiddlewareHandler } from "hono";
import type { PlatformEnvironment } from "./context.ts";

/** Finds out who calls, from the `Authorization` header alone: cookies would let other pages act for the user. */
export type Authenticate = (authorization: string | undefined) => Promise<User>;

export function authenticated(authenticate: Authenticate): MiddlewareHandler<PlatformEnvironment> {
  return async (context, next) => {
    context.set("user", await authenticate(context.req.header("authorization")));
    await next();
  };
}
