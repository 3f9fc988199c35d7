#!/usr/bin/env bash
# Kill a long run at random instants, half of them with SIGKILL, half with SIGTERM, and resume it with other numbers of
# threads: its result is whole or absent, never corrupt, and when it is there it equals that of a run left alone.
#   kill.sh SPILLWAY SOURCE [INSTANTS [REPLICATES]]     default 20 of 61000; the long form is 300
# A third of the instants is aimed at the writing of the result, which is short; the others fall anywhere in the run.
set -euo pipefail
spillway=$1 source=$2 instants=${3:-20} replicates=${4:-61000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
RANDOM=20241

fail() {
  echo "FAILED: $1"
  exit 1
}
# An interval without replicates of its own, so that the joint replicates and the scenarios are most of the run.
awk '/^\[\[scenario\]\]/ {++n} /^\[outcomes\]/ {n = 0} n < 3' "$source/configs/smoke.toml" >long.toml
arguments=(run long.toml --replicates "$replicates" --draws 2000
  --set data.synthetic_areas=800 --quiet)

milliseconds() { date +%s%3N; }
nap() { sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }
duration=
for k in 1 2 3; do # the quickest: a machine that does other things must not stretch the instants
  began=$(milliseconds)
  rm -f whole.log
  "$spillway" "${arguments[@]}" --output whole.h5 --log whole.log >/dev/null
  took=$(($(milliseconds) - began))
  [ -n "$duration" ] && [ "$duration" -le $took ] || { duration=$took; mv whole.log best.log; }
done
[ ! -e whole.h5.checkpoint ] || fail "a finished run leaves its checkpoint behind"
# From the first "store" to the end, milliseconds.
writing=$(awk -F'"elapsed":' '{split($2, e, ",")} /"begin","stage":"store/ && !from {from = e[1]} {to = e[1]} END {printf "%d", 1000 * (to - from) + 5}' best.log)

compare() {
  "$spillway" inspect run.h5 --verify >/dev/null || fail "after $1 the result is corrupt"
  h5diff --exclude-path=/run whole.h5 run.h5 >diff.txt || fail "after $1 the result differs: $(head -3 diff.txt)"
}
complete=0 absent=0 resumable=0 finished=0
declare -A phase=([starting]=0 [computing]=0 [writing]=0)
for ((k = 1; k <= instants; ++k)); do
  signal=$([ $((k % 2)) = 0 ] && echo TERM || echo KILL)
  status=0
  rm -f run.log
  "$spillway" "${arguments[@]}" --resume --threads $((1 + k % 3)) --output run.h5 --log run.log >/dev/null 2>said.txt &
  job=$!
  if [ $((k % 3)) = 0 ]; then
    until grep -q '"begin","stage":"store' run.log 2>/dev/null || ! kill -0 $job 2>/dev/null; do sleep 0.004; done
    nap $((RANDOM * writing / 32768))
  else
    nap $((RANDOM * duration / 32768))
  fi
  kill -$signal $job 2>/dev/null || true
  wait $job || status=$?
  last=$(tail -1 run.log 2>/dev/null || true)
  case $signal-$status in
    KILL-137 | TERM-130 | TERM-143 | *-0) ;;  # 143: before the signals were watched
    *) fail "SIG$signal exits $status: $(cat said.txt)" ;;
  esac
  if [ $status = 0 ]; then
    finished=$((finished + 1))
  elif grep -q '"begin","stage":"store' run.log 2>/dev/null; then
    phase[writing]=$((phase[writing] + 1))
  elif grep -q '"begin","stage":"\(draws\|model\|scenario\)' run.log 2>/dev/null; then
    phase[computing]=$((phase[computing] + 1))
  else
    phase[starting]=$((phase[starting] + 1))
  fi
  if [ -e run.h5 ]; then
    complete=$((complete + 1))
    compare "SIG$signal in instant $k ($last)"
    [ $status != 0 ] || [ ! -e run.h5.checkpoint ] || fail "a finished run leaves its checkpoint behind"
    rm -rf run.h5 run.h5.checkpoint
  else
    [ $status != 0 ] || fail "exit 0 without a result"
    absent=$((absent + 1))
    if ls run.h5.checkpoint/unit-* >/dev/null 2>&1; then resumable=$((resumable + 1)); fi
  fi
done
"$spillway" "${arguments[@]}" --resume --threads 2 --output run.h5 >/dev/null
compare "the last resume"
[ -z "$(ls -d run.h5.* 2>/dev/null)" ] || fail "litter is left behind: $(ls -d run.h5.*)"

# A checkpoint of another seed, data or configuration is refused, and the difference named; a stop right after the start
# must leave one to be refused.
for ((k = 0; k < 20; ++k)); do
  "$spillway" "${arguments[@]}" --output other.h5 >/dev/null 2>&1 &
  job=$!
  until ls other.h5.checkpoint/unit-* >/dev/null 2>&1 || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
  kill -TERM $job 2>/dev/null || true
  status=0
  wait $job || status=$?
  [ $status != 130 ] || break
done
[ $status = 130 ] || fail "SIGTERM among the replicates exits $status, not 130"
[ ! -e other.h5 ] || fail "an interrupted run left a result"
refused() { # refused TEXT ARGUMENTS...: --resume exits 2 and says TEXT
  local text=$1 status=0
  shift
  "$spillway" "${arguments[@]}" --resume "$@" --output other.h5 >/dev/null 2>said.txt || status=$?
  [ $status = 2 ] || fail "a checkpoint of another run ($*) exits $status, not 2"
  grep -q "$text" said.txt || fail "the message does not say '$text': $(cat said.txt)"
}
refused "seed is '20241' there and '7' here" --seed 7
refused "of the configuration is" --set outcomes.horizon=4
refused "of the configuration is" --set model.spillover.own_lag=false
"$spillway" "${arguments[@]}" --resume --output other.h5 >/dev/null
h5diff --exclude-path=/run whole.h5 other.h5 >/dev/null || fail "the run resumed after SIGTERM differs"
echo "kill: $instants instants over a run of ${duration} ms ($writing ms of it writing): $complete complete, $absent absent, $resumable of those resumable, 0 corrupt;" \
  "stopped while starting ${phase[starting]}, computing ${phase[computing]}, writing ${phase[writing]}, finished before the signal $finished"
