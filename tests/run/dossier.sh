#!/usr/bin/env bash
# The dossier: every file readable, every number with its place, a changed cell named, whole or not there.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" run "$config" --set data.synthetic_areas=1500 --replicates 99 --draws 99 --output run.h5 --quiet
expect 0 "README.md and 6 tables" "$spillway" dossier run.h5
cd run-dossier
for file in README.md roles.csv decisions.csv assumptions.csv data.csv verification.csv numbers.csv; do
  [ -s $file ] || fail "$file is not there"
done
for role in commissioner analyst assurer approver; do grep -q "^$role," roles.csv || fail "no role $role"; done
grep -q "^wealth_fund,factor\|^wealth_fund,.*,sunset" assumptions.csv || grep -q "end of 20" assumptions.csv || fail "no sunset"
# Every number's place is in the result.
python3 - ../run.h5 <<'PY' || fail "a number's place is not in the result"
import csv, re, subprocess, sys
listed = subprocess.run(["h5ls", "-r", sys.argv[1]], capture_output=True, text=True, check=True).stdout
paths = {line.split()[0] for line in listed.splitlines() if line}
rows = list(csv.DictReader(open("numbers.csv")))
assert len(rows) > 500, len(rows)
for row in rows:
    place = re.sub(r"\[[^]]*\]$", "", row["dataset"]).replace("\\ ", " ")
    assert place in paths, row
    float(row["value"]) if row["value"] != "not available" else None
PY
# The money of every year and what a pound brings are among them.
for one in '"wealth_fund: Exchequer, year 2026: net_cost",[0-9.-]*,"GBP, 2024 prices",/appraisal/wealth_fund/exchequer/net_cost\[year=2026\],as stored' \
  '"wealth_fund: a pound and a head, part policy: cost_per_head_p50",[0-9.]*,.*,/appraisal/wealth_fund/worth/cost_per_head_p50\[part=policy\],as stored'; do
  grep -q "^$one" numbers.csv || fail "no number $one: $(grep "wealth_fund: \(Exchequer\|a pound\)" numbers.csv | head -3)"
done
cd ..
expect 0 "every one of" "$spillway" dossier run.h5 --verify run-dossier
# People write in roles.csv; whatever else is changed is named with its row, its column and what it should be.
sed -i 's/^analyst,\([^,]*\),,,,/analyst,\1,A. Person,A Department,2026-11-30,yes/' run-dossier/roles.csv
expect 0 "every one of" "$spillway" dossier run.h5 --verify run-dossier
line=$(grep -n "ring_fence_10: cumulative_uplift, nation nation, P50" run-dossier/numbers.csv | cut -d: -f1)
sed -i "${line}s/P50\",[^,]*,/P50\",0.5,/" run-dossier/numbers.csv
expect 1 "numbers.csv:$line: column 'value': is '" "$spillway" dossier run.h5 --verify run-dossier
expect 1 "ring_fence_10: cumulative_uplift, nation nation, P50" "$spillway" dossier run.h5 --verify run-dossier
cp run-dossier/decisions.csv kept.csv
sed -i '3d' run-dossier/decisions.csv
expect 1 "decisions.csv: has " "$spillway" dossier run.h5 --verify run-dossier
mv kept.csv run-dossier/decisions.csv
rm run-dossier/data.csv
expect 1 "data.csv: is missing" "$spillway" dossier run.h5 --verify run-dossier
sed -i '1s/run/Run/' run-dossier/README.md
expect 1 "README.md:1: is '" "$spillway" dossier run.h5 --verify run-dossier
# The same result gives the same dossier; nothing is replaced, nothing half-written.
"$spillway" dossier run.h5 --output again >/dev/null && "$spillway" dossier run.h5 --output again2 >/dev/null
diff -r again again2 || fail "two dossiers of one result differ"
expect 2 "is not an empty folder" "$spillway" dossier run.h5 --output again
expect 2 "no such folder" "$spillway" dossier run.h5 --verify nothere
expect 2 "leave one of them out" "$spillway" dossier run.h5 --verify again --output other
expect 4 "" "$spillway" dossier run.h5 --output run.h5/dossier
[ -z "$(find . -name '*.tmp-*')" ] || fail "litter is left"
echo passed
