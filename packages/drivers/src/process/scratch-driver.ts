import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { LaunchPlan, PlannedImage } from "../session-driver.ts";
import { testPlan } from "../test-plan.ts";
import { hostFolders } from "./host/host-folders.ts";
import { startTimeOf } from "./host/processes.ts";
import type { ImageEnvironments } from "./image-environment.ts";
import { ProcessDriver, type ProcessDriverOptions } from "./process-driver.ts";

export const BROKEN_IMAGE: PlannedImage = { id: "skaha/broken:1", digest: "sha256:0", recipe: null };

/** Images without packages: this machine's programs, and the Node that runs the test for programs that serve. */
const environments: ImageEnvironments = {
  ensure(image) {
    if (image.id === BROKEN_IMAGE.id) throw new Error("no matching distribution");
    const readOnlyRoots = [dirname(process.execPath)];
    return Promise.resolve({
      path: readOnlyRoots,
      readOnlyRoots,
      env: {},
      entrypoint: ["echo", "entrypoint"],
    });
  },
};

/** A process driver on a data folder of its own, for tests: everything it starts goes with it. */
export class ScratchDriver {
  readonly dataFolder = mkdtempSync(join(tmpdir(), "canfar-process-"));
  readonly home = join(this.dataFolder, "arc", "home", "astro");
  readonly #options: Partial<ProcessDriverOptions>;
  readonly #open = new Set<ProcessDriver>();

  constructor(options: Partial<ProcessDriverOptions> = {}) {
    this.#options = options;
    mkdirSync(this.home, { recursive: true });
    mkdirSync(join(this.dataFolder, "arc", "projects"));
  }

  /** Again after `close` or the death of the host, or beside another one. */
  async open(more: Partial<ProcessDriverOptions> = {}): Promise<ProcessDriver> {
    const driver = await ProcessDriver.open({
      dataFolder: this.dataFolder,
      environments,
      mayLinkArc: false,
      ...this.#options,
      ...more,
    });
    this.#open.add(driver);
    return driver;
  }

  /** A plan with home, projects and scratch where Sessions expect them. */
  plan(change: Partial<LaunchPlan> = {}): LaunchPlan {
    const arc = join(this.dataFolder, "arc");
    const mounts = [
      { source: this.home, target: "/arc/home/astro", readOnly: false },
      { source: join(arc, "projects"), target: "/arc/projects", readOnly: false },
      { source: null, target: "/scratch", readOnly: false },
    ];
    const { env, ...rest } = change;
    return testPlan({
      ...{ mounts, workingDirectory: "/arc/home/astro", env: { HOME: "/arc/home/astro", ...env } },
      ...rest,
    });
  }

  /** Process id of the session host; null where none runs. */
  get hostPid(): number | null {
    try {
      const pid = Number(readFileSync(hostFolders(this.dataFolder).pid, "utf8"));
      return startTimeOf(pid) === null ? null : pid;
    } catch {
      return null;
    }
  }

  /** `kill -9` of the session host; Sessions go on. */
  killHost(): void {
    if (this.hostPid !== null) process.kill(this.hostPid, "SIGKILL");
  }

  /** Ends all Sessions and the host, and removes the data folder. */
  async dispose(): Promise<void> {
    const driver = await this.open();
    const live = (await driver.list()).filter(({ phase }) => phase !== "ended");
    const ends = live.map(
      (ref) =>
        new Promise<void>((resolve) => {
          driver.observe(({ sessionId, phase }) => {
            if (sessionId === ref.sessionId && phase === "ended") resolve();
          });
        }),
    );
    await driver.stop(live, { graceSeconds: 0 });
    await Promise.all(ends);
    for (const each of this.#open) await each.close();
    if (this.hostPid !== null) process.kill(this.hostPid, "SIGTERM");
    rmSync(this.dataFolder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
