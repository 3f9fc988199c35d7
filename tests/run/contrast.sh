#!/usr/bin/env bash
# spillway contrast with every area: equal for any threads, antisymmetric, and in step with the groups of the file.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" run "$source/configs/smoke.toml" --quiet --output run.h5 >/dev/null
for threads in 1 2; do
  "$spillway" contrast run.h5 ring_fence_10 wealth_fund --areas --threads $threads --quiet --json ab$threads.json --output ab$threads.h5 >ab$threads.txt
done
cmp ab1.json ab2.json || fail "the contrast differs between 1 and 2 threads"
h5diff ab1.h5 ab2.h5 /contrast || fail "the file differs between 1 and 2 threads"
"$spillway" inspect ab1.h5 --verify | grep -q whole || fail "the result is not whole"
"$spillway" contrast run.h5 wealth_fund ring_fence_10 --areas --quiet --json ba.json >/dev/null
"$spillway" contrast run.h5 ring_fence_10 bus_franchising --areas --area-draws 20 --quiet --json bus.json >bus.txt
# A policy and its twin: nobody's win. Against itself it is refused.
awk '/^\[\[scenario\]\]/ { block = ""; on = 1 } /^\[outcomes\]/ { on = 0; printf "%s", twin } on { block = block $0 "\n" } /^name = "wealth_fund"/ { take = 1 } { print }
  on && take && /^infrastructure/ { twin = block; sub("wealth_fund", "twin", twin); twin = twin "\n"; take = 0 }' "$source/configs/smoke.toml" >twins.toml
"$spillway" run twins.toml --quiet --output twins.h5 >/dev/null
"$spillway" contrast twins.h5 wealth_fund twin --areas --quiet --json same.json >/dev/null
expect 2 "'twin' against itself is zero in every draw; name two scenarios of 'twins.h5' (it has: ring_fence_10, wealth_fund, bus_franchising, twin)" "$spillway" contrast twins.h5 twin twin
grep -q "both propagated, draw by draw" bus.txt || fail "a change of rho is not propagated on both sides"
grep -q "is better in every type of area at once" ab1.txt || fail "no dominance"
python3 - <<'CHECK' || fail "the contrast is not what it should be"
import json
ab, ba, bus, same = (json.load(open(f)) for f in ("ab1.json", "ba.json", "bus.json", "same.json"))
assert {one["grouping"] for one in ab["aggregates"]} >= {"nation", "area_type", "lad"}
for one, other in zip(ab["aggregates"], ba["aggregates"]):
    assert abs(one["p5"] + other["p95"]) <= 1e-9 + 1e-6 * abs(one["p5"]), (one, other)
    assert one["first_better"] == other["second_better"]
for outcome, area in ab["areas"].items():
    turned = ba["areas"][outcome]
    assert len(area["mean"]) == len(ab["area_code"])
    for level in range(len(area["levels"])):
        for k, (a, b) in enumerate(zip(area["quantile"][level], turned["quantile"][-1 - level])):
            size = max(abs(row[k]) for row in area["quantile"])
            assert abs(a + b) <= 1e-9 + 1e-4 * size
    # A difference that is rounding may fall on either side of zero: one draw, in one area of a thousand.
    turns = [abs(a - b) for a, b in zip(area["first_better"], turned["second_better"])]
    assert max(turns) <= 1.01 / area["draws"] and sum(t > 1e-6 for t in turns) <= len(turns) / 1000, max(turns)
assert max(map(abs, same["areas"]["cumulative_uplift"]["mean"])) == 0.0
assert max(same["areas"]["cumulative_uplift"]["first_better"]) == 0.0
assert bus["areas"]["uplift"]["draws"] == 20
CHECK
grep -q "^the nation's uplift under ring_fence_10.* is not told by this model " ab1.txt || fail "a transfer's nation is told"
# Percent where the page has percent; the numbers of --json are as stored.
python3 - <<'CHECK' || fail "the contrast's words are not its numbers in percent"
import json
group = next(g for g in json.load(open("ab1.json"))["aggregates"] if g["outcome"] == "cumulative_uplift" and g["grouping"] == "area_type")
line = next(l for l in open("ab1.txt") if l.startswith(f"cumulative_uplift {group['group']} "))
figures = line.split(group["group"])[1].split()
assert abs(float(figures[1]) - 100 * group["p50"]) <= 2e-3 * abs(100 * group["p50"]), (line, group)
assert line.rstrip().endswith("%, summed over the horizon"), line
CHECK
# After looking: picked by the means of draws, the same whichever policy is named first, corrected towards the other.
grep -q "after looking: where either leads the other most" ab1.txt || fail "nothing is said of what was picked"
for name in ring_fence_10 wealth_fund; do
  h5dump -d /scenarios/$name/aggregate/cumulative_uplift/lad/value -b LE -o $name.lad run.h5 >/dev/null
  h5dump -d /scenarios/$name/aggregate/cumulative_uplift/nation/value -b LE -o $name.nation run.h5 >/dev/null
done
# Where less is better a lead lies below zero, and it is the one above that leads nowhere.
"$spillway" run "$source/configs/smoke.toml" --quiet --replicates 99 --draws 60 --set model.spillover.better=lower --set model.social_infrastructure.better=lower \
  --output lower.h5 >/dev/null
"$spillway" contrast lower.h5 ring_fence_10 wealth_fund --quiet >lower.txt
grep -q "less is better here, and a lead above zero: it leads nowhere" lower.txt || fail "$(grep "leads nowhere" lower.txt)"
grep -q "at 90 %; a lead below zero: it leads nowhere" ab1.txt || fail "$(grep "leads nowhere" ab1.txt)"
python3 - <<'CHECK' || fail "what was picked after looking is not corrected"
import array, json
ab, ba = (json.load(open(f))["after_looking"] for f in ("ab1.json", "ba.json"))
close = lambda a, b: abs(a - b) <= 1e-9 + 1e-6 * abs(b)
read = lambda name: array.array("f", open(name, "rb").read())
mean = lambda values: sum(values) / len(values)
two = next(x for x in ab["better_of_two"] if x["outcome"] == "cumulative_uplift")
means = {n: mean(read(n + ".nation")) for n in ("ring_fence_10", "wealth_fund")}
best = max(means, key=means.get)
assert two["lead"]["name"] == two["worth"]["name"] == best, (two, means)
assert close(two["lead"]["estimate"], max(means.values()) - min(means.values())) and close(two["worth"]["estimate"], means[best])
places = next(x for x in ab["places"] if x["outcome"] == "cumulative_uplift" and x["grouping"] == "lad")
n = len(places["names"])
a, b = read("ring_fence_10.lad"), read("wealth_fund.lad")
lead = [mean([x - y for x, y in zip(a[g::n], b[g::n])]) for g in range(n)]
most, least = max(range(n), key=lead.__getitem__), min(range(n), key=lead.__getitem__)
first, second = places["leads_most"]
assert (first["lead"]["name"], second["lead"]["name"]) == (places["names"][most], places["names"][least])
assert close(first["lead"]["estimate"], lead[most]) and close(second["lead"]["estimate"], -lead[least])
for one in [two["lead"], two["worth"], first["lead"], second["lead"]]:
    assert one["hybrid"][0] <= one["hybrid_median"] <= one["hybrid"][1], one
    assert one["projection"][0] <= one["estimate"] <= one["projection"][1], one
assert two["lead"]["hybrid_median"] < two["lead"]["estimate"] * (1 + 1e-9), two  # picked for being above zero
for x, y in zip(ab["better_of_two"], ba["better_of_two"]):
    assert x["lead"]["name"] == y["lead"]["name"] and close(x["lead"]["estimate"], y["lead"]["estimate"]), (x, y)
for x, y in zip(ab["places"], ba["places"]):
    assert x["bands"]["gains"] == y["bands"]["loses"]
    assert close(x["leads_most"][0]["lead"]["hybrid"][1], y["leads_most"][1]["lead"]["hybrid"][1])
assert json.load(open("same.json"))["after_looking"]["better_of_two"] == []
CHECK
h5ls ab1.h5/contrast/ring_fence_10/wealth_fund/after_looking | grep -q hybrid_median || fail "the file does not keep it"
# Per pound: twice the fund moves twice as much and no more a pound; a policy that costs nothing has none, and says so.
cat "$source/configs/smoke.toml" - >double.toml <<'CONFIG'
[[scenario]]
name = "double_fund"
lever = "community_wealth_fund"
parameters = { factor = 2.0 }
CONFIG
"$spillway" run double.toml --quiet --replicates 99 --output double.h5 >/dev/null
"$spillway" contrast double.h5 double_fund wealth_fund --quiet --json pound.json >/dev/null
"$spillway" contrast double.h5 wealth_fund bus_franchising --quiet --json two.json >/dev/null
"$spillway" contrast double.h5 ring_fence_10 wealth_fund --quiet >free.txt
grep -q "per pound: 0 of 99 draws have a public cost above 0 under both" free.txt || fail "no reason why there is no contrast per pound"
for name in wealth_fund bus_franchising; do
  h5dump -d /scenarios/$name/aggregate/cumulative_uplift/nation/value -b LE -o $name.uplift double.h5 >/dev/null
  h5dump -d /appraisal/$name/present_value_costs -b LE -o $name.cost double.h5 >/dev/null
done
python3 - <<'CHECK' || fail "the contrast per pound is not the draws'"
import array, json, statistics
def of(name, outcome, group="nation"):
    return next(x for x in json.load(open(name))["aggregates"] if x["outcome"] == outcome and x["group"] in (group, "national"))
size, pound = of("pound.json", "cumulative_uplift", "doubly_disadvantaged"), of("pound.json", "cumulative_uplift_per_100m", "doubly_disadvantaged")
assert size["p50"] > 0 and abs(pound["p50"]) < 1e-4 * abs(size["p50"]), (size, pound)
read = lambda name, kind: array.array(kind, open(name, "rb").read())
def per(name):
    return [1e8 * u / c for u, c in zip(read(name + ".uplift", "f"), read(name + ".cost", "d"))]
by_hand = statistics.median(a - b for a, b in zip(per("wealth_fund"), per("bus_franchising")))
found = of("two.json", "cumulative_uplift_per_100m")["p50"]
assert abs(found / by_hand - 1) < 1e-6, (found, by_hand)
CHECK
expect 2 "did you mean 'wealth_fund'?" "$spillway" contrast run.h5 ring_fence_10 wealth_fnd
