import type { User } from "@canfar/contract";
import type { Hono } from "hono";

/** What the middleware hands to the handlers. */
export interface PlatformEnvironment {
  Variables: {
    user: User;
    /** Id of the Session whose credential the caller uses; null for a login of the user's own. */
    callingSession: string | null;
  };
}

export type PlatformApp = Hono<PlatformEnvironment>;

/** A path of the contract's route table in Hono's notation. */
export function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}
