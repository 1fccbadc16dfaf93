import type { Isolation } from "../sandbox/isolation.ts";

/** What the driver tells a session host when it starts one. */
export interface HostOptions {
  readonly isolation: Isolation;
  /** True where `/arc` on this machine leads to the platform's files. */
  readonly arcLinked: boolean;
  /** Whether control groups are used where this machine has them. */
  readonly controlGroups: boolean;
  /** How many slots Sessions that wait for them may take at the same time. */
  readonly slots: number;
  readonly logFolder: string;
  readonly passEnvironment: Readonly<Record<string, string>>;
}
