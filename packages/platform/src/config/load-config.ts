import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CanfarError } from "@canfar/contract";
import { parse } from "yaml";
import type { z } from "zod";
import { type Config, type ConfigInput, configSchema } from "./config.ts";

/** `CANFAR_PLATFORM_<NAME>`: the settings that containers and test benches set without a file. */
const VARIABLES = { HOST: "host", PORT: "port", PUBLIC_URL: "publicUrl", IMAGES: "images" } as const;

export interface ConfigSources {
  /** Folder in which `config.yaml` is looked for. */
  readonly data: string;
  /** A file named by the operator, which must then exist. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** From the command line; stronger than everything else. */
  readonly overrides: Partial<ConfigInput>;
}

/**
 * Puts the configuration together: defaults, then the file, then `CANFAR_PLATFORM_*`, then the command line.
 *
 * @throws CanfarError `config.invalid` with the setting and what is wrong with it
 */
export function loadConfig(sources: ConfigSources): Config {
  const file = sources.file ?? join(sources.data, "config.yaml");
  const settings = {
    ...readSettings(file, sources.file !== undefined),
    ...fromEnvironment(sources.environment),
    ...withoutUndefined(sources.overrides),
  };
  const result = configSchema.safeParse(settings);
  if (result.success) return result.data;
  throw new CanfarError("config.invalid", {
    message: `the platform's configuration is not valid: ${explain(result.error)}`,
    hint: `Correct ${file}, the CANFAR_PLATFORM_* variables or the options of the command.`,
    details: { file },
  });
}

function readSettings(file: string, required: boolean): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && !required) return {};
    throw new CanfarError("config.invalid", {
      message: `the configuration ${file} cannot be read: ${(error as Error).message}`,
      cause: error,
    });
  }
  const settings: unknown = parseYaml(text, file);
  if (settings === null) return {};
  if (typeof settings === "object" && !Array.isArray(settings)) return settings as Record<string, unknown>;
  throw new CanfarError("config.invalid", { message: `${file} must hold settings, each as 'name: value'` });
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new CanfarError("config.invalid", {
      message: `${file} is not YAML: ${(error as Error).message}`,
      cause: error,
    });
  }
}

function fromEnvironment(environment: ConfigSources["environment"]): Record<string, unknown> {
  const set = Object.entries(VARIABLES).flatMap(([name, key]) => {
    const text = environment[`CANFAR_PLATFORM_${name}`];
    if (text === undefined || text === "") return [];
    return [[key, key === "port" && /^\d+$/.test(text) ? Number(text) : text] as const];
  });
  return Object.fromEntries(set);
}

function withoutUndefined(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function explain(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "settings"}: ${message}`).join("; ");
}
