#!/usr/bin/env python3
"""What people bring: files of other programs, marks for no value, units. Every answer is an independent one (numpy,
spatialreg; made-up numbers, tests/support/bring/areas.csv: a grid of 10 x 8 areas, 1 km apart), or a refusal."""
import csv, json, os, shutil, subprocess, sys, tempfile

spillway, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
AREAS = list(csv.DictReader(open(source + "/tests/support/bring/areas.csv")))
for row in AREAS: row["area_type"] = "one"
CODES = [row["area_code"] for row in AREAS]
PLACE = {row["area_code"]: (float(row["easting"]), float(row["northing"])) for row in AREAS}
os.chdir(tempfile.mkdtemp())
failures = []

def check(what, right, seen=""):
    if not right:
        failures.append(what)
        print(f"FAILED: {what}: {seen}")

def apart(a, b):
    return ((PLACE[a][0] - PLACE[b][0]) ** 2 + (PLACE[a][1] - PLACE[b][1]) ** 2) ** 0.5

QUEEN = {a: [b for b in CODES if b != a and apart(a, b) < 1500] for a in CODES}
NEAREST = {a: sorted((b for b in CODES if b != a), key=lambda b: (apart(a, b), CODES.index(b)))[:6] for a in CODES}
PAIRS = [(a, b) for a in CODES for b in QUEEN[a] if a < b]
assert sum(map(len, QUEEN.values())) == 536

def gal(neighbours, header="0 80 grid area_code\n", name=lambda a: a):
    return header + "".join(f"{name(a)} {len(bs)}\n{' '.join(map(name, bs))}\n" for a, bs in neighbours.items())

def gwt(neighbours, header="0 80 grid area_code\n", weight=lambda a, b: "1"):
    return header + "".join(f"{a} {b} {weight(a, b)}\n" for a, bs in neighbours.items() for b in bs)

def edges(head="from,to", row=lambda a, b: f"{a},{b}"):
    return head + "\n" + "".join(row(a, b) + "\n" for a, b in PAIRS)

def pack(areas=AREAS, manifest="", **files):
    shutil.rmtree("pack", ignore_errors=True)
    os.mkdir("pack")
    with open("pack/areas.csv", "w", newline="") as out:
        table = csv.DictWriter(out, list(areas[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(areas)
    text = '[pack]\nname = "grid"\ngeography = "lsoa11"\nperiod_years = 1\n[[file]]\npath = "areas.csv"\nrole = "areas"\n'
    for name, content in files.items():
        name = name.replace("__", ".")
        open("pack/" + name, "w").write(content)
        if name == "edges.csv": text += '[[file]]\npath = "edges.csv"\nrole = "edges"\n'
    open("pack/pack.toml", "w").write(text + manifest)

def estimate(model, weights=""):
    config = f'[run]\nname = "case"\nseed = 1\nthreads = 1\n[data]\npack = "pack"\n[weights]\n{weights}\n[[model]]\n{model}'
    open("case.toml", "w").write(config)
    if os.path.exists("out.json"): os.remove("out.json")
    done = subprocess.run([spillway, "estimate", "case.toml", "--json", "out.json"], capture_output=True, text=True)
    models = json.load(open("out.json")).get("models", []) if done.returncode == 0 else []
    return done.returncode, done.stdout + done.stderr, {m["estimator"].split("|")[0]: m for m in models}

SAR = 'name = "sar"\nkind = "spatial_autoregression"\noutcome = "y_spatial"\ncovariates = ["w1"]\nestimators = ["qml"]\n'
def iv(more):
    return ('name = "iv"\nkind = "iv"\noutcome = "y"\nendogenous = ["s"]\ninstruments = ["z1", "z2"]\ncontrols = ["w1"]\n'
            'estimators = ["ols", "2sls"]\nheadline = "2sls"\n' + more)

def value(models, estimator, name, what="estimate"):
    for found, model in models.items():
        if found == estimator:
            for one in model["coefficients"]:
                if one["name"] == name: return one[what]
    return float("nan")

def rho(what, right, weights, tolerance=2e-6):
    code, said, models = estimate(SAR, weights)
    seen = value(models, "qml", "rho")
    check(what, code == 0 and abs(seen - right) < tolerance, f"exit {code}, rho {seen}, expected {right}: {said[-400:]}")

def refused(what, words, model=SAR, weights=""):
    code, said, _ = estimate(model, weights)
    check(what, code == 2 and words in said, f"exit {code}, expected 2 and '{words}': {said[:600]}")

def file_weights(path, more="row_standardise = true"):
    return f'kind = "file"\npath = "{path}"\n{more}'

# Weights files: spatialreg::lagsarlm and eigenvalues in numpy give rho 0.6197308 on all 536 links.
RHO = 0.6197308
whole = gal(QUEEN)
for name, text in {"w.gal": whole, "W.GAL": whole, "old.gal": gal(QUEEN, "80\n"), "bare.gal": gal(QUEEN, ""),
                   "spaced.gal": gal(QUEEN, '0 80 "my grid" area_code\n'), "loose.gal": gal(QUEEN, "0 80 my grid area_code\n"),
                   "crlf.gal": whole.replace("\n", "\r\n"), "quoted.gal": gal(QUEEN, name=lambda a: f'"{a}"'), "w.gwt": gwt(QUEEN),
                   "headless.gwt": gwt(QUEEN, ""), "really_gwt.gal": gwt(QUEEN), "list.csv": edges("from,to,weight", lambda a, b: f"{a},{b},1.0"), "LIST.CSV": edges("FROM,TO,WEIGHT", lambda a, b: f"{a},{b},1.0"),
                   "padded.gal": gal(QUEEN, name=lambda a: f'"{a}   "'),
                   "edges.csv": edges("from,to,weight", lambda a, b: f"{a},{b},1.0")}.items():
    pack(**{name.replace(".", "__"): text})
    rho(name, RHO, file_weights(name))
number = {code: str(k + 1) for k, code in enumerate(CODES)}
pack(w__gal=gal(QUEEN, "0 80 grid fid\n", number.get))
rho("ids in order", RHO, file_weights("w.gal", 'ids = "order"'))
refused("ids in order, unsaid", 'set weights.ids = "order"', weights=file_weights("w.gal"))
pack([dict(row, fid=number[row["area_code"]]) for row in AREAS], w__gal=gal(QUEEN, "0 80 grid fid\n", number.get))
rho("ids of the key column", RHO, file_weights("w.gal"))

cut = dict(list(QUEEN.items())[:48])
pack(w__gal=gal(cut))
refused("half a .gal", "pack/w.gal:1: the header says 80 areas, 48 are listed; missing: E00049, E00050", weights=file_weights("w.gal"))
pack(w__gal=gal(cut, ""))
said = estimate(SAR, file_weights("w.gal"))[1]
check("the fault before its consequences", "48 are listed" in said.split("the area is not listed")[0], said[:600])
refused("half a .gal without header", "of 80 areas 48 are listed; missing: E00049", weights=file_weights("w.gal"))
pack(w__gwt=gwt(cut))
refused("half a .gwt", "48 are listed; missing: E00049", weights=file_weights("w.gwt", 'islands = "keep-zero"'))
pack(edges__csv="from,to\n" + "".join(f"{a},{b}\n" for a, b in PAIRS if b <= "E00048"))
refused("half the edges", "no link of the last 32 of 80 areas", weights='kind = "contiguity"')

distances = gwt(NEAREST, weight=apart)
pack(w__gwt=distances)
refused("GeoDa's distances", "the weights grow with distance (correlation 1.00 with the areas' own distances)", weights=file_weights("w.gwt"))
refused("GeoDa's distances as they are", "weights.values", weights=file_weights("w.gwt", "row_standardise = false"))
rho("GeoDa's distances, binary", 0.661587, file_weights("w.gwt", 'values = "binary"'))
pack([{k: v for k, v in row.items() if k not in ("easting", "northing")} for row in AREAS], w__gwt=gwt({a: bs[::-1] for a, bs in NEAREST.items()}, weight=apart))
code, said, _ = estimate(SAR, file_weights("w.gwt"))
check("distances that nothing tells from weights", code == 0 and "its third column is taken for weights" in said, said[:500])
pack(w__gwt=distances)
rho("nearest neighbours", 0.661587, 'kind = "knn"\nk = 6')

bad = gwt(QUEEN).replace("E00001 E00002 1\n", "E00001 E00002 nan\n")
pack(w__gwt=bad)
refused("nan", "pack/w.gwt:2: column 'weight': value 'nan': from 'E00001' to 'E00002'", weights=file_weights("w.gwt"))
pack(w__gwt=gwt({a: [a] + bs for a, bs in QUEEN.items()}))
refused("a diagonal", "pack/w.gwt:2: value 'E00001': the area is its own neighbour", weights=file_weights("w.gwt"))
pack(w__gwt=gwt(QUEEN, weight=lambda a, b: "0"))
refused("weights of 0 alone", "none of 80 areas has a neighbour", weights=file_weights("w.gwt"))
check("... and check says so too", subprocess.run([spillway, "check", "case.toml"], capture_output=True).returncode == 2)
pack(w__swm="VERSION@1")
refused("ArcGIS", "pack/w.swm: is ArcGIS's binary weights", weights=file_weights("w.swm"))
refused("a name mistyped", "case.toml:9: column 'weights.path': value 'v.swm': the file does not exist", weights=file_weights("v.swm"))
refused("a path out of the pack", "the path leads out of the pack", weights=file_weights("/etc/passwd"))

# Cells without a value: numpy with dummies, 71 rows, has 0.3938273 (HC1 0.1627144).
for mark in ("NA", "", "N/A", "..", "[c]", "-"):
    rows = [dict(row, lad_code=mark if k % 9 == 0 else row["lad_code"]) for k, row in enumerate(AREAS)]
    pack(rows, edges__csv=edges())
    code, said, models = estimate(iv('fixed_effects = ["lad_code"]\ncovariance = { kind = "hc1" }\n'))
    seen = [value(models, "2sls", "s", what) for what in ("estimate", "standard_error")]
    check(f"fixed effects where nine areas have '{mark}'", abs(seen[0] - 0.3938273) < 2e-7 and abs(seen[1] - 0.1627144) < 2e-7, f"{seen} {said[:300]}")
    check(f"'{mark}' is counted", "9 of 80 areas have no lad_code" in said, said[:600])
    refused(f"clusters where nine areas have '{mark}'", "area E00001 has no value, so it belongs to no cluster", iv('covariance = { kind = "cluster", by = "lad_code" }\n'))
def with_z1(cell):
    pack([dict(row, z1=cell if k == 4 else row["z1"]) for k, row in enumerate(AREAS)], edges__csv=edges())
with_z1("[c]")
code, said, models = estimate(iv('covariance = { kind = "hc1" }\n'))
check("one suppressed cell", code == 0 and models["2sls"]["observations"] == 79, said[:300])
for cell in ("abc", "1,234", "TRUE"):
    with_z1(cell)
    refused(f"'{cell}' among numbers", f"pack/areas.csv:6: column 'z1': value '{cell}': not a number (79 of 80 are)", iv('covariance = { kind = "hc1" }\n'))
    code, said, _ = estimate('name = "sar"\nkind = "spatial_autoregression"\noutcome = "y"\ncovariates = ["w1"]\nestimators = ["qml"]\n')
    check(f"'{cell}' in a column that no model uses", code == 0, said[:300])

# Rows that a model leaves out need no cluster: those without an outcome, and those outside restrict_to.
clustered = iv('covariance = { kind = "cluster", by = "lad_code" }\n')
out = lambda k: k % 9 == 0
for what, model, whole, holed in (
        ("no outcome", clustered, {"y": ""}, {"y": "", "lad_code": "NA"}),
        ("outside restrict_to", clustered + 'restrict_to = "kept"\n', {"kept": "0"}, {"kept": "0", "lad_code": "NA", "z1": "", "w1": ".."})):
    seen = []
    for holes in (whole, holed):
        pack([dict(dict(row, kept="1"), **(holes if out(k) else {})) for k, row in enumerate(AREAS)], edges__csv=edges())
        code, said, models = estimate(model)
        seen.append((code, value(models, "2sls", "s"), value(models, "2sls", "s", "standard_error")))
    check(f"clusters of rows that are not used: {what}", seen[0][0] == 0 and seen[0] == seen[1], f"{seen} {said[:400]}")
pack([dict(row, lad_code="NA" if k == 4 else row["lad_code"]) for k, row in enumerate(AREAS)], edges__csv=edges())
code, said, _ = estimate(SAR.replace("qml", "gs2sls") + 'covariance = { kind = "cluster", by = "lad_code" }\n')
check("clusters of rows that are used", code == 2 and "area E00005 has no value, so it belongs to no cluster" in said, said[:400])

# A mark that is a number is that number however it is written; padded quotes are the cell; letters of another case are told.
def outcome(cells, listed):
    pack([dict(row, y=cells.get(k, row["y"])) for k, row in enumerate(AREAS)], edges__csv=edges())
    text = open("pack/pack.toml").read()
    open("pack/pack.toml", "w").write(text.replace("period_years", f"missing = {json.dumps(listed)}\nperiod_years"))
    code, said, models = estimate(iv('covariance = { kind = "hc1" }\n'))
    return code, value(models, "2sls", "s")
right = outcome({4: "", 7: ""}, ["-99"])
check("-99, -99.0 and -9.9e1 are one mark", outcome({4: "-99.0", 7: "-9.9e1"}, ["-99"]) == right and right[0] == 0, right)
for what, change in (("padded", lambda lad: lad + "   "), ("in small letters", str.lower)):
    pack([dict(row, lad_code=change(row["lad_code"]) if k % 2 else row["lad_code"]) for k, row in enumerate(AREAS)], edges__csv=edges())
    text = open("pack/areas.csv").read().replace("L00   ", '"L00   "').replace("L01   ", '"L01   "')
    open("pack/areas.csv", "w").write(text)
    code, said, models = estimate(clustered)
    told = "lad_code holds 'L00' and 'l00'" in said and "differ in upper and lower case, blanks or leading zeros alone" in said
    check(f"codes {what}", (models["2sls"]["clusters"] == 20) if what == "padded" else told, said[:600])

# Conley, Bartlett, 2 km, by a double loop in numpy.
conley = iv('covariance = { kind = "conley", cutoff_km = 2 }\n')
def moved(east, north):
    return [dict(row, easting=east(float(row["easting"])), northing=north(float(row["northing"]))) for row in AREAS]
unit = lambda text: f'[columns.easting]\nunit = "{text}"\n[columns.northing]\nunit = "{text}"\n'
kilometres = moved(lambda x: x / 1000, lambda y: y / 1000)
degrees = moved(lambda x: -1.5 + 0.013 * (x - 400000) / 1000, lambda y: 54 + 0.009 * (y - 300000) / 1000)
for what, rows, manifest in (("metres", AREAS, ""), ("metres, said", AREAS, unit("m")), ("kilometres, said", kilometres, unit("km"))):
    pack(rows, manifest, edges__csv=edges())
    code, said, models = estimate(conley)
    seen = [value(models, name, "s", "standard_error") for name in ("ols", "2sls")]
    check(f"Conley in {what}", abs(seen[0] - 0.07407401) < 2e-8 and abs(seen[1] - 0.12613900) < 2e-8, f"{seen} {said[:300]}")
for what, rows, manifest, words in (("degrees", degrees, "", "these are degrees"), ("degrees, said", degrees, unit("degrees"), "have unit 'degrees'"),
                                    ("degrees called metres", degrees, unit("m"), "these are degrees"), ("kilometres", kilometres, "", "the 80 areas would lie")):
    pack(rows, manifest, edges__csv=edges())
    refused(f"Conley in {what}", words, conley)
    for weights in ('kind = "inverse_distance"\ncutoff_km = 2', 'kind = "distance_band"\ncutoff_km = 2', 'kind = "knn"\nk = 6'):
        refused(f"{weights} in {what}", words, weights=weights)
    check(f"no distance, {what}", estimate(SAR, 'kind = "contiguity"')[0] == 0)

for what, east, north in (("at 0, 0", "0", "0"), ("in degrees", "-1.5", "54")):
    pack([dict(row, easting=east if k == 4 else row["easting"], northing=north if k == 4 else row["northing"]) for k, row in enumerate(AREAS)], edges__csv=edges())
    for weights, model in (('kind = "contiguity"', conley), ('kind = "knn"\nk = 4', SAR)):
        refused(f"one area {what}", f"area 'E00005' stands at easting {east}, northing {north}, far from all areas that are in metres", model, weights)
pack(moved(lambda x: x - 400000, lambda y: y - 300000), edges__csv=edges())
code, said, models = estimate(conley)
check("a grid of its own from 0, 0", abs(value(models, "2sls", "s", "standard_error") - 0.12613900) < 2e-8, said[:300])
pack([dict(row, population=repr(float(row["population"]) / 1e6)) for row in AREAS], edges__csv=edges())
refused("population in millions", "no area has a whole resident", conley)

pack(edges__csv=edges())
for kernel in ("uniform", "bartlett"):
    refused(f"a {kernel} kernel over everything", "no two areas would count as independent", conley.replace("cutoff_km = 2", f'kernel = "{kernel}", cutoff_km = 100'))
pack(moved(lambda x: 4e5, lambda y: 3e5), edges__csv=edges())
refused("Conley where all areas stand in one place", "all 80 areas stand at easting 400000, northing 300000", conley)
refused("neighbours where all areas stand in one place", "no distance tells them apart", weights='kind = "knn"\nk = 6')

# Another vintage of areas.
open("lookup.csv", "w").write("LSOA11CD,LSOA21CD\n" + "".join(
    f"{c},F00004a\n{c},F00004b\n{c},F00004c\n" if c == "E00004" else f"{c},F00010\n" if c in ("E00010", "E00011") else f"{c},F{c[1:]}\n" for c in CODES))
def convert(*more):
    shutil.rmtree("new", ignore_errors=True)
    done = subprocess.run([spillway, "convert", "pack", "--lookup", "lookup.csv", "--output", "new", *more], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr
pack(edges__csv=edges())
code, said = convert()
after = list(csv.DictReader(open("new/areas.csv"))) if code == 0 else []
total = lambda rows: sum(float(row["population"]) for row in rows)
check("population is a total", code == 0 and abs(total(after) - total(AREAS)) < 1e-6, f"{total(AREAS)} before, {total(after)} after: {said[:600]}")
check("guesses are counted", "links are guesses" in said, said)
check("types are carried, and said", "area_type is carried from lsoa11 areas" in said, said)
pack([dict(row, firms=k % 7) for k, row in enumerate(AREAS)], edges__csv=edges())
code, said = convert()
check("counts without a unit", code == 2 and "column 'firms': whole numbers that look like counts" in said and not os.path.exists("new"), said)
check("counts that are said", convert("--sum", "firms")[0] == 0)
new = sorted({line.split(",")[1] for line in open("lookup.csv").read().split()[1:]})
open("touching.csv", "w").write("lsoa21cd_a,lsoa21cd_b\n" + "".join(f"{a},{b}\n" for a, b in zip(new, new[1:])))
open("areas.csv", "w").write("LSOA21CD,area_type\n" + "".join(f"{c},{'few' if c < 'F00020' else 'many'}\n" for c in new))
code, said = convert("--sum", "firms", "--adjacency", "touching.csv", "--areas", "areas.csv")
links = list(csv.DictReader(open("new/edges.csv"))) if code == 0 else []
check("links that are given", len(links) == len(new) - 1 and "links are guesses" not in said, said)
check("types that are given", code == 0 and {row["area_type"] for row in csv.DictReader(open("new/areas.csv"))} == {"few", "many"}, said)
open("half.csv", "w").write("from,to\n" + "".join(f"{a},{b}\n" for a, b in list(zip(new, new[1:]))[:40]))
code_half, said_half = convert("--sum", "firms", "--adjacency", "half.csv")
check("half the links", code_half == 2 and "'half.csv' has no link of the last" in said_half and not os.path.exists("new"), said_half)
square = lambda k: [[k, 0], [k + 1, 0], [k + 1, 1], [k, 1], [k, 0]]
for what, kept in (("whole", new), ("without one", new[:50] + new[51:])):
    open("shapes.json", "w").write(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"code": c}, "geometry": {"type": "Polygon", "coordinates": [square(new.index(c))]}} for c in kept]}))
    code_shapes, said_shapes = convert("--sum", "firms", "--boundaries", "shapes.json")
    check(f"boundaries {what}", code_shapes == 0 and ("links are guesses" not in said_shapes if what == "whole" else f"has no shape of 1 of {len(new)} areas, first {new[50]}" in said_shapes and "links are guesses" in said_shapes), said_shapes)

print(f"bring: {len(failures)} failures" if failures else "bring: all as expected")
sys.exit(1 if failures else 0)
