#!/usr/bin/env bash
# spillway sensitivity end to end on a small England: shares, refusals, the design kept with its hash, the same bits for
# any threads.
source "$(dirname "$0")/../support/set_up.sh"

for threads in 1 2; do
  "$spillway" sensitivity "$config" --scenario ring_fence_10 --rows 64 --threads $threads --quiet \
    --output shapley$threads.h5 --json shapley$threads.json >shapley$threads.txt
done
cmp shapley1.json shapley2.json || fail "shares differ between 1 and 2 threads"
h5diff shapley1.h5 shapley2.h5 /sensitivity || fail "the file differs between 1 and 2 threads"
"$spillway" inspect shapley1.h5 --verify >inspect.txt
grep -q whole inspect.txt || fail "the result is not whole"
h5ls shapley1.h5/sensitivity/ring_fence_10/shapley/design/value >design.txt || fail "the design is not kept"
grep -q "sampling error of the estimates" shapley1.txt || fail "no error budget"
grep -Eq "Monte Carlo error of the median of [0-9]+ draws would add [0-9.]+ %" shapley1.txt || fail "no Monte Carlo part in the error budget"
# The hash is that of the design in the file.
h5dump -d /sensitivity/ring_fence_10/shapley/design/value -b LE -o design.bin shapley1.h5 >/dev/null
grep -q "$(sha256sum design.bin | cut -d' ' -f1)" shapley1.txt || fail "the hash is not that of the stored design"

# What a run draws and this holds is said, where it matters.
held="counterfactual growth is held at its shrunk mean"
! grep -q "$held" shapley1.txt || fail "a policy of shocks alone is said to act on growth"
"$spillway" sensitivity "$config" --scenario bus_franchising --method one_at_a_time --quiet >bus.txt
grep -q "note: $held" bus.txt || fail "growth that a run draws is held without a word"

# Shares of the Shapley effects sum to 1 for every output.
python3 - <<'CHECK' || fail "Shapley shares do not sum to 1"
import json
analysis = json.load(open("shapley1.json"))["sensitivity"][0]
assert len(analysis["outputs"]) >= 2 and len(analysis["inputs"]) >= 5
for output in analysis["outputs"]:
    assert abs(sum(output["shapley"]) - 1) < 1e-9, output
CHECK

# What a tornado says at one end is what a run with that value says: share at its upper bound by hand.
"$spillway" sensitivity "$config" --scenario ring_fence_10 --method tornado --quiet --json tornado.json >/dev/null
"$spillway" sensitivity "$config" --scenario ring_fence_10 --method tornado --quiet --json fixed.json \
  --set scenario.ring_fence_10.parameters.share="$(python3 -c '
import json
analysis = json.load(open("tornado.json"))["sensitivity"][0]
print(repr(analysis["outputs"][0]["to"][[i["name"] for i in analysis["inputs"]].index("share")]))')" >/dev/null
python3 - <<'CHECK' || fail "a tornado's end is not the run with that value"
import json
tornado, fixed = (json.load(open(f))["sensitivity"][0] for f in ("tornado.json", "fixed.json"))
k = [i["name"] for i in tornado["inputs"]].index("share")
assert "share" not in [i["name"] for i in fixed["inputs"]]
for a, b in zip(tornado["outputs"], fixed["outputs"]):
    assert abs(a["at_high"][k] / b["at_median"][0] - 1) < 1e-6, (a, b)
CHECK

# Dependent inputs are refused for Sobol' and Morris, by name; unknown scenarios likewise.
for method in sobol morris; do
  expect 2 "are dependent" "$spillway" sensitivity "$config" --scenario ring_fence_10 --method $method --inputs all --quiet
done
expect 2 "did you mean 'ring_fence_10'" "$spillway" sensitivity "$config" --scenario ring_fence --quiet
# Swapped scenarios swap their chances.
"$spillway" run "$config" --quiet --output run.h5 >/dev/null
for pair in "ring_fence_10 wealth_fund" "wealth_fund ring_fence_10"; do
  "$spillway" contrast run.h5 $pair | awk '/^cumulative_uplift other /{print $6, $7}' >>chances.txt
done
awk 'NR == 1 {a = $1; b = $2} NR == 2 {exit !(a == $2 && b == $1 && a + b > 0)}' chances.txt || fail "swapped scenarios do not swap their chances"
echo "sensitivity: all as expected"
