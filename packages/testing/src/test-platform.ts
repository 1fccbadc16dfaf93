import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CanfarError, type User } from "@canfar/contract";
import type { SessionDriver } from "@canfar/drivers";
import {
  type CallerIdentity,
  type CataloguedImage,
  type Clock,
  type ConfigInput,
  configSchema,
  createPlatform,
  type DataFolder,
  dataFolderAt,
  HttpFront,
  type Log,
  makeDataFolder,
  openDatabase,
  type Platform,
  silentLog,
  systemClock,
} from "@canfar/platform";
import { createSessionProxy } from "@canfar/proxy";
import { FakeDriver } from "./fake-driver.ts";

/** Images that every test platform knows; nothing is built from them. */
export const TEST_IMAGES: readonly CataloguedImage[] = [
  testImage("skaha/astroml:latest", ["notebook", "headless"]),
  testImage("skaha/terminal:latest", ["headless"]),
  testImage("skaha/desktop:latest", ["desktop"]),
  testImage("skaha/carta:latest", ["carta"]),
  testImage("skaha/vscode:latest", ["contributed"]),
  testImage("skaha/firefly:latest", ["firefly"]),
];

function testImage(name: string, kinds: CataloguedImage["kinds"]): CataloguedImage {
  return { id: `images.canfar.net/${name}`, kinds, digest: "sha256:0", description: name, folder: null };
}

export interface TestPlatformOptions {
  readonly driver?: SessionDriver;
  readonly clock?: Clock;
  readonly config?: ConfigInput;
  readonly images?: readonly CataloguedImage[];
  readonly log?: Log;
  /** The data folder of a test platform that was killed; it is not removed at the end. */
  readonly data?: string;
}

/**
 * A platform in this process, on a real port, in a data folder of its own, without its identity provider: `token(name)` is
 * a good bearer token of the user `name`.
 */
export async function startTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const folder = dataFolderAt(options.data ?? mkdtempSync(join(tmpdir(), "canfar-test-platform-")));
  makeDataFolder(folder);
  const { clock = systemClock, log = silentLog } = options;
  const driver = options.driver ?? new FakeDriver({ clock });
  const config = configSchema.parse({ port: 0, ...options.config });
  const front = await HttpFront.listen({ host: config.host, port: config.port, log });
  const origin = front.address;
  const database = openDatabase(folder.database);
  const platform = await createPlatform({
    ...{ config, folder, origin, version: "0.0.0-test", driver, identity: testIdentity(origin, clock) },
    ...{ images: options.images ?? TEST_IMAGES, database, clock, log },
  });
  const proxy = createSessionProxy({
    ...{ routes: platform.routes, origin: () => origin, log, cookieNames: [] },
    admit: async () => ({ kind: "deny" }),
  });
  front.serve({
    proxy,
    identity: { handles: () => false, handle: () => {} },
    api: (request) => platform.app.fetch(request),
  });
  await platform.start();
  const close = async () => {
    platform.stop();
    await front.close();
    database.close();
  };
  return new TestPlatform({
    ...{ folder, driver, platform, url: origin, close },
    keepsData: options.data !== undefined,
  });
}

export class TestPlatform {
  /** Origin, without a slash at the end. */
  readonly url: string;
  readonly folder: DataFolder;
  readonly driver: SessionDriver;
  readonly platform: Platform;
  readonly #close: () => Promise<void>;
  readonly #keepsData: boolean;
  #closed = false;

  constructor(parts: {
    url: string;
    folder: DataFolder;
    driver: SessionDriver;
    platform: Platform;
    close: () => Promise<void>;
    keepsData: boolean;
  }) {
    this.url = parts.url;
    this.folder = parts.folder;
    this.driver = parts.driver;
    this.platform = parts.platform;
    this.#close = parts.close;
    this.#keepsData = parts.keepsData;
  }

  /** A bearer token. */
  token(username: string = "astro"): string {
    return `test-token-of-${username}`;
  }

  /** A request as a user. @param path from the origin on, e.g. `/skaha/v1/session` */
  async fetch(path: string, init: RequestInit & { as?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${this.token(init.as)}`);
    return await fetch(`${this.url}${path}`, { ...init, headers });
  }

  /** Stops it and leaves its data, for another one with the same `data`. */
  async stop(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (!this.#keepsData) rmSync(this.folder.root, { recursive: true, force: true });
  }
}

/** Stands in for the identity provider. Users get their uid by the length of their name: nobody depends on it. */
function testIdentity(origin: string, clock: Clock): CallerIdentity {
  return {
    async authenticate(authorization): Promise<User> {
      if (authorization === undefined) {
        throw new CanfarError("authentication.required", { message: "Unauthorized: log in first" });
      }
      const username = /^Bearer test-token-of-([a-z][a-z0-9]*)$/.exec(authorization)?.[1];
      if (username === undefined) {
        throw new CanfarError("authentication.credential_invalid", {
          message: "Unauthorized: unknown token",
        });
      }
      const uid = 10_000 + username.length;
      return { username, uid, gid: uid, groups: [uid + 1], administrator: false };
    },
    issueTicket({ path }) {
      const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
      return { url: `${origin}${path}&ticket=test`, expiresAt };
    },
  };
}
