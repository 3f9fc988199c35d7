#!/usr/bin/env python3
"""What the other attacks leave out: neighbours' social infrastructure (SLX, structural, spatial lag), specification curves and coverage,
sizes beyond bounds, sheets and what spreadsheets export, lists of target places, lookups, pounds and people in other units. Right values
from numpy, refusals written down before the program ran.

    tests/attack/wider.py build/spillway [-v] [--only KIND] [--quick]

Prints the count of inputs by kind and what came out otherwise; exit 1 where something did, 77 without numpy. --quick: those that told
something when they were new, and every tenth of the others.
"""
import csv
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

from trials import AREA_TYPE, FUND, WORLD, among, judge, only, spillway, tried, write, wrong

import numpy as np

# What inputs are called that came out otherwise when they were new.
MENDED = ("covariates times", "s times 1e", "y times 1e+09", "GVA in GBP m", "GVA in millions", "residents in thousands", "with Corsica")


def wanted(kind, what):
    return among(kind, what, MENDED, 10)


def program(*words, memory=None):
    limit = ["prlimit", f"--as={memory}"] if memory and not os.environ.get("SPILLWAY_SANITIZED") else []  # a sanitizer maps terabytes
    return subprocess.run([*limit, spillway, *words], capture_output=True, text=True, timeout=120, errors="replace")


def words_of(text):
    return [text] if isinstance(text, str) else list(text)


def ended(kind, what, done, code=2, says=(), lacks=(), gone=(), longest=4000):
    """Exit code, words said and not said, files that must not be there; a message stays short and has no word of a library."""
    said, faults = done.stdout + done.stderr, []
    codes = code if isinstance(code, tuple) else (code,)
    if done.returncode not in codes:
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in words_of(says) if w not in said]
    faults += [f"says '{w}'" for w in words_of(lacks) if w in said]
    faults += [f"left {name}" for name in gone if done.returncode and os.path.exists(name)]
    if done.returncode and len(done.stderr) > longest:
        faults.append(f"a message of {len(done.stderr)} characters")
    if re.search(r"std::|bad_alloc|what\(\)|json\.exception|terminate", said):
        faults.append("words of a library")
    judge(kind, what, faults, said)
    return not faults


# ------------------------------------------------------------------------------------- neighbours' social infrastructure
draw = np.random.default_rng(1515)
WIDE, HIGH = 12, 10
N = WIDE * HIGH
CODES = [f"Z{k + 1:04d}" for k in range(N)]
EAST, NORTH = 400_000 + 1000.0 * (np.arange(N) % WIDE), 300_000 + 1000.0 * (np.arange(N) // WIDE)
PAIRS = [(a, b) for a in range(N) for b in range(a + 1, N) if abs(EAST[a] - EAST[b]) + abs(NORTH[a] - NORTH[b]) == 1000.0]


def standard(pairs=PAIRS, weight=lambda a, b: 1.0):
    w = np.zeros((N, N))
    for a, b in pairs:
        w[a, b], w[b, a] = weight(a, b), weight(b, a)
    sums = w.sum(1, keepdims=True)
    return np.divide(w, sums, out=np.zeros_like(w), where=sums > 0)


W = standard()
z1, z2, c1, hidden = (draw.standard_normal(N) for _ in range(4))
s = 0.8 * z1 + 0.6 * z2 + 0.5 * hidden + 0.4 * draw.standard_normal(N)
y = np.linalg.solve(np.eye(N) - 0.3 * W, 1.0 + 0.5 * s + 0.25 * W @ s + 0.3 * c1 + 0.5 * hidden + 0.4 * draw.standard_normal(N))
BASE = dict(y=y, s=s, z1=z1, z2=z2, c1=c1)
MANIFEST = '[pack]\nname = "grid"\ngeography = "g"\nperiod_years = 1\n[[file]]\npath = "areas.csv"\nrole = "areas"\n[[file]]\npath = "edges.csv"\nrole = "edges"\n'


def shown(v):
    return v if isinstance(v, str) else "" if v is None or v != v else repr(float(v))


def pack(columns=BASE, edges=None, manifest=MANIFEST, pairs=PAIRS, **files):
    shutil.rmtree("pack", ignore_errors=True)
    os.mkdir("pack")
    head = ["area_code", "lad_code", "easting", "northing", "population"] + list(columns)
    rows = [[CODES[k], f"L{k // 8}", shown(EAST[k]), shown(NORTH[k]), str(1000 + 7 * k)] + [shown(v[k]) for v in columns.values()] for k in range(N)]
    write("pack/areas.csv", "\n".join(",".join(row) for row in [head] + rows) + "\n")
    write("pack/edges.csv", edges if edges is not None else "from,to\n" + "".join(f"{CODES[a]},{CODES[b]}\n" for a, b in pairs))
    write("pack/pack.toml", manifest)
    for name, data in files.items():
        write("pack/" + name.replace("__", "."), data)


def two_stage(left, endogenous, instruments, controls):
    """Coefficients of 2SLS with a constant; every column centred and scaled before anything is solved."""
    k = len(endogenous)
    ones = np.ones(len(left))
    x, z = np.c_[np.column_stack(endogenous + controls), ones], np.c_[np.column_stack(instruments + controls), ones]
    q, _ = np.linalg.qr(z)
    fitted = q @ (q.T @ x)
    return np.linalg.solve(fitted.T @ x, fitted.T @ left)[:k]


IV = 'name = "b"\nkind = "iv"\noutcome = "y"\nwindow_years = 1\nendogenous = ["s"]\ninstruments = ["z1", "z2"]\ncontrols = ["c1"]\nestimators = ["ols", "2sls"]\nheadline = "2sls"\ncovariance = { kind = "hc1" }\n'
WEIGHTS = '[weights]\nkind = "contiguity"\nislands = "keep-zero"\n'
# The forms are fitted where a scenario spreads what model B says by a model A, here of a panel of noise.
growth = draw.standard_normal((N, 9))
for t in range(1, 9):
    growth[:, t] += 0.4 * W @ growth[:, t - 1]
PANEL_OF_A = "area_code,period,g\n" + "".join(f"{CODES[k]},{2010 + t},{growth[k, t]!r}\n" for k in range(N) for t in range(9))
A_AND_FUND = """[[model]]
name = "a"
kind = "spatial_lag_panel"
outcome = "g"
spatial_lag = "common"
estimators = ["within"]
headline = "within"
covariance = { kind = "iid" }
[bootstrap]
cluster = "lad_code"
replicates = 19
draws = 19
[[scenario]]
name = "fund"
lever = "community_wealth_fund"
extrapolate = "a case"
[scenario.estimates]
spillover = "a/within"
infrastructure = "b/2sls"
[scenario.parameters]
amount = 3e5
fund_years = 3
target = { list = "c.csv" }
[outcomes]
horizon = 2
groupings = ["nation"]
"""


def spatial(what, columns=None, right=None, code=0, says=(), lacks=(), model=IV, weights=WEIGHTS, pairs=PAIRS, null=(), tolerance=1e-7, **files):
    """`right`: estimator -> name -> value; `null`: estimators that must not be among those printed with numbers."""
    if not wanted("neighbours", what):
        return
    pack(dict(BASE, **(columns or {})), pairs=pairs, panel__csv=PANEL_OF_A, manifest=MANIFEST + '[[file]]\npath = "panel.csv"\nrole = "panel"\n[columns.s]\nunit = "GBP per head"\n', **files)
    write("c.csv", "area_code\n" + "".join(c + "\n" for c in CODES[:3]))
    write("c.toml", '[run]\nname = "a"\nseed = 1\n[data]\npack = "pack"\n' + weights + "[[model]]\n" + model + A_AND_FUND)
    if os.path.exists("o.json"):
        os.remove("o.json")
    done = program("estimate", "c.toml", "--json", "o.json", "--threads", "1", "--all")
    said, faults = done.stdout + done.stderr, []
    models = json.load(open("o.json"), parse_constant=lambda word: faults.append(f"the JSON has {word}")).get("models", []) if os.path.exists("o.json") else []
    everything = said + json.dumps(models, ensure_ascii=False).replace('\\"', '"')
    if done.returncode != code:
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in words_of(says) if w not in everything]
    faults += [f"says '{w}'" for w in words_of(lacks) if w in everything]
    fits = {m["estimator"]: {c["name"]: c for c in m["coefficients"]} for m in models}
    for estimator, values in (right or {}).items():
        for name, value in values.items():
            found = fits.get(estimator, {}).get(name, {}).get("estimate")
            if found is None or not abs(found - value) <= tolerance * (abs(value) + 1e-3):
                faults.append(f"{estimator} {name} is {found}, should be {value:.10g}")
    for estimator in null:
        for name, one in fits.get(estimator, {}).items():
            if one.get("estimate") is not None:
                faults.append(f"{estimator} {name} is {one['estimate']}, should not be there")
    for estimator, coefficients in fits.items():
        for name, one in coefficients.items():
            if one.get("standard_error") is not None and one.get("estimate") and 0 < one["standard_error"] < 1e-11 * abs(one["estimate"]):
                faults.append(f"{estimator} {name} has a standard error of rounding, {one['standard_error']}")
    judge("neighbours", what, faults, said)


def expected(columns=None, w=W):
    v = dict(BASE, **(columns or {}))
    lags = [w @ (v[z] - v[z].mean()) for z in ("z1", "z2")]  # an island's neighbours are at the mean
    slx = two_stage(v["y"], [v["s"], w @ v["s"]], [v["z1"], v["z2"]] + lags, [v["c1"]])
    lag = two_stage(v["y"], [v["s"], w @ v["y"]], [v["z1"], v["z2"]] + lags + [w @ v["c1"]], [v["c1"]])
    return {"slx": {"s": slx[0], "W s": slx[1]}, "spatial_lag_iv": {"s": lag[0], "W y": lag[1]}}


spatial("as made", right=expected())
for scale in (1e-9, 1e-4, 1e6, 1e9):
    for name in ("y", "s", "z1", "c1"):
        spatial(f"{name} times {scale:g}", {name: BASE[name] * scale}, expected({name: BASE[name] * scale}), tolerance=1e-6)
for name in ("y", "s", "z1", "c1"):
    for shift in (1e3, 1e6):
        spatial(f"{name} plus {shift:g}", {name: BASE[name] + shift}, expected(), tolerance=1e-6)
spatial("an instrument without variation", {"z2": np.ones(N)}, says="'z2' does not vary")
spatial("two instruments that are one", {"z2": 3 * z1 + 2}, says="z2")
spatial("an instrument that is the regressor", {"z2": s}, says="instruments itself")
spatial("an instrument that is the regressor in another unit", {"z2": s * 1000 + 5}, says="instruments itself")
spatial("an instrument that is the regressor but for its last digits", {"z2": s / 1e9 + 7}, says="instruments itself")
spatial("an outcome that the regressor makes up", {"y": 2 * s + 1}, says="exact", null=())
spatial("an outcome that regressor and neighbours make up", {"y": 2 * s + 0.5 * W @ s + 1})
spatial("a control that is the neighbours' regressor", {"c1": W @ s}, says="W s")
spatial("a control that is the neighbours' instrument", {"c1": W @ z1}, says="W z1")
spatial("a regressor that is its neighbours' mean times two", {"s": np.linalg.eigh((W + W.T) / 2)[1][:, -1] * 0 + 1.0}, code=3, says="'s' does not vary")
spatial("one value missing", {"s": np.where(np.arange(N) == 5, np.nan, s)}, says="5")
spatial("an outcome missing", {"y": np.where(np.arange(N) == 5, np.nan, y)})
lonely = [(a, b) for a, b in PAIRS if 7 not in (a, b)]
spatial("an island", right=expected(w=standard(lonely)), pairs=lonely)
pull = lambda a, b: 1 + (3 * a + 5 * b) % 7
spatial("weights of a file", right=expected(w=standard(weight=pull)), weights='[weights]\nkind = "file"\npath = "w.csv"\nvalues = "weight"\n',
        w__csv="from,to,weight\n" + "".join(f"{CODES[a]},{CODES[b]},{pull(a, b)}\n{CODES[b]},{CODES[a]},{pull(b, a)}\n" for a, b in PAIRS))
spatial("no links", weights='[weights]\nkind = "contiguity"\n', pairs=[], code=2, says="lists no links")
spatial("one link", pairs=[(0, 1)], code=2, says="looks cut short")
spatial("pairs alone", pairs=[(2 * k, 2 * k + 1) for k in range(N // 2)])
spatial("every area linked with every other", pairs=[(a, b) for a in range(N) for b in range(a + 1, N)], code=3, says="the headline 'within' failed")
spatial("one cluster", model=IV.replace('kind = "hc1"', 'kind = "cluster", by = "one"'), columns={"one": ["X"] * N}, code=3, says="one cluster")

# Covariates of another size beside lags of growth: every estimator's other numbers stay as they are.
SIZES_OF_X = '[[model]]\nname = "p"\nkind = "spatial_lag_panel"\noutcome = "g"\ncovariates = ["x"]\nspatial_lag = "common"\nestimators = ["within", "half_panel_jackknife", "corrected_score", "double_filter_iv", "arellano_bond"]\nheadline = "within"\ncovariance = { kind = "hc1" }\n'
covariate = draw.standard_normal((N, 9))


def sizes_of_x(unit):
    text = "area_code,period,g,x\n" + "".join(f"{CODES[k]},{2010 + t},{growth[k, t]!r},{unit * covariate[k, t]!r}\n" for k in range(N) for t in range(9))
    pack(panel__csv=text, manifest=MANIFEST + '[[file]]\npath = "panel.csv"\nrole = "panel"\n')
    write("c.toml", '[run]\nname = "a"\nseed = 1\n[data]\npack = "pack"\n' + WEIGHTS + SIZES_OF_X)
    done = program("estimate", "c.toml", "--json", "o.json", "--threads", "1", "--all")
    models = json.load(open("o.json")).get("models", []) if done.returncode == 0 else []
    found = {(m["estimator"], c["name"], field): c[field] * (unit if c["name"] == "x" else 1.0) for m in models for c in m["coefficients"] for field in ("estimate", "standard_error") if c[field] is not None}
    return found, done


usual = {}
for unit in (1e-12, 1e-9, 1e9, 1e12):
    if not wanted("sizes of x", f"covariates times {unit:g}"):
        continue
    usual = usual or sizes_of_x(1.0)[0]
    found, done = sizes_of_x(unit)
    faults = [] if done.returncode == 0 and len(usual) >= 20 else [f"exit {done.returncode}, {len(usual)} numbers"]
    faults += [f"{key} is {found.get(key)}, should be {value:.10g}" for key, value in usual.items() if found.get(key) is None or abs(found[key] - value) > 1e-6 * abs(value)]
    judge("sizes of x", f"covariates times {unit:g}", faults[:4], done.stdout + done.stderr)

# ------------------------------------------------------------------------------------------------ curves and coverage
made_world = []


def world():
    """A synthetic world of 300 areas: its codes."""
    if not made_world:
        subprocess.run([spillway, "synth", "--areas", "300", "--output", "world"], check=True, capture_output=True)
        made_world.extend(row["area_code"] for row in csv.DictReader(open("world/areas.csv")))
    return made_world


def curve(what, *flags, code=0, says=(), change=lambda text: text, rows=None):
    if not wanted("curves", what):
        return
    world()
    write("w.toml", change(WORLD + FUND % 'target').replace("target = target\n", ""))
    for name in ("curve.json", "curve.csv"):
        if os.path.exists(name):
            os.remove(name)
    done = program("speccurve", "w.toml", "--threads", "1", "--json", "curve.json", "--csv", "curve.csv", *flags)
    if ended("curves", what, done, code, says, gone=("curve.csv",)) and code == 0:
        found = json.load(open("curve.json"), parse_constant=lambda word: wrong.append(("curves", what, f"the JSON has {word}", "")))
        if rows is not None and len(found["specification_curve"][0]["specifications"]) != rows:
            wrong.append(("curves", what, f"{len(found['specification_curve'][0]['specifications'])} rows, expected {rows}", done.stdout[:500]))


curve("as configured", "--weights", "configured")
curve("weights by distance", "--weights", "knn:6")
curve("weights that are none", "--weights", "fog", code=2, says="fog")
curve("more neighbours than areas", "--weights", "knn:400", code=(2, 3), says="400")
curve("no neighbour", "--weights", "knn:0", code=2, says="0")
curve("weights by size of no column", "--weights", "contiguity:size=populaton", code=2, says="populaton")
curve("a headline of nothing", "--headline", "nothing", code=2, says="nothing")
curve("a scenario that is not there", "--scenario", "found", code=2, says="fund")
curve("a horizon of 0", "--horizons", "0", code=2)
curve("a horizon in words", "--horizons", "two", code=2, says="two")
curve("an outcome without variation", change=lambda text: text.replace('outcome = "growth_decade"', 'outcome = "flat"'), code=2, says="flat")
curve("a control that is the proxy", change=lambda text: text.replace('controls = ["log_population"]', 'controls = ["grants_per_head"]'), code=2, says="grants_per_head")

COVERAGE = """[run]
name = "c"
seed = 5
threads = 1
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
spatial_lag = "by_type"
own_lag = true
estimators = ["within", "corrected_score"]
headline = "corrected_score"
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
scheme = "cluster_pairs"
cluster = "lad_code"
replicates = 59
[coverage]
worlds = 2
[[coverage.design]]
name = "small"
areas = 200
authorities = 20
periods = 8
rho = 0.4
phi = 0.2
"""


def coverage(what, change, code=2, says=()):
    if not wanted("coverage", what):
        return
    write("v.toml", change(COVERAGE))
    if os.path.exists("v.h5"):
        os.remove("v.h5")
    ended("coverage", what, program("coverage", "v.toml", "--output", "v.h5", "--quiet", memory=4 << 30), code, says, gone=("v.h5",))


swap = lambda old, new: (lambda text: text.replace(old, new))
coverage("as made", lambda text: text, 0)
for old, new, words in (("worlds = 2", "worlds = 0", "worlds"), ("worlds = 2", "worlds = 1e12", "worlds"), ("worlds = 2", "worlds = -1", "worlds"), ("worlds = 2", 'worlds = "two"', "worlds"),
                        ("areas = 200", "areas = 0", "areas"), ("areas = 200", "areas = 10", "areas"), ("areas = 200", "areas = 1000000000000", "areas"), ("authorities = 20", "authorities = 0", "authorities"),
                        ("authorities = 20", "authorities = 300", "authorities"), ("periods = 8", "periods = 1", "period"), ("periods = 8", "periods = 100000000", "periods"), ("rho = 0.4", "rho = 1.2", "rho"),
                        ("rho = 0.4", "rho = nan", "rho"), ("rho = 0.4", "rho = [0.3, 0.5]", "rho"), ("rho = 0.4", "rho = -1.5", "rho"), ("phi = 0.2", "phi = 0.7", "phi"), ("phi = 0.2", "phi = inf", "phi"),
                        ('name = "small"', 'name = ""', "name"), ('name = "small"', 'nmae = "small"', "nmae"), ('name = "small"', 'name = "../x"', "name"), ("[[coverage.design]]", "[[coverage.desing]]", "desing")):
    coverage(f"{new}", swap(old, new), 2, words)
coverage("a design twice", lambda text: text + text[text.index("[[coverage.design]]"):], 2, "small")
coverage("no design", lambda text: text[:text.index("[[coverage.design]]")], 2, "design")

# ----------------------------------------------------------------------------------------------- sizes beyond bounds
SIMPLE = 'name = "m"\nkind = "iv"\noutcome = "y"\nendogenous = ["s"]\ninstruments = ["z1"]\nestimators = ["2sls"]\ncovariance = { kind = "hc1" }\n'


def sized(what, says, files=None, edges=None, manifest=MANIFEST, weights=WEIGHTS, memory=3 << 30, code=2, lacks=()):
    """`files` by their place in the pack; nothing may take more than 3 GB of address space."""
    if not wanted("sizes", what):
        return
    pack(manifest=manifest, edges=edges)
    for name, data in (files or {}).items():
        data = data() if callable(data) else data
        write("pack/" + name, data)
    write("c.toml", '[run]\nname = "a"\nseed = 1\n[data]\npack = "pack"\n' + weights + "[[model]]\n" + SIMPLE)
    ended("sizes", what, program("estimate", "c.toml", "--threads", "1", memory=memory), code, says, lacks)


pack()
AREAS = open("pack/areas.csv").read()


def areas_text(row=lambda k: "", head=""):
    lines = AREAS.split("\n")
    return "\n".join([lines[0] + head] + [line + row(k) for k, line in enumerate(lines[1:]) if line]) + "\n"


ZIPPED = MANIFEST.replace('"areas.csv"', '"areas.csv.gz"')
GAL = '[weights]\nkind = "file"\npath = "w.gal"\n'
GWT = '[weights]\nkind = "file"\npath = "w.gwt"\n'
long_cell = lambda size: areas_text(lambda k: "," + ("x" * size if k == 3 else "a"), ",note")
sized("a cell of 1.1 MB", ("areas.csv:5", "1048576 bytes"), {"areas.csv": lambda: long_cell(1_100_000)})
sized("a line of 17 MB", ("areas.csv:5",), {"areas.csv": lambda: areas_text(lambda k: "," + ",".join(["x" * 900_000 if k == 3 else "a"] * 19), "," + ",".join(f"n{j}" for j in range(19)))})
sized("a quoted cell that never ends", ("areas.csv",), {"areas.csv": lambda: areas_text(lambda k: ',"' + "x" * 2_000_000 if k == 3 else ",a", ",note")})
sized("a header of 16,385 columns", ("areas.csv:1", "16384"), {"areas.csv": lambda: areas_text(lambda k: ",1" * 16_385, "," + ",".join(f"v{j}" for j in range(16_385)))})
sized("a name of a column of 2 MB", ("areas.csv:1",), {"areas.csv": lambda: areas_text(lambda k: ",1", "," + "n" * 2_000_000)})
sized("one line of nulls", ("areas.csv",), {"areas.csv": b"\0" * 3_000_000})
sized("one line without an end", ("areas.csv",), {"areas.csv": b"a" * 20_000_000})
sized("commas alone", ("areas.csv",), {"areas.csv": b"," * 3_000_000})
sized("line ends alone", ("areas.csv",), {"areas.csv": b"\n" * 3_000_000})
sized("quotes alone", ("areas.csv",), {"areas.csv": b'"' * 3_000_001})
sized("a gzip of 2 GB of zeros", ("areas.csv.gz", "expand to more than"), {"areas.csv.gz": lambda: gzip.compress(b"\0" * (1 << 28), 9) * 8}, manifest=ZIPPED)
sized("a gzip of a gzip", ("areas.csv.gz",), {"areas.csv.gz": lambda: gzip.compress(gzip.compress(areas_text().encode()))}, manifest=ZIPPED)
sized("a gzip in two parts", (), {"areas.csv.gz": lambda: gzip.compress(areas_text().encode()[:5000]) + gzip.compress(areas_text().encode()[5000:])}, manifest=ZIPPED, code=0)
sized("a gzip cut", ("areas.csv.gz",), {"areas.csv.gz": lambda: gzip.compress(areas_text().encode())[:-9]}, manifest=ZIPPED)
sized("a gzip with more behind", ("areas.csv.gz",), {"areas.csv.gz": lambda: gzip.compress(areas_text().encode()) + b"garbage"}, manifest=ZIPPED)
sized("a gzip that is none", (), {"areas.csv.gz": lambda: areas_text()}, manifest=ZIPPED, code=(0, 2))
sized("an empty gzip", ("areas.csv.gz",), {"areas.csv.gz": b""}, manifest=ZIPPED)
sized("a .gal of 10^18 areas", ("w.gal:1", "1000000000000000000"), {"w.gal": "0 1000000000000000000 g code\n" + "Z0001 1\nZ0002\n"}, weights=GAL)
sized("a .gal of -1 areas", ("w.gal:1",), {"w.gal": "0 -1 g code\nZ0001 1\nZ0002\n"}, weights=GAL)
sized("a .gal beyond whole numbers", ("w.gal:1",), {"w.gal": "0 99999999999999999999999 g code\nZ0001 1\nZ0002\n"}, weights=GAL)
sized("a .gal with 10^18 neighbours", ("w.gal:1", "cut short"), {"w.gal": f"0 {N} g code\nZ0001 1000000000000000000\nZ0002\n"}, weights=GAL)
sized("a .gal with -3 neighbours", ("w.gal:2",), {"w.gal": f"0 {N} g code\nZ0001 -3\nZ0002\n"}, weights=GAL)
sized("a .gal line of 17 MB", ("w.gal",), {"w.gal": f"0 {N} g code\nZ0001 3000000\n" + "Z0002 " * 3_000_000 + "\n"}, weights=GAL)
sized("a .gwt line of 17 MB", ("w.gwt",), {"w.gwt": f"0 {N} g code\nZ0001 Z0002 " + "1" * 17_000_000 + "\n"}, weights=GWT)
sized("a million unknown links", ("w.gwt",), {"w.gwt": lambda: f"0 {N} g code\n" + "".join(f"Q{k} Q{k + 1} 1\n" for k in range(1_000_000))}, weights=GWT)
sized("a link a million times", ("w.gwt",), {"w.gwt": lambda: f"0 {N} g code\n" + "Z0001 Z0002 1\n" * 1_000_000}, weights=GWT)
sized("an unknown edge a million times", ("edges.csv", "more"), edges="from,to\n" + "Q1,Q2\n" * 1_000_000)
sized("an edge a million times", ("edges.csv", "more"), edges="from,to\n" + "Z0001,Z0002\n" * 1_000_000)
sized("a manifest of 200,000 dotted keys", ("pack.toml",), manifest=MANIFEST + "[columns]\n" + "a." * 200_000 + "b = 1\n")
sized("a manifest of 100,000 arrays in arrays", ("pack.toml",), manifest=MANIFEST.replace('name = "grid"', 'name = ' + "[" * 100_000))
sized("a manifest of 50,000 columns", ("pack.toml",), manifest=MANIFEST + "".join(f'[columns.n{k}]\nunit = "m"\n' for k in range(50_000)))
sized("a manifest key of 5 MB", ("pack.toml",), manifest=MANIFEST + "[columns." + "k" * 5_000_000 + ']\nunit = "m"\n')
sized("a unit of 5 MB", ("",), manifest=MANIFEST + '[columns.y]\nunit = "' + "m" * 5_000_000 + '"\n', code=(0, 2))
PANEL = MANIFEST + '[[file]]\npath = "panel.csv"\nrole = "panel"\n'
sized("a period of 1e308", ("panel.csv:2", "not a period"), {"panel.csv": "area_code,period,v\nZ0001,1e308,1\n"}, manifest=PANEL)
sized("periods a billion years apart", ("panel.csv",), {"panel.csv": "area_code,period,v\n" + "".join(f"{c},{t},1\n" for c in CODES for t in (1, 2, 2_000_000_000))}, manifest=PANEL)
sized("two million periods", ("",), {"panel.csv": lambda: "area_code,period,v\n" + "".join(f"{CODES[k % N]},{k},1\n" for k in range(400_000))}, manifest=PANEL + "", code=2)

RECIPE = """[pack]
name = "t"
geography = "g"
period_years = 1
description = "d"
[[source]]
name = "a"
path = "{path}"
publisher = "p"
licence = "l"
vintage = "v"
{said}
{more}
[areas]
table = "{table}"
key = "code"
[areas.columns]
{columns}
"""
PLAIN = "code,name,pop\n" + "".join(f"T{k:03d},Place {k},{1000 + 7 * k}\n" for k in range(1, 31))


def recipe(kind, what, data, code=2, says=(), said="", more="", table="a", columns='population = { is = "pop", unit = "residents" }', right=None, path="a.csv", lacks=(), memory=3 << 30):
    if not wanted(kind, what):
        return
    shutil.rmtree("made", ignore_errors=True)
    shutil.rmtree("data", ignore_errors=True)
    os.mkdir("data")
    write("data/" + path, data() if callable(data) else data)
    write("r.toml", RECIPE.format(path=path, said=said, more=more, table=table, columns=columns))
    done = program("pack", "r.toml", "--data", "data", "--output", "made", memory=memory)
    if ended(kind, what, done, code, says, lacks, gone=("made",)) and code == 0 and right is not None:
        rows = list(csv.DictReader(open("made/areas.csv")))
        found = [float(row["population"]) if row["population"] else None for row in rows]
        if found != right:
            wrong.append((kind, what, f"the populations are {found[:6]}, should be {right[:6]}", done.stdout[:300]))
        again = program("inspect", "made")
        if again.returncode:
            wrong.append((kind, what, "inspect refuses what pack wrote", again.stderr[:400]))


PEOPLE = [1000.0 + 7 * k for k in range(1, 31)]
recipe("sizes", "a recipe", PLAIN, 0, right=PEOPLE)
nested = "(" * 100_000 + "pop" + ")" * 100_000
recipe("sizes", "an expression of 100,000 brackets", PLAIN, says="r.toml", columns=f'population = {{ is = "{nested}", unit = "residents" }}')
recipe("sizes", "an expression of 100,000 signs", PLAIN, says="r.toml", columns='population = { is = "' + "-" * 100_000 + 'pop", unit = "residents" }')
recipe("sizes", "an expression of a million terms", PLAIN, code=(0, 2), columns='population = { is = "pop' + " + 0" * 250_000 + '", unit = "residents" }')
recipe("sizes", "powers of powers", PLAIN, says="", columns='population = { is = "pop ^ 400 ^ 400", unit = "residents" }')
recipe("sizes", "a join that multiplies", PLAIN, says="k", more='[[table]]\nname = "k"\nfrom = "a"\nsteps = [{ derive = ["one = 1", "pop2 = pop"] }, { keep = ["one", "pop2"] }]\n[[table]]\nname = "j"\nfrom = "a"\nsteps = [{ derive = ["one = 1"] }, { join = "k", by = ["one"] }]\n', table="j")
recipe("sizes", "longer by a million periods", PLAIN, says="", more='[[table]]\nname = "j"\nfrom = "a"\nsteps = [{ longer = ["p = pop_{}"], period = "t", periods = [' + ", ".join(map(str, range(100_000))) + '] }]\n', table="j")
recipe("sizes", "a table of itself", PLAIN, says="j", more='[[table]]\nname = "j"\nfrom = "j"\n', table="j")
recipe("sizes", "a source of zeros", b"\0" * 5_000_000, says="a.csv")
recipe("sizes", "a source that expands", lambda: gzip.compress(b"\0" * (1 << 28), 9) * 8, says=("a.csv.gz", "expand to more than"), path="a.csv.gz")
recipe("sizes", "skip_rows beyond the file", PLAIN, says="skip_rows", said="skip_rows = 1000000")
recipe("sizes", "skip_rows of -1", PLAIN, says="skip_rows", said="skip_rows = -1")
recipe("sizes", "a header of 2 MB looked for", PLAIN, says="header", said='header = "' + "h" * 2_000_000 + '"')

# ------------------------------------------------------------------------------------------------------------- sheets
def xlsx(cells='<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c></row>'):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{cells}</sheetData></worksheet>")
    return out.getvalue()


def ods():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", "<office:document-content/>")
    return out.getvalue()


XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096
SHEETS = {"xlsx": xlsx(), "ods": ods(), "xls": XLS, "xlsx, cut": xlsx()[:200], "fods": b'<?xml version="1.0"?><office:document xmlns:office="urn"></office:document>',
          "html": b"<html><table><tr><td>code</td></tr></table></html>", "parquet": b"PAR1" + b"\0" * 100, "sqlite": b"SQLite format 3\0" + b"\0" * 200, "pdf": b"%PDF-1.7\n" + b"\0" * 100}
for name, data in SHEETS.items():
    word = {"html": "web page", "fods": "", "parquet": "Parquet", "sqlite": "GeoPackage", "pdf": "PDF"}.get(name, "spreadsheet")
    recipe("sheets", f"{name} as a source under its name", data, says=(word, "a." + name.split(",")[0]), path="a." + name.split(",")[0])
    recipe("sheets", f"{name} as a source called .csv", data, says=(word, "a.csv"))
for name in ("xlsx", "ods", "xls"):
    sized(f"{name} as areas.csv", ("areas.csv", "spreadsheet"), {"areas.csv": SHEETS[name]})
    sized(f"{name} as weights", ("w.gal", "not text" if name == "xls" else "spreadsheet"), {"w.gal": SHEETS[name]}, weights=GAL)
    sized(f"{name} as the manifest", ("pack.toml",), {"pack.toml": SHEETS[name]})
    if wanted("sheets", f"{name} as a configuration"):
        write("book.toml", SHEETS[name])
        ended("sheets", f"{name} as a configuration", program("estimate", "book.toml"), 2, "book.toml")

# What spreadsheets write into CSV files.
row3 = lambda cell: PLAIN.replace("T003,Place 3,1021", f"T003,Place 3,{cell}")
for cell in ("#REF!", "#DIV/0!", "#NAME?", "#VALUE!", "#NUM!", "#NULL!", "#####", "=SUM(C2:C3)", "+1021", "'1021", "01/04/2019", "2019-04-01", "TRUE", "1021 *", "1021[1]", "1 021", "\u22121021", "\uff11\uff10\uff12\uff11",
             "1021\u00b9", "c. 1021", "<5", "1021-1030", "1.021,0", "\u00a31021", "1021p", "(1021)", "10%"):
    quoted = f'"{cell}"' if "," in cell else cell
    if cell == "+1021":
        recipe("sheets", f"a cell '{cell}'", row3(quoted), (0, 2))
    else:
        recipe("sheets", f"a cell '{cell}'", row3(quoted), says="population'" if cell == "\u22121021" else ("a.csv:4", cell[:4]))
recipe("sheets", "an error mark that is missing", row3("#N/A"), 0, right=[None if k == 2 else v for k, v in enumerate(PEOPLE)])
recipe("sheets", "exponents of a spreadsheet", PLAIN.replace(",1021\n", ",1.021E+03\n"), 0, right=PEOPLE)
recipe("sheets", "numbers as text", "code,name,pop\n" + "".join(f'T{k:03d},Place {k},"{1000 + 7 * k} "\n' for k in range(1, 31)), 0, right=PEOPLE)
recipe("sheets", "formulas as texts of numbers", "code,name,pop\n" + "".join(f'T{k:03d},Place {k},"=""{1000 + 7 * k}"""\n' for k in range(1, 31)), says=("a.csv:2", "="))
recipe("sheets", "merged codes", "code,name,pop\n" + "".join(f"{f'T{k:03d}' if k % 2 else ''},Place {k},{1000 + 7 * k}\n" for k in range(1, 31)), says="no area code")
recipe("sheets", "a merged title over the header", "Population,,\n" + PLAIN, says=("a.csv:1", "skip_rows = 1"))
recipe("sheets", "two rows of header, merged", "Place,,2020\ncode,name,pop\n" + PLAIN.split("\n", 1)[1], says=("a.csv:1", "skip_rows = 1"))
recipe("sheets", "empty columns at the right", PLAIN.replace("\n", ",,,\n"), 0, right=PEOPLE)
recipe("sheets", "empty rows at the end", PLAIN + ",,\n" * 40, 0, right=PEOPLE)
recipe("sheets", "a total by formula", PLAIN + "Total,,33255\n", says=("a.csv:32", "so no area"))
recipe("sheets", "sep= in front", "sep=,\n" + PLAIN, (0, 2), right=PEOPLE)
recipe("sheets", "dates as numbers for codes", "code,name,pop\n" + "".join(f"{43830 + k},Place {k},{1000 + 7 * k}\n" for k in range(1, 31)), says="text")
recipe("sheets", "codes with .0", "code,name,pop\n" + "".join(f"{k}.0,Place {k},{1000 + 7 * k}\n" for k in range(1, 31)), says="text")
recipe("sheets", "codes as exponents", "code,name,pop\n" + "".join(f"{k}E+05,Place {k},{1000 + 7 * k}\n" for k in range(1, 31)), says="text")
recipe("sheets", "hidden control characters", PLAIN.replace("T003", "T0\x0703"), (0, 2), says="T0")
recipe("sheets", "a thousand-mark in the header", PLAIN.replace("pop", "pop (000s)"), says="pop")
recipe("sheets", "populations in thousands", "code,name,pop\n" + "".join(f"T{k:03d},Place {k},{1 + 0.1 * k:.1f}\n" for k in range(1, 31)), says="a column of numbers without a unit", columns='population = { is = "pop" }')
recipe("sheets", "populations in thousands, said", "code,name,pop\n" + "".join(f"T{k:03d},Place {k},{(1000 + 7 * k) / 1000}\n" for k in range(1, 31)), 0, right=PEOPLE, columns='population = { is = "round(pop * 1000)", unit = "residents" }')
recipe("sheets", "a unit of thousands", PLAIN, says="number of residents", columns='population = { is = "pop", unit = "thousands" }')
recipe("sheets", "negative populations", PLAIN.replace(",1021\n", ",-1021\n"), says="0 or more")
FRENCH = [f"{k:02d}" for k in range(1, 20)] + ["2A", "2B"] + [f"{k:02d}" for k in range(21, 30)]
french = lambda codes: "code,name,pop\n" + "".join(f"{c},Dep {c},{300_000 + k}\n" for k, c in enumerate(codes))
recipe("sheets", "departments with Corsica", french(FRENCH), 0, right=[300_000.0 + k for k in range(30)], said='text = ["code"]')
for note in ("a", "*", "(1)", "2a", "FR", "Total", "1)", "Source : Insee"):
    recipe("sheets", f"departments and a note '{note}'", french(FRENCH + [note]), says="so no area", said='text = ["code"]')

# ------------------------------------------------------------------------------------------- lists of target places
def target(what, data, code=2, says=(), lacks=(), name="places.csv", value='{ list = "places.csv" }', command="check", right=None):
    if not wanted("targets", what):
        return
    codes = world()
    write(name, data(codes) if callable(data) else data)
    write("w.toml", WORLD + FUND % value)
    ended("targets", what, program(command, "w.toml"), code, says, lacks)


rows_of = lambda codes, head="area_code", cell=lambda c, k: c, count=6, end="\n": head + end + "".join(cell(codes[9 * k], k) + end for k in range(count))
target("a list of codes", lambda c: rows_of(c), 0)
target("with pounds", lambda c: rows_of(c, "area_code,gbp", lambda v, k: f"{v},{1e5 + k}"), (0, 2))
target("with weights", lambda c: rows_of(c, "area_code,weight", lambda v, k: f"{v},{k + 1}"), (0, 2))
target("BOM, CRLF", lambda c: "\ufeff" + rows_of(c, end="\r\n"), 0)
target("no header", lambda c: "\n".join(c[9 * k] for k in range(6)) + "\n", says="places.csv:1")
target("empty", "", says="places.csv")
target("a header alone", "area_code\n", says="places.csv")
target("an area twice", lambda c: rows_of(c) + c[9] + "\n", says=("places.csv:8", "already"))
target("an unknown area", lambda c: rows_of(c) + "Q123\n", says=("places.csv:8", "Q123"))
target("small letters", lambda c: rows_of(c, cell=lambda v, k: v.lower()), says="places.csv:2")
target("a blank cell", lambda c: rows_of(c, "area_code,gbp", lambda v, k: f"{v},{'' if k == 2 else 5}"), says="places.csv:4")
for cell in ("NA", "-5", "1e999", "nan", '"1,000"', "\u00a35", "5m", "0x10", "half"):
    target(f"pounds '{cell}'", lambda c: rows_of(c, "area_code,gbp", lambda v, k: f"{v},{cell if k == 2 else 5}"), says="places.csv:4")
target("no pounds at all", lambda c: rows_of(c, "area_code,gbp", lambda v, k: f"{v},0"), says="places.csv")
target("pounds and weights", lambda c: rows_of(c, "area_code,gbp,weight", lambda v, k: f"{v},5,1"), says="places.csv:1")
target("semicolons", lambda c: rows_of(c, "area_code;gbp", lambda v, k: f"{v};5"), says=("places.csv", "semicolon"))
target("UTF-16", lambda c: rows_of(c).encode("utf-16"), says="UTF-16")
target("a sheet", SHEETS["xlsx"], says="spreadsheet")
target("a total", lambda c: rows_of(c, "area_code,gbp", lambda v, k: f"{v},5") + "Total,30\n", says=("places.csv:8", "Total"))
target("a title", lambda c: "Places chosen\n" + rows_of(c), says="places.csv:1")
target("a path that leads up", "x", value='{ list = "../../../etc/passwd" }', says="passwd")
target("a folder", "x", value='{ list = "world" }', says="world")
target("a list that is not there", "x", value='{ list = "plases.csv" }', says="plases.csv")
target("two ways at once", lambda c: rows_of(c), value='{ list = "places.csv", type = "other" }', says="target")
target("a type that is none", "x", value='{ type = "doubly_disadvantged" }', says="doubly_disadvantaged")
target("ten million bytes in one cell", lambda c: rows_of(c) + "Q" * 10_000_000 + "\n", says="places.csv")

# ------------------------------------------------------------------------------------------------------------ lookups
OLD = CODES


def lookup(what, rows, code=2, says=(), lacks=(), head="gcd,hcd", words=(), files=None, end="\n", name="lookup.csv", total=None):
    if not wanted("lookups", what):
        return
    shutil.rmtree("new", ignore_errors=True)
    pack(dict(BASE), manifest=MANIFEST + '[columns.y]\nunit = "score"\n[columns.s]\nunit = "score"\n[columns.z1]\nunit = "score"\n[columns.z2]\nunit = "score"\n[columns.c1]\nunit = "score"\n')
    write(name, rows if isinstance(rows, (bytes, str)) else head + end + "".join((row if isinstance(row, str) else ",".join(row)) + end for row in rows))
    for other, data in (files or {}).items():
        write(other, data)
    done = program("convert", "pack", "--lookup", name, "--output", "new", *([] if "--to" in words else ["--to", "h"]), *words, memory=3 << 30)
    if ended("lookups", what, done, code, says, lacks, gone=("new",)) and done.returncode == 0:
        people = sum(float(row["population"]) for row in csv.DictReader(open("new/areas.csv")))
        if abs(people - sum(1000 + 7 * k for k in range(N))) > 1e-6:
            wrong.append(("lookups", what, f"{people} residents", done.stdout[:300]))


plain = [(c, "N" + c) for c in OLD]
split = [(c, f"N{c}{p}") for k, c in enumerate(OLD) for p in ("a", "b", "c")[:1 + k % 3]]
merged = [(c, f"N{k // 2}") for k, c in enumerate(OLD)]
lookup("one to one", plain, 0)
lookup("splits", split, 0)
lookup("merges", merged, 0)
lookup("every area into every other", [(c, d) for c in OLD for d in OLD], 0)
lookup("all into one", [(c, "ALL") for c in OLD], (0, 2))
lookup("names in capitals", plain, 0, head="GCD,HCD")
lookup("more columns", [(a, b, "Name, of") for a, b in ((x, z) for x, z in plain)] and [f'{a},{b},"Name, of"' for a, b in plain], 0, head="gcd,hcd,hnm")
lookup("BOM, CRLF", ("\ufeffgcd,hcd\r\n" + "".join(f"{a},{b}\r\n" for a, b in plain)), 0)
lookup("a pair twice", plain + [plain[4]], (0, 2))
lookup("an old area lacks", plain[:-1], says=OLD[-1])
lookup("half of them lack", plain[: N // 2], says="lookup")
lookup("areas of elsewhere beside", plain + [("Q1", "NQ1")], 0)
lookup("areas of elsewhere alone", [("Q" + a, b) for a, b in plain], says="lookup")
lookup("a blank new code", [(a, "" if k == 3 else b) for k, (a, b) in enumerate(plain)], says="lookup.csv:5")
lookup("a blank old code", [("" if k == 3 else a, b) for k, (a, b) in enumerate(plain)], says="lookup.csv:5")
for mark in ("NA", "..", "[x]", "-"):
    lookup(f"'{mark}' for a new code", [(a, mark if k == 3 else b) for k, (a, b) in enumerate(plain)], says="lookup.csv:5")
lookup("semicolons", "gcd;hcd\n" + "".join(f"{a};{b}\n" for a, b in plain), says="semicolon")
lookup("UTF-16", ("gcd,hcd\n" + "".join(f"{a},{b}\n" for a, b in plain)).encode("utf-16"), says="UTF-16")
lookup("a sheet", SHEETS["xlsx"], says="spreadsheet")
lookup("no rows", [], says="lookup.csv")
lookup("other names of columns", plain, head="old,new", says="gcd")
lookup("a geography that is not there", plain, says="'jcd'", words=("--to", "j"))
lookup("three codes, one said", [(a, b, "R") for a, b in plain], 0, head="gcd,hcd,icd", words=("--to", "h"))
lookup("an area into 1,001", plain[1:] + [(OLD[0], f"M{k}") for k in range(1001)], says="1000")
lookup("notes below", "gcd,hcd\n" + "".join(f"{a},{b}\n" for a, b in plain) + "\nSource: ONS\n", says="lookup.csv")
lookup("a title above", "Lookup of areas\ngcd,hcd\n" + "".join(f"{a},{b}\n" for a, b in plain), says="lookup.csv:1")
lookup("new codes with blanks", [(a, b.replace("Z", "Z ")) for a, b in plain], (0, 2))
lookup("new codes in two cases", [(a, b if k % 2 else f"n{k // 2}") for k, (a, b) in enumerate(plain)], (0, 2))
lookup("a gzip that expands", lambda: b"", says="lookup") if False else None
lookup("a million rows of elsewhere", "gcd,hcd\n" + "".join(f"{a},{b}\n" for a, b in plain) + "".join(f"Q{k},R{k}\n" for k in range(1_000_000)), 0)
lookup("boundaries nested 100,000 deep", plain, says="b.json", words=("--boundaries", "b.json"), files={"b.json": '{"type":"FeatureCollection","features":' + "[" * 100_000})
lookup("boundaries of no JSON", plain, says="b.json", words=("--boundaries", "b.json"), files={"b.json": "code,wkt\nZ1,POINT(0 0)\n"})
lookup("boundaries that are a sheet", plain, says="b.json", words=("--boundaries", "b.json"), files={"b.json": SHEETS["xlsx"]})
lookup("boundaries of 10^308 points", plain, says="b.json", words=("--boundaries", "b.json"), files={"b.json": '{"type":"Topology","arcs":[[[0,0],[1e308,1e308]]],"transform":{"scale":[1e308,1e308],"translate":[0,0]},"objects":{"a":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0]],"properties":{"hcd":"NZ0001"}}]}}}'}, code=(0, 2))

# ----------------------------------------------------------------------------------------------------- people and pounds
def money(what, code=0, says=(), gva=lambda row: row["gva"], people=lambda row: row["population"], unit='unit = "GBP"\nprice_base = "2022"', people_unit='unit = "people"', lacks=(), same=True, able=None, area=lambda row: row["area_code"]):
    """A run on the world with GVA and residents written otherwise: the pounds must be those of the world as made, or it is refused."""
    if not wanted("units", what):
        return
    world()
    shutil.rmtree("other", ignore_errors=True)
    shutil.copytree("world", "other")
    rows = list(csv.DictReader(open("world/areas.csv")))
    for row in rows:
        row["gva"], row["population"] = gva(row), people(row)
        if able:
            row["population_16_64"] = able(row)
    with open("other/areas.csv", "w", newline="") as out:
        table = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    text = re.sub(r"sha256 = .*\n", "", open("world/pack.toml").read())
    text = re.sub(r"\[columns\.\"gva\"\]\n(?:[a-z_0-9]+ = .*\n)*", f"[columns.gva]\n{unit}\n" if unit else "", text)
    text = re.sub(r"\[columns\.\"population\"\]\n(?:[a-z_0-9]+ = .*\n)*", f"[columns.population]\n{people_unit}\n" if people_unit else "", text)
    write("other/pack.toml", text)
    flow = (WORLD + FUND % AREA_TYPE).replace('pack = "world"', 'pack = "other"')
    write("m.toml", flow + "\n[appraisal]\nrulebook = \"green-book-2026\"\nprice_base_year = 2022\n")
    for name in ("m.h5", "m.json"):
        if os.path.exists(name):
            os.remove(name)
    done = program("run", "m.toml", "--threads", "1", "--output", "m.h5", "--json", "m.json", "--all")
    if ended("units", what, done, code, says, lacks, gone=("m.h5",)) and done.returncode == 0:
        pounds = [line for line in done.stdout.split("\n") if "GVA of all areas after the horizon" in line or "GBP" in line and "a head" in line]
        pounds = [line for line in pounds if "prices:" not in line and "warning" not in line]
        if not first_pounds:
            first_pounds.extend(pounds)
        elif same and pounds != first_pounds:
            wrong.append(("units", what, f"other pounds: {[p for p in pounds if p not in first_pounds][:2]}, should be {[p for p in first_pounds if p not in pounds][:2]}", ""))


first_pounds = []
if not only or only == "units":
    money("GVA in pounds")
for unit, by in (("GBP m", 1e6), ("GBP million", 1e6), ("\u00a3m", 1e6), ("GBP thousand", 1e3), ("GBP '000", 1e3), ("GBP bn", 1e9), ("pence", 0.01)):
    money(f"GVA in {unit}", gva=lambda row: repr(float(row["gva"]) / by), unit=f'unit = "{unit}"\nprice_base = "2022"', says=("gva is in " + unit if by != 1 else "") if True else ())
for unit in ("EUR m", "index", "GBP per head", "log GBP"):
    money(f"GVA in {unit}", 2, ("'gva'", unit), unit=f'unit = "{unit}"\nprice_base = "2022"')
money("GVA in millions, unsaid", 2, ("a head", 'unit = "GBP m"'), gva=lambda row: repr(float(row["gva"]) / 1e6), unit="")
money("GVA in thousands, unsaid", 2, ("a head", "[columns.gva]"), gva=lambda row: repr(float(row["gva"]) / 1e3), unit="")
money("GVA in pence, unsaid", 0, ("warning: GVA of all areas", "check the units"), gva=lambda row: repr(float(row["gva"]) * 100), unit="", same=False)
money("GVA in millions, said to be pounds", 2, ("a head, which no place has", "is it so in"), gva=lambda row: repr(float(row["gva"]) / 1e6))
money("residents in thousands", 2, "thousands", people=lambda row: repr(float(row["population"]) / 1e3))
money("residents in thousands, unsaid", 2, "thousands", people=lambda row: repr(float(row["population"]) / 1e3), people_unit="")
money("residents in whole thousands", 2, "thousands?", people=lambda row: str(max(1, round(float(row["population"]) / 1e3))), same=False)
money("residents in whole thousands, unsaid", 2, "thousands", people=lambda row: str(max(1, round(float(row["population"]) / 1e3))), people_unit="")
money("residents in hundreds, unsaid", 2, "fraction of a resident", people=lambda row: repr(float(row["population"]) / 100), people_unit="")
money("residents without a unit", 0, people_unit="")

for kind, count in tried.items():
    print(f"{kind:12s} {count:4d} tried, {sum(one[0] == kind for one in wrong)} otherwise than expected")
for one in wrong:
    print("OTHERWISE: %s: %s: %s\n    %s" % (one[:3] + (one[3] if "-v" in sys.argv else one[3][-400:],)))
print(f"{sum(tried.values())} inputs, {len(wrong)} otherwise than expected")
sys.exit(bool(wrong))
