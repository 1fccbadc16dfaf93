# Words for people, and exit codes.

# Some Items failed; another attempt of the Replica tries them again.
EXIT_FAILED=120
# Every Item is done or set aside: another attempt has nothing to try.
EXIT_SET_ASIDE=121
# What was done could not be recorded.
EXIT_UNRECORDED=122

say() {
  printf 'canfar-items: %s\n' "$1" >&2
}

# It was called wrongly.
refuse() {
  say "$1"
  exit 2
}

# It cannot go on without losing count.
give_up() {
  say "$1"
  exit "$EXIT_UNRECORDED"
}

usage() {
  cat << 'END'
usage: canfar-items COMMAND

This Replica's share of any list, by REPLICA_ID and REPLICA_COUNT:
  chunk [WORD...]      neighbours; the last Replica takes the remainder as well
  balanced [WORD...]   neighbours, in shares that differ by at most one
  stripe [WORD...]     dealt out like cards
                       without a WORD: the lines of standard input, empty ones left out

The Items of this batch (launched with --items):
  list                 this Replica's Items, one a line; with the split 'dynamic' those that it has taken
  next                 take one Item and print it; exit code 1 when there is none left
  done ITEM            record it as done: no attempt does it again
  fail ITEM [REASON]   record it as failed: the next attempt tries it again, unless it is set aside
  run -- COMMAND...    run COMMAND once for each Item with {} replaced by it, recording each;
                       without {}: once, with this Replica's Items as lines of $CANFAR_ITEMS_FILE

Exit codes of run: 0 all Items are done; 120 some failed; 121 some are set aside and no other failed;
122 the record could not be written; 143 asked to stop; without {} the code of COMMAND comes first.
END
}
