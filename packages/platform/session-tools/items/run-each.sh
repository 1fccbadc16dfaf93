# The command once for each Item.

run_each() {
  take_each run_item $(((first - 1) / per_block)) "$@"
  finish
}

# Runs the words with the Item put where {} stands; records how it ended.
run_item() {
  if [ "$signals" -ne 0 ]; then
    record stop "$position" "$generation"
    return 1
  fi
  for word do
    shift
    filled=
    while :; do
      case $word in
        *"$placeholder"*)
          filled=$filled${word%%"$placeholder"*}$item
          word=${word#*"$placeholder"}
          ;;
        *) break ;;
      esac
    done
    set -- "$@" "$filled$word"
  done
  CANFAR_ITEM=$item
  export CANFAR_ITEM
  run_command "$@"
  if [ "$code" -eq 0 ]; then
    record done "$position" "$generation" 0 "$seconds"
    done_count=$((done_count + 1))
  elif [ "$signals" -ne 0 ]; then
    record stop "$position" "$generation"
  else
    last_words
    record_failure "$position" "$code" "$seconds" "$reason"
    say "failed with exit code $code: $item"
  fi
  [ "$signals" -eq 0 ]
}
