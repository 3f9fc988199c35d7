#!/usr/bin/env python3
"""A second attack on what people bring: small made-up worlds, each with its answer (instrumental variables in closed form) or its
refusal written down before the program ran.

    tests/attack/brought.py build/spillway [-v]

Prints the count of inputs by kind and what came out otherwise. The findings stand in docs/developers/second-attack.md.
"""
import collections
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile


spillway = os.path.abspath(sys.argv[1])
os.chdir(tempfile.mkdtemp())
tried, wrong = collections.Counter(), []
SIDE = 6
N = SIDE * SIDE
draw = random.Random(20)
CODES = [f"E{k + 1:05d}" for k in range(N)]
z, w, e = ([draw.gauss(0, 1) for _ in range(N)] for _ in range(3))
s = [0.8 * z[k] + 0.3 * w[k] + 0.5 * e[k] + 0.4 * draw.gauss(0, 1) for k in range(N)]
y = [1.0 + 0.5 * s[k] - 0.4 * w[k] + e[k] for k in range(N)]
AREAS = [dict(area_code=CODES[k], easting=str(400000 + 1000 * (k % SIDE)), northing=str(300000 + 1000 * (k // SIDE)),
              lad_code=f"L{k % 9}", population=str(1500 + k), y=repr(y[k]), s=repr(s[k]), z=repr(z[k]), w=repr(w[k]))
         for k in range(N)]
PAIRS = [(a, b) for a in range(N) for b in range(a + 1, N)
         if abs(a % SIDE - b % SIDE) + abs(a // SIDE - b // SIDE) == 1]
MANIFEST = '[pack]\nname = "grid"\ngeography = "lsoa11"\nperiod_years = 1\n[[file]]\npath = "areas.csv"\nrole = "areas"\n[[file]]\npath = "edges.csv"\nrole = "edges"\n'
MODEL = '[[model]]\nname = "m"\nkind = "iv"\noutcome = "y"\nendogenous = ["s"]\ninstruments = ["z"]\ncontrols = ["w"]\nestimators = ["ols", "2sls"]\nheadline = "2sls"\ncovariance = { kind = "iid" }\n'


def rows_text(rows, delimiter=",", end="\n"):
    return delimiter.join(rows[0]) + end + "".join(delimiter.join(row.values()) + end for row in rows)


EDGES = "from,to\n" + "".join(f"{CODES[a]},{CODES[b]}\n" for a, b in PAIRS)


def pack(areas=AREAS, edges=EDGES, manifest=MANIFEST, more=()):
    shutil.rmtree("pack", ignore_errors=True)
    os.mkdir("pack")
    for name, text in dict({"areas.csv": areas if isinstance(areas, (str, bytes)) else rows_text(areas), "edges.csv": edges, "pack.toml": manifest}, **dict(more)).items():
        with open("pack/" + name, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())


def two_stage(without=None, control=True):
    """z'y / z's, each less what the constant and the control explain: one instrument, so the ratio is 2SLS."""
    rows = [k for k in range(N) if k != without]

    def centred(values):
        mean = math.fsum(values[k] for k in rows) / len(rows)
        return [values[k] - mean for k in rows]

    def product(a, b):
        return math.fsum(p * q for p, q in zip(a, b))

    beside = centred(w)
    left = []
    for values in (z, s, y):
        column = centred(values)
        share = product(column, beside) / product(beside, beside) if control else 0.0
        left.append([p - share * q for p, q in zip(column, beside)])
    return product(left[0], left[2]) / product(left[0], left[1])


def program(*words):
    return subprocess.run([spillway, *words], capture_output=True, text=True, timeout=60)


def attack(kind, what, right=None, code=0, says="", model=MODEL, weights="[weights]\nkind = \"contiguity\"\n", dry=True, tolerance=1e-7):
    """One input: `right` the 2SLS coefficient of s, or the exit code and words of the refusal."""
    tried[kind] += 1
    with open("c.toml", "w") as out:
        out.write('[run]\nname = "a"\nseed = 1\n[data]\npack = "pack"\n' + weights + model)
    if os.path.exists("o.json"):
        os.remove("o.json")
    done = program("estimate", "c.toml", "--json", "o.json", "--threads", "1")
    said = done.stdout + done.stderr
    faults = []
    codes = code if isinstance(code, tuple) else (code,)
    if done.returncode not in codes:
        faults.append(f"exit {done.returncode}, expected {code}")
    if says.lower() not in said.lower():
        faults.append(f"does not say '{says}'")
    if done.returncode == 2 and os.path.exists("o.json") and "models" in json.load(open("o.json")):
        faults.append("left a file")
    if right is not None and done.returncode == 0:
        found = [c["estimate"] for m in json.load(open("o.json"))["models"] if m["estimator"].startswith("2sls") for c in m["coefficients"] if c["name"] == "s"]
        if not found or found[0] is None or abs(found[0] - right) > tolerance * abs(right):
            faults.append(f"s is {found}, should be {right}")
    if dry:
        checked = program("check", "c.toml")
        if done.returncode in (0, 2) and checked.returncode != done.returncode:
            faults.append(f"check says {checked.returncode}, estimate {done.returncode}: {(checked.stdout + checked.stderr)[-300:]}")
    if faults:
        wrong.append((kind, what, "; ".join(faults), said[:500]))
    elif "-v" in sys.argv:
        print(f"{kind}: {what}: {said.strip().splitlines()[-1][:160] if said.strip() else ''}")


def changed(**columns):
    return [dict(row, **{name: value(k, row) for name, value in columns.items()}) for k, row in enumerate(AREAS)]


B = two_stage()
pack()
attack("numbers", "as made", B)
# How numbers are written.
for name, form in dict(exponent=lambda v: f"{v:.17e}", capital=lambda v: f"{v:.17E}", plus=lambda v: f"{v:+.17f}", spaces=lambda v: f"  {v!r} ", quoted=lambda v: f'"{v!r}"', tab=lambda v: f"\t{v!r}",
                       nbsp=lambda v: f"\u00a0{v!r}", long=lambda v: f"{v:.40f}").items():
    pack(changed(y=lambda k, row: form(float(row["y"])), z=lambda k, row: form(float(row["z"]))))
    attack("numbers", name, B)
for cell in ("1,5", "12%", "£3", "(3.2)", "3.2*", "3.2 [r]", "0x1p3", "1e", "--1", "1.2.3", "infinity", "-inf", "1e999", "TRUE", "2019-01-01", "\u22122.5", "1 234", "1_000", "1.5d3"):
    pack(changed(y=lambda k, row: ('"' + cell + '"') if k == 4 else row["y"]))
    attack("cells", f"'{cell}' for a number", code=2, says="areas.csv:6")
for mark in ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "..", ":", "[c]", "[x]", "[z]", "-"):
    for column in ("y", "z"):
        pack(changed(**{column: lambda k, row: mark if k == 4 else row[column]}))
        attack("missing", f"'{mark}' in {column}", two_stage(without=4))
for mark in ("NAN", "None", "n.a.", "?", "*", "[low]", "#DIV/0!", "#REF!", ".", "x", "missing", "9999x"):
    pack(changed(y=lambda k, row: mark if k == 4 else row["y"]))
    attack("missing", f"'{mark}', in no list", code=2, says="areas.csv:6")
    pack(changed(y=lambda k, row: mark if k == 4 else row["y"]), manifest=MANIFEST.replace("period_years", f'missing = ["{mark}"]\nperiod_years'))
    attack("missing", f"'{mark}', listed", two_stage(without=4))
# Scales and shifts.
for scale in (1e-12, 1e-6, 1e6, 1e12, -1.0):
    for column, by in (("y", scale), ("s", 1 / scale), ("z", 1.0), ("w", 1.0)):
        pack(changed(**{column: lambda k, row: repr(float(row[column]) * scale)}))
        attack("scales", f"{column} times {scale:g}", B * by, tolerance=1e-6)
for shift in (1e3, 1e6):
    for column in ("y", "s", "z", "w"):
        pack(changed(**{column: lambda k, row: repr(float(row[column]) + shift)}))
        attack("scales", f"{column} plus {shift:g}", B, tolerance=1e-5)
# Singular.
for what, columns, code, says in (("a constant instrument", dict(z=lambda k, r: "3.7"), 3, "instrument 'z' does not vary"), ("an instrument that is a control", dict(z=lambda k, r: r["w"]), 3, "'z' is explained by control 'w'"),
                                  ("a constant regressor", dict(s=lambda k, r: "0.1"), 3, "'s' does not vary"), ("a regressor twice a control", dict(s=lambda k, r: repr(2 * float(r["w"]))), 3, "'s' is explained by"),
                                  ("a constant outcome", dict(y=lambda k, r: "0.1"), (0, 3), ""), ("a missing outcome", dict(y=lambda k, r: ""), (2, 3), "y"), ("one value of the outcome", dict(y=lambda k, r: r["y"] if k == 3 else ""), (2, 3), ""),
                                  ("three values", dict(y=lambda k, r: r["y"] if k < 3 else ""), 3, "needs more rows")):
    pack(changed(**columns))
    attack("singular", what, code=code, says=says)
pack(changed(w=lambda k, r: "0.3"))
attack("singular", "a constant control", two_stage(control=False))
# Files.
text = rows_text(AREAS)
for what, data in (("CRLF", text.replace("\n", "\r\n")), ("CR", text.replace("\n", "\r")), ("BOM", b"\xef\xbb\xbf" + text.encode()), ("no last newline", text[:-1]), ("blank lines behind", text + "\n\n"),
                   ("rows reversed", "\n".join([text.split("\n")[0]] + text.strip().split("\n")[:0:-1]) + "\n"), ("a column more", rows_text([dict(r, note='"a, b"') for r in AREAS])),
                   ("quoted header", text.replace("area_code,", '"area_code",', 1)), ("spaces in the header", text.replace(",easting", ", easting", 1))):
    pack(data)
    attack("files", what, B)
for what, data, says in (("semicolons", rows_text(AREAS, ";"), "semicolon"), ("tabs", rows_text(AREAS, "\t"), "tab"), ("UTF-16", text.encode("utf-16"), "UTF-16"), ("empty", "", "areas.csv"), ("header alone", text.split("\n")[0] + "\n", "areas.csv"),
                         ("cut in a row", text[:len(text) // 2].rsplit(",", 1)[0] + "\n", "areas.csv"), ("a row twice", text + text.split("\n")[5] + "\n", "areas.csv"), ("a title row", "Table 1\n" + text, "areas.csv"), ("a footer", text + "Source: made up\n", "areas.csv"),
                         ("a column twice", text.replace(",w\n", ",z\n", 1), "areas.csv"), ("an open quote", text.replace("E00003", '"E00003'), "areas.csv"), ("nul", text.replace("E00003", "E0\0003"), "areas.csv"),
                         ("gzip by name alone", b"\x1f\x8b\x08\x00damaged", "areas.csv"), ("xlsx", b"PK\x03\x04" + b"0" * 99, "areas.csv"), ("HTML", "<!DOCTYPE html><html><body>404</body></html>", "areas.csv"), ("latin-1", text.replace("L0", "L\u00e9").encode("latin-1"), "areas.csv")):
    pack(data)
    attack("files", what, code=2, says=says)
pack(text + "Total" + "," * (len(AREAS[0]) - 1) + "\n")
attack("files", "a total row", B, says="1 island: Total")  # a code is what the pack says it is: told, not refused
# Links.
lines = EDGES.strip().split("\n")
for what, data in (("both directions", EDGES + "".join(f"{CODES[b]},{CODES[a]}\n" for a, b in PAIRS)), ("CRLF", EDGES.replace("\n", "\r\n")), ("weights beside", "from,to,weight\n" + "".join(x + ",1\n" for x in lines[1:])), ("reversed", "\n".join([lines[0]] + lines[:0:-1]) + "\n")):
    pack(edges=data)
    attack("links", what, B)
for what, data in (("unknown area", EDGES + "E00001,X9\n"), ("itself", EDGES + "E00001,E00001\n"), ("twice", EDGES + lines[1] + "\n"), ("one direction missing", EDGES + "".join(f"{CODES[b]},{CODES[a]}\n" for a, b in PAIRS[1:])), ("no header", "\n".join(lines[1:]) + "\n"),
                   ("negative weight", "from,to,weight\n" + lines[1] + ",-1\n"), ("nan weight", "from,to,weight\n" + lines[1] + ",x\n"), ("infinite weight", "from,to,weight\n" + lines[1] + ",1e999\n"), ("one column", "from\nE00001\n"), ("empty", ""), ("half the areas", "\n".join(lines[:20]) + "\n")):
    pack(edges=data)
    attack("links", what, code=2, says="edges.csv")
# Places.
for what, columns, says in (("degrees", dict(easting=lambda k, r: f"{-1.5 + k % SIDE * 0.01}", northing=lambda k, r: f"{54 + k // SIDE * 0.01}"), "degrees"), ("swapped degrees", dict(northing=lambda k, r: f"{-1.5 + k % SIDE * 0.01}", easting=lambda k, r: f"{54 + k // SIDE * 0.01}"), "degrees"),
                            ("kilometres", dict(easting=lambda k, r: str(400 + k % SIDE), northing=lambda k, r: str(300 + k // SIDE)), "m apart"), ("all in one place", dict(easting=lambda k, r: "400000", northing=lambda k, r: "300000"), ""), ("one missing", dict(easting=lambda k, r: "" if k == 4 else r["easting"]), "E00005"),
                            ("zeros for one", dict(easting=lambda k, r: "0" if k == 4 else r["easting"], northing=lambda k, r: "0" if k == 4 else r["northing"]), "E00005"), ("text", dict(easting=lambda k, r: "SW1A 1AA" if k == 4 else r["easting"]), "areas.csv:6")):
    pack(changed(**columns))
    for weights in ('kind = "knn"\nk = 4', 'kind = "distance_band"\ncutoff_km = 2', 'kind = "inverse_distance"\ncutoff_km = 2'):
        attack("places", f"{what}, {weights[:18]}", code=(2, 3) if not says else 2, says=says, weights=f"[weights]\n{weights}\n", model=MODEL.replace('kind = "iid"', 'kind = "conley", cutoff_km = 2'))
# Settings.
pack()
for old, new, says in (('"s"]', '"S"]', "'S'"), ('["z"]', '["zz"]', "zz"), ('["z"]', "[]", ""), ('["z"]', '["s"]', "'s'"), ('["z"]', '["y"]', "'y'"), ('["z"]', '["z", "z"]', "'z'"), ('["w"]', '["y"]', "'y'"), ('["w"]', '["lad_code"]', "lad_code"), ('"y"', '"growht"', "growht"), ('kind = "iv"', 'kind = "IV"', "IV"),
                       ("outcome", "outcom", "did you mean 'outcome'"), ("estimators", "estimator", "did you mean"), ('"2sls"\n', '"liml"\n', "liml"), ('kind = "iid"', 'kind = "cluster"', "by"), ('kind = "iid"', 'kind = "cluster", by = "lad"', "lad"), ('kind = "iid"', 'kind = "conley"', "cutoff"), ('kind = "iid"', 'kind = "conley", cutoff_km = 0', "cutoff"),
                       ('kind = "iid"', 'kind = "conley", cutoff_km = -2', "cutoff"), ('kind = "iid"', 'kind = "robust"', "robust"), ('kind = "iid"', 'kind = "hc9"', "hc9"), ('["ols", "2sls"]', '["ols"]', "2sls"), ('["ols", "2sls"]', "[]", ""), ('["w"]', '["w", "w"]', "'w'"), ('["w"]', '["s"]', "'s'")):
    assert old in MODEL, old
    attack("settings", f"{old} -> {new}", code=(2, 3), says=says, model=MODEL.replace(old, new, 1))
for line in ("[weights]\nkind = \"queen\"\n", "[weights]\nkind = \"knn\"\nk = 0\n", "[weights]\nkind = \"knn\"\nk = 36\n", "[weights]\nkind = \"knn\"\nk = 2.5\n", "[weights]\nkind = \"knn\"\nk = -1\n", "[weights]\nkind = \"distance_band\"\n", "[weights]\nkind = \"distance_band\"\ncutoff_km = \"2 km\"\n", "[weights]\nkind = \"file\"\n"):
    attack("settings", line, code=2, weights=line)

for kind, count in tried.items():
    print(f"{kind:12s} {count:4d} tried, {sum(one[0] == kind for one in wrong)} otherwise than expected")
for one in wrong:
    print("OTHERWISE: %s: %s: %s\n    %s" % one)
print(f"{sum(tried.values())} inputs, {len(wrong)} otherwise than expected")
sys.exit(bool(wrong))
