#!/usr/bin/env bash
# The report page: the committed bundle is what its sources build; a page of a run with hostile names works in a
# browser. Skips (77) where node, Chromium or playwright-core are absent: `cd tools/report && npm ci` installs the last.
set -euo pipefail
spillway=$1 source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $1"
  exit 1
}
skip() {
  echo "SKIPPED: $1"
  exit 77
}

# A small world on disk, with names that would be markup, script or a formula somewhere.
"$spillway" synth --areas 900 --output "$folder/pack" >/dev/null
python3 - "$folder/pack" <<'PYTHON' || fail "the fixture could not be made"
import csv, json, re, sys
file = sys.argv[1] + "/areas.csv"
rows = list(csv.reader(open(file, newline="")))
name, lad = rows[0].index("area_name"), rows[0].index("lad_name")
rows[1][name] = "<script>window.hostile=1</script>"
rows[2][name] = '"><img src=x onerror="window.hostile=1">'
rows[3][name] = '=HYPERLINK("x")'
rows[4][name] = "</script><script>window.hostile=1</script>@@SPILLWAY-DATA@@"
rows[5][name] = "Y\u00fcksek \u2028 <!-- \U0001f600"
for row in rows[1:]:
    if row[lad] == rows[1][lad]: row[lad] = "<b>&amp;Borough</b>"
csv.writer(open(file, "w", newline="")).writerows(rows)
# Boundaries: a square round every centroid but one, as wide as half the way to its nearest neighbour.
east, north, code = rows[0].index("easting"), rows[0].index("northing"), rows[0].index("area_code")
places = [(float(r[east]), float(r[north]), r[code]) for r in rows[1:]]
features = []
for x, y, name in places[:-1]:
    d = min(max(abs(x - u), abs(y - v)) for u, v, other in places if other != name) / 2
    ring = [[x - d, y - d], [x + d, y - d], [x + d, y + d], [x - d, y + d], [x - d, y - d]]
    features.append({"type": "Feature", "properties": {"colour": "S0", "code": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
json.dump({"type": "FeatureCollection", "features": features}, open(sys.argv[1] + "/boundaries.geojson", "w"))
manifest = sys.argv[1] + "/pack.toml"
text = re.sub(r'(?m)^sha256 = .*\n', "", open(manifest).read())
text += '\n[[file]]\npath = "boundaries.geojson"\nrole = "boundaries"\n'
open(manifest, "w").write(text)
PYTHON
"$spillway" run "$source/configs/smoke.toml" --data "$folder/pack" --replicates 99 --quiet --output "$folder/run.h5" >/dev/null
"$spillway" run "$source/configs/smoke.toml" --data "$folder/pack" --replicates 99 --seed 7 --quiet --output "$folder/other.h5" >/dev/null
for method in tornado shapley; do
  "$spillway" sensitivity "$source/configs/smoke.toml" --data "$folder/pack" --replicates 99 --quiet --scenario wealth_fund --method $method \
    --rows 16 --output "$folder/$method.h5" >/dev/null
done
"$spillway" frontier "$source/configs/smoke.toml" --data "$folder/pack" --replicates 99 --quiet --scenario ring_fence_10 --output "$folder/frontier.h5" >/dev/null
"$spillway" report "$folder/run.h5" --with "$folder/frontier.h5" --with "$folder/tornado.h5" --with "$folder/shapley.h5" --output "$folder/one.html" >"$folder/said.txt" 2>/dev/null
status=0
"$spillway" report "$folder/run.h5" --with "$folder/other.h5" --output "$folder/none.html" 2>"$folder/error.txt" || status=$?
{ [ $status = 2 ] && grep -q "holds no analysis" "$folder/error.txt"; } || fail "--with a run exits $status: $(cat "$folder/error.txt")"
status=0
"$spillway" report "$folder/run.h5" --pack "$folder/none" --output "$folder/none.html" 2>"$folder/error.txt" || status=$?
{ [ $status = 2 ] && [ ! -e "$folder/none.html" ]; } || fail "--pack of no pack exits $status: $(cat "$folder/error.txt")"
mv "$folder/pack" "$folder/away"
"$spillway" report "$folder/run.h5" --compare "$folder/other.h5" --output "$folder/two.html" >/dev/null 2>"$folder/warned.txt"
mv "$folder/away" "$folder/pack"
grep -q "boundaries.*give --pack FOLDER" "$folder/warned.txt" || fail "a pack that is not there goes unsaid"
"$spillway" run "$source/configs/smoke.toml" --set data.synthetic_areas=900 --set data.synthetic_seed=5 --replicates 99 --quiet --output "$folder/world.h5" >/dev/null
status=0
"$spillway" report "$folder/run.h5" --compare "$folder/world.h5" --output "$folder/none.html" 2>"$folder/error.txt" || status=$?
{ [ $status = 2 ] && grep -q "runs of different worlds" "$folder/error.txt" && [ ! -e "$folder/none.html" ]; } ||
  fail "--compare of two worlds exits $status: $(cat "$folder/error.txt")"
grep -q "report: $folder/one.html" "$folder/said.txt" || fail "the command does not say where the page is"
# Two closing script tags, those of the page itself: no name can end one.
[ "$(grep -o '</script' "$folder/one.html" | wc -l)" = 2 ] || fail "a name closes a script element"
grep -q "@@" <(tr -d '\n' <"$folder/one.html" | grep -o '<script type="text/plain" id="data">@@') && fail "the data are not in the page"
[ "$(stat -c %s "$folder/one.html")" -lt 10000000 ] || fail "the page is larger than 10 MB"
status=0
"$spillway" report "$folder/none.h5" 2>"$folder/error.txt" || status=$?
[ $status = 2 ] || fail "a result that is not there exits $status, not 2"

command -v node >/dev/null || skip "node is not installed"
node "$source/tools/report/build.mjs" --check || fail "tools/report/dist is stale"
node "$source/tests/run/finding.mjs" "$source/tools/report" || fail "the first sentence"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$browser" ] || skip "Chromium is not installed"
[ -d "$source/tools/report/node_modules/playwright-core" ] && [ -d "$source/tools/report/node_modules/axe-core" ] ||
  skip "playwright-core is not installed (cd tools/report && npm ci)"
node "$source/tests/run/report_browser.mjs" "$source/tools/report" "$browser" "$folder/one.html" "$folder/two.html" "$folder/profile"
