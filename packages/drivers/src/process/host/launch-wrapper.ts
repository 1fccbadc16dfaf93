/**
 * The first program of every attempt: constant text for /bin/sh; everything particular comes as arguments.
 *
 * `sh -c TEXT canfar-launch RUN HOST CGROUP… -- WORD…` runs the words, with descriptor 3 open on RUN/status; HOST is the
 * host's process id.
 *
 * - Before all else it leaves its identity in RUN/owner, which only one process can make: whatever host is killed at
 *   whatever moment, and started again, an attempt runs once.
 * - It leaves in RUN/status how the launch ended, for a host that is not its parent: bubblewrap leaves no exit code where it
 *   could not make the sandbox, or where the first process inside was killed.
 * - It has nothing to say while the program runs: that a signal ended the program is told elsewhere.
 * - What the program printed last is in pipes that vanish with their last holder. Where no host is there to read them, it
 *   stops itself and keeps them; the next host ends it. A host that nobody has buried yet still answers to signals, so its
 *   state is asked for.
 */
export const LAUNCH_WRAPPER = `
run=$1 host=$2
shift 2
read -r stat < /proc/$$/stat
read -r boot < /proc/sys/kernel/random/boot_id
set -C
echo "$stat $boot" 2> /dev/null > "$run/owner" || exit 125
set +C
while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs"; shift; done
shift
trap : TERM INT HUP
exec 3> "$run/status" 4>&2 2> /dev/null
"$@" 2>&4 4>&-
code=$?
[ "$1" = bwrap ] || printf '{ "exit-code": %d }\\n' "$code" >&3
printf '{ "launch-code": %d }\\n' "$code" >&3
stat=
read -r stat < "/proc/$host/stat"
case "\${stat##*) }" in "" | Z* | X*) kill -STOP $$ ;; esac
exit $code
`;

/** Runs a program found on PATH inside a Session; the shell turns "not found" into 127 and "not executable" into 126. */
export const RUN_PROGRAM = ["/bin/sh", "-c", 'exec "$@"', "canfar"] as const;
