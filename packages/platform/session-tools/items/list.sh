items_list() {
  [ "$first" -le "$last" ] || return 0
  block=$(((first - 1) / per_block))
  while [ "$block" -le $(((last - 1) / per_block)) ]; do
    if [ "$split" != dynamic ]; then
      from=$((first - block * per_block))
      [ "$from" -ge 1 ] || from=1
      sed -n "$from,$((last - block * per_block))p" "$items/blocks/$block"
    elif [ -e "$progress/journal/$me/$block" ]; then
      list_taken
    fi
    block=$((block + 1))
  done
}

list_taken() {
  read_journal "$block"
  at=$((block * per_block))
  while read -r item; do
    at=$((at + 1))
    eval "state=\${state_$at-}"
    [ -z "$state" ] || printf '%s\n' "$item"
  done < "$items/blocks/$block"
}
