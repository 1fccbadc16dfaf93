/** Where packages come from: the operator's configuration of pip, said in uv's variables. */
import { existsSync } from "node:fs";

/** Options that would make pip install somewhere else, or refuse to. */
const PIP_DESTINATIONS = ["PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV"];

/** Variables that would make Python or uv look at another environment than the one being built. */
const FOREIGN = [
  "PYTHONHOME",
  "PYTHONPATH",
  "VIRTUAL_ENV",
  "CONDA_PREFIX",
  "UV_PYTHON",
  "UV_PROJECT_ENVIRONMENT",
];

/** Variables for pip, and for anything else that works on an environment: the operator's, without what would mislead. */
export function toolEnvironment(operator: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const dropped = new Set([...PIP_DESTINATIONS, ...FOREIGN]);
  return Object.fromEntries(Object.entries(operator).filter(([name]) => !dropped.has(name)));
}

/**
 * Variables for uv. What the operator set for uv stays; the rest follows from pip's settings, so that a machine that
 * was set up for pip needs no second set-up.
 *
 * @param pip pip's settings by long option name
 */
export function uvEnvironment(
  operator: NodeJS.ProcessEnv,
  pip: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const words = (name: string) => pip[name]?.trim().split(/\s+/);
  const ownIndex = operator.UV_DEFAULT_INDEX ?? operator.UV_INDEX_URL;
  const derived: NodeJS.ProcessEnv = {
    UV_DEFAULT_INDEX: ownIndex === undefined ? pip["index-url"] : undefined,
    UV_INDEX: words("extra-index-url")?.join(" "),
    UV_FIND_LINKS: words("find-links")?.filter(isThere).join(","),
    UV_INSECURE_HOST: words("trusted-host")?.join(" "),
    UV_HTTP_TIMEOUT: pip.timeout ?? pip["default-timeout"],
    SSL_CERT_FILE: pip.cert,
    ALL_PROXY: pip.proxy,
    // pip asks all indexes alike; the lock's hashes say which file is meant, so nothing can slip in.
    UV_INDEX_STRATEGY: "unsafe-best-match",
    // The Python that was found is the one to use; downloading another would be a surprise.
    UV_PYTHON_DOWNLOADS: "never",
  };
  const set = Object.entries(derived).filter(([, value]) => value !== undefined && value !== "");
  return { ...Object.fromEntries(set), ...toolEnvironment(operator), NO_COLOR: "1" };
}

/** `--no-index` has no variable in uv. */
export function indexOptions(pip: Readonly<Record<string, string>>): string[] {
  return /^(1|true|yes|on)$/i.test(pip["no-index"] ?? "") ? ["--no-index"] : [];
}

/** A folder that is not there is a warning to pip and an error to uv. */
function isThere(location: string): boolean {
  return location.includes("://") || existsSync(location);
}
