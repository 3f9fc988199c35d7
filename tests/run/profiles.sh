#!/usr/bin/env bash
# spillway profiles on a pack small enough to work out by hand: weighted means, quartiles, years, regions, what is missing.
source "$(dirname "$0")/../support/set_up.sh"

mkdir pack
cat >pack/areas.csv <<'CSV'
area_code,area_type,region_name,population,population_16_64,inactivity_rate,benefits_2011,benefits_2021,odd
A,poor,North,100,50,0.5,10,20,1
B,poor,South,300,150,0.1,30,40,2
C,rich,North,100,100,0.2,,5,3
D,rich,South,100,,0.4,1,9,
CSV
printf 'area_code,period,growth,gva\nA,2001,0.01,10\nA,2002,0.03,20\nB,2001,0.02,30\nB,2002,0.02,30\nC,2001,0.05,5\nC,2002,0.07,4\nD,2001,,\nD,2002,0.01,7\n' >pack/panel.csv
cat >pack/pack.toml <<'TOML'
[pack]
name = "hand"
geography = "places"
description = "four areas"
period_years = 1
[[file]]
path = "areas.csv"
role = "areas"
[[file]]
path = "panel.csv"
role = "panel"
[columns.inactivity_rate]
unit = "share of working age"
[columns.population]
unit = "residents"
TOML
"$spillway" profiles pack --column benefits=benefits --json p.json --csv p.csv >p.txt
python3 - <<'CHECK' || fail "the profiles are not what they should be"
import csv, json
p = json.load(open("p.json"))
close = lambda a, b: abs(a - b) < 1e-12
assert p["types"] == [{"type": "poor", "areas": 2}, {"type": "rich", "areas": 2}] and p["region"] == "region_name", p["types"]
m = {each["name"]: each for each in p["measures"]}
assert set(m) == {"growth", "output_index", "inactivity", "benefits"}, set(m)
one = lambda measure, where, **key: next(v for v in m[measure][where] if all(v[k] == x for k, x in key.items()))
# By residents of working age: A 50 and B 150; D has none and is left out of means, not of quartiles.
poor = one("inactivity", "by_type", type="poor")
assert close(poor["mean"], (50 * 0.5 + 150 * 0.1) / 200) and poor["weight"] == 200 and poor["areas"] == 2
rich = one("inactivity", "by_type", type="rich")
assert close(rich["mean"], 0.2) and rich["areas"] == 2 and close(rich["median"], 0.3)
whole = one("inactivity", "by_type", type="")
assert close(whole["lower_quartile"], 0.175) and close(whole["upper_quartile"], 0.425), whole
assert close(one("inactivity", "by_region", region="North", type="poor")["mean"], 0.5)
assert m["inactivity"]["by_period"] == [] and m["inactivity"]["weighted_by"] == "population_16_64"
# Growth: the mean of each area's own years, areas alike; D has one year.
assert close(one("growth", "by_type", type="poor")["mean"], 0.02) and close(one("growth", "by_type", type="rich")["mean"], 0.035)
assert m["growth"]["period"] == "2001 to 2002 (mean)" and m["growth"]["weighted_by"] == ""
assert close(one("growth", "by_period", period="2001", type="rich")["mean"], 0.05)
assert one("growth", "by_period", period="2001", type="rich")["areas"] == 1
# An index is that of a group's total, over areas with every period; quartiles are of areas.
poor = one("output_index", "by_type", type="poor")
assert close(poor["mean"], 100 * (20 + 30) / (10 + 30)) and poor["median"] == 150 and m["output_index"]["period"] == "2002"
assert close(one("output_index", "by_type", type="rich")["mean"], 80) and one("output_index", "by_type", type="rich")["areas"] == 1
assert close(one("output_index", "by_period", period="2001", type="")["mean"], 100)
poor = one("inactivity", "by_type", type="poor")
# Years behind a name are periods; the last stands for the measure.
assert m["benefits"]["period"] == "2021" and close(one("benefits", "by_type", type="poor")["mean"], (50 * 20 + 150 * 40) / 200)
assert close(one("benefits", "by_period", period="2011", type="")["mean"], (50 * 10 + 150 * 30) / 200)
missing = {each["name"]: each for each in p["missing"]}
assert "Census 2021 TS063" in missing["occupations"]["table"] and missing["occupations"]["columns"], missing
assert not set(missing) & set(m)
rows = list(csv.DictReader(open("p.csv")))
assert len(rows) == sum(len(v[w]) for v in m.values() for w in ("by_type", "by_region", "by_period")), len(rows)
row = next(r for r in rows if r["measure"] == "inactivity" and r["type"] == "poor" and r["region"] == "")
assert close(float(row["mean"]), poor["mean"]) and row["unit"] == "share of working age"
CHECK
grep -q "not in this pack" p.txt && grep -q "Economically inactive, of working age" p.txt || fail "the tables lack a part: $(cat p.txt)"
# Another column of types, and one that stands for a measure.
"$spillway" profiles pack --type region_name --column inactivity=odd --json - | python3 -c '
import json, sys
p = json.load(sys.stdin)
m = next(m for m in p["measures"] if m["name"] == "inactivity")
assert m["column"] == "odd" and [t["type"] for t in p["types"]] == ["North", "South"]
assert abs(m["by_type"][1]["mean"] - (50 * 1 + 100 * 3) / 150) < 1e-12' || fail "--type or --column does nothing"
"$spillway" profiles pack --csv p2.csv >/dev/null
"$spillway" profiles pack --format csv >printed.csv
cmp printed.csv p2.csv || fail "--format csv is not one row a value"
expect 2 "did you mean 'inactivity'?" "$spillway" profiles pack --column inactivty=odd
expect 2 "has one period" "$spillway" profiles pack --column output_index=odd
expect 2 "expected MEASURE=COLUMN" "$spillway" profiles pack --column inactivity
expect 2 "area_nam" "$spillway" profiles pack --type area_nam
expect 2 "region_name" "$spillway" profiles pack --column inactivity=region_name
expect 2 "--json" "$spillway" profiles pack --json pack/areas.csv
expect 2 "both name standard output" "$spillway" profiles pack --json - --csv -
expect 2 "known: terminal, csv, latex, markdown" "$spillway" profiles pack --format xml
[ "$(head -1 pack/areas.csv | cut -d, -f1)" = area_code ] || fail "an input was written over"
echo "profiles: as by hand"
