/**
 * Asked of each Python found: what it is, and how its operator told pip where packages come from. Standard library
 * only, and old syntax: a Python that is too old must still be able to say so. pip itself may be missing (Debian packs
 * it apart), so its configuration files are read here, in pip's own order.
 */
export const PYTHON_PROBE = `
import configparser, importlib.util, json, os, platform, sys, sysconfig

def pip_settings():
    home = os.path.expanduser("~")
    files = [
        "/etc/xdg/pip/pip.conf",
        "/etc/pip.conf",
        os.path.join(home, "Library", "Application Support", "pip", "pip.conf"),
        os.path.join(home, ".pip", "pip.conf"),
        os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "pip", "pip.conf"),
        os.path.join(sys.prefix, "pip.conf"),
    ]
    chosen = os.environ.get("PIP_CONFIG_FILE")
    files = [] if chosen == os.devnull else files + ([chosen] if chosen else [])
    settings = {}
    for file in files:
        config = configparser.RawConfigParser()
        try:
            config.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if config.has_section(section):
                settings.update(config.items(section))
    for name, value in os.environ.items():
        if name.startswith("PIP_"):
            settings[name[4:].lower().replace("_", "-")] = value
    return {name.replace("_", "-"): value for name, value in settings.items() if value}

print(json.dumps({
    "program": sys.executable,
    "executable": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "version": "%d.%d.%d" % sys.version_info[:3],
    "basePrefix": sys.base_prefix,
    "platform": sysconfig.get_platform() + ("" if platform.libc_ver()[0] or sys.platform != "linux" else "-musl"),
    "hasPip": importlib.util.find_spec("pip") is not None,
    "hasVenv": importlib.util.find_spec("venv") is not None and importlib.util.find_spec("ensurepip") is not None,
    "pipSettings": pip_settings(),
}))
`;
