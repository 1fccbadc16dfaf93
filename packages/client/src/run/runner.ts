import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { CanfarError, type LaunchRequestInput, type Session } from "@canfar/contract";
import { concurrently } from "../concurrently.ts";
import type { Connection } from "../connection.ts";
import { checkLaunchRequest, launch } from "../launch.ts";
import { Sessions } from "../sessions.ts";
import { type Carrier, fileToCarry } from "./carrier.ts";
import { CopyInHome } from "./copy-in-home.ts";
import { gatherFiles } from "./gather-files.ts";
import { inlineDependencies } from "./inline-dependencies.ts";
import { parseParameter, planCopies, type RunParameter } from "./parameters.ts";
import { DEFAULT_RUN_IMAGE, type PlannedRun, type RunOptions, type StartedRun } from "./run.ts";
import { nameOf, newRunFolder, ownFiles, wordsOf } from "./run-folder.ts";
import { type ScriptKind, scriptKind } from "./script-kind.ts";
import { SendToServer } from "./send-to-server.ts";

/** Files that are read at the same time. */
const READ_AT_ONCE = 8;

interface Preparation {
  readonly plan: PlannedRun;
  /** For a run in that folder. */
  readonly request: (folder: string) => LaunchRequestInput;
  readonly carrier: Carrier;
}

/** Runs scripts and notebooks of this machine, or of the Session around this program, as batch Sessions. */
export class Runner {
  readonly #connection: Connection;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(connection: Connection, environment: Readonly<Record<string, string | undefined>>) {
    this.#connection = connection;
    this.#environment = environment;
  }

  /**
   * What `run` would do.
   *
   * @throws CanfarError as `run`, as far as it can be known before
   */
  async plan(options: RunOptions): Promise<PlannedRun> {
    return (await this.#prepare(options)).plan;
  }

  /**
   * Carries a script with what lies beside it to a new folder in the user's home, and launches it there.
   *
   * @throws CanfarError `file.not_found`, `request.invalid`, `request.too_large`, `request.unsupported` where the server
   *   takes no files, `storage.full`, and the server's refusal of the launch
   */
  async run(options: RunOptions): Promise<StartedRun> {
    const { plan, request, carrier } = await this.#prepare(options);
    const place = newRunFolder(options.script, this.#connection.clock.now());
    const delivery = await carrier.deliver(place, plan.files, plan.left);
    const { group, sessions } = await launch(this.#connection, request(delivery.folder), options.signal);
    return { ...plan, group, sessions, folder: delivery.folder, delivery };
  }

  /** Everything that can be refused is refused here, before anything is carried. */
  async #prepare(options: RunOptions): Promise<Preparation> {
    const {
      script: path,
      args = [],
      parameters: texts = [],
      alone = false,
      signal: _,
      ...launched
    } = options;
    const kind = scriptKind(path);
    const parameters = texts.map((text) => parseParameter(text, readList));
    refuseImpossible(kind, parameters, args);
    const copies = planCopies(parameters, options.replicas);
    const { script, files, left } = await gatherFiles(path, { alone });
    const dependencies = inlineDependencies(await readFile(path, "utf8"), { name: script, kind });
    const around = await this.#sessionAround();
    const carrier = this.#carrier(around);
    const name = options.name ?? nameOf(script);
    const image = options.image ?? around?.image ?? DEFAULT_RUN_IMAGE;
    const words = { kind, name, script, copies: copies.copies, parameters, args };
    const request = (folder: string): LaunchRequestInput => ({
      ...launched,
      ...{ name, kind: "headless", image, replicas: copies.replicas },
      ...{ command: "/bin/sh", args: wordsOf(folder, words) },
    });
    checkLaunchRequest(request("/arc"));
    const carried = await concurrently(files, READ_AT_ONCE, fileToCarry);
    const all = [...carried, ...ownFiles(kind, parameters, dependencies)];
    const { linksLargeFiles } = carrier;
    const plan = { kind, name, image, ...copies, files: all, left, linksLargeFiles, dependencies };
    return { plan, request, carrier };
  }

  /** The Session that this program runs in, if it is one of this server's. */
  async #sessionAround(): Promise<Session | null> {
    const id = this.#environment.skaha_sessionid;
    if (!id || !this.#environment.HOME) return null;
    try {
      return await new Sessions(this.#connection).get(id);
    } catch (error) {
      if (error instanceof CanfarError && error.code === "session.not_found") return null;
      throw error;
    }
  }

  #carrier(around: Session | null): Carrier {
    const home = this.#environment.HOME;
    if (around === null || home === undefined) return new SendToServer(this.#connection);
    return new CopyInHome({ home, seenAs: `/arc/home/${around.username}` });
  }
}

function readList(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return null;
    throw error;
  }
}

function refuseImpossible(
  kind: ScriptKind,
  parameters: readonly RunParameter[],
  args: readonly string[],
): void {
  if (kind !== "notebook") return;
  if (args.length > 0) {
    throw new CanfarError("request.invalid", {
      message: "A notebook takes parameters, no arguments",
      hint: "Write -p NAME=VALUE for each variable that a cell shall get.",
    });
  }
  const odd = parameters.find(({ name }) => name.includes("-"));
  if (odd === undefined) return;
  throw new CanfarError("request.invalid", {
    message: `'${odd.name}' cannot be the name of a variable in a notebook`,
    hint: `Use ${odd.name.replaceAll("-", "_")}.`,
  });
}
