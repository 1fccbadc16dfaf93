items_done() {
  [ $# -eq 1 ] || refuse "usage: canfar-items done ITEM"
  find_mine "$1"
  case $state in
    done) return 0 ;;
    '') record start "$position" "$attempt" 1 ;;
  esac
  record done "$position" "$attempt" 0 -
}

# Sets item, position, block and state; refuses what another Replica has.
find_mine() {
  item=$1
  state=
  if find_item "$item"; then
    read_journal "$block"
    eval "state=\${state_$position-}"
    if [ "$split" != dynamic ] || { [ -n "$state" ] && [ "$state" != pass ]; }; then return 0; fi
  fi
  refuse "'$item' is not an Item of this Replica; see canfar-items list, and take Items with canfar-items next"
}
