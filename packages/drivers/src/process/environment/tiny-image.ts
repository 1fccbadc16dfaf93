/** A recipe of two small packages, made on the spot: building it needs no package index. For tests. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlannedImage } from "../../session-driver.ts";

/**
 * `tiny` is a wheel with a program `tiny`; `gated` is a source archive whose build writes the file of $GATE_REACHED and
 * then waits until that of $GATE exists, so that a test can do something in the middle of a build. Prints the hashes.
 */
const MAKE_PACKAGES = `
import hashlib, io, os, sys, tarfile, zipfile
folder = sys.argv[1]

def wheel(path, name, files):
    info = name + "-1.0.dist-info/"
    files = dict(files, **{
        info + "METADATA": "Metadata-Version: 2.1\\nName: %s\\nVersion: 1.0\\n" % name,
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    })
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            archive.writestr(member, text)
        record = "".join("%s,,\\n" % member for member in files) + info + "RECORD,,\\n"
        archive.writestr(info + "RECORD", record)

tiny = os.path.join(folder, "tiny-1.0-py3-none-any.whl")
wheel(tiny, "tiny", {
    "tiny.py": "def main():\\n    print('tiny works')\\n",
    "tiny-1.0.dist-info/entry_points.txt": "[console_scripts]\\ntiny = tiny:main\\n",
})

BACKEND = '''
import os, time, zipfile
def build_wheel(folder, settings=None, metadata=None):
    open(os.environ["GATE_REACHED"], "w").close()
    while not os.path.exists(os.environ["GATE"]):
        time.sleep(0.02)
    name = "gated-1.0-py3-none-any.whl"
    info = "gated-1.0.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        archive.writestr("gated.py", "")
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\\\\nName: gated\\\\nVersion: 1.0\\\\n")
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\\\\nGenerator: test\\\\nRoot-Is-Purelib: true\\\\nTag: py3-none-any\\\\n")
        archive.writestr(info + "RECORD", "gated.py,,\\\\n" + info + "METADATA,,\\\\n" + info + "WHEEL,,\\\\n" + info + "RECORD,,\\\\n")
    return name
'''
gated = os.path.join(folder, "gated-1.0.tar.gz")
with tarfile.open(gated, "w:gz") as archive:
    for member, text in {
        "PKG-INFO": "Metadata-Version: 2.1\\nName: gated\\nVersion: 1.0\\n",
        "pyproject.toml": '[build-system]\\nrequires = []\\nbuild-backend = "backend"\\nbackend-path = ["."]\\n',
        "backend.py": BACKEND,
    }.items():
        entry = tarfile.TarInfo("gated-1.0/" + member)
        entry.size = len(text.encode())
        archive.addfile(entry, io.BytesIO(text.encode()))

big = os.path.join(folder, "big-1.0-py3-none-any.whl")
wheel(big, "big", {"big.bin": os.urandom(8000000).hex()})

for path in (tiny, gated, big):
    print(hashlib.sha256(open(path, "rb").read()).hexdigest())
`;

type PackageName = "tiny" | "gated" | "big";

/** A folder with packages, recipes of them, and what a build needs around it. */
export class TinyImages {
  readonly folder = mkdtempSync(join(tmpdir(), "canfar-images-"));
  readonly gate = join(this.folder, "gate");
  readonly gateReached = join(this.folder, "gate-reached");
  readonly #hashes: Readonly<Record<PackageName, string>>;

  constructor() {
    const packages = join(this.folder, "packages");
    mkdirSync(packages);
    const printed = execFileSync("python3", ["-c", MAKE_PACKAGES, packages], { encoding: "utf8" });
    const [tiny = "", gated = "", big = ""] = printed.trim().split("\n");
    this.#hashes = { tiny, gated, big };
  }

  /** The machine's variables, with the folder of packages as the only place where packages come from. */
  get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PIP_FIND_LINKS: join(this.folder, "packages"),
      PIP_NO_INDEX: "1",
      GATE: this.gate,
      GATE_REACHED: this.gateReached,
    };
  }

  openGate(): void {
    writeFileSync(this.gate, "");
  }

  /** A recipe `test/<name>` with these packages. */
  image(name: string, packages: readonly PackageName[], hash?: string): PlannedImage {
    const lock = packages
      .map((each) => `${each}==1.0 --hash=sha256:${hash ?? this.#hashes[each]}\n`)
      .join("");
    return this.recipe(name, {
      "image.yaml": DESCRIPTION,
      "requirements.lock": lock,
      "files/etc/tiny.json": "{}",
    });
  }

  /** A recipe `test/<name>` of exactly these files. */
  recipe(name: string, files: Readonly<Record<string, string>>): PlannedImage {
    const folder = join(this.folder, "recipes", "test", name);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return { id: `images.canfar.net/test/${name}:latest`, digest: "sha256:0", recipe: folder };
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const DESCRIPTION = `
description: two small packages
kinds: [headless]
tags: [latest]
python: { minimum: "3.10", below: "3.20" }
entrypoint: [tiny]
`;
