# An Item that failed so often in the same way is not tried again. The same way is the same exit code: messages hold
# names, times and addresses that differ each time.

# Records a failure of the Item at $1 in the way $2, after $3 seconds, for the reason $4; generation is set.
record_failure() {
  record fail "$1" "$generation" "$2" "$3" "$4"
  eval "failures_$1_$2=\$((\${failures_$1_$2-0} + 1))"
  noted="$noted failures_$1_$2"
  if set_aside_when_enough "$1" "$2" "$4"; then
    aside_count=$((aside_count + 1))
  else
    failed_count=$((failed_count + 1))
  fi
}

# The answer is true where the Item at $1 is set aside now.
set_aside_when_enough() {
  eval "failures=\${failures_$1_$2-0}"
  # Told by `lost`, which is counted when it is read.
  [ "$2" != killed ] || failures=$((failures + 1))
  [ "$failures" -ge "$set_aside_after" ] || return 1
  record aside "$1" "$generation" "$2" "$3"
  say "set aside after $failures failures in the same way ($2): $item"
}
