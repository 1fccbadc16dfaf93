# The record: one file for each Replica and block, which only that Replica writes, one line for each thing that happened:
#
#   start POSITION ATTEMPT GENERATION               it is begun; GENERATION counts its claims
#   done  POSITION ATTEMPT GENERATION CODE SECONDS
#   fail  POSITION ATTEMPT GENERATION WAY SECONDS REASON   WAY: an exit code, or 'script' where a script said so
#   stop  POSITION ATTEMPT GENERATION               it was asked to stop: no failure
#   lost  POSITION ATTEMPT GENERATION               the Replica was killed at it; told by its next attempt
#   aside POSITION ATTEMPT GENERATION WAY REASON    it is not tried again

# record KIND POSITION GENERATION WORD...; on a line of its own even after one that a full disk cut short.
record() {
  happened=$1 of=$2 claimed=$3
  shift 3
  block_of "$of"
  printf '\n%s\n' "$happened $of $attempt $claimed${1:+ }$*" >> "$progress/journal/$me/$block" ||
    give_up "what became of Item $of could not be recorded (is the disk full?); it may be done again"
}

# Reads this Replica's own record of a block into state_N, attempt_N, generation_N and failures_N_WAY.
read_journal() {
  [ -z "$noted" ] || unset $noted
  noted=
  [ -e "$progress/journal/$me/$1" ] || return 0
  journal=$(cat "$progress/journal/$me/$1") || give_up "the record of block $1 cannot be read"
  IFS=$newline
  for line in $journal; do
    IFS=' '
    # Split at spaces; names are not expanded (set -f).
    note $line
  done
  IFS=' '
}
noted=

note() {
  [ $# -ge 4 ] || return 0
  case $2$3$4 in *[!0-9]*) return 0 ;; esac
  kind=$1
  case $kind in
    done) [ $# -eq 6 ] || return 0 ;;
    fail | lost)
      way=killed
      [ "$kind" = lost ] || way=${5-}
      case $way in '' | *[!0-9a-z]*) return 0 ;; esac
      if [ "$3" -gt "$again" ]; then
        eval "failures_$2_$way=\$((\${failures_$2_$way-0} + 1))"
        noted="$noted failures_$2_$way"
      fi
      ;;
    aside) [ "$3" -gt "$again" ] || kind=fail ;;
    start | stop) ;;
    *) return 0 ;;
  esac
  noted="$noted state_$2 attempt_$2 generation_$2"
  eval "state_$2=$kind attempt_$2=$3 generation_$2=$4"
}

# Sets verdict for an Item of the block that was read, and generation, the last in which this Replica claimed it:
# new (not begun by this Replica), again (to be tried again), done, failed, aside, or elsewhere (not this Replica's, or
# being done now).
judge() {
  eval "state=\${state_$1-} begun=\${attempt_$1-0} generation=\${generation_$1-0}"
  case $state in
    '') verdict=new ;;
    done | aside) verdict=$state ;;
    stop | lost) verdict=again ;;
    fail)
      verdict=failed
      [ "$begun" -ge "$attempt" ] || verdict=again
      ;;
    start)
      verdict=elsewhere
      # Being done by this attempt, or taken over by another Replica after this one had ended.
      [ "$begun" -lt "$attempt" ] && ! is_taken "$1" || return 0
      verdict=again
      record lost "$1" "$generation"
      if set_aside_when_enough "$1" killed "the Replica was killed each time it was at it"; then verdict=aside; fi
      ;;
  esac
  return 0
}
