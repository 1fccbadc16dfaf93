. "$tools/run-command.sh"
. "$tools/run-each.sh"
. "$tools/run-once.sh"

items_run() {
  [ "${1-}" != -- ] || shift
  [ $# -gt 0 ] || refuse "usage: canfar-items run -- COMMAND..."
  check_command "$1"
  prepare_commands
  case "$*" in
    *"$placeholder"*) run_each "$@" ;;
    *) run_once "$@" ;;
  esac
}
placeholder='{}'

# A command that does not exist is no Item's fault.
check_command() {
  case $1 in *"$placeholder"*) return 0 ;; esac
  command -v -- "$1" > /dev/null && return 0
  say "'$1' was not found in this image's PATH, or cannot be executed"
  exit 127
}

# Says how it went, and leaves with the code for it.
finish() {
  tidy
  say "of this Replica's Items $done_count are done, $failed_count failed, $aside_count are set aside"
  [ "$signals" -eq 0 ] || exit 143
  [ "$failed_count" -eq 0 ] || exit "$EXIT_FAILED"
  [ "$aside_count" -eq 0 ] || exit "$EXIT_SET_ASIDE"
  exit 0
}
