#!/usr/bin/env bash
# A package prints its interaction against the sum of its parts, keeps it with the appraisal, and says where there is none.
source "$(dirname "$0")/../support/set_up.sh"

cat "$source/configs/smoke.toml" - >package.toml <<'CONFIG'

[[scenario]]
name = "together"
lever = "package"
[scenario.parameters]
levers = ["community_wealth_fund", "bus_franchising"]

[[scenario]]
name = "money"
lever = "package"
[scenario.parameters]
levers = ["ukspf_ring_fence", "community_wealth_fund"]
CONFIG
for threads in 1 2; do
  "$spillway" run package.toml --threads $threads --quiet --all --replicates 99 --output run$threads.h5 >run$threads.txt
  grep -A4 "interaction of" run$threads.txt >lines$threads.txt || fail "no interaction is printed"
done
cmp lines1.txt lines2.txt || fail "the interaction differs between 1 and 2 threads"
grep -q "interaction of community_wealth_fund, bus_franchising, the package less the sum of its parts on the same draws" lines1.txt || fail "$(cat lines1.txt)"
grep -Eq "^  doubly_disadvantaged: package [0-9.e+-]+ \[.*sum of parts .*interaction [0-9.e+-]+ \[" lines1.txt || fail "$(cat lines1.txt)"
grep -q "interaction of ukspf_ring_fence, community_wealth_fund: zero; no lever of the package changes rho or W" lines1.txt || fail "a package of shocks has an interaction"
h5dump -a /appraisal/together/interaction run1.h5 | grep -q "sum of parts" || fail "the interaction is not kept"

# One budget: both levers' own cost is scaled to it, and what a pound of the package and of each lever brings is the draws'.
cat "$source/configs/smoke.toml" - >budget.toml <<'CONFIG'

[[scenario]]
name = "joint"
lever = "package"
extrapolate = "a small world with a whole country's money"
[scenario.parameters]
levers = ["ukspf_ring_fence", "community_wealth_fund"]
budget = 300e6
ukspf_ring_fence_budget_neutral = false
ukspf_ring_fence_channel = "stock"
ukspf_ring_fence_floor_share = 0.2
community_wealth_fund_cap = 150e6
CONFIG
"$spillway" run budget.toml --quiet --all --replicates 99 --output budget.h5 >budget.txt
grep -q "Budget of GBP 300m of public cost, whole programme, undiscounted, the same in every draw" budget.txt || fail "$(grep -i budget budget.txt)"
grep -q "what a pound of public cost in present value brings, the package and each lever alone" budget.txt || fail "no worth of a pound"
h5dump -d /scenarios/joint/cost -b LE -o cost.bin budget.h5 >/dev/null
h5dump -d /scenarios/joint/later_cost -b LE -o later.bin budget.h5 >/dev/null
h5dump -d /scenarios/joint/aggregate/uplift/area_type/value -b LE -o uplift.bin budget.h5 >/dev/null
h5dump -d /scenarios/joint/aggregate/cumulative_uplift/area_type/value -b LE -o cumulative.bin budget.h5 >/dev/null
h5dump -d /scenarios/wealth_fund/aggregate/cumulative_uplift/area_type/value -b LE -o fund.bin budget.h5 >/dev/null
for name in joint wealth_fund; do
  for what in present_value_costs npsv; do h5dump -d /appraisal/$name/$what -b LE -o $name.$what budget.h5 >/dev/null; done
done
for what in target_uplift_per_100m_p50 npsv_per_pound_p5 cost_p50; do h5dump -m %.17g -d /appraisal/joint/worth/$what budget.h5 >$what.txt; done
"$spillway" contrast budget.h5 joint wealth_fund --quiet --json budget.json >/dev/null
"$spillway" table budget.h5 appraisal --format json >worth.json
"$spillway" table budget.h5 appraisal >worth.txt
grep -Eq "^joint +community_wealth_fund +npsv_per_pound +.* GBP per GBP of public cost$" worth.txt || fail "$(cat worth.txt)"
h5dump -d /appraisal/wealth_fund/worth/cost_per_head_p50 budget.h5 | grep -q "GBP, 2024 prices, per resident of doubly_disadvantaged areas" || fail "no unit of a head"
"$spillway" frontier budget.toml --scenario joint --replicates 99 --points 3 --quiet --json frontier.json >frontier.txt
python3 - <<'CHECK' || fail "a package's pounds are not the draws'"
import array, json, re
def pound(name):  # a dataset as h5dump prints it, "(k):" before each line
    text = open(name + ".txt").read().split("DATA {")[1].split("}")[0]
    return [float(x) for x in re.sub(r"\(\d+\):", "", text).replace(",", " ").split()]
read = lambda name, kind="d": array.array(kind, open(name, "rb").read())
def quantile(values, p):
    values = sorted(values)
    at = p * (len(values) - 1)
    low = int(at)
    return values[low] + (at - low) * (values[min(low + 1, len(values) - 1)] - values[low])
near = lambda a, b, what: abs(a - b) <= 1e-9 * abs(b) or (_ for _ in ()).throw(AssertionError((what, a, b)))
cost, later = read("cost.bin"), read("later.bin")
draws = 99
for d in range(draws):
    n, m = len(cost) // draws, len(later) // draws
    near(sum(cost[d * n:(d + 1) * n]) + sum(later[d * m:(d + 1) * m]), 300e6, "the budget is spent in every draw")
pv, npsv = read("joint.present_value_costs"), read("joint.npsv")
uplift = read("uplift.bin", "f")
rows = json.load(open("budget.json"))["aggregates"]
groups = [r["group"] for r in rows if r["outcome"] == "uplift" and r["grouping"] == "area_type"]
at, periods = groups.index("doubly_disadvantaged"), len(uplift) // draws // len(groups)
target = [sum(uplift[(d * periods + h) * len(groups) + at] for h in range(periods)) for d in range(draws)]
per = [1e8 * u / c for u, c in zip(target, pv)]
near(pound("target_uplift_per_100m_p50")[0], quantile(per, .5), "uplift per GBP 100m")
near(pound("npsv_per_pound_p5")[0], quantile([a / b for a, b in zip(npsv, pv)], .05), "NPSV per GBP")
near(pound("cost_p50")[0], quantile(pv, .5), "cost")
parts = pound("cost_p50")
shown = {(r["policy"], r["whose money"], r["figure"]): r for r in json.load(open("worth.json"))[1]["rows"]}
for figure, factor, stored in (("target_uplift_per_100m", 100, per), ("cost", 1e-6, pv)):  # log points are shown in percent
    assert abs(float(shown["joint", "policy", figure]["median"]) / factor / quantile(stored, .5) - 1) < 1e-5, (figure, shown)
assert shown["joint", "policy", "target_uplift_per_100m"]["unit"].startswith("% summed over the horizon, per GBP 100m"), shown
assert ("bus_franchising", "policy", "target_gva_per_head") in shown, sorted(shown)
assert len(parts) == 3 and all(0 < one < 300e6 for one in parts[1:]) and parts[2] < 150e6, list(parts)
# Contrast with the fund alone, by hand from both policies' draws.
cumulative, fund = read("cumulative.bin", "f"), read("fund.bin", "f")
fund_cost, fund_npsv = read("wealth_fund.present_value_costs"), read("wealth_fund.npsv")
rows = {(r["outcome"], r["group"]): r for r in rows}
difference = [1e8 * (cumulative[3 * d + at] / pv[d] - fund[3 * d + at] / fund_cost[d]) for d in range(draws)]
near(rows["cumulative_uplift_per_100m", "doubly_disadvantaged"]["p50"], quantile(difference, .5), "contrast")
near(rows["npsv_per_pound", "national"]["p50"], quantile([a / b - c / e for a, b, c, e in zip(npsv, pv, fund_npsv, fund_cost)], .5), "npsv")
# The frontier over the budget: at 300m it is the run, a pound at a time too.
one = json.load(open("frontier.json"))["frontier"][0]["frontier"]
assert one["budget"]["values"] == [150e6, 375e6, 600e6], one["budget"]
assert all(value is not None for value in one["gap_closed_per_100m_p50"]["values"])
CHECK
grep -q "gap closed per GBP 100m" frontier.txt || fail "the frontier says nothing per pound"
expect 2 "is GBP 100m short of its floors, GBP 400m together (ukspf_ring_fence at least GBP 400m)" "$spillway" check budget.toml --set scenario.joint.parameters.ukspf_ring_fence_floor_share=0 --set scenario.joint.parameters.ukspf_ring_fence_floor=400e6
expect 2 "scenario.joint.parameters.budget=100e6" "$spillway" check budget.toml --set scenario.joint.parameters.budget=100e6 --set scenario.joint.parameters.ukspf_ring_fence_floor_share=0 --set scenario.joint.parameters.community_wealth_fund_cap=50e6 --set scenario.joint.parameters.ukspf_ring_fence_cap=10e6

# A package whose levers are for different areas: a pound of either is told for the areas that the package acts on, so the
# package, which is both, lies between them.
"$spillway" run budget.toml --quiet --replicates 99 --output two.h5 --set 'scenario.joint.parameters.ukspf_ring_fence_target="other_deprived"' >/dev/null
"$spillway" table two.h5 appraisal --format json >two.json
python3 - <<'CHECK' || fail "a pound of a package for other areas is not between its levers'"
import json
rows = json.load(open("two.json"))[1]["rows"]
of = {r["whose money"]: float(r["median"]) for r in rows if r["policy"] == "joint" and r["figure"] == "target_uplift_per_100m"}
parts = [of["ukspf_ring_fence"], of["community_wealth_fund"]]
assert min(parts) < of["policy"] < max(parts) and min(parts) > max(parts) / 20, of
CHECK
