import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "./load-config.ts";

let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "canfar-config-"));
});
afterEach(() => rmSync(data, { recursive: true }));

const load = (text?: string, more: Partial<Parameters<typeof loadConfig>[0]> = {}) => {
  if (text !== undefined) writeFileSync(join(data, "config.yaml"), text);
  return loadConfig({ data, environment: {}, overrides: {}, ...more });
};

describe("loadConfig", () => {
  it("needs no file", () => {
    expect(load()).toMatchObject({ host: "127.0.0.1", port: 8088, sessions: { maxInteractive: 5 } });
  });

  it("fills up what a file leaves open", () => {
    const config = load("sessions:\n  maxInteractive: 2\n");
    expect(config.sessions).toMatchObject({ maxInteractive: 2, interactiveLifetimeSeconds: 345_600 });
    expect(load("")).toMatchObject({ port: 8088 });
  });

  it("lets variables win over the file, and the command line over both", () => {
    const environment = { CANFAR_PLATFORM_PORT: "2", CANFAR_PLATFORM_HOST: "localhost" };
    expect(load("port: 1\n", { environment, overrides: { port: 3 } })).toMatchObject({
      port: 3,
      host: "localhost",
    });
    expect(load("port: 1\n", { environment, overrides: { port: undefined } }).port).toBe(2);
  });

  it.each([
    ["a setting that does not exist", "prot: 1\n", "prot"],
    ["a value that cannot be", "port: 99999\n", "port"],
    ["text that is no YAML", "a: [\n", "is not YAML"],
    ["a list", "- a\n", "must hold settings"],
  ])("names what is wrong: %s", (_title, text, words) => {
    expect(() => load(text)).toThrow(
      expect.objectContaining({ code: "config.invalid", message: expect.stringContaining(words) }),
    );
  });

  it("refuses a file that was named and is not there", () => {
    expect(() => load(undefined, { file: join(data, "missing.yaml") })).toThrow("cannot be read");
  });
});
