/** Arguments of bubblewrap for one Session: a pure function, so that what is fenced in can be read and tested. */
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import type { LaunchPlan } from "../../session-driver.ts";

/** Files and folders of /etc that programs need to run and to reach the network; nothing secret is among them. */
const ETC = [
  "alternatives",
  "bash.bashrc",
  "ca-certificates",
  "ca-certificates.conf",
  "debian_version",
  "fonts",
  "gai.conf",
  "host.conf",
  "hosts",
  "inputrc",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "locale.alias",
  "localtime",
  "magic",
  "mime.types",
  "networks",
  "nsswitch.conf",
  "os-release",
  "pki",
  "profile",
  "profile.d",
  "protocols",
  "resolv.conf",
  "rpc",
  "services",
  "ssl",
  "terminfo",
  "timezone",
  "vulkan",
  "X11",
];

/** Keys of the machine, which a platform that root started could read. */
const PRIVATE = ["/etc/ssl/private", "/etc/pki/tls/private"];

const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt"];

export interface SandboxRequest {
  readonly plan: LaunchPlan;
  /** Folder of the lane, with `passwd` and `group` in it. */
  readonly runFolder: string;
  /** Folder that a mount without a source of its own gets. */
  readonly scratchFolder: string;
  readonly readOnlyRoots: readonly string[];
  /** File descriptor to which bubblewrap writes the exit code. */
  readonly statusDescriptor: number;
}

/** The words between `bwrap --hostname NAME` and the Session's own program. `--die-with-parent` is missing on purpose: Sessions outlive the host. */
export function bubblewrapArguments(request: SandboxRequest): string[] {
  const { plan, runFolder, scratchFolder, readOnlyRoots, statusDescriptor } = request;
  return [
    ...["--unshare-user", "--uid", String(plan.user.uid), "--gid", String(plan.user.gid)],
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...SYSTEM.flatMap(systemFolder),
    ...["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run", "--dir", "/var/tmp"],
    // How many processors there are: NumPy, Java and others look here.
    ...["--ro-bind-try", "/sys/devices/system", "/sys/devices/system"],
    ...ETC.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
    ...PRIVATE.filter((folder) => existsSync(folder)).flatMap((folder) => ["--tmpfs", folder]),
    ...["--ro-bind", `${runFolder}/passwd`, "/etc/passwd", "--ro-bind", `${runFolder}/group`, "/etc/group"],
    ...readOnlyRoots.flatMap((folder) => ["--ro-bind", folder, folder]),
    ...plan.mounts.flatMap(({ source, target, readOnly }) => [
      readOnly ? "--ro-bind" : "--bind",
      source ?? scratchFolder,
      target,
    ]),
    ...["--chdir", plan.workingDirectory, "--json-status-fd", String(statusDescriptor), "--"],
  ];
}

/** A system folder as it is on this machine: merged-/usr systems have links where others have folders. */
function systemFolder(path: string): string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink()
    ? ["--symlink", readlinkSync(path), path]
    : ["--ro-bind", path, path];
}

/** `/etc/passwd` of a Session: its user, and root for programs that look it up. */
export function passwdFile({ user }: LaunchPlan): string {
  const { username, uid, gid, home } = user;
  return `root:x:0:0:root:/root:/usr/sbin/nologin\n${username}:x:${uid}:${gid}::${home}:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n`;
}

export function groupFile({ user }: LaunchPlan): string {
  const extra = user.groups.map((gid) => `group${gid}:x:${gid}:${user.username}\n`).join("");
  return `root:x:0:\n${user.username}:x:${user.gid}:\n${extra}nogroup:x:65534:\n`;
}
