import type { SessionKind } from "@canfar/contract";

/**
 * The port behind which Sessions run. A driver applies a LaunchPlan and reports what it sees; it knows nothing of
 * users' rights, HTTP, quotas or queues. Its backend is the truth: the platform keeps records of it and reconciles
 * them with `list()` at start and on a timer.
 */
export interface SessionDriver {
  readonly name: "process" | "docker" | "kubernetes" | "fake";

  /** What the driver can do on this machine, found out once, when the platform starts. */
  describe(): Promise<DriverDescription>;

  /**
   * Takes over the Sessions of a plan. Resolves when the backend has them for good: from then on they run without
   * the platform. Asking again for a Session and attempt that the backend knows already changes nothing.
   *
   * @throws CanfarError `storage.full`, `server.internal`
   */
  launch(plan: LaunchPlan): Promise<void>;

  /**
   * Ends Sessions: a polite signal, then after `graceSeconds` a hard one, to everything they started. Sessions that
   * have ended or are unknown are no error. Resolves when the backend has the order; the end is an Observation.
   */
  stop(sessions: readonly SessionRef[], options: { graceSeconds: number }): Promise<void>;

  /** Everything the backend knows: waiting, running and ended Sessions that were not forgotten. */
  list(): Promise<readonly Observation[]>;

  /** Tells every change from now on, in order for each Session. @returns the function that ends it */
  observe(listener: (observation: Observation) => void): () => void;

  /** Drops what the backend keeps of ended Sessions, once their end is on record. Logs stay readable. */
  forget(sessions: readonly SessionRef[]): Promise<void>;

  /**
   * The output of one attempt so far, oldest line first; with `follow` until it ends or `signal` aborts. Lines come
   * in the order in which they arrived, as many at a time as there are, never none.
   */
  readLog(log: LogRef, options: ReadLogOptions): AsyncIterable<readonly LogLine[]>;

  /**
   * The output of a Group so far: lines of many Sessions and attempts, merged by time as far as that is cheap. Those
   * of one Session keep their order. With `follow` also of Sessions and attempts that start later.
   *
   * @throws CanfarError `request.invalid`, at once, for a cursor that no part of this Group had
   */
  readGroupLog(group: string, options: ReadGroupLogOptions): AsyncIterable<GroupLogPart>;

  /** Deletes the output of all attempts of Sessions, or of whole Groups; absent output is no error. */
  deleteLogs(logs: readonly DoomedLogs[]): Promise<void>;

  /** Makes a Container Image ready for a launch, as `launch` would. Progress goes to `report`. */
  prepareImage(image: PlannedImage, report: (message: string) => void): Promise<void>;

  /** Lets go of the backend. Sessions go on. */
  close(): Promise<void>;
}

/** Stands for the port of the Session's service, as a whole word of `argv` or a whole value of `env`. */
export const PORT_PLACEHOLDER = "{canfar:port}";

export interface DriverDescription {
  /** One line for people: "processes in bubblewrap sandboxes". */
  readonly summary: string;
  /** What is missing on this machine and what that loses, one sentence each. */
  readonly notices: readonly string[];
  readonly capacity: { readonly cores: number; readonly memoryGiB: number; readonly gpus: number };
  /** Session Kinds that this driver can run at all. */
  readonly kinds: readonly SessionKind[];
  /**
   * True where the driver itself starts no more Sessions at a time than there are slots for, and keeps the others waiting
   * in order: then it may be given some ahead, so that no slot is idle for the time of a round trip.
   */
  readonly keepsSlots: boolean;
}

/** One attempt of one Session. */
export interface SessionRef {
  readonly sessionId: string;
  /** From 1. */
  readonly attempt: number;
}

/** A Container Image as the planner resolved it. */
export interface PlannedImage {
  /** Full reference. */
  readonly id: string;
  readonly digest: string;
  /** Folder of the image's recipe, for drivers that build from it; null where there is none. */
  readonly recipe: string | null;
}

/**
 * Everything needed to run a Group of Sessions that differ only in their Replica: data only, made by the planner
 * without I/O, applied by a driver as it stands. A single Session is a Group of one.
 */
export interface LaunchPlan {
  /** Id of the Group. */
  readonly group: string;
  readonly kind: SessionKind;
  readonly image: PlannedImage;
  readonly replicas: readonly PlannedReplica[];
  /** Number of Replicas in the whole Group, also where this plan launches only some of them. */
  readonly replicaCount: number;
  /**
   * The program and its arguments; null runs the image's own. Never parsed by a shell. A driver without own
   * networks replaces a word that is exactly PORT_PLACEHOLDER by the port it chose.
   */
  readonly argv: readonly string[] | null;
  /** Variables that all Replicas share; those of the planned Replica come on top. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders inside the Session that come first on its PATH, also where `env` has a PATH of its own. */
  readonly path: readonly string[];
  readonly user: PlannedUser;
  readonly mounts: readonly PlannedMount[];
  /** Absolute, inside the Session. */
  readonly workingDirectory: string;
  readonly limits: SessionLimits;
  /** Slots that each Session takes where the driver keeps them; 0 starts at once. */
  readonly slots: number;
  /** Where the Session will serve HTTP; null for kinds that serve none. */
  readonly service: PlannedService | null;
  /** The Session is ended when it has run so long. */
  readonly lifetimeSeconds: number;
}

export interface PlannedReplica extends SessionRef {
  readonly name: string;
  /** From 1. */
  readonly index: number;
  /** Variables of this Replica alone, REPLICA_ID among them. */
  readonly env: Readonly<Record<string, string>>;
}

export interface PlannedUser {
  readonly username: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Absolute, inside the Session. */
  readonly home: string;
}

export interface PlannedMount {
  /** Folder on the machine; null means a folder of the Session's own that is emptied when it ends. */
  readonly source: string | null;
  /** Absolute, inside the Session. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface SessionLimits {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly processes: number;
  readonly gpus: number;
}

export interface PlannedService {
  /** Port of the container contract; a driver without own networks maps it to a free one. */
  readonly port: number;
  /** Path that answers once the Session is ready; null asks only whether the port accepts. */
  readonly readyPath: string | null;
}

/** Where a driver stands with one attempt. Phases only ever move downwards. */
export const SESSION_PHASES = ["preparing", "starting", "running", "ended"] as const;
export type SessionPhase = (typeof SESSION_PHASES)[number];

/** What a driver saw of one attempt, whole each time: the newest one replaces those before. */
export interface Observation extends SessionRef {
  readonly phase: SessionPhase;
  /** When it came to this phase, ISO 8601. */
  readonly at: string;
  /** When its first process started; absent before. */
  readonly startedAt?: string;
  /** True once an interactive Session answers on its port; headless ones are ready when they run. */
  readonly ready: boolean;
  /** Short word for events: `Pulling`, `Pulled`, `Started`, `OOMKilled`, `DeadlineExceeded`, `Killed`, … */
  readonly reason: string;
  readonly message: string;
  /** Where the proxy reaches the Session. */
  readonly endpoint?: { readonly host: string; readonly port: number };
  readonly outcome?: SessionOutcome;
  readonly usage?: SessionUsage;
}

export interface SessionOutcome {
  /** 128 + signal number when a signal ended it; null when nobody can tell. */
  readonly exitCode: number | null;
  /** `SIGKILL` and so on, when a signal ended it. */
  readonly signal: string | null;
  readonly outOfMemory: boolean;
  /** Stopped by the user, by its deadline, or by itself. */
  readonly cause: "exited" | "stopped" | "deadline" | "lost" | "not-started";
}

export interface SessionUsage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** Null where the Session was too short to be seen, on a machine without control groups. */
  readonly peakMemoryBytes: number | null;
}

/** The output of one attempt. */
export interface LogRef extends SessionRef {
  /** Id of its Group. */
  readonly group: string;
}

/** Output to be deleted: of one Session, or without one of the whole Group. */
export interface DoomedLogs {
  readonly group: string;
  readonly sessionId?: string;
}

export interface ReadLogOptions {
  readonly follow: boolean;
  /** Only the last N lines that there are now. */
  readonly tail?: number | undefined;
  /** Only lines from this time on, ISO 8601. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReadGroupLogOptions {
  /** Go on until this resolves or `signal` aborts; what was written before it resolved still comes. Null: what there is now. */
  readonly followUntil: Promise<unknown> | null;
  /** Only of these Sessions. */
  readonly sessionIds?: ReadonlySet<string> | undefined;
  /** Only the last N lines that there are now of each Session, from its newest attempt. */
  readonly tail?: number | undefined;
  /** Only lines from this time on, ISO 8601. */
  readonly since?: string | undefined;
  /** Goes on behind the part that had it, with nothing lost or repeated, if everything else is asked for as it was then. */
  readonly cursor?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LogLine {
  /** ISO 8601 with microseconds. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** Without the line end. */
  readonly text: string;
  /** True where the line went on without a line end: it was cut, or the program stopped in the middle. */
  readonly partial: boolean;
}

/** A line with who wrote it. */
export interface GroupLogLine extends LogLine, SessionRef {
  /** From 1. */
  readonly replicaIndex: number;
}

export interface GroupLogPart {
  /** At least one. */
  readonly lines: readonly GroupLogLine[];
  /** Place behind these lines, for `ReadGroupLogOptions`. Its content is the driver's affair. */
  readonly cursor: string;
}
