#!/usr/bin/env bash
# A list of places: found from the configuration's folder, kept with its checksum and its column, refused with its line; two lists
# side by side are a sweep whose members find them.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" synth --areas 900 --authorities 60 --output world >/dev/null
mkdir -p project/lists
code() { awk -F, -v row="$1" 'NR == row { gsub(/"/, ""); print $1 }' world/areas.csv; }
head -1 world/areas.csv | grep -q "^area_code" || fail "the first column of areas.csv is not area_code"
printf 'area_code,gbp\n%s,3000000\n%s,1000000\n' "$(code 5)" "$(code 40)" >project/lists/a.csv
printf 'area_code\n%s\n' "$(code 7)" >project/lists/b.csv
sed '/^\[\[scenario\]\]/,$d' "$source/configs/smoke.toml" >project/money.toml
cat >>project/money.toml <<'CONFIG'
[[scenario]]
name = "fund"
lever = "community_wealth_fund"
extrapolate = "two areas with round sums"
[scenario.parameters]
target = { list = "lists/a.csv" }
fund_years = 3
CONFIG
small=(--data world --set bootstrap.replicates=99 --set bootstrap.draws=99 --set outcomes.horizon=3)
run() { "$spillway" run project/money.toml "${small[@]}" --quiet "$@"; }

run --all --output a.h5 >a.txt
grep -q "GBP 4.0m over 3 years (means of the draws), extent England, source: list lists/a.csv" a.txt || fail "the list's pounds are not said"
sum=$(sha256sum project/lists/a.csv | cut -d' ' -f1)
h5dump -d /run/inputs a.h5 | grep -q "$sum" || fail "the list's checksum is not with the inputs"
h5dump -a "/areas/list:lists:a.csv/units" a.h5 | grep -q GBP || fail "the list is not with the areas"
[ "$(h5dump -d /scenarios/fund/transfer/gbp_per_head -y -w 1 a.h5 | grep -Ec '^ +[0-9.e+]*[1-9]')" = 2 ] ||
  fail "not two areas get the money"

# Whom the money is for is whom it is appraised for: a list, another type, a package for a list, cold spots of any type.
sed '/^\[\[scenario\]\]/,$d' project/money.toml >project/whom.toml
printf 'area_code\n%s\n%s\n' "$(code 5)" "$(code 40)" >project/lists/whom.csv
scenario() { printf '[[scenario]]\nname = "%s"\nlever = "%s"\n%s\n' "$1" "$2" "$3" >>project/whom.toml; }
scenario list community_wealth_fund $'[scenario.parameters]\namount = 3e5\nfund_years = 3\ntarget = { list = "lists/whom.csv" }'
scenario type community_wealth_fund $'[scenario.parameters]\namount = 3e5\nfund_years = 3\ntarget_type = "other_deprived"'
scenario usual community_wealth_fund $'[scenario.parameters]\namount = 3e5\nfund_years = 3'
scenario both package $'[scenario.parameters]\nlevers = ["community_wealth_fund"]\ncommunity_wealth_fund_amount = 3e5\ncommunity_wealth_fund_fund_years = 3\ncommunity_wealth_fund_target = { list = "lists/whom.csv" }'
scenario buses bus_franchising $'[scenario.parameters]\neligible = "all"'
"$spillway" run project/whom.toml "${small[@]}" --set 'outcomes.groupings=["nation","area_type","list:lists/whom.csv"]' --set 'outcomes.area=["uplift","cumulative_uplift","gva_per_head_uplift"]' --output whom.h5 >whom.txt 2>/dev/null
for name in list type usual both buses; do "$spillway" appraise whom.h5 --scenario $name --json $name.json >$name.txt; done
for name in list both; do "$spillway" appraise whom.h5 --scenario $name --by list:lists/whom.csv --json by_$name.json >/dev/null; done
python3 - <<'CHECK' || fail "the local column is not of the areas that the policy is for"
import json
of = {name: json.load(open(name + ".json"))["appraisals"][0] for name in ("list", "type", "usual", "both", "buses", "by_list", "by_both")}
def near(a, b): return abs(a - b) <= 1e-5 * abs(b) and b != 0
local = {name: one["local"]["benefits"]["p50"] for name, one in of.items()}
for name in ("list", "both"):
    places = [p for p in of["by_" + name]["by_place"] if p["code"] not in ("elsewhere", "nation")]
    assert len(places) == 1 and near(local[name], places[0]["gva"]["p50"]), (name, local, places)
for name, kind in (("type", "other_deprived"), ("usual", "doubly_disadvantaged")):
    assert of[name]["local_areas"] == kind
    assert near(local[name], next(p["gva"]["p50"] for p in of[name]["places"] if p["name"] == kind)), name
    assert f"for {kind} areas the outcome gets better" in of[name]["what_to_conclude"][0]
for name in ("list", "both", "buses"):
    assert of[name]["local_areas"] == "target" and "for the areas that it acts on" in of[name]["what_to_conclude"][0]
    assert "doubly" not in of[name]["plausibility"], of[name]["plausibility"]
CHECK
"$spillway" table whom.h5 appraisal >worth.txt
grep -q "per resident of the areas that it acts on" worth.txt || fail "a head is of a type"
grep -q "per resident of other_deprived areas" worth.txt || fail "a head is of another type"
"$spillway" contrast whom.h5 list buses >two.txt
! grep -q "^cumulative_uplift  *target " two.txt || fail "areas of two policies are contrasted as one"
"$spillway" contrast whom.h5 list both >two.txt
grep -q "^cumulative_uplift  *target " two.txt || fail "the same areas of two policies are not contrasted"
grep -A3 "^type: " whom.txt | grep -q "^type: build social infrastructure in other deprived areas " || fail "$(cat whom.txt)"
# Pounds a head of the first words are those of the file: prices of the base year, the year at the end of the horizon.
python3 - "$spillway" <<'CHECK' || fail "two figures of pounds a head"
import json, re, subprocess, sys
rows = json.loads(subprocess.run([sys.argv[1], "table", "whom.h5", "area_type", "--format", "json"], capture_output=True, text=True, check=True).stdout)["rows"]
for name, kind in (("usual", "doubly_disadvantaged"), ("type", "other_deprived")):
    kept = next(r["median"] for r in rows if (r["scenario"], r["outcome"], r["group"]) == (name, "gva_per_head_uplift", kind))
    words = open("whom.txt").read().split(f"\n{name}: ")[1]
    said = float(re.search(r"areas: .* by the end of year 3, GBP ([-+][0-9.,]+) ", words)[1].replace(",", ""))
    assert abs(said / kept - 1) < 0.06, (name, said, kept)  # two digits; a group's mean and not its areas'
CHECK

# Wrong: the list's line, or the configuration's.
status=0
printf 'area_code,gbp\nE0,1\n' >project/lists/a.csv
run --output b.h5 2>said.txt >/dev/null || status=$?
[ "$status" = 2 ] || fail "a wrong code does not exit 2"
grep -q "project/lists/a.csv:2: column 'area_code': value 'E0': is no area of the pack" said.txt || fail "$(cat said.txt)"
status=0
run --output b.h5 --dry-run --set 'scenario.fund.parameters.target={list="none.csv"}' 2>said.txt >/dev/null || status=$?
[ "$status" = 2 ] || fail "a list that is not there passes --dry-run"
grep -q "there is no such file; it was looked for as 'project/none.csv'" said.txt || fail "$(cat said.txt)"
status=0
run --output b.h5 --set scenario.fund.parameters.target=doubly_disadvantaged --set 'scenario.fund.parameters.where=["Nowhere at all"]' \
  2>said.txt >/dev/null || status=$?
[ "$status" = 2 ] || fail "a wrong place does not exit 2"
grep -q "column 'scenario.fund.parameters.where': value 'Nowhere at all': is no name or code of a grouping" said.txt ||
  fail "$(cat said.txt)"
[ ! -e b.h5 ] || fail "a refused run left a file"

# A group of two groupings crossed, in target, in where and as a column, with start and profile: the same policy four times.
lad=$(grep -m1 ',doubly_disadvantaged,' world/areas.csv | cut -d, -f3)
crossed="doubly_disadvantaged:$lad"
of=scenario.fund.parameters
programme=(--set "$of.fund_years=0" --set "$of.start=2027" --set "$of.profile=[1, 2]" --set 'outcomes.groupings=["nation","area_type","area_type:lad"]')
run "${programme[@]}" --set "$of.target=doubly_disadvantaged" --set "$of.where=[\"$lad\"]" --output where.h5 >/dev/null
run "${programme[@]}" --set "$of.target=$crossed" --output target.h5 >/dev/null
run "${programme[@]}" --set "$of.target=doubly_disadvantaged" --set "$of.where=[\"$crossed\"]" --output both.h5 >/dev/null
run "${programme[@]}" --set "$of.target={column=\"area_type:lad\", equals=\"$crossed\"}" --output column.h5 >/dev/null
for name in target both column; do
  for what in transfer cost aggregate/cumulative_uplift aggregate/uplift/target; do
    h5diff where.h5 $name.h5 /scenarios/fund/$what || fail "$name: other $what"
  done
done
"$spillway" table target.h5 area_type:lad >crossed.txt
grep -q "  $crossed  " crossed.txt || fail "the group is in no table"
h5dump -d /scenarios/fund/cost -b LE -o cost.bin target.h5 >/dev/null
python3 - <<'CHECK' || fail "start and profile are not the scenario's"
import array
cost = array.array("d", open("cost.bin", "rb").read())
rows = [cost[k:k + 3] for k in range(0, len(cost), 3)]  # 2026, 2027, 2028
assert all(r[0] == 0 and 0 <= r[1] <= 1e6 and 0 < sum(r) <= 3e6 for r in rows) and any(r[1] > 0 for r in rows), rows[:3]
CHECK
expect 2 "write a [[scenario]] for each, with its own target, where, start and profile" \
  "$spillway" check project/money.toml "${small[@]}" --set "$of.profile={\"$crossed\"=[1, 2]}"
expect 2 "no area is both of" "$spillway" check project/money.toml "${small[@]}" --set "$of.target=other" --set "$of.where=[\"other:doubly_disadvantaged\"]"

# Side by side.
printf 'area_code,gbp\n%s,3000000\n%s,1000000\n' "$(code 5)" "$(code 40)" >project/lists/a.csv
"$spillway" sweep project/money.toml "${small[@]:2}" --data world --output grid \
  --set 'scenario.fund.parameters.target=[{list="lists/a.csv"}, {list="lists/b.csv"}]' >/dev/null
"$spillway" sweep --run grid --quiet >/dev/null || fail "the members do not find their lists"
h5diff a.h5 grid/0001.h5 /scenarios/fund/transfer || fail "the first member is not the run with its list"
h5diff -q grid/0001.h5 grid/0002.h5 /scenarios/fund/transfer && fail "two lists gave the same transfers"
exit 0
