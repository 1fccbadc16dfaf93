import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testPlan } from "../../test-plan.ts";
import { canBeExecuted } from "./executable.ts";

describe("canBeExecuted", () => {
  const home = mkdtempSync(join(tmpdir(), "canfar-executable-"));
  const mounts = [{ source: home, target: "/arc/home/astro", readOnly: false }];
  const plan = testPlan({ mounts, workingDirectory: "/arc/home/astro" });
  const ask = (program: string, path = "/usr/bin:/bin") =>
    canBeExecuted(program, { path, plan, scratchFolder: "/no/scratch" });

  beforeAll(() => {
    mkdirSync(join(home, "bin"));
    writeFileSync(join(home, "my-script"), "#!/no/such/interpreter\n", { mode: 0o755 });
    symlinkSync("/bin/sh", join(home, "bin", "shell"));
    writeFileSync(join(home, "bin", "mine"), "\x7fELF and so on", { mode: 0o755 });
    writeFileSync(join(home, "secret"), "\x7fELF and so on", { mode: 0o700 });
    chmodSync(join(home, "secret"), 0o700);
  });
  afterAll(() => rmSync(home, { recursive: true }));

  it("is sure of programs of the machine and of the user", () => {
    expect(ask("true")).toBe(true);
    expect(ask("/bin/sh")).toBe(true);
    expect(ask("bin/mine")).toBe(true);
    expect(ask("mine", "/arc/home/astro/bin:/usr/bin")).toBe(true);
  });

  it("is not sure of what is missing, a script, a folder, private, or outside of the sandbox", () => {
    expect(ask("no-such-program")).toBe(false);
    expect(ask("")).toBe(false);
    expect(ask("my-script")).toBe(false);
    expect(ask("./my-script")).toBe(false);
    expect(ask("bin", "/arc/home/astro")).toBe(false);
    expect(ask("./secret")).toBe(false);
    expect(ask(process.execPath.startsWith("/usr/") ? "/etc/passwd" : process.execPath)).toBe(false);
  });

  it("is not sure where something that cannot be executed comes first on the PATH", () => {
    writeFileSync(join(home, "bin", "true"), "#!/no/such/interpreter\n", { mode: 0o755 });
    expect(ask("true", "/arc/home/astro/bin:/usr/bin")).toBe(false);
  });
});
