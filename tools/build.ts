/**
 * `npm run build`: bundles what is published as `canfar` (packages/cli): the command, the library and
 * `helpers/distributed`, without runtime dependencies. `--types` also writes type declarations, for `npm pack`.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "packages", "cli", "dist");

/** What consumers' `node` must be able to run; older than the Node that the platform needs. */
const TARGET = "node20";

/** Messages of the schema library in some 50 languages, of which the command uses one. */
const withoutLocales: Plugin = {
  name: "without-locales",
  setup(builder) {
    const contents = 'export { default as en } from "./en.js";';
    builder.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => {
      return { contents, resolveDir: dirname(path), loader: "js" };
    });
  },
};

async function bundle(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: {
      main: "packages/cli/src/main.ts",
      index: "packages/client/src/index.ts",
      "helpers/distributed": "packages/client/src/helpers/distributed.ts",
    },
    outdir: dist,
    bundle: true,
    // Chunks are loaded when a command needs them, so that `canfar ps` never compiles the code of `canfar login`.
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: TARGET,
    minifySyntax: true,
    minifyWhitespace: true,
    // Names stay as they are: stack traces with -vv must say where.
    legalComments: "none",
    // Some bundled packages are CommonJS and call `require` for Node's own modules.
    banner: {
      js: 'import{createRequire as __canfarRequire}from"node:module";const require=__canfarRequire(import.meta.url);',
    },
    plugins: [withoutLocales],
    logLevel: "warning",
  });
}

/**
 * Declarations of client and contract, with the imports between the two made relative: a consumer has neither
 * workspace package.
 */
function writeTypes(): void {
  const types = join(dist, "types");
  const entries = [
    "packages/client/src/index.ts",
    "packages/client/src/helpers/distributed.ts",
    // Not reached from the client: what comes through node_modules counts as somebody else's.
    ...globSync("packages/contract/src/**/*.ts", { cwd: root, exclude: ["**/*.test.ts"] }),
  ];
  const options = [
    "--noEmit",
    "false",
    "--emitDeclarationOnly",
    "--declaration",
    "--rewriteRelativeImportExtensions",
  ];
  const project = writeTypesProject(types, entries);
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const result = spawnSync(tsc, [...options, "-p", project], { cwd: root, stdio: ["ignore", 2, 2] });
  rmSync(project);
  if (result.status !== 0)
    throw new Error("the type declarations could not be written; the reasons are above");
  for (const library of ["zod", "oauth4webapi"]) copyDeclarations(library, types);
  for (const file of globSync("**/*.d.ts", { cwd: types })) {
    const path = join(types, file);
    writeFileSync(path, withRelativeImports(readFileSync(path, "utf8"), dirname(file)));
  }
}

/** Declarations of ours name types of libraries that a consumer does not have either. Their licences come along. */
function copyDeclarations(library: string, types: string): void {
  const from = join(root, "node_modules", library);
  const files = globSync(["**/*.d.ts", "LICENSE*"], {
    cwd: from,
    exclude: ["**/locales/!(en|index).d.ts", "src/**"],
  });
  for (const file of files) {
    const to = join(types, library, file);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(from, file), to);
  }
  const locales = join(types, library, "v4", "locales", "index.d.ts");
  if (existsSync(locales)) writeFileSync(locales, 'export { default as en } from "./en.js";\n');
}

/** tsc takes no files beside a project, so the project for declarations is written, used and removed. */
function writeTypesProject(outDir: string, files: readonly string[]): string {
  const path = join(dist, "tsconfig.types.json");
  const project = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { outDir, rootDir: join(root, "packages"), noUnusedLocals: false },
    include: [],
    files: files.map((file) => join(root, file)),
  };
  writeFileSync(path, JSON.stringify(project));
  return path;
}

/** Where a workspace package's declarations are below `types`. */
const DECLARATIONS: Readonly<Record<string, string>> = {
  "@canfar/contract": "contract/src/index.js",
  "@canfar/contract/wire": "contract/src/wire/index.js",
  "@canfar/client": "client/src/index.js",
  zod: "zod/index.js",
  oauth4webapi: "oauth4webapi/build/index.js",
};

/** Specifiers of workspace packages become paths; `.ts` endings become `.js`, which is what consumers resolve. */
function withRelativeImports(source: string, folder: string): string {
  return source.replace(
    /(from |import\()(["'])([^"']+)\2/g,
    (_, before: string, quote: string, specifier: string) => {
      const target = DECLARATIONS[specifier];
      const path =
        target === undefined
          ? specifier.replace(/^(\..*)\.ts$/, "$1.js")
          : toSpecifier(relative(folder, target));
      return `${before}${quote}${path}${quote}`;
    },
  );
}

function toSpecifier(path: string): string {
  return path.startsWith(".") ? path : `./${path}`;
}

rmSync(dist, { recursive: true, force: true });
await bundle();
if (process.argv.includes("--types")) writeTypes();
