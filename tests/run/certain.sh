#!/usr/bin/env bash
# spillway certain: equal for any threads, in step with the file's own draws and with the areas' summaries.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" run "$source/configs/smoke.toml" --quiet --output run.h5 >/dev/null
for threads in 1 2; do
  "$spillway" certain run.h5 --areas --threads $threads --quiet --log taken.log --json sure$threads.json --output sure$threads.h5 >sure$threads.txt
done
cmp sure1.json sure2.json || fail "it differs between 1 and 2 threads"
h5diff sure1.h5 sure2.h5 /certain || fail "the file differs between 1 and 2 threads"
# Estimates and draws are the file's; of a file of another processor they are made again, to the same bits.
grep -q '"stage":"model' taken.log && fail "estimates that the file holds are made again"
export SPILLWAY_INSTRUCTION_SET=x86-64-v2
"$spillway" run "$source/configs/smoke.toml" --quiet --output old.h5 >/dev/null
for file in run old; do
  "$spillway" certain $file.h5 --areas --quiet --json of_$file.json >/dev/null
done
unset SPILLWAY_INSTRUCTION_SET
python3 - <<'CHECK' || fail "areas differ by whether estimates are taken or made again"
import json
made, taken = ([one["areas"] for one in json.load(open(f"of_{file}.json"))["scenarios"]] for file in ("run", "old"))
assert made == taken and len(taken) >= 3
CHECK
"$spillway" inspect sure1.h5 --verify >verify.txt || fail "the result is not whole"
"$spillway" certain run.h5 --level 0.5 --scenario ring_fence_10 --grouping area_type --quiet --json half.json >half.txt
grep -q "all areas" sure1.txt && grep -q "Picked because it came first" sure1.txt || fail "nothing is said of the winner"
python3 - <<'CHECK' || fail "it is not what it should be"
import json, math
sure, half = json.load(open("sure1.json")), json.load(open("half.json"))
assert {one["figure"] for one in sure["policies"]} >= {"cumulative_uplift"}, sure["policies"]
assert len(sure["scenarios"]) >= 3 and len(half["scenarios"]) == 1 and half["level"] == 0.5
for one in sure["scenarios"] + half["scenarios"]:
    leagues = [(one["league"]["bands"], one["league"]["ranks_all_at_once"], one["league"]["winner"])]
    if "areas" in one:
        leagues.append((one["areas"]["bands"], one["areas"]["ranks"], one["areas"]["winner"]))
        assert len(one["areas"]["area_code"]) == len(one["areas"]["bands"]["mean"])
    for bands, ranks, winner in leagues:
        sign = 1 if one["better"] == "higher" else -1
        rows = range(len(bands["mean"]))
        order = sorted(rows, key=lambda i: -sign * bands["mean"][i])
        assert sign * winner["estimate"] == max(sign * m for m in bands["mean"])
        for place, i in enumerate(order):  # a rank set holds the rank of the means
            ties = [k for k in rows if abs(bands["mean"][k] - bands["mean"][i]) <= 1e-6 * abs(bands["mean"][i])]
            assert ranks["low"][i] <= place + len(ties) and ranks["high"][i] >= place + 2 - len(ties), (i, place)
            assert bands["low"][i] <= bands["mean"][i] <= bands["high"][i]
            assert not (bands["gains"][i] and bands["loses"][i])
            if bands["gains"][i]:
                assert min(sign * bands["low"][i], sign * bands["high"][i]) > 0
        assert bands["tail"] > 0, "quantiles"
        # the projection is the winner's band in standard errors
        reach = bands["critical"] * winner["standard_error"]
        for end, sign_of in zip(winner["projection"], (-1, 1)):
            assert abs(end - winner["estimate"] - sign_of * reach) <= 1e-6 * (abs(winner["estimate"]) + reach)
        assert winner["hybrid"][0] <= winner["hybrid_median"] <= winner["hybrid"][1]
# Bands of fewer rows at a lower level are narrower.
narrow, wide = (one["scenarios"][0]["league"]["bands"] for one in (half, sure))
assert narrow["critical"] < wide["critical"] and narrow["tail"] > wide["tail"], (narrow, wide)
CHECK
# What the model does not tell of the nation is told of in no order of policies.
grep -q "^the nation's uplift under .*ring_fence_10.* is not told by this model " sure1.txt || fail "a transfer's nation is told"
# What knowledge is worth: nothing by rule where no national benefit counts; else no part more than the whole.
grep -q "zero by rule in every draw" sure1.txt || fail "the rule is not named"
"$spillway" run "$source/configs/smoke.toml" --quiet --set \
  'appraisal.benefits.gva_additional_share={distribution="uniform",low=0.02,high=0.9,source="test"}' --set \
  scenario.ring_fence_10.parameters.budget_neutral=false --output add.h5 >/dev/null  # neutral, it is best in every draw
"$spillway" certain add.h5 --scenario ring_fence_10 --quiet --json add.json --output addsure.h5 >/dev/null
"$spillway" inspect addsure.h5 --verify >verify.txt || fail "the result is not whole"
python3 - <<'CHECK' || fail "the worth of knowledge is not what it should be"
import json
rule, add = (json.load(open(f))["knowledge"] for f in ("sure1.json", "add.json"))
assert rule["zero_by_rule"] and rule["everything"]["worth"] == 0 and not rule["rows"], rule
assert not add["zero_by_rule"] and add["everything"]["worth"] > 0
names = {row["name"]: row for row in add["rows"]}
assert {"all parameters", "all estimates", "parameters of ring_fence_10", "ring_fence_10: gva_per_pound"} <= set(names), names
assert all(0 <= row["worth"] <= add["everything"]["worth"] for row in add["rows"])
assert names["all parameters"]["explained"] > names["underspend"]["explained"]
# The estimates that drive: the structural form and not the cell that it was made from.
assert "estimates of social_infrastructure/structural" in names and "social_infrastructure/structural/grants_per_head" in names, names
assert not any("social_infrastructure/2sls" in name for name in names), names
CHECK
expect 2 "did you mean 'wealth_fund'?" "$spillway" certain run.h5 --scenario wealth_fnd
expect 2 "has no grouping 'parish' (it has: nation" "$spillway" certain run.h5 --grouping parish
expect 2 "has no outcome 'growth'" "$spillway" certain run.h5 --outcome growth
expect 2 "--level is 1.5" "$spillway" certain run.h5 --level 1.5
