#!/usr/bin/env bash
# run --reuse RUN: whatever is taken from an earlier result, the new one is a fresh run's to the bit; what cannot be
# taken is made again and said; a result of other estimates, a damaged one and the output itself are refused.
source "$(dirname "$0")/../support/set_up.sh"

models=(--set 'model.social_infrastructure.proxies=["grants_per_head","lottery_per_head"]' --set 'model.spillover.estimators=["within","corrected_score"]'
  --set 'model.social_infrastructure.instrument_sets=[["drug_crime_rate","turnout"]]')
small=(--set data.synthetic_areas=1000 --replicates 99 --draws 99 --set outcomes.horizon=3 "${models[@]}")
cp "$config" base.toml
"$spillway" run base.toml "${small[@]}" --output run.h5 >said-run.txt 2>/dev/null

# same NAME WORDS CONFIG FLAGS...: with and without --reuse, equal but for /run; the line that says what was reused
same() {
  local name=$1 words=$2 toml=$3
  shift 3
  "$spillway" run "$toml" "${small[@]}" "$@" --output "$name-fresh.h5" --all >"$name-fresh.txt" 2>/dev/null
  "$spillway" run "$toml" "${small[@]}" "$@" --reuse run.h5 --dry-run >"$name-plan.txt"
  "$spillway" run "$toml" "${small[@]}" "$@" --reuse run.h5 --output "$name.h5" --all >"$name.txt" 2>/dev/null
  grep -qF "reused from run.h5: $words" "$name.txt" || fail "$name: it says '$(grep reused "$name.txt")', not '$words'"
  grep -qF "would be reused from run.h5: $words" "$name-plan.txt" || fail "$name: --dry-run says '$(tail -1 "$name-plan.txt")'"
  "$spillway" diff "$name-fresh.h5" "$name.h5" >diff.txt || fail "$name differs from a fresh run: $(head -20 diff.txt)"
  "$spillway" inspect "$name.h5" --verify >/dev/null || fail "$name is not whole"
  # Every word on the screen, too: estimates, outcomes, notes and verdicts, but not the times.
  diff <(sed '/^stage  /,/^$/d; /^results:/d; /^      /d; /^next:/d' "$name-fresh.txt") \
    <(sed '/^stage  /,/^$/d; /^results:/d; /^      /d; /^next:/d; /^reused from/d' "$name.txt") >words.txt || fail "$name says other words: $(head -5 words.txt)"
}
all="ring_fence_10, wealth_fund, bus_franchising"
money="made again: all money"
same unchanged "estimates and draws, outcomes of $all; $money" base.toml
same money "estimates and draws, outcomes of $all; $money" base.toml --set appraisal.rulebook=green-book-2022 \
  --set appraisal.discount_base_year=2025 --set appraisal.first_year=2026
same share "estimates and draws, outcomes of wealth_fund, bus_franchising; made again: outcomes of ring_fence_10, all money" base.toml \
  --set scenario.ring_fence_10.parameters.share=0.12
same horizon "estimates and draws; made again: outcomes of $all, all money" base.toml --set outcomes.horizon=4
# A scenario added, one removed, the others in another order; and one by another name.
python3 - <<'P'
text = open("base.toml").read()
head, ring, fund, buses = text.split("[[scenario]]")
added = ring.replace('"ring_fence_10"', '"ring_fence_20"').replace("mode = 0.10", "mode = 0.15")
end = buses[buses.index("[outcomes]"):]
open("others.toml", "w").write("# Another comment.\n" + "[[scenario]]".join([head, fund, added, ring]) + end)
open("renamed.toml", "w").write(text.replace('"wealth_fund"', '"fund_of_wealth"'))
P
same others "estimates and draws, outcomes of wealth_fund, ring_fence_10; made again: outcomes of ring_fence_20, all money" others.toml
"$spillway" run renamed.toml "${small[@]}" --output renamed-fresh.h5 --quiet
"$spillway" run renamed.toml "${small[@]}" --reuse run.h5 --output renamed.h5 >said.txt 2>/dev/null
"$spillway" diff renamed-fresh.h5 renamed.h5 >diff.txt || fail "a renamed scenario differs: $(head diff.txt)"
# A slim result from a whole one, packed, and onwards from a result that was itself made by reuse.
"$spillway" run base.toml "${small[@]}" --set store.keep=groups --compress 1 --reuse unchanged.h5 --output groups.h5 --quiet
"$spillway" run base.toml "${small[@]}" --set store.keep=groups --output groups-fresh.h5 --quiet
"$spillway" diff groups-fresh.h5 groups.h5 >diff.txt || fail "slim results differ: $(head diff.txt)"
[ "$(h5dump -a /run/reused_run unchanged.h5 | grep -c 'run.h5')" = 1 ] || fail "the result does not say which run it reused"
h5dump -a /run/reused_sum unchanged.h5 >/dev/null || fail "the result does not say which bytes it reused"
# Taken up after a stop: units of the scenarios that are made again.
"$spillway" run base.toml "${small[@]}" --set scenario.ring_fence_10.parameters.share=0.12 --checkpoint always --resume --reuse run.h5 --output resumed.h5 --quiet
"$spillway" diff share-fresh.h5 resumed.h5 >diff.txt || fail "--resume with --reuse differs: $(head diff.txt)"
# A whole result left its areas out: estimates and draws are there.
"$spillway" run base.toml "${small[@]}" --reuse groups.h5 --output partly.h5 >said.txt 2>/dev/null
grep -qF "reused from groups.h5: estimates and draws; made again: outcomes of $all, all money (groups.h5 left outcomes by area out)" said.txt || fail "of slim results: $(cat said.txt)"
"$spillway" diff unchanged.h5 partly.h5 >diff.txt || fail "from a slim result it differs: $(head diff.txt)"

# What is refused, with the first setting that differs; nothing is written.
refuse() { # refuse TEXT FLAGS...
  local text=$1
  shift
  expect 2 "$text" "$spillway" run base.toml "${small[@]}" "$@" --output refused.h5
  [ ! -e refused.h5 ] || fail "$*: a result was written"
}
refuse "seed is '20241' there and '7' here" --seed 7 --reuse run.h5
expect 2 "seed is '20241' there and '7' here" "$spillway" run base.toml "${small[@]}" --seed 7 --reuse run.h5 --dry-run
refuse "replicates is '99' there and '120' here" --set bootstrap.replicates=120 --reuse run.h5
refuse "own_lag" --set model.spillover.own_lag=false --reuse run.h5
refuse "synthetic_areas" --set data.synthetic_areas=1001 --reuse run.h5
refuse "row_standardise" --set weights.row_standardise=false --reuse run.h5
refuse "memory_gb" --memory 1 --reuse run.h5  # it may choose the path
refuse "there is no result" --reuse absent.h5
refuse "is not an HDF5 file" --reuse base.toml
expect 2 "run.h5" "$spillway" run base.toml "${small[@]}" --reuse run.h5 --output run.h5
expect 2 "run.h5" "$spillway" run base.toml "${small[@]}" --reuse run.h5 --output other.h5 --log run.h5
"$spillway" inspect run.h5 --verify >/dev/null || fail "a refused call changed the earlier run"
"$spillway" run base.toml "${small[@]}" --set store.keep=summary --output summary.h5 --quiet
refuse "left its draws out" --reuse summary.h5
"$spillway" frontier base.toml "${small[@]}" --scenario ring_fence_10 --points 3 --area-draws 2 --output frontier.h5 --quiet >/dev/null
refuse "--reuse" --reuse frontier.h5
# One bit of a value, and of the structure.
at=$(h5dump -pH -d /scenarios/wealth_fund/aggregate/uplift/lad/value run.h5 | sed -n 's/.*OFFSET //p')
cp run.h5 bit.h5
printf '\x5a' | dd of=bit.h5 bs=1 seek=$((at + 40)) conv=notrunc status=none
head -c 1000000 run.h5 >short.h5
refuse "is damaged" --reuse bit.h5
status=0
"$spillway" run base.toml "${small[@]}" --reuse short.h5 --output refused.h5 >said.txt 2>&1 || status=$?
[ $status != 0 ] && [ ! -e refused.h5 ] || fail "a shortened result exits $status: $(cat said.txt)"
# Data that moved, and data that changed.
"$spillway" synth --areas 1000 --output pack >/dev/null 2>&1
"$spillway" run base.toml --data pack --replicates 99 --set outcomes.horizon=3 --output of-pack.h5 --quiet
cp -r pack moved
expect 0 "estimates and draws, outcomes of $all; $money" "$spillway" run base.toml --data moved --replicates 99 --set outcomes.horizon=3 --reuse of-pack.h5 --output moved.h5
rm -r pack
"$spillway" synth --areas 1000 --seed 9 --output pack >/dev/null 2>&1
expect 2 "SHA-256" "$spillway" run base.toml --data pack --replicates 99 --set outcomes.horizon=3 --reuse of-pack.h5 --output refused.h5
echo "reused to the bit: unchanged, rulebook, discount, share, horizon, scenarios added, removed, reordered and renamed, slim, resumed"
