import type { Isolation } from "../sandbox/isolation.ts";

/** What the driver tells a session host when it starts one. */
export interface HostOptions {
  readonly isolation: Isolation;
  /** True where `/arc` on this machine leads to the platform's files. */
  readonly arcLinked: boolean;
  readonly logFolder: string;
  readonly passEnvironment: Readonly<Record<string, string>>;
}
