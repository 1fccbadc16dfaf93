/**
 * The program of every lane: constant text for /bin/sh; everything particular comes as arguments or as commands.
 *
 * `sh -c TEXT canfar-launch LANE MARKS ISOLATION WORD…` runs the words once for each `begin …; end` that it reads, one line
 * a command, with descriptor 3 open on the attempt's mark and what it has to report on descriptor 4.
 *
 * - Before all else it leaves the attempt's mark, which only one process can make: whatever host is killed at whatever
 *   moment, and started again, an attempt runs once.
 * - It leaves in the mark how the launch ended, and only then reports it: bubblewrap leaves no exit code where it could not
 *   make the sandbox, or where the first process inside was killed.
 * - It has nothing to say while the program runs: that a signal ended the program is told elsewhere.
 * - A signal that the program sends to all its relatives does not end it, nor does a host that is gone.
 * - What the program printed last is in pipes that vanish with their last holder. Where the host dies before it says that
 *   it has read them, the shell stops itself and keeps them; the next host ends it.
 */
export const LAUNCH_WRAPPER = `
canfar_newline="
"
canfar_marks=$2 canfar_isolation=$3 canfar_unread=
exec 5>&2 6< /dev/null 2> /dev/null
trap : TERM INT HUP PIPE
read -r canfar_stat < /proc/$$/stat
read -r canfar_boot < /proc/sys/kernel/random/boot_id
echo "$canfar_stat $canfar_boot" > "$1/owner"
shift 3
begin() {
  canfar_key=$1 canfar_mark=$canfar_marks/$1 canfar_facts=$2
  shift 2
  set -C
  printf '%s\\n' "$canfar_facts" "$canfar_stat $canfar_boot" > "$canfar_mark" || {
    set +C
    echo "refused $canfar_key" >&4
    return 1
  }
  set +C
  for canfar_group; do echo 0 > "$canfar_group/cgroup.procs"; done
  exec 3>> "$canfar_mark"
  canfar_unread=yes
}
end() {
  canfar_code=$?
  [ "$canfar_isolation" = bubblewrap ] || printf '{ "exit-code": %d }\\n' "$canfar_code" >&3
  printf '{ "launch-code": %d }\\n' "$canfar_code" >&3
  exec 3>&-
  { echo "ended $canfar_key $canfar_code"; times; } >&4
}
while :; do
  if read -r canfar_command; then eval "$canfar_command"; elif [ $? -le 128 ]; then break; fi
done
[ -z "$canfar_unread" ] || kill -STOP $$
`;

/** Says that the host has read what the last program printed: nothing is lost any more when both go. */
export const READ_IT_ALL = "canfar_unread=\n";

/** One attempt for a lane to run. */
export interface LaneCommand {
  readonly key: string;
  /** First line of the mark. */
  readonly facts: string;
  /** Folders of control groups that the lane joins before. */
  readonly groups: readonly string[];
  /** Words before those that the lane was started with. */
  readonly prefix: readonly string[];
  /** Variables on top of the lane's own. */
  readonly env: Readonly<Record<string, string>>;
}

/** The line with which a lane runs one attempt. The status goes on descriptor 3 only to who can write it. */
export function runCommand({ key, facts, groups, prefix, env }: LaneCommand): string {
  const variables = Object.entries(env).filter(([name]) => /^[A-Za-z_]\w*$/.test(name)); // A shell knows no others.
  const exports = variables.map(([name, value]) => `${name}=${quote(value)}`);
  const begin = ["begin", ...[key, facts, ...groups].map(quote)].join(" ");
  const program = ["exec", ...prefix.map(quote), '"$@"'].join(" ");
  const run = exports.length === 0 ? program : `export ${exports.join(" ")}; ${program}`;
  const status = prefix.length === 0 ? "3>&- " : "";
  return `${begin} && { (${run}) <&6 2>&5 ${status}4>&- 5>&- 6<&-; end; }\n`;
}

/** A command is one line, whatever is in its words. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''").replaceAll("\n", `'"$canfar_newline"'`)}'`;
}
