#!/usr/bin/env bash
# What a policy does by sets that hold however weak the instruments are: from a small run through table, JSON, first words,
# appraisal and page; policies without such a set say why.
source "$(dirname "$0")/../support/set_up.sh"
for strength in 0.1 8; do
  "$spillway" synth --areas 600 --authorities 60 --strength sharp --instrument-strength $strength --output pack_$strength >/dev/null
done
sed 's/^pack = .*/pack = "pack_0.1"/; /^synthetic_areas/d; /^extrapolate/d' "$config" >small.toml
wealth=scenario.wealth_fund
small=(--replicates 259 --draws 199 --set $wealth.parameters.amount=3e6 --set scenario.ring_fence_10.parameters.amount=26e6)
run() { "$spillway" run small.toml "${small[@]}" "$@" 2>/dev/null; }

run --output weak.h5 --json weak.json >weak.txt
grep -A6 "^wealth_fund: " weak.txt | grep -Eq "^  against it: .*weak instruments \(effective F [0-9.]+, and [0-9]+ is needed\): by a set that holds however weak they are \(94 %, CLR\): .*(no bound|empty)" ||
  fail "the first words do not say the set: $(cat weak.txt)"
[ "$(grep -c "however weak they are" weak.txt)" = 1 ] || fail "another policy has a set"
"$spillway" table weak.h5 sets >table.txt
grep -Eq "^wealth_fund +cumulative_uplift +nation .*no bound" table.txt || fail "$(cat table.txt)"
grep -q "ring_fence_10: no set: no estimate with instruments drives it" table.txt || fail "$(cat table.txt)"
"$spillway" table weak.h5 sets --format json --output sets.json
"$spillway" appraise weak.h5 --json appraise.json >appraise.txt
grep -q "^The instruments of social_infrastructure/structural are weak (effective F " appraise.txt || fail "$(cat appraise.txt)"
! "$spillway" appraise weak.h5 --rulebook green-book-2022 | grep -q "^The instruments of" || fail "sets of the run's rulebook under another"
"$spillway" report weak.h5 --output page.html >/dev/null
"$spillway" run small.toml "${small[@]}" --data pack_8 --output strong.h5 --quiet
"$spillway" table strong.h5 sets --format json --output strong.json
! "$spillway" appraise strong.h5 | grep -q "^The instruments of" || fail "strong instruments are called weak"

python3 - <<'CHECK' || fail "the sets in JSON are not what they should be"
import json
def of(file, name):
    return next(one for one in json.load(open(file))["sets"] if one["scenario"] == name)
weak, strong = of("sets.json", "wealth_fund"), of("strong.json", "wealth_fund")
assert weak["weak"] and not strong["weak"] and abs(weak["level"] - 0.94) < 1e-12, (weak, strong["effective_f"])
assert weak["estimate"] == "social_infrastructure/structural"
shapes = {row["clr"]["is"] for row in weak["outcomes"] if row["not_given"] is None and row["outcome"] == "cumulative_uplift"}
assert shapes & {"no_upper_bound", "no_lower_bound", "unbounded", "disjoint"}, shapes
for row in weak["outcomes"]:  # an end without bound is null, and the shape says so
    for name in ("clr", "anderson_rubin"):
        if row[name] is None: continue
        ends = [end for part in row[name]["intervals"] for end in part]
        assert (row[name]["is"] in ("bounded", "empty")) <= (None not in ends), row
# Both sets of the coefficient go through one band: the ends of the outcome over those of b are its two ends.
b = {name: strong["coefficient_sets"][name]["intervals"] for name in ("clr", "anderson_rubin")}
assert all(len(parts) == 1 and parts[0][0] > 0 for parts in b.values()), b
for row in strong["outcomes"]:
    if row["outcome"] != "cumulative_uplift" or row["group"] != "doubly_disadvantaged": continue
    band = [[o / c for o, c in zip(row[name]["intervals"][0], b[name][0])] for name in b]
    assert all(abs(x - y) < 1e-9 * abs(x) for x, y in zip(*band)) and 0 < band[0][0] < band[0][1], band
    assert row["clr"]["intervals"][0][0] < row["draws"]["high"] and row["clr"]["is"] == "bounded", row
ratio = {row["outcome"]: row for row in strong["outcomes"]}
local = ratio["bcr_local"]["clr"]["intervals"][0]
assert local[0] < ratio["bcr_local"]["draws"]["high"] and local[0] < local[1], ratio["bcr_local"]
assert ratio["bcr_national"]["clr"]["intervals"] == ratio["bcr_national"]["anderson_rubin"]["intervals"] == [[0, 0]], ratio["bcr_national"]
run = json.load(open("weak.json"))["scenarios"]
assert next(one["sets"] for one in run if one["name"] == "wealth_fund") == weak
assert next(one["sets"] for one in json.load(open("appraise.json"))["appraisals"] if one["scenario"] == "wealth_fund") == weak
for name in ("ring_fence_10", "bus_franchising"):
    assert of("sets.json", name)["not_given"], name
CHECK

# No set, and why: another run's estimate (this file has one of the same name), two coefficients, none with instruments, no replicates kept.
run --set $wealth.estimates.infrastructure='{ run = "weak.h5", estimate = "social_infrastructure/2sls" }' --output other.h5 --quiet
"$spillway" table other.h5 sets | grep -q "wealth_fund: no set: social_infrastructure/2sls is an estimate of another run" ||
  fail "$("$spillway" table other.h5 sets)"
run --set $wealth.spread='"estimated"' --output slx.h5 --quiet
"$spillway" table slx.h5 sets | grep -q "wealth_fund: no set: two coefficients drive it" || fail "$("$spillway" table slx.h5 sets)"
run --set $wealth.estimates.infrastructure='"social_infrastructure/ols"' --output ols.h5 --quiet
"$spillway" table ols.h5 sets | grep -q "wealth_fund: no set: social_infrastructure/structural_ols has no Anderson-Rubin set" ||
  fail "$("$spillway" table ols.h5 sets)"
run --set 'store.keep="summary"' --output slim.h5 >slim.txt
"$spillway" table slim.h5 sets | grep -q "wealth_fund: no set: the result keeps no draws of social_infrastructure/structural" ||
  fail "$("$spillway" table slim.h5 sets)"
! grep -q "however weak" slim.txt || fail "a set without draws"
