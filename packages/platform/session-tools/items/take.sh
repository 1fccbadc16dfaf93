# Taking one Item after the other.

done_count=0 failed_count=0 aside_count=0

# Takes what there is for this Replica, from block $2 on, and after each calls the function $1 with the remaining words,
# until nothing is left or the function answers false. Sets item, position, block, generation for it.
take_each() {
  visit=$1 block=$2
  shift 2
  [ "$first" -le "$last" ] || return 0
  while [ "$block" -le $(((last - 1) / per_block)) ]; do
    take_from_block "$@" || return 1
    block=$((block + 1))
  done
  [ "$split" != dynamic ] || take_orphans "$@"
}

take_from_block() {
  full=$progress/claims/$block/full
  [ ! -e "$full" ] || [ -e "$progress/journal/$me/$block" ] || return 0
  read_journal "$block"
  lines=$(cat "$items/blocks/$block") || give_up "block $block of the list cannot be read"
  at=$((block * per_block))
  IFS=$newline
  for item in $lines; do
    IFS=' '
    at=$((at + 1))
    [ "$at" -ge "$first" ] || continue
    [ "$at" -le "$last" ] || break
    position=$at
    may_begin && begin || continue
    "$visit" "$@" || return 1
  done
  IFS=' '
  # Whoever comes later need not look at each of them.
  [ "$split" != dynamic ] || [ -e "$full" ] || printf '' > "$full"
}

# Whether an Item is there to be taken; counts it where it is over. Sets generation to the one to claim.
may_begin() {
  judge "$position"
  case $verdict in
    new | again) ! is_taken "$position" || return 1 ;;
    done) done_count=$((done_count + 1)) ;;
    failed) failed_count=$((failed_count + 1)) ;;
    aside) aside_count=$((aside_count + 1)) ;;
  esac
  generation=$((generation + 1))
  [ "$verdict" = new ] || [ "$verdict" = again ]
}

begin() {
  claim "$position" "$generation" && record start "$position" "$generation"
}

# What Replicas were at that have ended for good, as the platform tells.
take_orphans() {
  set +f
  for orphan in "$items"/orphaned/*; do
    set -f
    position=${orphan##*/}
    [ -f "$orphan" ] || continue
    read -r generation < "$orphan"
    generation=$((generation + 1))
    block_of "$position"
    [ ! -e "$progress/claims/$block/$position.$generation" ] || continue
    read_journal "$block"
    item=$(sed -n "$((position - block * per_block))p" "$items/blocks/$block")
    begin || continue
    "$visit" "$@" || return 1
  done
  set -f
}
