#!/usr/bin/env bash
# Slim results: what is kept is the same to the bit, sizes are foretold, and every reader shows what there is or says what is not.
source "$(dirname "$0")/../support/set_up.sh"

small=(--set data.synthetic_areas=1500 --replicates 99 --draws 99)
for keep in full groups summary; do
  "$spillway" run "$config" "${small[@]}" --set store.keep=$keep --output $keep.h5 --quiet
  "$spillway" inspect $keep.h5 --verify >said.txt || fail "$keep is not whole: $(tail -3 said.txt)"
done
size() { stat -c %s $1.h5; }
[ "$(size summary)" -lt "$(($(size groups) / 2))" ] || fail "a summary is no smaller than half of groups"
[ "$(size groups)" -lt "$(size full)" ] || fail "groups are no smaller than all"
# Foretold: by check, --dry-run and before a run. HDF5's own small change weighs more in a small world: within a third.
for keep in full groups summary; do
  "$spillway" check "$config" "${small[@]}" --set store.keep=$keep --json $keep.json >said.txt
  grep -q "^result: about .* (store.keep = \"$keep\")" said.txt || fail "check does not foretell: $(cat said.txt)"
  foretold=$(python3 -c "import json; print(int(json.load(open('$keep.json'))['result_bytes']))")
  [ $((3 * foretold)) -gt $((2 * $(size $keep))) ] && [ $((2 * foretold)) -lt $((3 * $(size $keep))) ] ||
    fail "$keep: foretold $foretold, is $(size $keep)"
done
grep -q 'result file about .* (store.keep = "groups")' <("$spillway" run "$config" --set store.keep=groups --dry-run) || fail "--dry-run does not foretell"
grep -q "^2 results: about" <("$spillway" sweep "$config" --set 'run.seed=[1,2]' --output grid --dry-run) || fail "a sweep does not foretell"

# The same numbers.
place=/scenarios/ring_fence_10/aggregate
for grouping in nation region lad area_type; do
  for what in quantile probability_better probability_positive; do
    h5diff full.h5 groups.h5 $place/uplift/$grouping/$what || fail "groups differ in $grouping"
    h5diff full.h5 summary.h5 $place/cumulative_uplift/$grouping/$what || fail "a summary differs in $grouping"
  done
done
h5diff full.h5 summary.h5 $place/cumulative_uplift/area_type/value || fail "a summary lacks the draws of types"
h5diff full.h5 summary.h5 /appraisal/ring_fence_10/npsv || fail "a summary lacks the appraisal's draws"
h5diff full.h5 groups.h5 /draws || fail "groups lack the replicates"
for keep in groups summary; do
  "$spillway" table $keep.h5 lad --format csv >$keep.csv
  "$spillway" table full.h5 lad --format csv >full.csv
  # A summary keeps no areas, so its authorities have no names.
  if [ $keep = summary ]; then python3 -c '
import csv, sys
rows = list(csv.DictReader(open("full.csv")))
assert all(r.pop("name") for r in rows)
csv.DictWriter(open("full.csv", "w"), rows[0], lineterminator="\n").writerows([dict(zip(rows[0], rows[0])), *rows])'; fi
  cmp full.csv $keep.csv || fail "table lad of $keep is another than the full result's"
  "$spillway" export $keep.h5 --output $keep.ods >/dev/null || fail "export of $keep"
  grep -q "kept: .*store.keep" <("$spillway" inspect $keep.h5) || fail "inspect does not say what $keep kept"
  "$spillway" certain $keep.h5 --grouping area_type >/dev/null || fail "certain of $keep"
done
# What was left out is said by name, with what to do.
expect 2 'groups.h5'"'"' holds no cumulative_uplift by area: its run kept store.keep = "groups" (run its configuration again with --set store.keep=full)' \
  "$spillway" table groups.h5 winners
expect 2 "holds no areas" "$spillway" table summary.h5 winners
expect 2 "holds no areas" "$spillway" report summary.h5
expect 2 "holds no areas" "$spillway" appraise summary.h5 --rulebook green-book-2022
expect 2 "holds no draws of cumulative_uplift by lad" "$spillway" certain summary.h5 --grouping lad
expect 2 "holds no replicates of the estimates" "$spillway" run "$config" --output other.h5 --quiet \
  --set 'scenario.ring_fence_10.estimates.spillover={run="summary.h5", estimate="spillover/corrected_score"}'
expect 1 "summary.h5" "$spillway" diff full.h5 summary.h5
"$spillway" report groups.h5 >/dev/null || fail "report of groups"
"$spillway" appraise groups.h5 --rulebook green-book-2022 >/dev/null || fail "appraise of groups"
expect 2 "outcomes.keep_draws_of asks for draws of areas" "$spillway" check "$config" --set store.keep=groups --set 'outcomes.keep_draws_of=["S01000001"]'
# The clients: quantiles where no draws are, and words where there is nothing.
if /usr/bin/python3 -c 'import h5py, pandas' 2>/dev/null; then
  PYTHONPATH=$source/tools/python /usr/bin/python3 - <<'PY' || fail "the Python client on slim results"
import numpy as np
import spillway
full, slim = spillway.open_run("full.h5"), spillway.open_run("summary.h5")
a, b = (run.groups("lad", outcome="cumulative_uplift") for run in (full, slim))
assert np.allclose(a["p50"], b["p50"], rtol=1e-6) and list(a["group"]) == list(b["group"])
assert b["mean"].isna().all() and all(np.allclose(a[c], b[c], atol=1e-6) for c in ("probability_positive", "probability_better"))
for call in (lambda: slim.areas("wealth_fund"), lambda: slim.draws("wealth_fund", grouping="lad"), slim.joint_draws):
    try:
        call()
        raise SystemExit("nothing was said")
    except spillway.InputFault as fault:
        assert 'store.keep = "summary"' in str(fault), fault
PY
else
  echo "h5py and pandas are not installed: the Python client was not tried"
fi
echo passed
