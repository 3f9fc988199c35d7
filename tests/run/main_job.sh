#!/usr/bin/env bash
# The main job end to end on a small England: the same bits for 1, 2 and 8 threads, a readable summary, nothing left
# behind where it fails.
source "$(dirname "$0")/../support/set_up.sh"

for threads in 1 2 8; do
  "$spillway" run "$source/configs/smoke.toml" --all --threads $threads --output "run$threads.h5" >"summary$threads.txt" 2>"progress$threads.txt"
done
for threads in 2 8; do
  for group in /draws /scenarios /estimates /areas; do
    h5diff run1.h5 run$threads.h5 $group || fail "$group differs between 1 and $threads threads"
  done
done
# h5diff must be able to say no: another seed is another result.
"$spillway" run "$source/configs/smoke.toml" --seed 7 --output other.h5 --quiet >/dev/null
h5diff -q run1.h5 other.h5 /draws && fail "another seed gave the same draws"

grep -q "results: run1.h5" summary1.txt || fail "the summary does not say where the results are"
grep -q "P(better)" summary1.txt || fail "the summary has no outcomes"
grep -q "as_published" summary1.txt || fail "the published specification is not shown"
"$spillway" inspect run1.h5 --verify >inspect.txt
grep -q "whole" inspect.txt || fail "the result is not whole"
"$spillway" run "$source/configs/smoke.toml" --dry-run >plan.txt
grep -q "scenario" plan.txt || fail "no plan"
# The size that it foretells, with the areas, their codes and the draws, is that of the file, of many areas or many draws.
for size in "12000 9" "600 20000"; do
  set -- $size
  sized=(--set data.synthetic_areas=$1 --set bootstrap.replicates=$2 --set bootstrap.draws=$(($2 * 9 / 10)))
  told=$("$spillway" run "$source/configs/smoke.toml" "${sized[@]}" --dry-run | sed -n 's/^result file about \([0-9]*\) MB.*/\1/p')
  "$spillway" run "$source/configs/smoke.toml" "${sized[@]}" --quiet --output sized.h5 >/dev/null
  real=$(($(stat -c %s sized.h5) / 1000000))
  [ $((told * 100)) -ge $((real * 90)) ] && [ $((told * 100)) -le $((real * 110 + 100)) ] || fail "--dry-run foretells $told MB, the file has $real MB ($size)"
done
# The share of replicates that failed decides, whether or not there are spare ones. Of 610 areas the 36th is explosive, and the next
# after the 200th: 1.01 % of 99 is said, 1 % of 100 is not. Of 700 areas 14 of the first 140 are: 10 % is said, 10.07 % of 139 ends the run.
failing=(run "$config" --seed 1 --output failing.h5)
narrow="1 of 99 replicates failed, and bands may be too narrow"
for draws in 99 50; do
  expect 0 "$narrow" "$spillway" "${failing[@]}" --set data.synthetic_areas=610 --replicates 99 --draws $draws
  h5dump -a /scenarios/wealth_fund/warnings failing.h5 | grep -q "1 of 99 replicates failed (1 explosive, 0 singular" || fail "the file does not say what failed"
  rm failing.h5
  expect 3 "14 of 139 replicates failed (14 explosive, 0 singular or without a solution): more than 10 % of all" "$spillway" "${failing[@]}" --set data.synthetic_areas=700 --replicates 139 --draws $draws
  [ ! -e failing.h5 ] || fail "a refused run left a result"
done
"$spillway" "${failing[@]}" --set data.synthetic_areas=610 --replicates 100 --draws 100 --all >few.txt 2>&1
grep -qF "draws: 100 replicates, 1 failed (statuses are in /draws/status); scenarios use the 99 that succeeded" few.txt || fail "$(cat few.txt)"
! grep -q "bands may be too narrow" few.txt || fail "1 % of replicates is said to matter"
expect 0 "14 of 140 replicates failed, and bands" "$spillway" "${failing[@]}" --set data.synthetic_areas=700 --replicates 140 --draws 126
# The path that it names is the one that each scenario takes: drawn counterfactual growth has more shapes than a basis is tried for.
long=(--set data.synthetic_areas=1500 --set outcomes.horizon=20 --set bootstrap.replicates=9999 --set bootstrap.draws=9000 --set 'store.keep="summary"')
"$spillway" run "$source/configs/smoke.toml" "${long[@]}" --dry-run >plan.txt
"$spillway" run "$source/configs/smoke.toml" "${long[@]}" --quiet --output long.h5 >/dev/null
for scenario in ring_fence_10 wealth_fund bus_franchising; do
  path=$(h5dump -a /scenarios/$scenario/path long.h5 | sed -n 's/.*(0): "\(.*\)"/\1/p')
  grep -q -- "-> scenario $scenario ([a-z_]*): $path (" plan.txt || fail "$scenario: --dry-run names another path than '$path'"
done
[ "$(grep -c "sampled basis (" plan.txt)$path" = "2exact recursion" ] || fail "the plan's paths are not two bases and an exact recursion"
"$spillway" table run1.h5 estimates --format csv >table.csv
grep -q "lag:doubly_disadvantaged" table.csv || fail "no table"
"$spillway" estimate "$source/configs/smoke.toml" --quiet --json estimates.json >/dev/null
grep -q '"kleibergen_paap_f"' estimates.json || fail "no JSON"

# A failing run leaves no file and says why.
status=0
"$spillway" run "$source/configs/smoke.toml" --set scenario.ring_fence_10.parameters.share=1.5 --output bad.h5 2>error.txt || status=$?
[ $status = 2 ] || fail "a share above one exits $status, not 2"
[ -z "$(ls bad.h5* 2>/dev/null)" ] || fail "a failed run left a file behind"
grep -q "share" error.txt || fail "the message does not name the parameter"
# A run whose spillover is another run's, and that has no such model itself: the same counterfactual growth, and buses that act on it.
"$spillway" run "$config" --quiet --replicates 99 --draws 79 --output own.h5
sed '/^# Model A/,/^# Model B/{/^# Model B/!d}; s#^spillover = "\(.*\)"#spillover = { run = "own.h5", estimate = "\1" }#' "$config" >theirs.toml
"$spillway" run theirs.toml --quiet --replicates 99 --draws 79 --output theirs.h5
h5diff own.h5 theirs.h5 /scenarios/bus_franchising/counterfactual/growth || fail "counterfactual growth is another where the estimate is of another run"
h5diff --relative=1e-5 own.h5 theirs.h5 /scenarios/bus_franchising/aggregate/cumulative_uplift/area_type/value || fail "buses do something else where the estimate is of another run"
echo "main job: same bits for 1, 2 and 8 threads"
