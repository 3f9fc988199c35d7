#!/usr/bin/env bash
# spillway export: a spreadsheet and a map layer, read back by other programs and held against the tables of the run.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" synth --output pack --areas 300 --authorities 30 >/dev/null
# Boundaries: a square round every centroid but one, with a hole in the first, as TopoJSON with arcs of two sides each.
python3 - <<'SHAPES'
import csv, json
arcs, shapes = [], []
for k, r in enumerate(csv.DictReader(open("pack/areas.csv"))):
    x, y = float(r["easting"]), float(r["northing"])
    corners = [(x - 90, y - 90), (x + 90, y - 90), (x + 90, y + 90), (x - 90, y + 90)]
    arcs += [[corners[0], corners[1], corners[2]], [corners[0], corners[3], corners[2]]]
    rings = [[2 * k, ~(2 * k + 1)]]
    if k == 0: rings, arcs = rings + [[2]], arcs + [[(x - 9, y - 9), (x + 9, y - 9), (x, y + 9), (x - 9, y - 9)]]
    if k == 0: rings[0] = [0, ~1]
    shapes.append((r["area_code"], rings, len(arcs)))
geometries, at = [], 0
for k, (code, rings, end) in enumerate(shapes):
    begin = 0 if k == 0 else shapes[k - 1][2]
    rings = rings if k == 0 else [[begin, ~(begin + 1)]]
    if k != 7: geometries.append({"type": "Polygon", "arcs": rings, "properties": {"code": code}})
json.dump({"type": "Topology", "arcs": arcs, "objects": {"a": {"type": "GeometryCollection", "geometries": geometries}}}, open("pack/shapes.json", "w"))
open("pack/pack.toml", "a").write('\n[[file]]\npath = "shapes.json"\nrole = "boundaries"\n')
SHAPES
# Names of areas as people and other people write them.
python3 - <<'NAMES'
import csv
rows = list(csv.reader(open("pack/areas.csv")))
at = rows[0].index("area_name")
for row, name in zip(rows[1:], ["=1+1", "<b>&\"'</b>", "Y\u00fcksek \U0001f600 \u2028", "]]>", "x" * 900, "a\ufffe\uffff\u0001b"]): row[at] = name
csv.writer(open("pack/areas.csv", "w", newline="")).writerows(rows)
text = open("pack/pack.toml").read()
import re
open("pack/pack.toml", "w").write(re.sub(r"(?m)^sha256 = .*\n", "", text))
NAMES
"$spillway" run "$config" --data pack --replicates 99 --draws 60 --quiet --output run.h5 >/dev/null
"$spillway" export run.h5 --output run.xlsx --output run.ods --output run.gpkg >said.txt
"$spillway" export run.h5 --output again.xlsx --output again.ods --output again.gpkg >/dev/null
# Rows and columns of a table that are asked for are those of the whole table.
"$spillway" table run.h5 region --format csv >whole.csv
"$spillway" table run.h5 region --format markdown >whole.md
python3 - whole.csv whole.md <<'PYTHON' || fail "tables that people read are not in percent, or not the figures of the CSV"
import csv, sys
stored = list(csv.DictReader(open(sys.argv[1])))
lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in open(sys.argv[2]) if line.startswith("|")]
shown = [dict(zip(lines[0], line)) for line in lines[2:]]
assert len(stored) == len(shown) > 10
for one, other in zip(stored, shown):
    assert one["unit"].startswith("log points a year") and other["unit"].startswith("%"), (one["unit"], other["unit"])
    for level in ("p5", "median", "p95"):
        assert abs(float(other[level]) - 100 * float(one[level])) <= 1e-3 * abs(100 * float(one[level])), (one, other)
PYTHON
"$spillway" table run.h5 region --rows scenario=wealth_fund,ring_fence_10 --rows outcome=uplift --columns unit,group,median --format csv >picked.csv
python3 - <<'PICKED' || fail "a table's rows and columns are not those that were asked for"
import csv
whole, picked = list(csv.DictReader(open("whole.csv"))), list(csv.reader(open("picked.csv")))
wanted = [[row[c] for c in ("unit", "group", "median")] for row in whole if row["scenario"] in ("wealth_fund", "ring_fence_10") and row["outcome"] == "uplift"]
assert picked[0] == ["unit", "group", "median"] and picked[1:] == wanted and 0 < len(wanted) < len(whole), picked[:3]
PICKED
cmp run.ods again.ods && cmp run.gpkg again.gpkg || fail "the same run gives another file"
for grouping in area_type lad; do "$spillway" table run.h5 $grouping --format csv --output $grouping.csv; done
python3 - <<'CHECK' || fail "the files are not what they should be"
import csv, re, sqlite3, struct, zipfile
import xml.etree.ElementTree as ET
T = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
O = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"

def ods(file):
    """Sheets as rows of values; None for an empty cell."""
    z = zipfile.ZipFile(file)
    assert z.infolist()[0].filename == "mimetype" and z.infolist()[0].compress_type == zipfile.ZIP_STORED
    assert z.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet" and z.testzip() is None
    for name in z.namelist():
        if name.endswith(".xml"): ET.fromstring(z.read(name))
    content = ET.fromstring(z.read("content.xml"))
    sheets = {}
    for table in content.iter(T + "table"):
        sheets[table.get(T + "name")] = [[float(c.get(O + "value")) if c.get(O + "value-type") in ("float", "percentage") else "".join(c.itertext())
                                          for c in row.findall(T + "table-cell")] for row in table.iter(T + "table-row")]
    assert not list(content.iter(T + "covered-table-cell")), "merged cells"
    assert b'print-orientation="landscape"' in z.read("styles.xml"), "not landscape on paper"
    return sheets, {r.get(T + "name"): r.get(T + "target-range-address") for r in content.iter(T + "database-range")}

def xlsx(file):
    """The same with nothing but the standard library: the format's own XML."""
    z, N = zipfile.ZipFile(file), "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    assert z.testzip() is None
    strings = ["".join(t.text or "" for t in s.iter(N + "t")) for s in ET.fromstring(z.read("xl/sharedStrings.xml")).findall(N + "si")]
    names = [s.get("name") for s in ET.fromstring(z.read("xl/workbook.xml")).iter(N + "sheet")]
    sheets = {}
    for k, name in enumerate(names, 1):
        page = ET.fromstring(z.read(f"xl/worksheets/sheet{k}.xml"))
        assert page.find(N + "mergeCells") is None, "merged cells"
        assert page.find(N + "pageSetup").get("orientation") == "landscape", "not landscape on paper"
        sheets[name] = [[strings[int(c.find(N + "v").text)] if c.get("t") == "s" else float(c.find(N + "v").text) for c in row.findall(N + "c")]
                        for row in page.iter(N + "row")]
    tables = [ET.fromstring(z.read(n)).get("ref") for n in sorted(z.namelist()) if n.startswith("xl/tables/")]
    return sheets, tables

books = [ods("run.ods"), xlsx("run.xlsx")]
for sheets, tables in books:
    assert list(sheets)[:3] == ["Cover", "Contents", "Notes"], list(sheets)
    assert {"Uplift", "Cumulative uplift", "Appraisal", "Parameters", "Winners and losers", "Areas"} <= set(sheets), list(sheets)
    assert [row[0] for row in sheets["Contents"][3:]] == list(sheets)[2:], sheets["Contents"]
    assert len(tables) == len(sheets) - 1, tables
    for name, rows in sheets.items():
        assert all(rows) and all(cell not in ("", None) for row in rows for cell in row), f"{name} has an empty row or cell"
        if name == "Cover": continue
        assert rows[1] == ["This worksheet has one table."], rows[1]
        start = next(k for k, row in enumerate(rows) if len(row) > 1)
        assert len({len(row) for row in rows[start:]}) == 1, f"{name} is not one table"
        assert len({h.lower() for h in rows[start]}) == len(rows[start]), f"{name} has two columns of one label"
    units = {row[2]: row[3] for row in sheets["Parameters"][4:]}
    assert units["share"] == "share" and units["amount"] == "GBP", f"parameters without their units: {units}"
    worth = [row for row in sheets["Per pound and per head"][4:]]
    assert not any("log point" in row[-1] for row in worth) and any(row[-1].startswith("%") for row in worth), worth
# Wrapped headings have room: readers do not all make it.
page = ET.fromstring(zipfile.ZipFile("run.xlsx").read("xl/worksheets/sheet4.xml"))
heights = [float(row.get("ht", 0)) for row in page.iter() if row.tag.endswith("}row")]
assert max(heights) >= 45, f"headings are as low as a line: {max(heights)}"
notes = ET.fromstring(zipfile.ZipFile("run.xlsx").read("xl/worksheets/sheet3.xml"))
assert max(float(row.get("ht", 0)) for row in notes.iter() if row.tag.endswith("}row")) >= 30, "notes of two lines are as low as one"
# Numbers of mixed units are shown with four digits, a year without a comma.
content = zipfile.ZipFile("run.ods").read("content.xml").decode()
shown = re.findall(r'style-name="(number|plain)(\d)" office:value-type="float" office:value="([^"]*)"', content[content.index('table:name="Parameters"'):])
assert ("plain", "0", "2026") in shown, "the start of a policy is no plain year"
for name, decimals, value in shown:
    digits = len(f"{float(value):.{decimals}f}".lstrip("-0.").replace(".", ""))
    assert float(value) == round(float(value)) or digits in (4, 5) or decimals == "0" and digits > 5, (name, decimals, value)
# .xlsx keeps sixteen digits.
alike = lambda a, b: a == b if isinstance(a, str) or isinstance(b, str) else abs(a - b) <= 1e-15 * abs(a)
for name, rows in books[0][0].items():
    other = books[1][0][name]
    assert len(rows) == len(other) and all(len(a) == len(b) and all(map(alike, a, b)) for a, b in zip(rows, other)), f"the two formats differ in {name}"
assert books[0][1]["table_areas"].endswith(str(len(books[0][0]["Areas"]))), books[0][1]

# Against the run's own tables, which print six digits.
sheets = books[0][0]
rows = sheets["Cumulative uplift"]
start = next(k for k, row in enumerate(rows) if row[0] == "Policy")
header = rows[start]
assert header[4] == "Median (per cent, summed over the horizon)", header  # growth: a share, shown as percent
for grouping, words in (("area_type", "Area type"), ("lad", "Local authority")):
    told = {(r["scenario"], r["group"]): r for r in csv.DictReader(open(f"{grouping}.csv")) if r["outcome"] == "cumulative_uplift"}
    mine = [row for row in rows[start + 1:] if row[1] == words]
    assert len(mine) == len(told) > 0
    for row in mine:
        there = told[row[0].lower().replace(" ", "_"), row[3]]
        for at, level in ((4, "median"), (5, "p5"), (6, "p25"), (7, "p75"), (8, "p95")):
            assert abs(row[at] - float(there[level])) <= 1e-5 * abs(row[at]) + 1e-15, (row, there)
        assert 0 <= row[9] <= 1 and (row[9] == 0.5 or row[4] == 0 or (row[9] > 0.5) == (row[4] > 0)), row
    assert any(row[2] != row[3] for row in mine), "groups have no words"
areas = sheets["Areas"]
start = next(k for k, row in enumerate(areas) if row[0] == "Area code")
codes = [r["area_code"] for r in csv.DictReader(open("pack/areas.csv"))]
assert [row[0] for row in areas[start + 1:]] == codes
names = [re.sub("[\x01\ufffe\uffff]", "", r["area_name"]) for r in csv.DictReader(open("pack/areas.csv"))]
at = areas[start].index("Area")
assert [row[at] for row in areas[start + 1:]] == names, [row[at] for row in areas[start + 1:]][:5]
winners = [row for row in sheets["Winners and losers"] if len(row) > 2 and row[2] == "All areas"]
assert len(winners) == 3 and all(sum(row[4:7]) == 300 for row in winners), winners

# The layer: a valid GeoPackage with the same medians.
db = sqlite3.connect("run.gpkg")
for row in winners:
    chance = row[0].lower().replace(" ", "_") + "_cumulative_uplift_chance_better"
    # Areas far below the largest effect have no side: the mean is not in the layer, the median is near it.
    median = chance.replace("chance_better", "median")
    moved = f"(abs({median}) > 1e-5 * (SELECT max(abs({median})) FROM areas))"
    better, worse = f"({chance} >= 0.95 AND {moved})", f"({chance} <= 0.05 AND {moved})"
    sides = db.execute(f"""SELECT sum({better}), sum({worse}), sum(NOT {better} AND NOT {worse}), sum(population * {better}),
                           sum(population * {worse}), sum(population * (NOT {better} AND NOT {worse})) FROM areas""").fetchone()
    assert tuple(row[4:10]) == sides, (row, sides)
assert db.execute("PRAGMA application_id").fetchone()[0] == 0x47504B47 and db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
assert db.execute("SELECT data_type, srs_id FROM gpkg_contents WHERE table_name = 'areas'").fetchone() == ("features", 27700)  # nine-character codes on a grid of Britain's size
assert db.execute("SELECT count(*) FROM layer_styles WHERE useAsDefault = 1 AND styleQML LIKE '%graduatedSymbol%'").fetchone()[0] == 1
ET.fromstring(re.sub(r"^<!DOCTYPE[^>]*>", "", db.execute("SELECT styleQML FROM layer_styles").fetchone()[0]))
found = db.execute("SELECT area_code, geom, ring_fence_10_cumulative_uplift_median FROM areas ORDER BY fid").fetchall()
at = areas[start].index(next(h for h in areas[start] if h.startswith("Ring fence 10: Cumulative uplift, median")))
for (code, geom, median), row, k in zip(found, areas[start + 1:], range(300)):
    assert code == row[0] and abs(median - row[at]) <= 1e-12
    if k == 7:
        assert geom is None
        continue
    assert geom[:2] == b"GP" and struct.unpack("<i", geom[4:8])[0] == 27700
    left, right, bottom, top = struct.unpack("<4d", geom[8:40])
    assert abs(right - left - 180) < 1e-6 and abs(top - bottom - 180) < 1e-6
    kind, parts = struct.unpack("<II", geom[41:49])
    assert (kind, parts) == (6, 1)
    kind, rings, points = struct.unpack("<III", geom[50:62])
    assert kind == 3 and rings == (2 if k == 0 else 1) and points == 5, (k, rings, points)
    ring = struct.unpack("<10d", geom[62:142])
    assert ring[:2] == ring[-2:]
CHECK
openpyxl=""
for python in python3 /usr/bin/python3; do
  $python -c "import openpyxl" 2>/dev/null || continue
  $python - <<'CHECK' || fail "openpyxl reads something else"
import openpyxl
book = openpyxl.load_workbook("run.xlsx")
assert [len(s.tables) for s in book] == [0] + [1] * (len(book.sheetnames) - 1) and not any(s.merged_cells.ranges for s in book)
assert book["Contents"]["A4"].hyperlink.location == "'Notes'!A1", book["Contents"]["A4"].hyperlink
assert "%" in book["Cumulative uplift"].cell(10, 5).number_format and "£" in book["Appraisal"].cell(6, 3).number_format
CHECK
  openpyxl=", .xlsx by openpyxl too" && break
done
expect 2 "must end in .xlsx, .ods or .gpkg" "$spillway" export run.h5 --output run.csv
expect 2 "run.h5" "$spillway" export run.h5 --output run.h5
ln -s pack/areas.csv link.xlsx
expect 2 "link.xlsx" "$spillway" export run.h5 --output link.xlsx
expect 4 "" "$spillway" export run.h5 --output none/run.xlsx
head -1 pack/areas.csv | grep -q area_code || fail "an input was written over"
"$spillway" synth --output bare --areas 300 --authorities 30 >/dev/null
expect 2 "give a pack with a file of role boundaries" "$spillway" export run.h5 --pack bare --output bare.gpkg
[ ! -e bare.gpkg ] || fail "a refused export left a file"
for format in ods xlsx gpkg; do
  printf 'old' >kept.$format
  (ulimit -f 4; "$spillway" export run.h5 --output kept.$format >/dev/null 2>&1) && fail "a full disk is no fault of an .$format"
  [ "$(cat kept.$format)" = old ] || fail "a failed export has touched the former .$format"
done
expect 2 "are the same file" "$spillway" export run.h5 --output a.xlsx --output ./a.xlsx
ls | grep -q tmp- && fail "litter is left: $(ls)"
echo "export: spreadsheets and a map layer, read back$openpyxl"
