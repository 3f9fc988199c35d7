#!/usr/bin/env bash
# Several outcomes of one policy in one run: the same replicates, draws and parameters, each under its own estimates; the
# file, tables and first words show them together.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" synth --areas 2000 --output pack >/dev/null 2>&1
first=$(grep -m1 ',doubly_disadvantaged,' pack/areas.csv | cut -d, -f1)
# The policy of several outcomes stands first, so that the first words have room for it.
cat >own.toml <<CONFIG

[[model]]
name = "employment"
kind = "iv"
outcome = "employment_change_decade"
window_years = 10
endogenous = ["grants_per_head"]
instruments = ["drug_crime_rate", "turnout"]
controls = ["log_population", "industry_mix"]
estimators = ["ols", "2sls"]
headline = "2sls"
covariance = { kind = "two_way", by = ["lad_code", "constituency_code"] }

[[scenario]]
name = "fund"
lever = "community_wealth_fund"
spread = "none"
extrapolate = "a small world with a whole country's money"
[scenario.estimates]
spillover = "spillover/corrected_score"
infrastructure = "social_infrastructure/2sls"
[[scenario.outcome]]
name = "employment"
estimates = { infrastructure = "employment/2sls" }
[[scenario.outcome]]
name = "growth_that_spreads"
spread = "propagated"
estimates = { spillover = "spillover/corrected_score", infrastructure = "social_infrastructure/2sls" }
[[scenario.outcome]]
name = "work"
estimates = { infrastructure = "employment/ols" }

CONFIG
awk '/^\[\[scenario\]\]/ && !put { while ((getline line < "own.toml") > 0) print line; put = 1 } { print }' "$source/configs/smoke.toml" >two.toml
keep="--set outcomes.keep_draws_of=[\"$first\"]"
"$spillway" check two.toml --data pack >/dev/null || fail "check refuses what a run accepts"
"$spillway" run two.toml --data pack --replicates 99 $keep --set 'outcomes.area=["uplift","cumulative_uplift","gva_per_head_uplift"]' --output two.h5 --quiet --all >all.txt
"$spillway" run two.toml --data pack --replicates 99 --output words.h5 2>/dev/null >words.txt
[ "$(wc -l <words.txt)" -le 36 ] || fail "the end of a run is longer than a screen: $(cat words.txt)"
grep -Eq "^  Employment, doubly disadvantaged areas: .*percentage points .*by the end of year 5; better in [0-9]+ of 100 draws" words.txt || fail "$(cat words.txt)"
! grep -q "^fund.employment:" words.txt || fail "an outcome is told as a policy: $(cat words.txt)"
# A policy for places of a list: each outcome is told of them.
printf 'area_code\n%s\n' "$first" >places.csv
"$spillway" run two.toml --data pack --replicates 60 --set 'scenario.fund.parameters.target="list:places.csv"' --set scenario.fund.parameters.amount=1e5 --output listed.h5 2>/dev/null >listed.txt
grep -Eq "^  Areas of places.csv \(1 areas?\): " listed.txt && grep -Eq "^  Employment, areas of places.csv: [+-]" listed.txt || fail "$(cat listed.txt)"
for name in fund fund.employment; do
  h5dump -d "/scenarios/$name/area/cumulative_uplift/draws" -b LE -o $name.draws two.h5 >/dev/null
  h5dump -d "/scenarios/$name/replicate" two.h5 | grep -v "^HDF5\|DATASET" >$name.replicates
  h5dump -d "/scenarios/$name/parameters/value" two.h5 | grep -v "^HDF5\|DATASET" >$name.parameters
done
cmp fund.replicates fund.employment.replicates || fail "other replicates"
cmp fund.parameters fund.employment.parameters || fail "other draws of parameters"
h5diff two.h5 two.h5 /scenarios/fund/cost /scenarios/fund.employment/cost || fail "another cost"
h5dump -d /draws/value -b LE -o values two.h5 >/dev/null
h5dump -w 0 -d /draws/parameter two.h5 >names
python3 - <<'CHECK' || fail "an outcome is not what its own estimate makes of the same money"
import array, re
read = lambda name, kind: array.array(kind, open(name, "rb").read())
names = re.findall(r'"([^"]+)"', open("names").read().split("DATA {")[1])
names = [n.split("\\000")[0] for n in names if "/" in n]
values = read("values", "d")
per = len(values) // len(names)
rows = {n: k for k, n in enumerate(names)}
def draw(name, d):  # [replicate, parameter]
    assert name in rows, sorted(rows)
    return values[d * len(names) + rows[name]]
gva, work = read("fund.draws", "f"), read("fund.employment.draws", "f")
assert len(gva) == len(work) == 99 and any(gva)
for d in range(99):
    by_hand = gva[d] * draw("employment/2sls/grants_per_head", d) / draw("social_infrastructure/2sls/grants_per_head", d)
    assert abs(work[d] - by_hand) <= 2e-5 * abs(by_hand), (d, work[d], by_hand)
CHECK
h5dump -a /scenarios/fund.employment/outcome_of two.h5 | grep -q '"fund"' || fail "the file does not say whose outcome it is"
h5ls two.h5/scenarios/fund.employment/aggregate | grep -q gva_per_head_uplift && fail "pounds of an employment rate"
h5ls two.h5/appraisal | grep -q fund.employment && fail "the same money is appraised twice"
# The same money per pound: of every outcome what its draws are over the policy's cost, draw by draw.
for path in scenarios/fund.employment/aggregate/cumulative_uplift/area_type/value appraisal/fund/present_value_costs; do
  h5dump -d "/$path" -b LE -o "$(basename "$(dirname "$path")").bin" two.h5 >/dev/null
done
"$spillway" table two.h5 outcomes --format json >table.json
"$spillway" table two.h5 appraisal --format json >pounds.json
python3 - <<'CHECK' || fail "a further outcome per pound is not its draws over the policy's cost"
import array, json
read = lambda name, kind: array.array(kind, open(name, "rb").read())
uplift, cost = read("area_type.bin", "f"), read("fund.bin", "d")
groups = 3
periods = len(uplift) // len(cost) // groups
rows = [r for r in json.load(open("table.json"))[1]["rows"] if r["policy"] == "fund"]
assert [(r["outcome"], r["areas"]) for r in rows[2:4]] == [("employment", "target areas"), ("employment", "nation")], rows
assert {r["outcome"] for r in rows[4:]} == {"growth_that_spreads", "work"} and len(rows) == 8, rows
shown = rows[2]
assert shown["unit"].startswith("percentage points summed over the horizon, per GBP 100m of public cost in "), shown
def quantile(values, p):
    values = sorted(values); at = p * (len(values) - 1); k = int(at)
    return values[k] + (at - k) * (values[min(k + 1, len(values) - 1)] - values[k])
near = []
for g in range(groups):
    each = [100 * 1e8 * uplift[(d * periods + periods - 1) * groups + g] / cost[d] for d in range(len(cost))]
    near.append(max(abs(quantile(each, p) / shown[k] - 1) for k, p in (("p5", .05), ("median", .5), ("p95", .95))))
assert min(near) < 2e-5, (near, shown)  # the target type is one of the three
whole = [r for r in json.load(open("pounds.json"))[1]["rows"] if r["policy"] == "fund" and r["figure"] == "target_uplift_per_100m"]
assert [r["outcome"] for r in whole][1:] == ["employment", "growth_that_spreads", "work"] and whole[1]["median"] == shown["median"], whole
CHECK
# Every figure has its outcome's own sign: which way counts as better moves its chance alone, and the gap that closes.
"$spillway" run two.toml --data pack --replicates 99 --set 'outcomes.area=["uplift","cumulative_uplift","gva_per_head_uplift"]' --output lower.h5 --quiet --all >lower.txt \
  --set model.employment.better=lower --set model.spillover.better=lower --set model.social_infrastructure.better=lower
for of in worth worth_of/employment worth_of/growth_that_spreads; do
  h5diff two.h5 lower.h5 "/appraisal/fund/$of" || fail "$of counts better as positive"
done
for file in two lower; do
  "$spillway" frontier $file.h5 --scenario fund --points 2 --area-draws 20 --json $file.json --quiet >/dev/null
  "$spillway" appraise $file.h5 --scenario fund --json ${file}-money.json >/dev/null
done
python3 - <<'CHECK' || fail "a sign follows what counts as better and not the outcome"
import json, re
high, low = (json.load(open(f"{name}.json")) for name in ("two", "lower"))
def find(of, key):
    if isinstance(of, dict):
        for name, value in of.items():
            yield from [value] if name == key else find(value, key)
    elif isinstance(of, list):
        for one in of: yield from find(one, key)
for figure in ("target_uplift_p50", "nation_uplift_p5", "nation_uplift_p95"):
    assert (a := list(find(high, figure))) and a == list(find(low, figure)), (figure, a, list(find(low, figure)))
at = lambda of, key: next(find(of, key))["values"][-1]
assert at(high, "gap_closed_p50") == -at(low, "gap_closed_p50") != 0
words = [json.load(open(f"{name}-money.json"))["appraisals"][0]["what_to_conclude"][0] for name in ("two", "lower")]
said = [re.search(r"gets better in (\d+) % of draws \(90 % of draws: (.*?)\)", one).groups() for one in words]
assert said[0][1] == said[1][1] and int(said[0][0]) + int(said[1][0]) == 100, words
CHECK
# Results of before format 1.4 counted better as positive: what stands in them is read with the outcome's own sign.
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  for file in two lower; do
    cp $file.h5 old-$file.h5
    /usr/bin/python3 - old-$file.h5 <<'CHECK'
import h5py, sys
with h5py.File(sys.argv[1], "r+") as file:
    file["run"].attrs.modify("format_version", "1.3")
    for policy, money in file["appraisal"].items():
        for name, table in {policy: money.get("worth"), **{f"{policy}.{o}": t for o, t in money.get("worth_of", {}).items()}}.items():
            if table is None or file["scenarios"][name].attrs["better"] not in ("lower", b"lower"): continue
            for which in ("target_uplift_per_100m", "nation_uplift_per_100m"):
                if which + "_p5" not in table: continue
                low, middle, high = (table[f"{which}_p{level}"][()] for level in (5, 50, 95))
                table[which + "_p5"][...], table[which + "_p50"][...], table[which + "_p95"][...] = -high, -middle, -low
CHECK
    for what in outcomes appraisal; do
      "$spillway" table $file.h5 $what >now.txt
      "$spillway" table --unsealed old-$file.h5 $what >then.txt && cmp now.txt then.txt || fail "$what of a result of format 1.3 ($file) reads otherwise: $(diff now.txt then.txt | head -5)"
    done
  done
  h5diff lower.h5 old-lower.h5 /appraisal/fund/worth >/dev/null && fail "no number was turned"
fi
# In a spreadsheet each unit has a table of its own, so that no column shows a share as something else.
"$spillway" export two.h5 --output two.xlsx >/dev/null
python3 - <<'CHECK' || fail "a spreadsheet's column holds several units"
import re, zipfile, xml.etree.ElementTree as ET
z, N = zipfile.ZipFile("two.xlsx"), "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
strings = ["".join(t.text or "" for t in one.iter(N + "t")) for one in ET.fromstring(z.read("xl/sharedStrings.xml")).findall(N + "si")]
names = re.findall(r'sheet name="([^"]*)"', z.read("xl/workbook.xml").decode())
units = {}
for k, name in enumerate(names):
    if not re.fullmatch(r"Cumulative uplift( \d)?", name): continue
    cells = [[strings[int(c.find(N + "v").text)] if c.get("t") == "s" else c.find(N + "v").text for c in row.findall(N + "c")]
             for row in ET.fromstring(z.read(f"xl/worksheets/sheet{k + 1}.xml")).iter(N + "row")]
    start = next(n for n, row in enumerate(cells) if row[0] == "Policy")
    unit = re.fullmatch(r"Median \((.*)\)", cells[start][4]).group(1)
    assert {row[-1] for row in cells[start + 1:]} == {unit}, (name, unit)
    units[unit] = {row[0] for row in cells[start + 1:]}
assert len(units) == 2 and {"fund.employment", "fund.work"} in units.values(), units
CHECK
"$spillway" table two.h5 outcomes >table.txt
grep -Eq "^fund +employment +doubly_disadvantaged .*percentage points" table.txt || fail "$(cat table.txt)"
grep -q "jobs: what areas have, and what policies add" table.txt || fail "no jobs: $(cat table.txt)"
"$spillway" table two.h5 outcomes --format json >table.json
python3 -c 'import json; t = json.load(open("table.json")); assert len(t) == 3 and any(r["outcome"] == "growth_that_spreads" for r in t[0]["rows"]), t' || fail "no JSON of outcomes"
"$spillway" table run.h5 outcomes >/dev/null 2>&1 && fail "a file that is not there has a table"
"$spillway" appraise two.h5 >appraise.txt
[ "$(grep -c '^Appraisal summary table' appraise.txt)" = 4 ] || fail "other tables than one a policy: $(grep '^Appraisal' appraise.txt)"
expect 2 "'fund.employment' is a further outcome of scenario 'fund', whose money it is" "$spillway" appraise two.h5 --scenario fund.employment
expect 2 "different outcomes have no contrast" "$spillway" contrast two.h5 fund fund.employment --quiet
"$spillway" certain two.h5 --quiet --output certain.h5 >/dev/null || fail "several outcomes cannot be looked at together"
h5ls certain.h5/certain/policies | grep -q "^cumulative_uplift:employment_change_decade " || fail "no league of one outcome"
"$spillway" report two.h5 --output page.html >/dev/null
# What is wrong is told with its line.
line=$(grep -n 'name = "employment"$' two.toml | tail -1 | cut -d: -f1)
wrong() { # wrong TEXT SED: a configuration changed so is refused with that text
  sed "$2" two.toml >wrong.toml
  expect 2 "$1" "$spillway" check wrong.toml --data pack
}
wrong "'scenario.fund.outcome.employment.estimates.spillover': is missing; name the estimate of how this outcome spreads" "${line}s/\$/\nspread = \"propagated\"/"
wrong "wrong.toml:$((line + 1)): column 'scenario.fund.outcome.employment.horizon': unknown key" "${line}s/\$/\nhorizon = 3/"
wrong "is the policy's; set it in [scenario.fund.parameters]" "${line}s/\$/\nparameters = { factor = 2.0 }/"
wrong "this file defines no model 'employmet'" 's/infrastructure = "employment/infrastructure = "employmet/'
wrong "is used twice; rename one" 's/growth_that_spreads/employment/'
"$spillway" check two.toml --data pack --set scenario.fund.outcome.growth_that_spreads.spread=none >/dev/null || fail "--set does not reach an outcome"
"$spillway" frontier two.toml --data pack --replicates 99 --points 2 --quiet >frontier.txt
grep -q "left out: fund.employment: a further outcome of 'fund'" frontier.txt || fail "$(grep 'left out' frontier.txt)"
# GVA, inactivity and deprivation of one policy together, each with its own driving estimates, as configs/outcomes.toml has it.
small="--set data.synthetic_areas=2000 --set scenario.wealth_fund.extrapolate=\"a_small_world\" --set scenario.ring_fence_new_money.extrapolate=\"a_small_world\" --set outcomes.horizon=3"
"$spillway" check "$source/configs/outcomes.toml" $small >/dev/null || fail "configs/outcomes.toml is refused"
"$spillway" run "$source/configs/outcomes.toml" $small --replicates 99 --quiet --output three.h5
"$spillway" table three.h5 outcomes --format json >three.json
"$spillway" table three.h5 estimates --format json >estimates.json
"$spillway" synth --areas 2000 --output world >/dev/null
python3 - <<'CHECK' || fail "three outcomes are not shown together, or not what the world made"
import json, re
rows = [r for r in json.load(open("three.json"))[0]["rows"] if r["group"] == "doubly_disadvantaged"]
assert [(r["policy"], r["outcome"]) for r in rows] == [(p, o) for p in ("wealth_fund", "ring_fence_new_money") for o in ("growth", "inactivity", "deprivation")], rows
assert [r["unit"].split(",")[0] for r in rows[:3]] == ["%", "percentage points", "IMD score (higher = more deprived)"], rows
# The estimates that drive them find the coefficients that made the panels, within 4 standard errors.
truth = dict(re.findall(r'^"([^"]+)" = (\S+)', open("world/pack.toml").read(), re.M))
seen = 0
for one in json.load(open("estimates.json"))["models"]:
    if one["estimator"] != "corrected_score" or one["name"] == "spillover":
        continue
    for c in one["coefficients"]:
        t = float(truth[f"{one['name']}/{c['name']}"])
        assert abs(c["estimate"] - t) < 4 * c["standard_error"] < 0.6, (one["name"], c, t)
        seen += 1
assert seen == 8, seen
CHECK
# Where lower is better, the share of draws on the better side is that below zero; the positive side's stands beside it.
if /usr/bin/python3 -c 'import h5py, pandas' 2>/dev/null; then
  PYTHONPATH=$source/tools/python /usr/bin/python3 - <<'CHECK' || fail "shares of an outcome of which less is better"
import h5py, numpy as np, spillway
run, name = spillway.open_run("three.h5"), "wealth_fund.inactivity"
areas = run.areas(name, "cumulative_uplift")
better, positive = areas["probability_better"], areas["probability_positive"]
assert ((better >= 0.5) == (areas["p50"] < 0))[areas["sd"] > 0].mean() > 0.99 and (better > 0.5).any()
assert (better + positive <= 1 + 1e-6).all() and (abs(better + positive - 1)[better > 0] < 1e-6).mean() > 0.9
groups = run.groups("area_type", scenario=name, outcome="cumulative_uplift")
with h5py.File("three.h5") as file:
    at = file[f"scenarios/{name}/aggregate/cumulative_uplift/area_type"]
    last = at["value"][:, -1, :]
    assert np.allclose(at["probability_better"], (last < 0).mean(axis=0)) and np.allclose(at["probability_positive"], (last > 0).mean(axis=0))
    assert np.allclose(groups["probability_better"], at["probability_better"]) and np.allclose(groups["probability_positive"], at["probability_positive"])
CHECK
fi
# The page's pounds a head of a percentage: each scenario's own GVA at the end of its horizon; none of what is no growth of GVA.
if /usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null; then
  "$spillway" report two.h5 --output two.html >/dev/null 2>&1 || fail "no page"
  /usr/bin/python3 - <<'CHECK' || fail "the page's pounds are not the scenario's"
import base64, h5py, json, numpy as np, re, zlib
data = json.loads(zlib.decompress(base64.b64decode(re.search(r'id="data">([^<]*)<', open("two.html").read()).group(1))))
scenarios = data["runs"][0]["scenarios"]
with h5py.File("two.h5") as file:
    gva, people = file["areas/gva"][:], file["areas/population"][:]
    types = file["areas/area_type"][:]
    told = 0
    for one in scenarios:
        at = file["scenarios/" + one["name"]]
        if not at.attrs["outcome_is_gva_growth"]:
            assert one["poundsAHead"] is None, one["name"]
            continue
        end = gva * at.attrs["gva_factor"] * np.exp((at.attrs["gva_periods"] + 5) * at["counterfactual/growth"][:])
        assert abs(one["poundsAHead"]["nation"][0] / (end.sum() / people.sum()) - 1) < 1e-12, one["name"]
        first = types == types[0]
        assert abs(one["poundsAHead"]["area_type"][0] / (end[first].sum() / people[first].sum()) - 1) < 1e-12, one["name"]
        told += 1
assert told >= 3 and any(one["poundsAHead"] is None for one in scenarios), told
CHECK
fi
