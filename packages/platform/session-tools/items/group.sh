# What the platform wrote at launch.

# Sets items, progress (folders), me, attempt, split, per_block, set_aside_after, again, and first and last: positions
# of the Items that may be this Replica's.
open_group() {
  items=${CANFAR_ITEMS-}
  progress=${CANFAR_ITEMS_PROGRESS-}
  [ -n "$items" ] && [ -n "$progress" ] && [ -f "$items/plan" ] ||
    refuse "this Session has no Items: launch it with --items"
  me=${REPLICA_ID-}
  attempt=${CANFAR_ITEMS_ATTEMPT-}
  case $me$attempt in '' | *[!0-9]*) refuse "REPLICA_ID and CANFAR_ITEMS_ATTEMPT must be whole numbers" ;; esac
  while read -r key value; do
    case $key in
      split) split=$value ;;
      total) total=$value ;;
      per-block) per_block=$value ;;
      set-aside-after) set_aside_after=$value ;;
    esac
  done < "$items/plan"
  if [ "$split" = dynamic ]; then
    first=1
    last=$total
  else
    # One line of 16 bytes for each Replica.
    set -- $(dd if="$items/shares" bs=16 skip=$((me - 1)) count=1 2> /dev/null)
    first=$1
    last=$2
  fi
  # What failed up to this attempt is forgiven: somebody asked for it to be tried again.
  again=0
  [ ! -f "$items/again/$me" ] || read -r again < "$items/again/$me"
  mkdir -p "$progress/journal/$me" "$progress/owners" "$progress/claims" "$progress/work" ||
    give_up "the folder of the record cannot be made"
}

# Sets block: number of the file that has an Item's line.
block_of() {
  block=$((($1 - 1) / per_block))
}

# Sets position, block; the answer is false where no Item of this Replica has this text.
find_item() {
  [ "$first" -le "$last" ] || return 1
  at=$(((first - 1) / per_block))
  while [ "$at" -le $(((last - 1) / per_block)) ]; do
    if [ "$split" != dynamic ] || [ -e "$progress/journal/$me/$at" ]; then
      line=$(grep -n -x -F -e "$1" "$items/blocks/$at")
      position=$((at * per_block + ${line%%:*}))
      if [ -n "$line" ] && [ "$position" -ge "$first" ] && [ "$position" -le "$last" ]; then
        block=$at
        return 0
      fi
    fi
    at=$((at + 1))
  done
  return 1
}
