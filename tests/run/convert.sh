#!/usr/bin/env bash
# spillway convert on a synthetic pack: totals kept, the result a whole pack that runs, and there and back.
set -euo pipefail
spillway=$1 source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() {
  echo "FAILED: $1"
  exit 1
}
"$spillway" synth --output pack --areas 400 --authorities 40 >/dev/null
geography=$(sed -n 's/^geography = "\(.*\)"/\1/p' pack/pack.toml)
# Of the areas in order, every 40th is split in two, every 40th + 10 is merged with the next.
python3 - "$geography" <<'LOOKUP'
import csv, sys
codes = [r["area_code"] for r in csv.DictReader(open("pack/areas.csv"))]
with open("lookup.csv", "w") as out:
    out.write(f"{sys.argv[1].upper()}CD,LSOA31CD,CHGIND\n")
    for i, code in enumerate(codes):
        if i % 40 == 0: out.write(f"{code},{code}a,S\n{code},{code}b,S\n")
        elif i % 40 == 10: out.write(f"{code},{code}m,M\n{codes[i + 1]},{code}m,M\n")
        elif i % 40 != 11: out.write(f"{code},{code},U\n")
LOOKUP
"$spillway" convert pack --lookup lookup.csv --to lsoa31 --output new --json report.json >report.txt
"$spillway" inspect new >inspect.txt
grep -q "400 areas" inspect.txt || fail "400 + 10 - 10 areas are not 400"
python3 - <<'CHECK' || fail "totals are not kept"
import json
r = json.load(open("report.json"))
assert (r["unchanged"], r["split"], r["merged"], r["irregular"]) == (370, [10, 20], [20, 10], [0, 0]), r
sums = [c for c in r["columns"] if c["carry"] == "sum"]
assert {"population", "gva"} <= {c["name"] for c in sums}, sums
for c in sums:
    assert abs(c["total_after"] / c["total_before"] - 1) < 1e-12, c
assert any("divided among their parts equally" in n for n in r["notes"]), r["notes"]
CHECK
grep -q 'carried from .* areas: sum' new/pack.toml || fail "the manifest does not say how population went"
"$spillway" run "$source/configs/smoke.toml" --data new --quiet --replicates 99 --draws 60 --output run.h5 >run.txt || fail "the converted pack does not run"
"$spillway" convert new --lookup lookup.csv --to "$geography" --output back --json back.json >/dev/null
python3 - <<'CHECK' || fail "there and back is not where it began"
import csv
first = {r["area_code"]: r for r in csv.DictReader(open("pack/areas.csv"))}
again = {r["area_code"]: r for r in csv.DictReader(open("back/areas.csv"))}
assert first.keys() == again.keys()
codes = list(first)
for i, code in enumerate(codes):
    a, b = float(first[code]["population"]), float(again[code]["population"])
    merged = i % 40 in (10, 11)
    assert merged or abs(a - b) <= 1e-9 * a, (code, a, b)
CHECK

expect() { # expect TEXT ARGUMENTS...
  local text=$1 status=0 out
  shift
  out=$("$spillway" convert "$@" 2>&1) || status=$?
  [ $status = 2 ] || fail "'convert $*' exits $status, not 2: $out"
  grep -qF -- "$text" <<<"$out" || fail "'convert $*' does not say '$text': $out"
}
expect "has no column of codes 'lsoa99cd'" pack --lookup lookup.csv --to lsoa99 --output x
sed '5d' lookup.csv >short.csv
expect "that the lookup lacks" pack --lookup short.csv --to lsoa31 --output x
expect "did you mean 'population'" pack --lookup lookup.csv --to lsoa31 --output x --sum populaton
[ ! -e x ] || fail "a refused conversion left a folder"
echo "convert: all as expected"
