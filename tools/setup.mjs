#!/usr/bin/env node
/**
 * Makes a checkout ready and then runs a command in it: `node tools/setup.mjs [-- command args…]`.
 *
 * Plain JavaScript on purpose: it is the only file that runs on whatever Node the machine has (20 or newer), before
 * anything is installed. It installs the locked packages (among them Node 24, with which all else runs), builds the
 * `canfar` command, and hands over.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const stampFile = join(root, "node_modules", ".canfar-setup");
const lockFolder = join(root, ".setup-lock");

const [major] = process.versions.node.split(".").map(Number);
if (major < 20)
  fail(`Node ${process.versions.node} is too old: this project needs Node 20 or newer with npm.`);

withLock(() => {
  installPackages();
  buildCommand();
});
runCommand();

function installPackages() {
  const stamp = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  say("Installing the locked packages (once, about 20 seconds) …");
  // Not `npm ci`: it refuses a lock that lacks optional packages for other systems than the one it was written on,
  // which is all that it can lack. Versions and hashes are the lock's all the same, and --no-save leaves it as it is.
  const result = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status !== 0)
    fail("npm install failed; its own words are above. Is the package registry reachable?");
  writeFileSync(stampFile, stamp);
}

/** Changes whenever the set of packages or their links may. */
function fingerprint() {
  const hash = createHash("sha256");
  const manifests = readdirSync(join(root, "packages")).map((name) => join("packages", name, "package.json"));
  for (const file of ["package.json", "package-lock.json", ...manifests]) {
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** Bundles the command unless the bundle is newer than every source of it. */
function buildCommand() {
  const built = join(root, "packages", "cli", "dist", "main.js");
  const sources = ["contract", "client", "cli"].map((name) => join(root, "packages", name));
  if (existsSync(built) && Math.max(...sources.map(newest)) < statSync(built).mtimeMs) return;
  const result = spawnSync(join(bin, "node"), [join(root, "tools", "build.ts")], {
    cwd: root,
    env: environment(),
    stdio: ["ignore", 2, 2],
  });
  if (result.status !== 0) fail("the build of the canfar command failed; the reason is above.");
}

function newest(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => !file.startsWith("dist") && !file.includes("node_modules"))
    .reduce((latest, file) => Math.max(latest, statSync(join(folder, file)).mtimeMs), 0);
}

function runCommand() {
  const at = process.argv.indexOf("--");
  const [command, ...args] = at < 0 ? [] : process.argv.slice(at + 1);
  if (command === undefined) return;
  const child = spawn(command, args, { stdio: "inherit", env: environment() });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${command} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function environment() {
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` };
}

/** Two commands in one fresh checkout must not install over each other; the second waits for the first. */
function withLock(work) {
  const ownerFile = join(lockFolder, "pid");
  for (let told = false; ; ) {
    try {
      mkdirSync(lockFolder);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (ownerIsGone(ownerFile)) rmSync(lockFolder, { recursive: true, force: true });
      else if (!told) say("Waiting for another command that is setting up this checkout …");
      told = true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  writeFileSync(ownerFile, String(process.pid));
  try {
    work();
  } finally {
    rmSync(lockFolder, { recursive: true, force: true });
  }
}

function ownerIsGone(ownerFile) {
  if (!existsSync(ownerFile)) {
    return existsSync(lockFolder) && Date.now() - statSync(lockFolder).mtimeMs > 5_000;
  }
  try {
    process.kill(Number(readFileSync(ownerFile, "utf8")), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(`setup: ${text}`);
  rmSync(lockFolder, { recursive: true, force: true });
  process.exit(1);
}
