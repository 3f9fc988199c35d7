#!/usr/bin/env bash
# SIGTERM while a long study is at work: exit 130, no result, what is finished is kept; --resume with another
# number of threads takes it up and ends with the bits of a call left alone. Another seed is refused.
# (What `run` keeps is in kill.sh.)
source "$(dirname "$0")/../support/set_up.sh"

# stop_and_resume NAME GROUP ARGUMENTS...: GROUP holds the numbers
stop_and_resume() {
  local name=$1 group=$2 status=0 kept first before seen now
  shift 2
  "$spillway" "$@" --threads 2 --quiet --output "$name-whole.h5" >/dev/null
  "$spillway" "$@" --threads 1 --quiet --output "$name.h5" >/dev/null 2>said.txt &
  local job=$!
  until ls "$name.h5"*.checkpoint/unit-* >/dev/null 2>&1 || ! kill -0 $job 2>/dev/null; do sleep 0.005; done
  kill -TERM $job 2>/dev/null || fail "$name was finished before it could be stopped"
  wait $job || status=$?
  [ $status = 130 ] || fail "$name: SIGTERM exits $status, not 130: $(cat said.txt)"
  grep -q -- "--resume" said.txt || fail "$name does not say how to go on: $(cat said.txt)"
  [ ! -e "$name.h5" ] || fail "$name: a stopped call left a result"
  kept=$(ls "$name.h5"*.checkpoint | grep -c "^unit-.*\.shard$") || fail "$name keeps nothing"
  [ -z "$(ls -A . "$name.h5"*.checkpoint | grep "\.tmp-")" ] || fail "$name leaves litter"
  status=0
  "$spillway" "$@" --threads 2 --seed 99 --quiet --resume --output "$name.h5" >/dev/null 2>other.txt || status=$?
  [ $status = 2 ] && grep -q "seed" other.txt || fail "$name: another seed exits $status: $(cat other.txt)"
    first=$(ls "$name.h5"*.checkpoint/unit-*.shard | head -1)
  before=$(stat -c "%y %i" "$first")
  "$spillway" "$@" --threads 3 --resume --log "$name.log" --output "$name.h5" >/dev/null 2>resumed.txt &
  job=$! seen=$before
  while kill -0 $job 2>/dev/null; do
    now=$(stat -c "%y %i" "$first" 2>/dev/null) && seen=$now
    sleep 0.005
  done
  wait $job || fail "$name: --resume fails: $(cat resumed.txt)"
  [ "$seen" = "$before" ] || fail "$name: --resume did what was kept again"
  ! ls -d "$name.h5"*.checkpoint >/dev/null 2>&1 || fail "$name: a finished call leaves its checkpoint"
  h5diff "$name-whole.h5" "$name.h5" "$group" >diff.txt || fail "$name: resumed with 3 threads it differs: $(head -3 diff.txt)"
  "$spillway" inspect "$name.h5" --verify >/dev/null || fail "$name: the resumed result is not whole"
  echo "$name: stopped with $kept units kept, resumed with 3 threads: the bits of a call left alone"
}
stop_and_resume coverage /coverage coverage "$source/configs/coverage.toml" --set coverage.worlds=8 --set bootstrap.replicates=199
stop_and_resume sensitivity /sensitivity sensitivity "$source/configs/smoke.toml" --scenario ring_fence_10 --rows 1024
stop_and_resume frontier /frontier frontier "$source/configs/smoke.toml" --points 41 --area-draws 20
stop_and_resume speccurve /specification_curve speccurve "$source/configs/smoke.toml" --weights contiguity,knn:6 --rulebooks green-book-2022
