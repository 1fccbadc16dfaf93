# The command once, with this Replica's Items as the lines of a file.

run_once() {
  if [ "$split" = dynamic ]; then
    # Nobody knows yet which are this Replica's: the command takes them with `canfar-items next`.
    run_command "$@"
    tidy
    exit "$code"
  fi
  list=${CANFAR_ITEMS_FILE:-$progress/work/list.$me}
  mkdir -p "${list%/*}" || give_up "the folder of the list cannot be made"
  : > "$list.new" || give_up "the list of Items cannot be written"
  todo=0
  each_of_share list_item
  mv -f "$list.new" "$list" || give_up "the list of Items cannot be written"
  [ "$todo" -gt 0 ] || finish
  run_command "$@"
  main_code=$code
  if [ "$signals" -ne 0 ] && [ "$code" -ne 0 ]; then
    tidy
    exit 143
  fi
  reason=
  [ "$main_code" -eq 0 ] || last_words
  done_count=0 failed_count=0 aside_count=0
  each_of_share settle_item
  [ "$main_code" -eq 0 ] || {
    tidy
    exit "$main_code"
  }
  finish
}

# Calls $1 for each Item of the share, with item, position, block and verdict set.
each_of_share() {
  block=$(((first - 1) / per_block))
  while [ "$first" -le "$last" ] && [ "$block" -le $(((last - 1) / per_block)) ]; do
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
      judge "$at"
      "$1"
    done
    IFS=' '
    block=$((block + 1))
  done
}

list_item() {
  case $verdict in
    new | again)
      printf '%s\n' "$item" >> "$list.new" || give_up "the list of Items cannot be written (is the disk full?)"
      todo=$((todo + 1))
      ;;
    done) done_count=$((done_count + 1)) ;;
    aside) aside_count=$((aside_count + 1)) ;;
    failed) failed_count=$((failed_count + 1)) ;;
  esac
}

# What the command did not record itself ended as the command did. It is never set aside: which Item was at fault is
# not known.
settle_item() {
  case $verdict in
    done) done_count=$((done_count + 1)) ;;
    aside) aside_count=$((aside_count + 1)) ;;
    failed) failed_count=$((failed_count + 1)) ;;
    *)
      if [ "$main_code" -eq 0 ]; then
        record done "$position" "$generation" 0 -
        done_count=$((done_count + 1))
      else
        record fail "$position" "$generation" "$main_code" - "$reason"
        failed_count=$((failed_count + 1))
      fi
      ;;
  esac
}
