#!/usr/bin/env bash
# spillway convert on a synthetic pack: totals kept, the result a whole pack that runs, and there and back.
source "$(dirname "$0")/../support/set_up.sh"

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

# Boundaries: squares in a row, one an area, as GeoJSON and as TopoJSON. Unchanged areas keep theirs, merged ones have both of
# theirs, parts of a divided one have none, and the report says how many.
python3 - <<'SQUARES'
import csv, json, shutil
codes = [r["area_code"] for r in csv.DictReader(open("pack/areas.csv"))]
ring = lambda i: [[i, 0], [i + 1, 0], [i + 1, 1], [i, 1], [i, 0]]
geo = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"CODE": c, "name": "old"},
       "geometry": {"type": "Polygon", "coordinates": [ring(i)]}} for i, c in enumerate(codes)]}
topo = {"type": "Topology", "arcs": [ring(i) for i in range(len(codes))], "objects": {"areas": {"type": "GeometryCollection",
        "geometries": [{"type": "MultiPolygon", "arcs": [[[i]]], "properties": {"CODE": c}} for i, c in enumerate(codes)]}}}
geo["features"].insert(3, {"type": "Feature", "properties": None, "geometry": None})  # as the sea is in some files
topo["objects"]["areas"]["geometries"].insert(3, {"type": "Polygon", "arcs": [[0]]})
for name, document in (("geojson", geo), ("topojson", topo)):
    shutil.copytree("pack", name)
    json.dump(document, open(f"{name}/shapes.json", "w"))
    open(f"{name}/pack.toml", "a").write('\n[[file]]\npath = "shapes.json"\nrole = "boundaries"\n')
SQUARES
for kind in geojson topojson; do
  "$spillway" convert $kind --lookup lookup.csv --to lsoa31 --output shaped-$kind >shaped.txt
  grep -q "^note: boundaries: 370 new areas have the shape of the area that they were, 10 merged ones all the polygons of theirs .*, 20 have none" shaped.txt ||
    fail "$kind: $(grep boundaries shaped.txt)"
  ! grep -q "shapes.json (boundaries) is on" shaped.txt || fail "$kind: carried boundaries are said to stay behind"
done
python3 - <<'CHECK' || fail "shapes are not those of the old areas"
import csv, json
old = [r["area_code"] for r in csv.DictReader(open("pack/areas.csv"))]
new = {r["area_code"] for r in csv.DictReader(open("shaped-geojson/areas.csv"))}
at = {c: i for i, c in enumerate(old)}
def shapes(file, features, polygons):
    document = json.load(open(file))
    return {f["properties"]["CODE"]: polygons(document, f) for f in features(document)}
def left_edges(polygons):
    return sorted(min(x for x, _ in polygon[0]) for polygon in polygons)
geo = shapes("shaped-geojson/boundaries_lsoa31.geojson", lambda d: d["features"],
             lambda d, f: left_edges([f["geometry"]["coordinates"]] if f["geometry"]["type"] == "Polygon" else f["geometry"]["coordinates"]))
topo = shapes("shaped-topojson/boundaries_lsoa31.topojson", lambda d: d["objects"]["areas"]["geometries"],
              lambda d, f: left_edges([[d["arcs"][ring[0]] for ring in polygon] for polygon in f["arcs"]]))
assert geo == topo, "GeoJSON and TopoJSON differ"
wanted = {}
for i, code in enumerate(old):
    if i % 40 == 10: wanted[code + "m"] = [i, i + 1]
    elif i % 40 not in (0, 11): wanted[code] = [i]
assert geo == wanted and wanted.keys() < new, (len(geo), len(wanted))
CHECK
"$spillway" run "$source/configs/smoke.toml" --data shaped-topojson --quiet --replicates 99 --draws 60 --output shaped.h5 >/dev/null
"$spillway" report shaped.h5 --output page.html >page.txt 2>&1 || fail "the converted boundaries do not draw: $(cat page.txt)"
! grep -q "no area of the run is in the pack's boundaries" page.txt || fail "the page finds no shape"
# Boundaries of the new areas are taken as they are; those of other areas are refused.
"$spillway" convert pack --lookup lookup.csv --to lsoa31 --output given --boundaries shaped-geojson/boundaries_lsoa31.geojson >/dev/null
cmp given/boundaries_lsoa31.geojson shaped-geojson/boundaries_lsoa31.geojson || fail "given boundaries are not taken as they are"
grep -q 'role = "boundaries"' given/pack.toml || fail "given boundaries are not in the manifest"

# A few bytes of TopoJSON that name a long arc again and again are told before they have taken the memory.
python3 - <<'BOMB'
import csv, json
code = [r["area_code"] for r in csv.DictReader(open("new/areas.csv"))][0]
json.dump({"type": "Topology", "arcs": [[[k, k] for k in range(20000)]], "objects": {"a": {"geometries": [
    {"type": "Polygon", "arcs": [[0] * 20000], "properties": {"code": code}}]}}}, open("bomb.json", "w"))
BOMB
cp -r pack bombed && cp bomb.json bombed/ && printf '\n[[file]]\npath = "bomb.json"\nrole = "boundaries"\n' >>bombed/pack.toml
too_many() { (addresses 4000000; expect 2 "$1: its rings have more than 50 million points" "${@:2}"); }
too_many bomb.json "$spillway" convert pack --lookup lookup.csv --to lsoa31 --output x --boundaries bomb.json
too_many bombed/bomb.json "$spillway" export shaped.h5 --pack bombed --output x.gpkg

refused() { # refused TEXT ARGUMENTS...
  expect 2 "$1" "$spillway" convert "${@:2}"
}
refused "has no column of codes 'lsoa99cd'" pack --lookup lookup.csv --to lsoa99 --output x
sed '5d' lookup.csv >short.csv
refused "that the lookup lacks" pack --lookup short.csv --to lsoa31 --output x
refused "did you mean 'population'" pack --lookup lookup.csv --to lsoa31 --output x --sum populaton
echo '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"c":"Z"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}' >other.geojson
refused "holds the areas' codes" pack --lookup lookup.csv --to lsoa31 --output x --boundaries other.geojson
# Read though links come from elsewhere: boundaries of other places are no boundaries of these.
python3 -c 'import csv; a, b = [r["area_code"] for r in csv.DictReader(open("new/areas.csv"))][:2]; open("pairs.csv", "w").write(f"from,to\n{a},{b}\n")'
refused "holds the areas' codes" pack --lookup lookup.csv --to lsoa31 --output x --boundaries other.geojson --adjacency pairs.csv
# Lines bound no area, in whichever of the two formats.
python3 - <<'LINES'
import json
geo = json.load(open("shaped-geojson/boundaries_lsoa31.geojson"))
shape = geo["features"][-1]["geometry"]
shape["type"], shape["coordinates"] = "MultiLineString", [ring for polygon in ([shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]) for ring in polygon]
json.dump(geo, open("lines.geojson", "w"))
topo = json.load(open("shaped-topojson/boundaries_lsoa31.topojson"))
shape = topo["objects"]["areas"]["geometries"][-1]
shape["type"], shape["arcs"] = "MultiLineString", [ring for polygon in shape["arcs"] for ring in polygon]
json.dump(topo, open("lines.topojson", "w"))
LINES
for kind in geojson topojson; do
  refused "is of type 'MultiLineString' (boundaries are of type Polygon or MultiPolygon)" pack --lookup lookup.csv --to lsoa31 --output x --boundaries lines.$kind
done
[ ! -e x ] || fail "a refused conversion left a folder"
echo "convert: all as expected"
