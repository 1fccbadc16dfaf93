. "$tools/done.sh"

items_fail() {
  [ $# -ge 1 ] || refuse "usage: canfar-items fail ITEM [REASON]"
  find_mine "$1"
  shift
  case $state in
    done) refuse "'$item' is recorded as done" ;;
    aside) return 0 ;;
    '') begin_unasked ;;
  esac
  reason=$(printf '%s' "$*" | tr '\n' ' ' | cut -c 1-300)
  record_failure "$position" script - "$reason"
}
