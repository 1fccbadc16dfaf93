items_next() {
  # Everything before this block is taken: noted, so that the hundredth call is as quick as the first.
  note=$progress/work/next.$me.$attempt
  from=$(((first - 1) / per_block))
  [ ! -s "$note" ] || read -r from < "$note"
  if take_each give_out "$from"; then exit 1; fi
  printf '%s\n' "$block" > "$note.$$" && mv -f "$note.$$" "$note"
}

give_out() {
  printf '%s\n' "$item" || give_up "Item $position could not be handed out"
  return 1
}
