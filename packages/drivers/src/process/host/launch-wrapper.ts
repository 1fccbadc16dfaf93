/**
 * The first program of every attempt: constant text for /bin/sh; everything particular comes as arguments.
 *
 * `sh -c TEXT canfar-launch RUN MODE CGROUP… -- PROGRAM ARG…`. Before all else it leaves its identity in RUN/owner, which
 * only one process can make: whatever host is killed at whatever moment, and started again, an attempt runs once. Then
 * it joins the control groups, and becomes bubblewrap, which writes the exit code to descriptor 3, or stays as the parent
 * and writes it itself.
 */
export const LAUNCH_WRAPPER = `
run=$1 mode=$2
shift 2
read -r stat < /proc/$$/stat
read -r boot < /proc/sys/kernel/random/boot_id
set -C
echo "$stat $boot" 2> /dev/null > "$run/owner" || exit 125
set +C
while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs"; shift; done
shift
exec 3> "$run/status"
[ "$mode" = bubblewrap ] && exec "$@"
trap : TERM INT HUP
"$@" 3>&-
echo "{ \\"exit-code\\": $? }" >&3
`;

/** Runs a program found on PATH inside a Session; the shell turns "not found" into 127 and "not executable" into 126. */
export const RUN_PROGRAM = ["/bin/sh", "-c", 'exec "$@"', "canfar"] as const;
