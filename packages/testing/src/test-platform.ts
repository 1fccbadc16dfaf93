import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionDriver } from "@canfar/drivers";
import {
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
  Records,
  silentLog,
  systemClock,
} from "@canfar/platform";
import { createSessionProxy } from "@canfar/proxy";
import { FakeDriver } from "./fake-driver.ts";
import { quickIdentity, realIdentity, type TestIdentity } from "./test-identity.ts";

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

const TEST_PASSWORD = "correct-horse-7";

export interface TestPlatformOptions {
  /** The fake driver when absent. */
  readonly driver?: SessionDriver;
  readonly clock?: Clock;
  readonly config?: ConfigInput;
  readonly images?: readonly CataloguedImage[];
  readonly log?: Log;
  /** The data folder of an earlier test platform; it is not removed at the end. */
  readonly data?: string;
  /**
   * With the platform's own IDP: discovery, tokens, login pages, and the guard of Sessions' pages. It takes some 0.3 s
   * more; without it tokens are made up, and Sessions' pages are closed.
   */
  readonly identityProvider?: boolean;
}

/** A platform in this process, on a real port, in a data folder of its own, with the account `astro`. */
export async function startTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const folder = dataFolderAt(options.data ?? mkdtempSync(join(tmpdir(), "canfar-test-platform-")));
  makeDataFolder(folder);
  const { clock = systemClock, log = silentLog } = options;
  const driver = options.driver ?? new FakeDriver({ clock });
  const config = configSchema.parse({ port: 0, ...options.config });
  const front = await HttpFront.listen({ host: config.host, port: config.port, log });
  const origin = front.address;
  const database = openDatabase(folder.database);
  const records = new Records(database);
  const identity = options.identityProvider
    ? await realIdentity({ database, records, origin, clock, log, password: TEST_PASSWORD })
    : quickIdentity(origin, clock);
  const platform = await createPlatform({
    ...{ config, folder, origin, innerOrigin: origin, version: "0.0.0-test", driver, identity },
    ...{ images: options.images ?? TEST_IMAGES, records, clock, log },
  });
  const proxy = createSessionProxy({
    ...{ routes: platform.routes, origin: () => origin, log },
    ...{ cookieNames: identity.cookieNames, admit: identity.admit },
  });
  front.serve({ proxy, identity, api: (request) => platform.app.fetch(request) });
  await platform.start();
  const close = async () => {
    platform.stop();
    await front.close();
    identity.close();
    database.close();
  };
  const keepsData = options.data !== undefined;
  return new TestPlatform({ folder, driver, platform, identity, url: origin, close, keepsData });
}

interface TestPlatformParts {
  readonly url: string;
  readonly folder: DataFolder;
  readonly driver: SessionDriver;
  readonly platform: Platform;
  readonly identity: TestIdentity;
  readonly close: () => Promise<void>;
  readonly keepsData: boolean;
}

export class TestPlatform {
  /** Origin, without a slash at the end. */
  readonly url: string;
  readonly folder: DataFolder;
  readonly driver: SessionDriver;
  readonly platform: Platform;
  /** Of every account. */
  readonly password = TEST_PASSWORD;
  readonly #parts: TestPlatformParts;
  readonly #tokens = new Map<string, Promise<string>>();
  #stopping: Promise<void> | null = null;

  constructor(parts: TestPlatformParts) {
    this.#parts = parts;
    this.url = parts.url;
    this.folder = parts.folder;
    this.driver = parts.driver;
    this.platform = parts.platform;
  }

  /** A bearer token; the account is made where there is none. */
  async token(username: string = "astro"): Promise<string> {
    const token = this.#tokens.get(username) ?? this.#parts.identity.login(username, this.password);
    this.#tokens.set(username, token);
    return await token;
  }

  /** A request as a user. @param path from the origin on, e.g. `/skaha/v1/session` */
  async fetch(path: string, init: RequestInit & { as?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${await this.token(init.as)}`);
    return await fetch(`${this.url}${path}`, { ...init, headers });
  }

  /** Stops it and leaves its data, for another one with the same `data`. */
  stop(): Promise<void> {
    this.#stopping ??= this.#parts.close();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (!this.#parts.keepsData) rmSync(this.folder.root, { recursive: true, force: true });
  }
}
