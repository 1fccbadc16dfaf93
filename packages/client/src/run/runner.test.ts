/** Runs against a whole platform, whose sessions only pretend to run. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_CARRIED_FILE_BYTES } from "@canfar/contract";
import type { LaunchPlan } from "@canfar/drivers";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Client, openClient } from "../client.ts";

let driver: FakeDriver;
let platform: TestPlatform;
let folder: string;

beforeEach(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver });
  folder = mkdtempSync(join(tmpdir(), "canfar-runner-"));
  writeFileSync(join(folder, "sky.py"), "import helper\n");
  writeFileSync(join(folder, "helper.py"), "X = 1\n");
});
afterEach(async () => {
  await platform[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const script = () => join(folder, "sky.py");
const home = () => join(platform.folder.homes, "astro");

async function client(environment: Record<string, string> = {}): Promise<Client> {
  const token = await platform.token();
  return await openClient({ url: `${platform.url}/skaha/v1`, token, environment });
}

async function planned(id: string | undefined): Promise<LaunchPlan> {
  return await eventually(() =>
    driver.plansForTest.find(({ replicas }) => replicas.some(({ sessionId }) => sessionId === id)),
  );
}

/** Where the platform keeps what Sessions see as `path`. */
const onDisk = (path: string) => join(platform.folder.root, path);

describe("from outside", () => {
  test("the script is carried with what lies beside it, and launched there", async () => {
    const run = await (await client()).run({
      script: script(),
      args: ["--fast", "a b"],
      parameters: ["n=1"],
    });
    expect(run.folder).toMatch(/^\/arc\/home\/astro\/sky-runs\/\d{8}-\d{6}-[0-9a-z]{3}$/);
    expect(readFileSync(join(onDisk(run.folder), "helper.py"), "utf8")).toBe("X = 1\n");
    const plan = await planned(run.sessions[0]);
    const words = ["python", "sky.py", "sky", "1", "v:n=1", "--", "--fast", "a b"];
    expect(plan.argv).toEqual(["/bin/sh", `${run.folder}/.run/run.sh`, ...words]);
    expect(plan.image.id).toBe("images.canfar.net/skaha/astroml:latest");
    expect(plan.replicas.map(({ name }) => name)).toEqual(["sky"]);
  });

  test("the second time nothing travels, after a change only what changed", async () => {
    const { run } = { run: async () => (await client()).run({ script: script() }) };
    const first = await run();
    expect(first.delivery).toMatchObject({ sentFiles: first.files.length });
    expect((await run()).delivery).toMatchObject({ sentFiles: 0, sentBytes: 0 });
    writeFileSync(join(folder, "helper.py"), "X = 22\n");
    const third = await run();
    expect(third.delivery).toMatchObject({ sentFiles: 1, sentBytes: 7 });
    expect(readFileSync(join(onDisk(third.folder), "helper.py"), "utf8")).toBe("X = 22\n");
    expect(readFileSync(join(onDisk(first.folder), "helper.py"), "utf8")).toBe("X = 1\n");
  });

  test("a list makes a Replica of each value; fewer Replicas share them", async () => {
    const one = await (await client()).run({ script: script(), parameters: ["band=@g,r,i"] });
    expect(one).toMatchObject({ copies: 3, replicas: 3 });
    expect(one.sessions).toHaveLength(3);
    expect(readFileSync(join(onDisk(one.folder), ".run/lists/band"), "utf8")).toBe("g\nr\ni\n");
    const shared = await (await client()).run({ script: script(), parameters: ["band=@g,r,i"], replicas: 2 });
    expect(shared.sessions).toHaveLength(2);
    expect((await planned(shared.sessions[0])).argv?.slice(2, 8)).toEqual([
      "python",
      "sky.py",
      "sky",
      "3",
      "l:band",
      "--",
    ]);
  });

  test("what is too large stays, and is named", async () => {
    writeFileSync(join(folder, "big.fits"), "");
    truncateSync(join(folder, "big.fits"), MAX_CARRIED_FILE_BYTES + 1);
    const run = await (await client()).run({ script: script() });
    expect(run).toMatchObject({ linksLargeFiles: false, left: [{ path: "big.fits" }] });
    expect(existsSync(join(onDisk(run.folder), "big.fits"))).toBe(false);
  });

  test("what cannot be launched is refused before anything is carried", async () => {
    const { run } = await client().then((own) => ({ run: own.run.bind(own) }));
    for (const options of [{ name: "not a name" }, { replicas: 0 }, { image: "a b" }, { parameters: ["x"] }])
      await expect(run({ script: script(), ...options })).rejects.toThrow();
    await expect(run({ script: join(folder, "no.py") })).rejects.toMatchObject({ code: "file.not_found" });
    await expect(run({ script: "a.txt" })).rejects.toMatchObject({ code: "request.invalid" });
    expect(existsSync(home())).toBe(false);
  });

  test("a notebook takes variables, and no arguments", async () => {
    const notebook = join(folder, "sky.ipynb");
    writeFileSync(notebook, JSON.stringify({ cells: [] }));
    const own = await client();
    await expect(own.run({ script: notebook, args: ["x"] })).rejects.toThrow(
      "takes parameters, no arguments",
    );
    await expect(own.run({ script: notebook, parameters: ["a-b=1"] })).rejects.toThrow("name of a variable");
    const run = await own.run({ script: notebook, parameters: ["a=1"] });
    expect(existsSync(join(onDisk(run.folder), ".run/notebook.py"))).toBe(true);
  });
});

describe("inside a Session", () => {
  async function around(): Promise<Record<string, string>> {
    const body = new URLSearchParams({ name: "nb", image: "skaha/astroml", type: "notebook" });
    const id = (await (await platform.fetch("/skaha/v1/session", { method: "POST", body })).text()).trim();
    return { skaha_sessionid: id, HOME: home() };
  }

  test("files are copied in the home, and the image is the Session's own", async () => {
    const environment = await around();
    const run = await (await client(environment)).run({ script: script() });
    expect(run).toMatchObject({
      image: "images.canfar.net/skaha/astroml:latest",
      delivery: { sentBytes: 0 },
    });
    expect(readFileSync(join(onDisk(run.folder), "helper.py"), "utf8")).toBe("X = 1\n");
    expect(existsSync(join(home(), ".canfar"))).toBe(false);
    expect((await planned(run.sessions[0])).argv?.[1]).toBe(`${run.folder}/.run/run.sh`);
  });

  test("what is too large is linked where it is", async () => {
    const environment = await around();
    const data = join(home(), "work");
    mkdirSync(data);
    writeFileSync(join(data, "sky.py"), "");
    writeFileSync(join(data, "big.fits"), "");
    truncateSync(join(data, "big.fits"), MAX_CARRIED_FILE_BYTES + 1);
    const run = await (await client(environment)).run({ script: join(data, "sky.py") });
    expect(readlinkSync(join(onDisk(run.folder), "big.fits"))).toBe(join(data, "big.fits"));
  });

  test.skipIf(process.getuid?.() === 0)(
    "a home that cannot be written leaves nothing (not as root)",
    async () => {
      const environment = await around();
      chmodSync(home(), 0o500);
      await expect((await client(environment)).run({ script: script() })).rejects.toMatchObject({
        code: "command.failed",
      });
      expect(readdirSync(home())).toEqual([]);
    },
  );

  test("a Session of another server is none of this one's: files travel", async () => {
    const environment = { skaha_sessionid: "zzzzzzzz", HOME: folder };
    const run = await (await client(environment)).run({ script: script() });
    expect(run.delivery.sentFiles).toBeGreaterThan(0);
  });
});
