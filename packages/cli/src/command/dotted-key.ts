import { CanfarError } from "@canfar/contract";

type Mapping = Record<string, unknown>;

/** Secrets of the configuration file: shown as stars. */
const SECRETS = /^(secret|access|refresh)$/;
const STARS = "**********";

/** @throws CanfarError `config.invalid` where the key leads nowhere */
export function readKey(document: unknown, key: string): unknown {
  const value = key
    .split(".")
    .reduce<unknown>((inner, step) => (isMapping(inner) ? inner[step] : undefined), document);
  if (value !== undefined) return value;
  throw new CanfarError("config.invalid", {
    message: `The configuration has no '${key}'`,
    hint: "See all of it with `canfar config show`.",
  });
}

/** A copy with another value; what is missing on the way is made. */
export function withKey(document: unknown, key: string, value: unknown): Mapping {
  const [step = "", ...rest] = key.split(".");
  const own = isMapping(document) ? document : {};
  return { ...own, [step]: rest.length === 0 ? value : withKey(own[step], rest.join("."), value) };
}

/** A copy without the key. */
export function withoutKey(document: unknown, key: string): Mapping {
  const [step = "", ...rest] = key.split(".");
  const { [step]: inner, ...others } = isMapping(document) ? document : {};
  return rest.length === 0 || inner === undefined
    ? others
    : { ...others, [step]: withoutKey(inner, rest.join(".")) };
}

/** A copy whose tokens and passwords are stars. Times of expiry have the same names as tokens and are numbers. */
export function masked(value: unknown): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === "string" && SECRETS.test(name) ? STARS : masked(inner),
    ]),
  );
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
