#!/usr/bin/env bash
# spillway frontier end to end on a small England: a point is the run at that share, the same bits for any threads, a
# result stands for its configuration, and bad wishes are refused.
source "$(dirname "$0")/../support/set_up.sh"

for threads in 1 2; do
  "$spillway" frontier "$config" --scenario ring_fence_10 --threads $threads --quiet --output f$threads.h5 --json f$threads.json \
    --csv csv$threads --area-draws 50 >f$threads.txt
done
cmp f1.json f2.json || fail "the frontier differs between 1 and 2 threads"
h5diff f1.h5 f2.h5 /frontier || fail "draws differ between 1 and 2 threads"
h5diff f1.h5 f2.h5 /marginal_value || fail "marginal values differ between 1 and 2 threads"
"$spillway" inspect f1.h5 --verify >inspect.txt
grep -q whole inspect.txt || fail "the result is not whole"
grep -q "the Office for National Statistics advises against comparing single LSOAs" f1.txt || fail "no caution about single areas"
grep -q "^Do not conclude: " f1.txt || fail "no paragraph of what not to conclude"
grep -q "^by_marginal_value " f1.txt || fail "no budget by marginal value"
[ "$(wc -l <csv1/ring_fence_10-frontier.csv)" = 22 ] || fail "the CSV has not 21 points"

# A point of the frontier is the run at that share, draw by draw.
"$spillway" run "$config" --quiet --all --output run.h5 --set scenario.ring_fence_10.parameters.share=0.35 >run.txt
grep -q "^Do not conclude: " run.txt || fail "a run does not say what not to conclude"
"$spillway" appraise run.h5 --scenario ring_fence_10 | grep -q "^Do not conclude: " || fail "an appraisal does not say it"
h5dump -d /frontier/ring_fence_10/npsv_national -b LE -o national.bin f1.h5 >/dev/null
h5dump -d /frontier/ring_fence_10/target_uplift -b LE -o target.bin f1.h5 >/dev/null
h5dump -d /appraisal/ring_fence_10/npsv -b LE -o npsv.bin run.h5 >/dev/null
h5dump -d /scenarios/ring_fence_10/aggregate/uplift/area_type/value -b LE -o uplift.bin run.h5 >/dev/null
python3 - <<'CHECK' || fail "a point is not the run at that share"
import array, json, os
def doubles(name, kind="d"):
    values = array.array(kind)
    values.frombytes(open(name, "rb").read())
    return values
analysis = json.load(open("f1.json"))["frontier"][0]
points, draws = len(analysis["frontier"]["share"]["values"]), analysis["draws"]
assert points == 21
at = 7
assert abs(analysis["frontier"]["share"]["values"][at] - 0.35) < 1e-12
national, run = doubles("national.bin"), doubles("npsv.bin")
assert len(national) == points * draws and len(run) == draws
scale = max(abs(v) for v in run) + 1.0
assert max(abs(national[at * draws + d] - run[d]) for d in range(draws)) <= 1e-5 * scale
# The target's cumulative uplift is the sum over periods of one group's uplift in the run.
uplift, target = doubles("uplift.bin", "f"), doubles("target.bin")
periods = len(uplift) // draws // 3
def error(group):
    sums = [sum(uplift[(d * periods + h) * 3 + group] for h in range(periods)) for d in range(draws)]
    return max(abs(target[at * draws + d] - sums[d]) for d in range(draws)) / max(abs(v) for v in sums)
assert min(error(group) for group in range(3)) <= 1e-5
# Budgets are spent to the pound.
marginal = analysis["marginal_value"]
for rule in analysis["budgets"]["rule"]["values"]:
    assert abs(sum(marginal["budget_" + rule]["values"]) / analysis["budget"] - 1) < 1e-9, rule
CHECK

# A transfer's nation is told at no share, as in the run; and a list is whom the points are for.
grep -q "^For all areas together .*: not told by this model.$" f1.txt || fail "$(grep '^For all' f1.txt)"
grep -q "^note: NPSV local: what doubly_disadvantaged areas gain" f1.txt || fail "local is not named"

# A result stands for its own configuration, overrides included.
"$spillway" frontier run.h5 --scenario ring_fence_10 --quiet --area-draws 50 --json again.json >/dev/null
cmp f1.json again.json || fail "the frontier of a result is not that of its configuration"

refused() { # refused TEXT ARGUMENTS...
  expect 2 "$1" "$spillway" frontier "$config" --quiet "${@:2}"
}
refused "did you mean 'ring_fence_10'?" --scenario ring_fence_1
refused "spends no fund in areas" --scenario bus_franchising
refused "reaches 1.5 (allowed: 0 to 1)" --scenario ring_fence_10 --to 1.5 --points 2
refused "has no numeric parameter 'shares', did you mean 'share'?" --scenario ring_fence_10 --parameter shares --to 1
refused "(raise the cap)" --scenario ring_fence_10 --cap 0.01 --area-draws 8
refused "--points is 1" --scenario ring_fence_10 --points 1
