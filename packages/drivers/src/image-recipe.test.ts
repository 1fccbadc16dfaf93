import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CanfarError } from "@canfar/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readImageRecipes } from "./image-recipe.ts";

const IMAGES = fileURLToPath(new URL("../../../images", import.meta.url));
const GOOD = "description: d\nkinds: [headless]\ntags: [latest]\nentrypoint: [sh]\n";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "canfar-recipes-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(description: string): void {
  mkdirSync(join(folder, "test/one"), { recursive: true });
  writeFileSync(join(folder, "test/one/image.yaml"), description);
}

describe("the images that come with the platform", () => {
  it("are these", async () => {
    const recipes = await readImageRecipes(IMAGES);
    expect(recipes.map(({ id, kinds }) => ({ id, kinds }))).toEqual([
      { id: "images.canfar.net/skaha/astroml:latest", kinds: ["notebook", "headless"] },
      { id: "images.canfar.net/skaha/terminal:latest", kinds: ["headless"] },
    ]);
  });

  it("lock every package with hashes, and name no place that they come from", () => {
    const lock = readFileSync(join(IMAGES, "skaha/astroml/requirements.lock"), "utf8").replaceAll(
      "\\\n",
      " ",
    );
    const packages = lock.split("\n").filter((line) => /^[a-z0-9]/i.test(line));
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.filter((line) => !/^[\w.-]+==\S+ .*--hash=sha256:/.test(line))).toEqual([]);
    expect(lock).not.toContain("://");
    const asked = ["jupyterlab", "ipykernel", "astropy", "scipy", "matplotlib", "numpy", "pandas"];
    for (const name of [...asked, "scikit-learn", "photutils", "astroml", "canfar"]) {
      expect(packages.some((line) => line.startsWith(`${name}==`))).toBe(true);
    }
  });
});

describe("a recipe", () => {
  it("has one entry for each tag", async () => {
    write(GOOD.replace("[latest]", '[latest, "26.11"]'));
    const ids = (await readImageRecipes(folder)).map(({ id }) => id);
    expect(ids).toEqual(["images.canfar.net/test/one:26.11", "images.canfar.net/test/one:latest"]);
  });

  it("keeps its digest in another place, and changes it with its contents", async () => {
    write(GOOD);
    const [before] = await readImageRecipes(folder);
    const elsewhere = mkdtempSync(join(tmpdir(), "canfar-recipes-"));
    cpSync(folder, elsewhere, { recursive: true });
    expect((await readImageRecipes(elsewhere))[0]?.digest).toBe(before?.digest);
    rmSync(elsewhere, { recursive: true });
    writeFileSync(join(folder, "test/one/Dockerfile"), "FROM scratch\n");
    expect((await readImageRecipes(folder))[0]?.digest).not.toBe(before?.digest);
  });

  it.each([
    ["an unknown kind", GOOD.replace("headless", "headles"), "kinds.0"],
    ["a missing description", GOOD.replace("description: d\n", ""), "description"],
    ["no tags", GOOD.replace("[latest]", "[]"), "tags"],
    ["a field that nobody knows", `${GOOD}kind: headless\n`, "kind"],
    [
      "a version that YAML takes for a number",
      `${GOOD}python: { minimum: 3.10, below: "3.14" }\n`,
      "python.minimum",
    ],
    ["text that is not YAML", "kinds: [headless", "flow"],
    ["nothing in it", "", "whole file"],
  ])("with %s is refused, naming file and field", async (_what, description, field) => {
    write(description);
    const error: unknown = await readImageRecipes(folder).catch((reason: unknown) => reason);
    if (!(error instanceof CanfarError)) throw new Error("not refused");
    expect(error.code).toBe("config.invalid");
    expect(error.message).toContain(join(folder, "test/one/image.yaml"));
    expect(error.message.toLowerCase()).toContain(field);
  });

  it("without image.yaml is refused", async () => {
    mkdirSync(join(folder, "test/one"), { recursive: true });
    await expect(readImageRecipes(folder)).rejects.toThrow("image.yaml: the file is missing");
  });

  it("with a lock must say for which Python", async () => {
    write(GOOD);
    writeFileSync(join(folder, "test/one/requirements.lock"), "");
    await expect(readImageRecipes(folder)).rejects.toThrow("python: missing");
  });
});
