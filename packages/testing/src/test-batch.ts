import { setImmediate as nextTurn } from "node:timers/promises";
import type { Group, LaunchAnswer } from "@canfar/contract";
import type { ConfigInput } from "@canfar/platform";
import { ManualClock } from "./clock.ts";
import { eventually } from "./eventually.ts";
import { FakeDriver } from "./fake-driver.ts";
import { startTestPlatform, type TestPlatform } from "./test-platform.ts";

/** A Session as the tests read it. */
export interface SeenSession {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly attempt: number;
  readonly replicaIndex: number;
}

/** A whole platform over the fake driver, with a clock that stands still, and the requests that batch tests make. */
export class TestBatch {
  readonly driver: FakeDriver;
  readonly clock: ManualClock;
  readonly platform: TestPlatform;

  private constructor(parts: { driver: FakeDriver; clock: ManualClock; platform: TestPlatform }) {
    this.driver = parts.driver;
    this.clock = parts.clock;
    this.platform = parts.platform;
  }

  static async start(
    options: { config?: ConfigInput; driver?: FakeDriver; clock?: ManualClock; data?: string } = {},
  ): Promise<TestBatch> {
    const clock = options.clock ?? new ManualClock();
    const driver = options.driver ?? new FakeDriver({ clock });
    const { config = { batch: { flexible: 8 } }, data } = options;
    const platform = await startTestPlatform({
      ...{ driver, clock, config },
      ...(data === undefined ? {} : { data }),
    });
    return new TestBatch({ driver, clock, platform });
  }

  /** The server dies, and another one takes over its data. */
  async restart(config?: ConfigInput): Promise<TestBatch> {
    await this.platform.stop();
    const { driver, clock } = this;
    return await TestBatch.start({
      ...{ driver, clock, data: this.platform.folder.root },
      ...(config === undefined ? {} : { config }),
    });
  }

  post(request: object, as?: string, path = "/canfar/v1/group"): Promise<Response> {
    return this.platform.fetch(path, {
      method: "POST",
      body: JSON.stringify({
        ...{ name: "stars", kind: "headless", image: "skaha/terminal", command: "sleeper" },
        ...request,
      }),
      ...(as === undefined ? {} : { as }),
    });
  }

  async launch(request: object, as?: string): Promise<LaunchAnswer> {
    return await read<LaunchAnswer>(await this.post(request, as));
  }

  async get<T = Group>(path: string, as?: string): Promise<T> {
    return await read<T>(await this.platform.fetch(path, as === undefined ? {} : { as }));
  }

  async group(id: string, as?: string): Promise<Group> {
    return await this.get<Group>(`/canfar/v1/group/${id}`, as);
  }

  async session(id: string | undefined): Promise<SeenSession> {
    return await this.get<SeenSession>(`/skaha/v1/session/${id}`);
  }

  async untilCounts(id: string, counts: Partial<Group["counts"]>, as?: string): Promise<Group> {
    return await eventually(async () => {
      const group = await this.group(id, as);
      return Object.entries(counts).every(([key, count]) => group.counts[key as "failed"] === count) && group;
    });
  }

  async untilSession(id: string | undefined, seen: Partial<SeenSession>): Promise<SeenSession> {
    return await eventually(async () => {
      const session = await this.session(id);
      return (
        Object.entries(seen).every(([key, value]) => session[key as keyof SeenSession] === value) && session
      );
    });
  }

  /** Lets the driver start and end what it has, and the platform put it on record: all of it takes a few turns only. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform[Symbol.asyncDispose]();
  }
}

async function read<T>(response: Response): Promise<T> {
  if (response.status === 200) return (await response.json()) as T;
  throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
}
