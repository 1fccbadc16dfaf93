# Running one command: signals, time, and the last line of its error output.

# Polls of a fraction of a millisecond each, then of a tenth of a second.
QUICK_POLLS=200
SLOW_POLLS=20

prepare_commands() {
  signals=0 heard=0 child= fifo=
  trap hear_signal TERM
  work=$progress/work/run.$me.$attempt
  # Without these the reason for a failure is its exit code alone.
  command -v mkfifo > /dev/null && command -v tee > /dev/null && command -v tail > /dev/null || return 0
  rm -rf "$work"
  mkdir -p "$work" && mkfifo "$work/errors" 2> /dev/null || return 0
  fifo=$work/errors
}

tidy() {
  rm -rf "$work"
}

# Drivers signal every process of a Session, and a program that is asked twice may give up its work: so it is passed on
# only where the program cannot have heard it. A container's own runtime signals its first process alone, which then
# is this one; and a driver may have looked for processes just before the program was started.
hear_signal() {
  signals=$((signals + 1))
  [ -n "$child" ] || return 0
  now
  [ $$ -ne 1 ] && [ $((time - began)) -gt 100 ] || kill -TERM "$child" 2> /dev/null
}

pass_on_earlier_signal() {
  [ "$signals" -eq "$heard" ] || kill -TERM "$child" 2> /dev/null
}

# Runs a program, never a function or builtin of this shell. Sets code and seconds.
run_command() {
  now
  began=$time
  if [ -n "$fifo" ]; then
    # Open for both ways, so that nobody waits here for somebody at the other end.
    exec 9<> "$fifo"
    # It must hear the last words of a program that was asked to stop.
    (
      trap '' TERM INT HUP
      exec tee "$work/words" < "$fifo" >&2 9>&-
    ) &
    listener=$!
    (exec "$@" 9>&-) <&0 2>&9 &
    child=$!
    exec 9>&-
    pass_on_earlier_signal
    await "$child"
    settle_listener
  else
    (exec "$@") <&0 &
    child=$!
    pass_on_earlier_signal
    await "$child"
  fi
  child=
  now
  fraction=$(((time - began) % 100))
  [ "$fraction" -ge 10 ] || fraction=0$fraction
  seconds=$(((time - began) / 100)).$fraction
}

# Sets code. A signal to this shell ends `wait` early, so that it has to be asked again.
await() {
  wait "$1"
  code=$?
  while [ "$signals" -ne "$heard" ]; do
    heard=$signals
    wait "$1"
    later=$?
    # 127: it had ended before the signal came, and code is its own already.
    [ "$later" -eq 127 ] || code=$later
  done
}

# Everything that the program wrote is in the pipe; the listener ends when it has read it, unless something that the
# program left running holds the pipe open.
settle_listener() {
  polls=0
  while [ "$polls" -lt $((QUICK_POLLS + SLOW_POLLS)) ]; do
    read -r _ _ process_state _ 2> /dev/null < "/proc/$listener/stat" || break
    [ "$process_state" != Z ] || break
    [ "$polls" -lt "$QUICK_POLLS" ] || sleep 0.1 2> /dev/null || sleep 1
    polls=$((polls + 1))
  done
  [ "$polls" -lt $((QUICK_POLLS + SLOW_POLLS)) ] || kill -KILL "$listener" 2> /dev/null
  wait "$listener" 2> /dev/null
}

# Sets reason: the last line of error output that is not empty, at most 300 characters.
last_words() {
  reason=
  [ -n "$fifo" ] || return 0
  reason=$(
    LC_ALL=C
    export LC_ALL
    tail -c 4096 "$work/words" | tr '\r' '\n' | tr -d '\000-\010\013-\037\177' | sed '/^[[:space:]]*$/d' |
      tail -n 1 | cut -c 1-300
  )
}

# Sets time, in hundredths of a second; without starting a program where the kernel tells.
now() {
  if read -r uptime _ 2> /dev/null < /proc/uptime; then
    fraction=${uptime#*.}
    time=$((${uptime%.*} * 100 + ${fraction#0}))
  else
    time=$(($(date +%s) * 100))
  fi
}
