/**
 * Runs a script or notebook inside a Session, once for each copy that falls to its Replica; for any `sh`.
 *
 * `sh run.sh KIND SCRIPT NAME COPIES PARAMETER… -- ARGUMENT…`, where a parameter is `v:NAME=VALUE`, or `l:NAME` with its
 * values as lines of `lists/NAME`. It lies in `.run` of the run's folder, in which the script runs.
 */
export const RUN_COPIES = String.raw`#!/bin/sh
# Written by canfar run; see there.
set -u
run=$(cd "$(dirname "$0")" && pwd) || exit 125
cd "$run/.." || exit 125
kind=$1 script=$2 name=$3 copies=$4
shift 4
export PYTHONUNBUFFERED=1 CANFAR_COPIES="$copies"

say() {
  printf 'canfar run: %s\n' "$1" >&2
}

find_python() {
  python=$(command -v python3 || command -v python) || {
    say "this image has no Python to run $script with; choose another with --image"
    exit 127
  }
}

# The image's Python, or one on top of it with the packages that the script asks for.
set_up_python() {
  find_python
  if [ -f "$run/dependencies.json" ]; then
    environment=$("$python" "$run/environment.py" "$run/dependencies.json") || exit $?
    export VIRTUAL_ENV="$environment" PATH="$environment/bin:$PATH"
    python=$environment/bin/python
  fi
}

case $kind in
  python | notebook) set_up_python ;;
  shell)
    read -r line < "$script" || line=
    shell=sh
    case $line in
      '#!'*bash*) command -v bash > /dev/null && shell=bash ;;
    esac
    ;;
esac

# Runs copy number $copy; what stands before -- are parameters.
run_copy() {
  left=$#
  behind=
  while [ "$left" -gt 0 ]; do
    word=$1
    shift
    left=$((left - 1))
    if [ -z "$behind" ]; then
      case $word in
        v:*) word=${"$"}{word#v:} ;;
        l:*) word=${"$"}{word#l:}=$(sed -n "${"$"}{copy}p" "$run/lists/${"$"}{word#l:}") ;;
        --)
          behind=yes
          [ "$kind" = notebook ] || continue
          ;;
      esac
      [ "$kind" = notebook ] || word=--$word
    fi
    set -- "$@" "$word"
  done
  case $kind in
    python) "$python" "$script" "$@" ;;
    notebook) "$python" "$run/notebook.py" "$script" "$name-$copy.ipynb" "$@" ;;
    shell) "$shell" "$script" "$@" ;;
  esac
}

# This Replica's copies: neighbours, in shares that differ by at most one.
replica=${"$"}{REPLICA_ID:-1} replicas=${"$"}{REPLICA_COUNT:-1}
size=$((copies / replicas)) larger=$((copies % replicas))
first=$(((replica - 1) * size + 1))
if [ "$replica" -le "$larger" ]; then
  first=$((first + replica - 1)) size=$((size + 1))
else
  first=$((first + larger))
fi

last=$((first + size - 1)) copy=$first code=0 failed=
while [ "$copy" -le "$last" ]; do
  export CANFAR_COPY="$copy"
  run_copy "$@"
  ended=$?
  if [ "$ended" -ne 0 ]; then
    [ "$code" -ne 0 ] || code=$ended
    failed="$failed $copy"
  fi
  copy=$((copy + 1))
done
if [ -n "$failed" ] && [ "$size" -gt 1 ]; then
  say "of the copies $first to $last these failed:$failed"
fi
exit "$code"
`;
