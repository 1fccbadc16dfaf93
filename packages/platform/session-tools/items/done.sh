items_done() {
  [ $# -eq 1 ] || refuse "usage: canfar-items done ITEM"
  find_mine "$1"
  case $state in
    done) return 0 ;;
    '') begin_unasked ;;
  esac
  record done "$position" "$generation" 0 -
}

# A script may know its Items from the list, without having taken them.
begin_unasked() {
  last_generation "$position"
  record start "$position" "$generation"
}

# Sets item, position, block, generation and state; refuses what another Replica has.
find_mine() {
  item=$1
  state=
  if find_item "$item"; then
    read_journal "$block"
    eval "state=\${state_$position-} generation=\${generation_$position-0}"
    if [ "$split" != dynamic ] || [ -n "$state" ]; then return 0; fi
  fi
  refuse "'$item' is not an Item of this Replica; see canfar-items list, and take Items with canfar-items next"
}
