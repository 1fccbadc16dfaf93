/**
 * Keeps the architecture: which package may import which, and which layer of the platform may call which. Reads every
 * source file's imports; prints each violation with the rule that it breaks.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** For each package, the packages of ours that its sources may import. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  client: ["contract"],
  cli: ["contract", "client"],
  drivers: ["contract"],
  proxy: ["contract"],
  platform: ["contract", "drivers", "proxy"],
  testing: ["contract", "client", "drivers", "proxy", "platform"],
};

/** Tests may reach further: the driver contract suite, fakes and the test platform. */
const ALLOWED_IN_TESTS = ["testing", "drivers"];

/** Layers of the platform: a folder may import only those to its right, and itself. */
const PLATFORM_LAYERS: Readonly<Record<string, readonly string[]>> = {
  handlers: ["services", "authentication", "config"],
  services: ["records", "config", "data-folder"],
  authentication: ["records", "config"],
  records: [],
  config: [],
  "data-folder": [],
};

/** One import that breaks a rule. */
export interface Violation {
  readonly file: string;
  readonly specifier: string;
  readonly rule: string;
}

/** Import specifiers of a TypeScript source, static and dynamic. */
export function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)["']([^"']+)["']/gm;
  return [...code.matchAll(pattern)].map(([, specifier = ""]) => specifier);
}

/** The rule that one import breaks, or null. `file` is relative to the project's root. */
export function violationOf(file: string, specifier: string): string | null {
  const [, name = "", , ...inside] = file.split("/");
  const isTest = /\.test\.ts$|contract-suite\.ts$/.test(file);
  if (specifier.startsWith(".")) return relativeViolation(file, name, inside, specifier, isTest);
  if (name === "contract" && specifier.startsWith("node:") && !isTest) {
    return "contract knows no Node built-ins: it must load in a browser";
  }
  const target =
    /^@canfar\/([^/]+)/.exec(specifier)?.[1] ?? (/^canfar(\/|$)/.test(specifier) ? "cli" : undefined);
  if (target === undefined || target === name) return null;
  const allowed = [...(ALLOWED[name] ?? []), ...(isTest ? ALLOWED_IN_TESTS : [])];
  return allowed.includes(target)
    ? null
    : `${name} may import only: ${allowed.join(", ") || "nothing of ours"}`;
}

function relativeViolation(
  file: string,
  name: string,
  inside: readonly string[],
  specifier: string,
  isTest: boolean,
): string | null {
  const target = normalize(join(dirname(file), specifier));
  if (!target.startsWith(`packages/${name}/`))
    return "another package is imported by its name, not by a path";
  if (name !== "platform" || isTest || inside.length < 2) return null;
  const layers = PLATFORM_LAYERS[inside[0] ?? ""];
  const [, , , targetLayer = "", ...below] = target.split("/");
  if (layers === undefined || below.length === 0 || targetLayer === inside[0]) return null;
  return layers.includes(targetLayer)
    ? null
    : `${inside[0]} may import only: ${layers.join(", ") || "no other layer"}`;
}

/** Every violation in the tree. */
export function checkBoundaries(folder: string = root): Violation[] {
  const files = globSync("packages/*/src/**/*.ts", { cwd: folder });
  return files.flatMap((file) =>
    importsOf(readFileSync(join(folder, file), "utf8")).flatMap((specifier) => {
      const rule = violationOf(file.replaceAll("\\", "/"), specifier);
      return rule === null ? [] : [{ file, specifier, rule }];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = checkBoundaries();
  for (const { file, specifier, rule } of violations) {
    console.error(`${relative(root, join(root, file))}: imports ${specifier}: ${rule}`);
  }
  process.exitCode = violations.length === 0 ? 0 : 1;
}
