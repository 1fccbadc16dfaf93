/**
 * Prints the folder of a Python environment with the packages that a script asks for on top of its image (PEP 723), and
 * makes it where it is missing: `python environment.py dependencies.json`. It is kept by what it is made of, so that all
 * Replicas of all runs with the same image and packages share it, without a package index.
 */
export const MAKE_ENVIRONMENT = String.raw`# Written by canfar run; see there.
import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
import site
import subprocess
import sys
import venv

CANNOT_BE_HAD = 125


def say(text):
    print("canfar run: " + text, file=sys.stderr, flush=True)


def key(dependencies):
    image = sorted("%s %s" % (each.metadata["Name"], each.version) for each in importlib.metadata.distributions())
    parts = [sys.version, sys.prefix, image, sorted(dependencies)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def check_python(wanted):
    from pip._vendor.packaging.specifiers import SpecifierSet

    version = "%d.%d.%d" % sys.version_info[:3]
    if wanted and not SpecifierSet(wanted).contains(version, prereleases=True):
        say("the script requires Python %s, and this image has %s; choose another with --image" % (wanted, version))
        sys.exit(CANNOT_BE_HAD)


def build(folder, dependencies):
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=False, symlinks=True)
    python = os.path.join(folder, "bin", "python")
    own = subprocess.check_output([python, "-c", "import site; print(site.getsitepackages()[0])"], text=True).strip()
    # Behind its own packages the image's, in the image's own way: what is there is not installed again.
    with open(os.path.join(own, "_image.pth"), "w") as link:
        for path in site.getsitepackages():
            link.write("import site; site.addsitedir(%r)\n" % path)
    # A kernel of its own, so that notebooks run in this environment.
    kernel = os.path.join(folder, "share", "jupyter", "kernels", "python3")
    os.makedirs(kernel)
    with open(os.path.join(kernel, "kernel.json"), "w") as spec:
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        json.dump({"argv": argv, "display_name": "Python 3", "language": "python"}, spec)
    os.makedirs(os.path.join(folder, "canfar-run"))
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-input", "--disable-pip-version-check"]
    with open(os.path.join(folder, "requirements.txt"), "w") as requirements:
        requirements.write("\n".join(dependencies) + "\n")
    done = subprocess.run(
        command + ["-r", requirements.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        missing = [line.rpartition(" for ")[2] for line in done.stdout.splitlines() if "No matching distribution" in line]
        say("these packages cannot be had here: " + (", ".join(missing) or ", ".join(dependencies)))
        sys.exit(CANNOT_BE_HAD)
    with open(os.path.join(folder, "canfar-run", "ready"), "w"):
        pass


def main():
    with open(sys.argv[1]) as file:
        asked = json.load(file)
    try:
        check_python(asked.get("requiresPython"))
    except ImportError:
        say("this image has no pip, with which the script's packages could be installed")
        return CANNOT_BE_HAD
    dependencies = asked["dependencies"]
    home = os.path.join(os.path.expanduser("~"), ".canfar", "run", "environments")
    os.makedirs(home, exist_ok=True)
    folder = os.path.join(home, key(dependencies))
    # One Replica builds, the others wait; a builder that dies lets the next one begin anew.
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(folder, "canfar-run", "ready")):
            say("installing %s" % ", ".join(dependencies))
            build(folder, dependencies)
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
`;
