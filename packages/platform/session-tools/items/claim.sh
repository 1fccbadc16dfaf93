# Who has an Item. A claim is a hard link to a file that names its owner: made with its content in one step, by one of
# many who try, also over a network. A claim is never taken back; who goes on with an Item makes the claim of its next
# generation, and may do so only where the owner of the last one has ended.

# The answer is false where somebody else was quicker.
claim() {
  folder=$progress/claims/$block
  mine=$progress/owners/$me.$attempt.$block
  [ -d "$folder" ] || mkdir -p "$folder" || give_up "the folder for claims cannot be made (is the disk full?)"
  # One for each block, since file systems limit the number of links.
  if [ ! -s "$mine" ]; then
    printf '%s %s\n' "$me" "$attempt" > "$mine.$$" && mv -f "$mine.$$" "$mine" ||
      give_up "no Item can be claimed (is the disk full?)"
  fi
  ln "$mine" "$folder/$1.$2" 2> /dev/null && return 0
  [ -e "$folder/$1.$2" ] || give_up "Item $1 cannot be claimed (is the disk full?)"
  return 1
}

# Sets owner (a Replica) and owning (its attempt); the answer is false where there is no claim.
owner_of() {
  read -r owner owning 2> /dev/null < "$progress/claims/$block/$1.$2"
}

# Whether somebody else has made the claim after the one that is known, so that the Item is theirs. What an earlier
# attempt of this Replica claimed is this one's, also where it was killed before it made a note of it. Sets generation.
is_taken() {
  [ -e "$progress/claims/$block/$1.$((generation + 1))" ] || return 1
  [ "$attempt" -gt 1 ] || return 0
  last_generation "$1"
  owner_of "$1" "$generation" && [ "$owner" = "$me" ] && [ "$owning" -lt "$attempt" ] && return 1
  return 0
}

# Sets generation to the last one that was claimed, beginning with the one that is known.
last_generation() {
  [ "$generation" -ge 1 ] || generation=1
  while [ -e "$progress/claims/$block/$1.$((generation + 1))" ]; do generation=$((generation + 1)); done
}
