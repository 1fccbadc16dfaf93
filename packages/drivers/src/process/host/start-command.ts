import { type LaunchPlan, type PlannedReplica, PORT_PLACEHOLDER } from "../../session-driver.ts";
import type { ImageEnvironment } from "../image-environment.ts";
import { bubblewrapArguments } from "../sandbox/bubblewrap.ts";
import { canBeExecuted } from "../sandbox/executable.ts";
import type { Isolation } from "../sandbox/isolation.ts";
import { outsidePath } from "../sandbox/plain.ts";
import type { LaneProgram } from "./lane.ts";

/** Carries the attempt's key into every process that it starts, so that none is mistaken for another. */
export const ATTEMPT_VARIABLE = "CANFAR_ATTEMPT";

const SYSTEM_PATH = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Runs a program inside a sandbox; the shell turns "not found" into 127 and "not executable" into 126. */
const RUN_PROGRAM = ["/bin/sh", "-c", 'exec "$@"', "canfar"];

/** What the attempts of one lane have in common. */
export interface LanePurpose {
  readonly plan: LaunchPlan;
  readonly environment: ImageEnvironment;
  /** Port of its service; null where it has none. */
  readonly port: number | null;
}

/** How programs run on this machine, and where this lane's files are. */
export interface LanePlace {
  readonly isolation: Isolation;
  readonly arcLinked: boolean;
  readonly passEnvironment: Readonly<Record<string, string>>;
  readonly folder: { readonly path: string; readonly scratch: string };
}

/** What a lane runs each time: inside a sandbox as planned, else on the machine's paths. */
export function laneProgram(purpose: LanePurpose, place: LanePlace): LaneProgram {
  const { plan, environment, port } = purpose;
  const argv = (plan.argv ?? environment.entrypoint).map((word) => withPort(word, port));
  const env = machineVariables(baseEnvironment(purpose, place), purpose, place);
  if (place.isolation === "plain") {
    return { words: argv, env, cwd: outside(plan.workingDirectory, purpose, place) };
  }
  const sandbox = bubblewrapArguments({
    plan,
    runFolder: place.folder.path,
    scratchFolder: place.folder.scratch,
    readOnlyRoots: environment.readOnlyRoots,
    statusDescriptor: 3,
  });
  const isSure = canBeExecuted(argv[0] ?? "", {
    path: env.PATH ?? "",
    plan,
    scratchFolder: place.folder.scratch,
  });
  return { words: [...sandbox, ...(isSure ? [] : RUN_PROGRAM), ...argv], env, cwd: "/" };
}

/** What is different for each Replica: the words before the lane's own, and variables on top of the lane's. */
export function replicaCommand(
  { key, replica }: { key: string; replica: PlannedReplica },
  purpose: LanePurpose,
  place: LanePlace,
): { prefix: readonly string[]; env: Readonly<Record<string, string>> } {
  const env = machineVariables({ ...replica.env, [ATTEMPT_VARIABLE]: key }, purpose, place);
  return { prefix: place.isolation === "plain" ? [] : ["bwrap", "--hostname", replica.name], env };
}

function baseEnvironment(
  { plan, environment }: LanePurpose,
  { passEnvironment }: LanePlace,
): Record<string, string> {
  const { username } = plan.user;
  return {
    ...{ LANG: "C.UTF-8", SHELL: "/bin/bash", USER: username, LOGNAME: username },
    PATH: [...environment.path, ...SYSTEM_PATH].join(":"),
    ...passEnvironment,
    ...environment.env,
    ...plan.env,
  };
}

/** As they are where the program runs; what the plan puts first on the PATH comes first on every PATH. */
function machineVariables(
  variables: Readonly<Record<string, string>>,
  purpose: LanePurpose,
  place: LanePlace,
): Record<string, string> {
  const resolve = (value: string) => outside(withPort(value, purpose.port), purpose, place);
  const resolved = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, resolve(value)]),
  );
  if (resolved.PATH === undefined) return resolved;
  return { ...resolved, PATH: [...purpose.plan.path.map(resolve), resolved.PATH].join(":") };
}

function withPort(word: string, port: number | null): string {
  return word === PORT_PLACEHOLDER ? String(port) : word;
}

/** Inside a sandbox paths are as planned; without one they are the machine's own. */
function outside(word: string, { plan }: LanePurpose, { isolation, folder, arcLinked }: LanePlace): string {
  return isolation === "bubblewrap" ? word : outsidePath(word, plan, folder.scratch, arcLinked);
}
