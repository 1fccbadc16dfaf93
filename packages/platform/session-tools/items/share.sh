# Shares of any list, as canfar.helpers.distributed computes them.

# Prints this Replica's share of the words, or of the lines of standard input.
print_share() {
  how=$1
  shift
  place REPLICA_ID "${REPLICA_ID-1}"
  replica=$number
  place REPLICA_COUNT "${REPLICA_COUNT-1}"
  count=$number
  [ "$count" -ge 1 ] || refuse "REPLICA_COUNT must be positive, not $count"
  if [ "$replica" -lt 1 ] || [ "$replica" -gt "$count" ]; then
    [ "$how" = stripe ] && return 0
    refuse "REPLICA_ID must be one of 1 to $count, not $replica"
  fi
  if [ $# -eq 0 ]; then
    [ ! -t 0 ] || refuse "there is nothing to share: give words, or lines on standard input"
    IFS=$newline
    # Unquoted on purpose: one word for each line; names are not expanded (set -f).
    set -- $(cat)
    IFS=' '
  fi
  "print_$how" "$@"
}

print_chunk() {
  if [ $# -lt "$count" ]; then
    print_between "$replica" "$replica" "$@"
    return
  fi
  size=$(($# / count))
  last=$((replica * size))
  [ "$replica" -lt "$count" ] || last=$#
  print_between $(((replica - 1) * size + 1)) "$last" "$@"
}

print_balanced() {
  size=$(($# / count))
  larger=$(($# % count))
  first=$(((replica - 1) * size + 1))
  if [ "$replica" -le "$larger" ]; then
    first=$((first + replica - 1))
    size=$((size + 1))
  else
    first=$((first + larger))
  fi
  print_between "$first" $((first + size - 1)) "$@"
}

print_stripe() {
  at=0
  for word do
    [ $((at % count)) -ne $((replica - 1)) ] || printf '%s\n' "$word"
    at=$((at + 1))
  done
}

print_between() {
  from=$1 to=$2 at=0
  shift 2
  for word do
    at=$((at + 1))
    [ "$at" -le "$to" ] || break
    [ "$at" -lt "$from" ] || printf '%s\n' "$word"
  done
}

# Sets number; leading zeros would mean octal to the shell.
place() {
  case ${2#[+-]} in
    '' | *[!0-9]*) refuse "the environment variable $1 is not a whole number: '$2'" ;;
  esac
  sign=
  case $2 in -*) sign=- ;; esac
  number=${2#[+-]}
  while [ "$number" != "${number#0}" ] && [ -n "${number#0}" ]; do number=${number#0}; done
  number=$sign$number
}
