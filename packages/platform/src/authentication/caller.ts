import type { User } from "@canfar/contract";

/** Who makes a request. */
export interface Caller {
  readonly user: User;
  /** Id of the Session whose credential it is; null for a login of the user's own. */
  readonly session: string | null;
}
