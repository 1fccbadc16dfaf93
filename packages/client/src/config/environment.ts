import { CanfarError } from "@canfar/contract";

/** What the environment says about one command (upstream's names). Each beats the configuration file. */
export interface EnvironmentSettings {
  /** `CANFAR_TOKEN`: bearer token for this process; nothing is saved. Needs an address. */
  readonly token?: string;
  /** `CANFAR_URL`: base address with the version, e.g. `https://host/skaha/v1`. */
  readonly url?: string;
  /** `CANFAR_ACTIVE__SERVER`: another saved server for this process. */
  readonly server?: string;
  /** `CANFAR_AUTHENTICATION_IDP`: another saved Authentication Record for this process. */
  readonly idp?: string;
  /** `CANFAR_TIMEOUT`: 1 to 300 seconds without any byte. */
  readonly timeoutSeconds?: number;
  /** `CANFAR_CONCURRENCY`: 1 to 128 requests at once. */
  readonly concurrency?: number;
}

/**
 * Reads the variables; an empty one counts as not set.
 *
 * @throws CanfarError `config.invalid` for a number out of range
 */
export function environmentSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): EnvironmentSettings {
  const text = <K extends string>(key: K, variable: string) =>
    (env[variable] ? { [key]: env[variable] } : {}) as { [P in K]?: string };
  return {
    ...text("token", "CANFAR_TOKEN"),
    ...text("url", "CANFAR_URL"),
    ...text("server", "CANFAR_ACTIVE__SERVER"),
    ...text("idp", "CANFAR_AUTHENTICATION_IDP"),
    ...number(env, { key: "timeoutSeconds", variable: "CANFAR_TIMEOUT", max: 300 }),
    ...number(env, { key: "concurrency", variable: "CANFAR_CONCURRENCY", max: 128 }),
  };
}

function number<K extends string>(
  env: Readonly<Record<string, string | undefined>>,
  { key, variable, max }: { key: K; variable: string; max: number },
): { [P in K]?: number } {
  const text = env[variable];
  if (!text) return {};
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new CanfarError("config.invalid", {
      message: `The environment variable ${variable} is '${text}', which is not a whole number from 1 to ${max}`,
      hint: `Unset ${variable} or give it such a number.`,
    });
  }
  return { [key]: value } as { [P in K]?: number };
}
