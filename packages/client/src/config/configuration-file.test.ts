import { chmod, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { moduleUrl, runNode, startNode } from "../test-servers/run-node.ts";
import { scratchFolder } from "../test-servers/scratch-folder.ts";
import { ConfigurationFile } from "./configuration-file.ts";
import type { Configuration } from "./schema.ts";

const SAVED: Configuration = {
  version: 2,
  active: { authentication: "local", server: "local", servers: { local: "local" } },
  authentication: {
    local: {
      idp: "local",
      mode: "oidc",
      endpoints: { token: "http://127.0.0.1:8088/oidc/token" },
      client: { identity: "canfar-cli" },
      token: { access: "TOP-SECRET", refresh: "12:30", token_type: "Bearer" },
      expiry: { access: 4102444800 },
    },
  },
  servers: {
    local: {
      name: "local",
      idp: "local",
      url: "http://127.0.0.1:8088/skaha",
      version: "v1",
      auths: ["oidc"],
    },
  },
};

async function fileWith(text: string) {
  const folder = await scratchFolder();
  const path = join(folder.path, "config.yaml");
  await writeFile(path, text);
  return { folder, path, file: new ConfigurationFile({ path }) };
}

describe("reading", () => {
  test("no file is an empty configuration, and reading makes none", async () => {
    await using folder = await scratchFolder();
    const file = new ConfigurationFile({ path: join(folder.path, "none", "config.yaml") });
    expect(await file.read()).toEqual({ version: 2 });
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("what was written comes back, in a file that only its owner can read", async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, ".canfar", "config.yaml");
    const file = new ConfigurationFile({ path });
    await file.update(() => SAVED);
    expect(await file.read()).toEqual(SAVED);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder.path, ".canfar"))).toEqual(["config.yaml"]);
  });

  test("strings that YAML 1.1 would take for something else are quoted", async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, "config.yaml");
    await new ConfigurationFile({ path }).update(() => SAVED);
    expect(await readFile(path, "utf8")).toContain('refresh: "12:30"');
  });

  test("each wrong field is named, and credentials are not shown", async () => {
    const { folder, file } = await fileWith(`version: 2
surprise: 1
active: {authentication: nobody}
authentication: {local: {mode: oidc, token: {access: {TOP-SECRET: 1}}, nonsense: TOP-SECRET}}
servers: {local: {idp: local, url: "ftp://host/skaha"}}
registry: {username: u}
`);
    await using _ = folder;
    const error = await file.read().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "config.invalid", hint: expect.stringContaining("canfar login") });
    const text = JSON.stringify(error);
    expect(text).toContain("surprise (is not a known key)");
    expect(text).toContain("authentication.local.token.access = <hidden>");
    expect(text).toContain("authentication.local.nonsense");
    expect(text).toContain("servers.local.url = ");
    expect(text).not.toContain("TOP-SECRET");
  });

  test("a login that is not there, and half a registry account, are wrong", async () => {
    const { folder, file } = await fileWith(`version: 2
active: {authentication: nobody, server: nowhere, servers: {local: nowhere}}
authentication: {local: {mode: oidc}}
servers: {local: {idp: local, url: "http://host/skaha"}}
registry: {username: u}
`);
    await using _ = folder;
    const { details } = (await file.read().catch((caught: unknown) => caught)) as {
      details: { fields: string[] };
    };
    expect(details.fields.map((field) => field.split(" ")[0])).toEqual([
      "active.authentication",
      "active.server",
      "active.servers.local",
      "registry",
    ]);
  });

  test("broken YAML is named by its line, without the line's text", async () => {
    const { folder, file } = await fileWith('version: 2\nauthentication: {local: {token: "TOP-SECRET\n');
    await using _ = folder;
    const error = await file.read().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "config.invalid", message: expect.stringMatching(/line \d+/) });
    expect(String(error)).not.toContain("TOP-SECRET");
  });

  test("another version is refused", async () => {
    const { folder, file } = await fileWith("version: 9\n");
    await using _ = folder;
    await expect(file.read()).rejects.toMatchObject({
      message: expect.stringContaining("version = 9 (expected 2)"),
    });
  });

  test("version 1 reads as version 2, and is stored as such with the next change", async () => {
    const { folder, file, path } = await fileWith(`version: "1"
active: {authentication: cadc, server: canfar}
authentication: {cadc: {mode: x509, path: /home/u/.ssl/cadcproxy.pem, expiry: 0.0}}
servers: {canfar: {idp: cadc, url: "https://host/skaha", version: v1, cores: 4, ram: 8, gpus: 1, status: up}}
console: {width: 100, file: x}
`);
    await using _ = folder;
    const migrated = await file.read();
    expect(migrated.servers?.canfar).toEqual({ idp: "cadc", url: "https://host/skaha", version: "v1" });
    expect(migrated.console).toEqual({ width: 100 });
    expect(await readFile(path, "utf8")).toContain('version: "1"');
    await file.update((now) => ({ ...now, console: { width: 90 } }));
    expect(await readFile(path, "utf8")).toMatch(/^version: 2$/m);
    expect(await file.read()).toMatchObject({ version: 2, console: { width: 90 } });
  });
});

describe("changing", () => {
  test("comments, the order of keys and unknown console settings stay", async () => {
    const { folder, file, path } = await fileWith(`# my settings
version: 2
servers:
  # the one in the basement
  local: {idp: local, url: "http://host/skaha"} # old
console:
  banner: false # quiet
  theme: dark
`);
    await using _ = folder;
    await file.update((now) => ({ ...now, console: { ...now.console, width: 70 } }));
    const text = await readFile(path, "utf8");
    expect(text).toContain("# my settings\nversion: 2");
    expect(text).toContain("# the one in the basement");
    expect(text).toContain("banner: false # quiet\n  theme: dark\n  width: 70");
  });

  test("a change that would make the file invalid is refused and leaves it alone", async () => {
    const { folder, file, path } = await fileWith("version: 2\n");
    await using _ = folder;
    const bad = { version: 2, servers: { "9": { idp: "x", url: "http://host" } } } as Configuration;
    await expect(file.update(() => bad)).rejects.toMatchObject({ code: "config.invalid" });
    expect(await readFile(path, "utf8")).toBe("version: 2\n");
  });

  test("empty sections are left out, because the PyPI client refuses them", async () => {
    const { folder, file, path } = await fileWith("version: 2\n");
    await using _ = folder;
    await file.update(() => ({ version: 2, authentication: {}, servers: {}, active: { servers: {} } }));
    expect(await readFile(path, "utf8")).toBe("version: 2\n");
  });

  test("a symbolic link stays one", async () => {
    const { folder, path } = await fileWith("version: 2\n");
    await using _ = folder;
    const link = join(folder.path, "link.yaml");
    await symlink(path, link);
    await new ConfigurationFile({ path: link }).update((now) => ({ ...now, console: { width: 50 } }));
    expect(await readFile(path, "utf8")).toContain("width: 50");
  });

  test.skipIf(process.getuid?.() === 0)(
    "a folder that cannot be written is an error that says so",
    async () => {
      const { folder, file, path } = await fileWith("version: 2\n");
      await using _ = folder;
      await chmod(folder.path, 0o500);
      await expect(file.update(() => SAVED)).rejects.toMatchObject({ code: "config.unwritable" });
      await chmod(folder.path, 0o700);
      expect(await readFile(path, "utf8")).toBe("version: 2\n");
    },
  );

  test("a place that can hold no file is an error that says so", async () => {
    const file = new ConfigurationFile({ path: "/dev/null/none/config.yaml" });
    await expect(file.update(() => SAVED)).rejects.toMatchObject({ code: "config.unwritable" });
  });
});

describe("several processes", () => {
  const count = (path: string, times: number) => `
    import { ConfigurationFile } from "${moduleUrl("config/configuration-file.ts")}";
    const file = new ConfigurationFile({ path: ${JSON.stringify(path)} });
    for (let i = 0; i < ${times}; i += 1) {
      await file.update((now) => ({ ...now, console: { ...now.console, width: (now.console?.width ?? 0) + 1 } }));
    }`;

  test("lose no change of each other", async () => {
    const { folder, file, path } = await fileWith("version: 2\n");
    await using _ = folder;
    await Promise.all(Array.from({ length: 4 }, () => runNode(count(path, 25))));
    expect((await file.read()).console?.width).toBe(100);
    expect(await readdir(folder.path)).toEqual(["config.yaml"]);
  });

  test("readers never see half a file while another process writes, and kill -9 leaves a whole one", async () => {
    const { folder, file, path } = await fileWith("version: 2\n");
    await using _ = folder;
    for (let round = 0; round < 4; round += 1) {
      const before = (await file.read()).console?.width ?? 0;
      const writer = startNode(count(path, 1_000_000));
      const gone = new Promise((resolve) => writer.once("close", resolve));
      let width = before;
      // Some way into its work, at whatever instant that is.
      while (width < before + 20) width = (await file.read()).console?.width ?? 0;
      writer.kill("SIGKILL");
      await gone;
      const after = (await file.read()).console?.width ?? 0;
      expect(after).toBeGreaterThanOrEqual(width);
      // The dead writer's lock and leftovers are in nobody's way.
      await file.update((now) => ({ ...now, console: { width: after + 1 } }));
    }
    // A writer killed at the very moment of asking for the lock leaves its name tag for later.
    const names = (await readdir(folder.path)).filter((name) => !name.startsWith("config.yaml.lock."));
    expect(names).toEqual(["config.yaml"]);
  });
});
