import { type LaunchPlan, type PlannedReplica, PORT_PLACEHOLDER } from "../../session-driver.ts";
import type { ImageEnvironment } from "../image-environment.ts";
import { bubblewrapArguments } from "../sandbox/bubblewrap.ts";
import type { Isolation } from "../sandbox/isolation.ts";
import { outsidePath } from "../sandbox/plain.ts";
import { RUN_PROGRAM } from "./launch-wrapper.ts";

/** Carries the attempt's key into every process that it starts, so that none is mistaken for another. */
export const ATTEMPT_VARIABLE = "CANFAR_ATTEMPT";

const SYSTEM_PATH = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

export interface StartRequest {
  readonly key: string;
  readonly plan: LaunchPlan;
  readonly replica: PlannedReplica;
  readonly environment: ImageEnvironment;
  readonly isolation: Isolation;
  readonly arcLinked: boolean;
  readonly passEnvironment: Readonly<Record<string, string>>;
  readonly runFolder: string;
  readonly scratchFolder: string;
  /** Port of its service; null where it has none. */
  readonly port: number | null;
}

export interface StartCommand {
  /** What the launch wrapper runs. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where the launch wrapper starts. */
  readonly folder: string;
}

/** The words, variables and folder with which an attempt is started: inside a sandbox as planned, else on the machine's paths. */
export function startCommand(request: StartRequest): StartCommand {
  const { plan, isolation } = request;
  const argv = (plan.argv ?? request.environment.entrypoint).map((word) => withPort(word, request.port));
  const program = [...RUN_PROGRAM, ...argv];
  const folder = isolation === "bubblewrap" ? "/" : outside(request, plan.workingDirectory);
  return {
    words: isolation === "bubblewrap" ? [...sandbox(request), ...program] : program,
    env: env(request),
    folder,
  };
}

function sandbox({ plan, replica, runFolder, scratchFolder, environment }: StartRequest): string[] {
  const { readOnlyRoots } = environment;
  const hostname = replica.name;
  return bubblewrapArguments({
    plan,
    hostname,
    runFolder,
    scratchFolder,
    readOnlyRoots,
    statusDescriptor: 3,
  });
}

function env(request: StartRequest): Record<string, string> {
  const { key, plan, replica, environment, passEnvironment, port } = request;
  const { username } = plan.user;
  const all: Record<string, string> = {
    ...{ LANG: "C.UTF-8", SHELL: "/bin/bash", USER: username, LOGNAME: username },
    PATH: [...environment.path, ...SYSTEM_PATH].join(":"),
    ...passEnvironment,
    ...environment.env,
    ...plan.env,
    ...replica.env,
    [ATTEMPT_VARIABLE]: key,
  };
  const resolve = (value: string) => outside(request, withPort(value, port));
  const resolved = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, resolve(value)]));
  const path = [...plan.path.map(resolve), resolved.PATH];
  return { ...resolved, PATH: path.join(":") };
}

function withPort(word: string, port: number | null): string {
  return word === PORT_PLACEHOLDER ? String(port) : word;
}

/** Inside a sandbox paths are as planned; without one they are the machine's own. */
function outside({ plan, isolation, scratchFolder, arcLinked }: StartRequest, word: string): string {
  return isolation === "bubblewrap" ? word : outsidePath(word, plan, scratchFolder, arcLinked);
}
