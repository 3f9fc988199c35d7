#!/usr/bin/env bash
# spillway appraise of a result is the run's own appraisal: its overrides, its years a period where the pack's are uneven.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" synth --output pack --areas 2000 >/dev/null 2>&1
sed -i 's/^period_years = .*/period_years = "uneven"/' pack/pack.toml
"$spillway" run "$source/configs/smoke.toml" --data pack --quiet --replicates 99 --set outcomes.horizon=3 --set outcomes.period_years=2.5 \
  --set appraisal.discount_base_year=2025 --set 'outcomes.area=["uplift","cumulative_uplift","cumulative_uplift_split"]' \
  --output run.h5 >run.txt
# Where every area's uplift comes from: means of the parts add up to the whole; money that moves nothing but its own.
"$spillway" table run.h5 area_split --format csv --output split.csv
python3 - <<'CHECK' || fail "the parts of an area's uplift are not its uplift"
import csv
rows = list(csv.DictReader(open("split.csv")))
assert len(rows) == 3 * 2000 and {r["scenario"] for r in rows} == {"ring_fence_10", "wealth_fund", "bus_franchising"}
for name in {r["scenario"] for r in rows}:
    parts = [[float(r[p + " mean"]) for p in ("own", "from_funded", "from_others", "total")] for r in rows if r["scenario"] == name]
    largest = max(abs(p[3]) for p in parts)
    assert largest > 0 and all(abs(sum(p[:3]) - p[3]) < 1e-4 * largest for p in parts), name
    assert sum(p[1] != 0 and p[0] == 0 for p in parts) > 0 or name == "ring_fence_10", name  # neighbours that get nothing themselves
fund = [r for r in rows if r["scenario"] == "wealth_fund"]
assert any(float(r["own p5"]) < float(r["own p50"]) < float(r["own p95"]) for r in fund)
CHECK
"$spillway" appraise run.h5 --scenario wealth_fund >table.txt
grep -q "discounted to 2025" table.txt || fail "the run's --set is not applied"
grep -q "the scenario's 7.5 years" table.txt || fail "three periods of 2.5 years are not 7.5 years: $(grep 'Other issues' -A1 table.txt)"
h5dump -d /appraisal/wealth_fund/present_value_costs -b LE -o costs.bin run.h5 >/dev/null
python3 - <<'CHECK' || fail "the costs are not the run's"
import array, re
costs = array.array("d")
costs.frombytes(open("costs.bin", "rb").read())
middle = sorted(costs)[len(costs) // 2] / 1e6
row = next(line for line in open("table.txt") if line.startswith("B  "))
assert abs(float(re.search(r"GBP m +([0-9.]+)", row).group(1)) - middle) < 0.06, (row, middle)
CHECK
"$spillway" appraise run.h5 --json table.json >/dev/null
python3 - <<'CHECK' || fail "the JSON is not the table"
import array, json
costs = array.array("d")
costs.frombytes(open("costs.bin", "rb").read())
fund = next(one for one in json.load(open("table.json"))["appraisals"] if one["scenario"] == "wealth_fund")
middle = sorted(costs)[len(costs) // 2]
assert abs(fund["present_value_costs"]["p50"] - middle) <= 1e-9 * middle, (fund["present_value_costs"], middle)
assert [row["row"] for row in fund["table"]] == list("ABCDEFGHIJKL")
assert fund["discount_base_year"] == 2025 and fund["draws"] == 99
assert fund["local"]["category"] is None and fund["national"]["category"] == "poor", (fund["local"], fund["national"])
places = {p["name"]: p["gva"] for p in fund["places"]}
assert places["doubly_disadvantaged"] == fund["local"]["benefits"], (places, fund["local"])
fence = next(one for one in json.load(open("table.json"))["appraisals"] if one["scenario"] == "ring_fence_10")
fence_places = {p["name"]: p["gva"]["p50"] for p in fence["places"]}
assert fence_places["doubly_disadvantaged"] > 0 > fence_places["other"], fence_places
assert fence["national"]["adjusted_bcr"]["p50"] is None and fence["national"]["category"] is None and fence["bcr_reason"]
CHECK
# Pounds of 2022 in pounds of 2024, GVA of 2022 brought by 0.8 periods to 2024, the year before the first: and a period
# of 2.5 years is worth the factors of its years.
attribute() { h5dump -m %.17g -a "/scenarios/wealth_fund/$1" run.h5 | awk '/\(0\)/ { print $2 }'; }
python3 -c 'import sys; assert abs(float(sys.argv[1]) - 100 / 90.5005) < 1e-12 and abs(float(sys.argv[2]) - 0.8) < 1e-12, sys.argv' \
  "$(attribute gva_factor)" "$(attribute gva_periods)" || fail "prices of the pack are not brought to the appraisal's"
"$spillway" run "$source/configs/smoke.toml" --data pack --quiet --replicates 99 --set outcomes.horizon=1 --set outcomes.period_years=2.5 \
  --set 'outcomes.area=["uplift","gva_per_head_uplift","discounted_gva_uplift"]' --set appraisal.first_year=2027 --output one.h5 >/dev/null
for outcome in gva_per_head_uplift discounted_gva_uplift; do
  h5dump -d /scenarios/wealth_fund/aggregate/$outcome/nation/value -b LE -o $outcome.bin one.h5 >/dev/null
done
python3 - <<'CHECK' || fail "a period of 2.5 years is not discounted over its years"
import array
read = lambda name: array.array("f", open(name + ".bin", "rb").read())
worth = 1 / 1.035 + 1 / 1.035**2 + 0.5 / 1.035**3
for plain, discounted in zip(read("gva_per_head_uplift"), read("discounted_gva_uplift")):
    assert abs(discounted / plain / worth - 1) < 1e-5, (plain, discounted, worth)
CHECK
expect 2 "column 'grants_per_head' in prices of 2022: no deflator for 2030" "$spillway" run "$source/configs/smoke.toml" --data pack --set appraisal.price_base_year=2030 --set outcomes.period_years=2.5 --dry-run
# By place: every place, with its name, and their sum; areas in no combined authority are a place too.
for by in region lad combined_authority; do
  "$spillway" appraise run.h5 --scenario wealth_fund --by $by --json by.json >by.txt
  python3 - $by <<'CHECK' || fail "places do not sum to the nation: $(grep -A4 "^By " by.txt)"
import json, sys
one = json.load(open("by.json"))["appraisals"][0]
*places, nation = one["by_place"]
assert one["by"] == sys.argv[1] and nation["code"] == "nation" and len(places) > 1
for field in ("population", "received", "mean_gva"):
    total = sum(place[field] for place in places)
    assert abs(total / nation[field] - 1) < 1e-9, (field, total, nation[field])
# The nation by type, near enough: medians do not add up, and the spread of uplift within a group is of second order.
types = sum(one_type["gva"]["p50"] for one_type in one["places"])
assert abs(nation["gva"]["p50"] / types - 1) < 0.05, (nation, types)
years = one["exchequer"]["years"]
assert years[0]["year"] == 2025 and years[0]["cdel"]["p50"] == 0 and years[0]["receipts"] is None
assert abs(sum(y["rdel"]["p50"] for y in years) / one["financial_costs"]["p50"] - 1) < 0.2
CHECK
done
grep -q "^     elsewhere " by.txt || fail "areas in no authority are left out"
grep -q "The Exchequer's view, GBP m of 2024 by year" by.txt || fail "no Exchequer view"
# A list of one's own places: whole authorities are put together draw by draw; the rest of the nation is elsewhere.
python3 - <<'CHECK'
import csv
rows = list(csv.DictReader(open("pack/areas.csv")))
open("lads.txt", "w").write("\n".join(sorted({row["lad_code"] for row in rows})) + "\n")
open("first.txt", "w").write(rows[0]["area_code"])
CHECK
python3 - <<'CHECK' || fail "no list of places"
lads = [line.strip() for line in open("lads.txt") if line.strip()]
assert len(lads) > 5, lads
with open("mine.csv", "w") as out:
    out.write("code,place\n" + "".join(f"{lad},{'Alpha' if k < 2 else 'Beta'}\n" for k, lad in enumerate(lads[:5])))
with open("lads.csv", "w") as out:
    out.write("\n".join(lads[:5]))
CHECK
"$spillway" appraise run.h5 --scenario wealth_fund --by lad --json by_lad.json >/dev/null
"$spillway" appraise run.h5 --scenario wealth_fund --by mine.csv --json by_list.json >by_list.txt
grep -q "places put together from whole groups of 'lad', draw by draw" by_list.txt || fail "$(grep -A9 '^By ' by_list.txt)"
python3 - <<'CHECK' || fail "a list's places are not the sums of their authorities, or do not sum to the nation"
import json
lad, mine = ({p["code"]: p for p in json.load(open(f))["appraisals"][0]["by_place"]} for f in ("by_lad.json", "by_list.json"))
lads = open("lads.csv").read().split()
assert list(mine) == ["Alpha", "Beta", "elsewhere", "nation"], list(mine)
near = lambda a, b: abs(a - b) <= 1e-9 * max(1.0, abs(b))
for field in ("population", "received", "mean_gva"):
    assert near(mine["Alpha"][field], sum(lad[c][field] for c in lads[:2])), field
    assert near(mine["Beta"][field], sum(lad[c][field] for c in lads[2:])), field
    assert near(mine["nation"][field], lad["nation"][field]) and near(sum(mine[p][field] for p in ("Alpha", "Beta", "elsewhere")), mine["nation"][field]), field
CHECK
# Areas that are no whole groups need a run that keeps them; its own grouping then answers exactly.
printf 'code,place\n%s,One\n%s,Two\n' "$(cat first.txt)" "$(tail -1 lads.txt)" >cut.csv
expect 2 "the places of 'cut.csv' are no unions of the groups" "$spillway" appraise run.h5 --scenario wealth_fund --by list:cut.csv
sed 's/groupings = .*/groupings = ["nation", "area_type", "list:cut.csv"]/' "$source/configs/smoke.toml" >listed.toml
"$spillway" run listed.toml --quiet --replicates 99 --output listed.h5 >/dev/null
"$spillway" appraise listed.h5 --scenario wealth_fund --by list:cut.csv --json cut.json >/dev/null
"$spillway" table listed.h5 list:cut.csv | grep -q "wealth_fund.*One" || fail "a list is no grouping of tables"
python3 - <<'CHECK' || fail "a list's places do not sum to the nation"
import json
places = {p["code"]: p for p in json.load(open("cut.json"))["appraisals"][0]["by_place"]}
assert list(places) == ["One", "Two", "elsewhere", "nation"], list(places)
assert abs(sum(places[p]["mean_gva"] for p in ("One", "Two", "elsewhere")) / places["nation"]["mean_gva"] - 1) < 1e-9
assert 0 < places["One"]["population"] < 5000
CHECK
expect 2 "outcomes.groupings" "$spillway" check listed.toml --set 'outcomes.groupings=["nation","list:nowhere.csv"]'
expect 2 "did you mean 'region'?" "$spillway" check listed.toml --set 'outcomes.groupings=["nation","regoin"]'
expect 2 "keeps no uplift by 'regoin'; did you mean 'region'?" "$spillway" appraise run.h5 --by regoin
expect 2 "did you mean 'wealth_fund'?" "$spillway" appraise run.h5 --scenario wealth_fnd

# What to conclude follows from the draws: nothing moves at share 0, a sign that every draw has is supported, and the
# caution about national values goes where some GVA is said to be additional.
small="$source/configs/smoke.toml --quiet --all --replicates 99 --output other.h5"
"$spillway" run $small --set scenario.ring_fence_10.parameters.share=0 >zero.txt
grep -q "^Conclude: as configured the policy moves nothing, in any draw.$" zero.txt || fail "a policy of nothing is said to move something"
"$spillway" run $small >plain.txt
grep -q "^Conclude: for doubly_disadvantaged areas the outcome gets better in 100 % of draws .*: given this model and these assumptions that it gets better is supported.$" plain.txt \
  || fail "$(grep '^Conclude' plain.txt)"
grep -q "by default no local GVA counts as additional to the nation" plain.txt || fail "no caution about national values"
"$spillway" run $small --set appraisal.benefits.gva_additional_share=0.2 >some.txt
! grep -q "by default no local GVA counts as additional to the nation" some.txt || fail "the caution stays where some GVA is additional"
# One unit for one figure: the paragraph says in percent what the table above it says in percent.
python3 - <<'CHECK' || fail "the paragraph and the table differ"
import re
text = open("plain.txt").read().split("scenario wealth_fund")[1]
low, high = map(float, re.search(r"^cumulative_uplift +doubly_disadvantaged +(\S+) +\S+ +\S+ +\S+ +(\S+)", text, re.M).groups())
words = re.search(r"^Conclude: .*90 % of draws: (\S+) to (\S+), % summed over the horizon", text, re.M)
assert words, "no percent"
assert abs(float(words[1]) / low - 1) < 0.01 and abs(float(words[2]) / high - 1) < 0.01, (words.groups(), low, high)
CHECK
# Where a rise is worse the first words say so.
"$spillway" run ${small/ --quiet --all/} 2>/dev/null >first.txt
grep -Eq "^  Doubly disadvantaged areas: \+[0-9.]+ % \[\+[0-9.]+, \+[0-9.]+\] by the end of year 5, GBP \+[0-9,.]+ \[.*\] a head a year; better in 100 of 100 draws$" first.txt \
  || fail "$(cat first.txt)"
[ "$(wc -l <first.txt)" -le 36 ] || fail "the end of a run is longer than a screen: $(cat first.txt)"
sed 's/better = "higher"/better = "lower"/' "$source/configs/smoke.toml" >lower.toml
"$spillway" run lower.toml --replicates 99 --output lower.h5 2>/dev/null >lower.txt
grep -A2 "^ring_fence_10: " lower.txt | grep -q "better in 0 of 100 draws" || fail "a rise where lower is better: $(cat lower.txt)"
h5dump -a /appraisal/wealth_fund/what_to_conclude other.h5 | grep -q "Do not conclude" || fail "the paragraph is not kept"
# What comes back is somebody's figure, and each output says whose beside it; the years stand in tables and the spreadsheet.
advocate='appraisal.benefits.fiscal_per_pound={ value = 1.2, source = "an advocate" }'
"$spillway" run "$source/configs/smoke.toml" --data pack --quiet --replicates 59 --draws 59 --set outcomes.horizon=2 --set outcomes.period_years=2.5 --set "$advocate" --output back.h5 >back.txt
"$spillway" run "$source/configs/smoke.toml" --data pack --replicates 59 --draws 59 --set outcomes.horizon=2 --set outcomes.period_years=2.5 --output words.h5 2>/dev/null >words.txt
grep -qE "costs GBP .*m \(median draw, undiscounted\) over 5 years; GBP in 2024 prices" words.txt || fail "the first words have no year of prices"
whose='assumed, not estimated by this run: of each GBP spent within the horizon fiscal_per_pound 1.2 [an advocate] comes back, over benefit_years 10 [assumption of this program], counted to 2035'
"$spillway" appraise back.h5 --scenario wealth_fund --json back.json >back.txt
grep -qF "     * $whose" back.txt && grep -q "receipts\*" back.txt || fail "appraise does not say whose figure comes back"
"$spillway" table back.h5 appraisal >back.txt
grep -qF "what comes back: $whose" back.txt || fail "the table does not say whose figure comes back"
grep -q "the Exchequer's view by year, GBP m, 2024 prices:" back.txt || fail "the years have no year of prices: $(grep Exchequer back.txt)"
for column in receipts net_cost net_cost_p10 net_cost_p90; do
  h5dump -a /appraisal/wealth_fund/exchequer/$column/long_name back.h5 | grep -qF "$whose" || fail "the file does not say it of $column"
done
# A result of before the sentence was kept says it from its configuration, on every output.
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  cp back.h5 before.h5
  /usr/bin/python3 -c 'import h5py; f = h5py.File("before.h5", "r+"); [one.attrs.pop("what_comes_back") for one in f["appraisal"].values()]'
  "$spillway" table --unsealed before.h5 appraisal >before.txt
  cmp back.txt before.txt || fail "an older result does not say whose figure comes back"
fi
"$spillway" export back.h5 --output back.xlsx >/dev/null
python3 - "$whose" <<'CHECK' || fail "years are not the appraisal's"
import json, sys, zipfile
money = json.load(open("back.json"))["appraisals"][0]["exchequer"]
assert money["assumed"].startswith(sys.argv[1]), money["assumed"]
z = zipfile.ZipFile("back.xlsx")
assert 'sheet name="Exchequer by year"' in z.read("xl/workbook.xml").decode() and sys.argv[1] in z.read("xl/sharedStrings.xml").decode()
CHECK
"$spillway" table back.h5 appraisal --format json >back-tables.json
python3 - <<'CHECK' || fail "the table of years is not the appraisal's"
import json
money = json.load(open("back.json"))["appraisals"][0]["exchequer"]
rows = [r for r in json.load(open("back-tables.json"))[2]["rows"] if r["policy"] == "wealth_fund"]
assert [int(r["year"]) for r in rows] == [y["year"] for y in money["years"]] and "AME saved" not in rows[0]
for row, year in zip(rows, money["years"]):
    for name, key in (("RDEL", "rdel"), ("CDEL", "cdel"), ("receipts", "receipts"), ("net cost", "net_cost")):
        assert abs(float(row[name]) * 1e6 - year[key]["p50"]) <= 1e-5 * abs(year[key]["p50"]) + 1e-6, (name, row, year)
CHECK
# Where no GVA is counted places gain in the outcome itself, and all of them together are the nation.
python3 - <<'CHECK'
import csv, re, shutil
shutil.copytree("pack", "poor")
rows = list(csv.DictReader(open("pack/areas.csv")))
with open("poor/areas.csv", "w", newline="") as file:
    kept = [name for name in rows[0] if not name.startswith("gva")]
    writer = csv.DictWriter(file, kept, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
text = re.sub(r"(?m)^sha256 = .*\n", "", open("pack/pack.toml").read())
open("poor/pack.toml", "w").write(re.sub(r'(?m)^\[columns\."gva\w*"\]\n(?:[^\[\n].*\n)*', '', text))
CHECK
"$spillway" run "$source/configs/smoke.toml" --data poor --quiet --replicates 59 --draws 59 --set outcomes.horizon=2 --set outcomes.period_years=2.5 --set 'scenario.ring_fence_10.parameters.channel="stock"' --output poor.h5 >poor.txt
h5dump -d /scenarios/wealth_fund/aggregate/uplift/nation/value -b LE -o nation.bin poor.h5 >/dev/null
for by in lad region combined_authority; do
  "$spillway" appraise poor.h5 --scenario wealth_fund --by $by --json poor.json >poor.txt
  grep -q "No GVA is counted" poor.txt && grep -q "^     nation " poor.txt || fail "gains of places without GVA: $(grep -A3 '^By ' poor.txt)"
  python3 - <<'CHECK' || fail "places by $by are not the nation"
import array, json
*places, nation = json.load(open("poor.json"))["appraisals"][0]["by_place"]
assert nation["gva"] is None and nation["mean_gva"] is None and nation["unit"] == "log points a year summed over the horizon", nation
values = array.array("f", open("nation.bin", "rb").read())
sums = sorted(values[2 * d] + values[2 * d + 1] for d in range(59))
assert abs(nation["outcome"]["p50"] - sums[29]) <= 1e-5 * abs(sums[29]), (nation, sums[29])
mean = sum(place["population"] * place["mean_outcome"] for place in places) / nation["population"]
assert abs(mean - nation["mean_outcome"]) <= 1e-9 * abs(mean) and abs(mean - sum(sums) / 59) <= 1e-5 * abs(mean), (mean, nation)
CHECK
done
# Growth of something else than GVA, in log points too, in a pack that has GVA: no pound of it is GVA. What the pack says of the column
# counts, its name where that says nothing.
python3 - <<'CHECK'
import re, shutil
shutil.copytree("pack", "incomes")
lines = open("pack/panel.csv").read().splitlines()
at = lines[0].split(",").index("growth")
names = {"growth_income": "", "output_growth": "", "change": "of household income", "growth_of_employment_areas": "gross value added"}
with open("incomes/panel.csv", "w") as file:
    for k, line in enumerate(lines): file.write(",".join([line] + (list(names) if k == 0 else [line.split(",")[at]] * len(names))) + "\n")
text = re.sub(r"(?m)^sha256 = .*\n", "", open("pack/pack.toml").read())
for name, description in names.items(): text += f'\n[columns.{name}]\nunit = "log points a year"\n' + (f'description = "{description}"\n' if description else "")
open("incomes/pack.toml", "w").write(text)
CHECK
for outcome in growth_income output_growth change growth_of_employment_areas; do
  "$spillway" run "$source/configs/smoke.toml" --data incomes --quiet --replicates 59 --draws 59 --set outcomes.horizon=2 --set outcomes.period_years=2.5 \
    --set 'scenario.ring_fence_10.parameters.channel="stock"' --set model.spillover.outcome=$outcome --output incomes.h5 >/dev/null
  "$spillway" appraise incomes.h5 --scenario wealth_fund >incomes.txt
  counted=yes
  grep -q "GVA is not counted: the propagated outcome is not growth of GVA" incomes.txt && counted=no
  case $outcome in growth_income | change) [ $counted = no ] ;; *) [ $counted = yes ] ;; esac || fail "growth called $outcome: counted as GVA: $counted"
  rm incomes.h5
done
expect 2 "did you mean 20?" "$spillway" check "$source/configs/smoke.toml" --data pack --set outcomes.period_years=2.5 --set 'appraisal.envelope=[20e6]'
expect 2 "is output where people work" "$spillway" check "$source/configs/smoke.toml" --data pack --set outcomes.period_years=2.5 --set 'appraisal.income_column="gva_per_head"'
expect 2 "column 'appraisal.appraisal_years': value '200': green-book-2026 has no sourced value of 'stpr_health_sensitivity_3'" "$spillway" check "$source/configs/smoke.toml" --data pack \
  --set outcomes.period_years=2.5 --set appraisal.lower_rate=true --set appraisal.health_rate=true --set appraisal.appraisal_years=200
