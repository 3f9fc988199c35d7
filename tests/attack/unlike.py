#!/usr/bin/env python3
"""Data shaped unlike ours: departments with leading zeros, two-year periods, money in millions, coordinates of other countries, publishers'
tables of other offices. Every right value from numpy, every refusal written down before the program ran.

    tests/attack/unlike.py build/spillway [-v] [--only KIND] [--quick]

Prints the count of inputs by kind and what came out otherwise; exit 1 where something did, 77 without numpy. --quick: those that told
something when they were new, and every twentieth of the others.
"""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys

from trials import among, judge, likelihood, spillway, tried, write, wrong

import numpy as np

# What inputs are called that came out otherwise when they were new.
MENDED = ("zeros lost", "until what", "until a blank row", "numbers of columns", "header in capitals", "to 4 digits", "two areas", "what is left is balanced", "in every area, corrected",
          "codes that are numbers", "own neighbour", "small letters in the codes", "one area", "degrees times", "Mercator")


def wanted(kind, what):
    return among(kind, what, MENDED, 20)


def program(*words):
    return subprocess.run([spillway, *words], capture_output=True, text=True, timeout=60, errors="replace")


# The world: thirty departments, codes with leading zeros and two with letters, in metres of Lambert-93.
draw = np.random.default_rng(15)
N = 30
CODES = [f"{k:02d}" for k in range(1, 20)] + ["2A", "2B"] + [f"{k:02d}" for k in range(21, 30)]
XY = np.c_[650_000 + 60_000 * draw.standard_normal(N), 6_800_000 + 60_000 * draw.standard_normal(N)].round()
APART = np.hypot(*(XY[:, None, :] - XY[None, :, :]).transpose(2, 0, 1))
NEAR = [list(np.argsort(APART[k])[1:5]) for k in range(N)]
TOUCH = [sorted(set(NEAR[k]) | {j for j in range(N) if k in NEAR[j]}) for k in range(N)]
PAIRS = [(a, b) for a in range(N) for b in TOUCH[a] if a < b]
x = draw.standard_normal(N)


def matrix(neighbours, weight=lambda a, b: 1.0, standard=True):
    w = np.zeros((N, N))
    for a in range(N):
        for b in neighbours[a]:
            w[a, b] = weight(a, b)
    if standard:
        sums = w.sum(1, keepdims=True)
        w = np.divide(w, sums, out=np.zeros_like(w), where=sums > 0)
    return w


W = matrix(TOUCH)
y = np.linalg.solve(np.eye(N) - 0.5 * W, 2.0 + 1.5 * x + draw.standard_normal(N))
AREAS = [dict(area_code=CODES[k], lad_code=f"R{k % 7}", easting=repr(XY[k, 0]), northing=repr(XY[k, 1]), population=str(90_000 + 1000 * k), y=repr(y[k]), x=repr(x[k]))
         for k in range(N)]
MANIFEST = '[pack]\nname = "departments"\ngeography = "dep"\nperiod_years = 2\n[[file]]\npath = "areas.csv"\nrole = "areas"\n[[file]]\npath = "edges.csv"\nrole = "edges"\n'
SAR = 'name = "m"\nkind = "spatial_autoregression"\noutcome = "y"\ncovariates = ["x"]\nestimators = ["qml"]\n'


def text(rows, delimiter=",", end="\n"):
    out = io.StringIO()
    table = csv.writer(out, delimiter=delimiter, lineterminator=end)
    table.writerow(rows[0])
    table.writerows(row.values() for row in rows)
    return out.getvalue()


EDGES = "from,to\n" + "".join(f"{CODES[a]},{CODES[b]}\n" for a, b in PAIRS)


def pack(areas=AREAS, edges=EDGES, manifest=MANIFEST, **files):
    shutil.rmtree("pack", ignore_errors=True)
    os.mkdir("pack")
    write("pack/areas.csv", text(areas) if isinstance(areas, list) else areas)
    write("pack/edges.csv", edges)
    write("pack/pack.toml", manifest)
    for name, data in files.items():
        write("pack/" + name.replace("__", "."), data)


def changed(**columns):
    return [dict(row, **{name: value(k, row) for name, value in columns.items()}) for k, row in enumerate(AREAS)]


def estimate(kind, what, model, right=None, code=0, says=(), lacks=(), weights="", more="", tolerance=1e-6, estimator=None, field="estimate", null=(), check=True):
    """`right`: name -> value of the estimator named (the first by default); `null`: coefficients that have no `field`."""
    write("c.toml", '[run]\nname = "a"\nseed = 1\n[data]\npack = "pack"\n' + (f"[weights]\n{weights}\n" if weights else "") + more + "[[model]]\n" + model)
    if os.path.exists("o.json"):
        os.remove("o.json")
    done = program("estimate", "c.toml", "--json", "o.json", "--threads", "1", "--all")
    said, faults, models = done.stdout + done.stderr, [], []
    if os.path.exists("o.json"):
        whole = json.load(open("o.json"), parse_constant=lambda word: faults.append(f"the JSON has {word}"))
        models = whole.get("models", [])
    everything = said + json.dumps(models, ensure_ascii=False).replace('\\"', '"')
    codes = code if isinstance(code, tuple) else (code,)
    if done.returncode not in codes:
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in ([says] if isinstance(says, str) else says) if w not in everything]
    faults += [f"says '{w}'" for w in ([lacks] if isinstance(lacks, str) else lacks) if w in everything]
    if done.returncode == 0 and (right or null):
        fits = {m["estimator"]: {c["name"]: c[field] for c in m["coefficients"]} for m in models}
        fit = fits.get(estimator or next(iter(fits), None), {})
        for name, value in (right or {}).items():
            if fit.get(name) is None or not abs(fit[name] - value) <= tolerance * (abs(value) + 1e-3):
                faults.append(f"{name} is {fit.get(name)}, should be {value:.10g}")
        faults += [f"{name} has {field} {fit[name]}, should have none" for name in null if fit.get(name) is not None]
    if check and done.returncode in (0, 2):
        checked = program("check", "c.toml")
        if checked.returncode != done.returncode:
            faults.append(f"check says {checked.returncode}, estimate {done.returncode}: {(checked.stdout + checked.stderr)[-300:]}")
    judge(kind, what, faults, said)


# ---------------------------------------------------------------------------------------------- weights files
def gal(neighbours=TOUCH, header=f"0 {N} departments code\n", name=lambda k: CODES[k], end="\n"):
    return (header + "".join(f"{name(a)} {len(bs)}\n" + " ".join(name(b) for b in bs) + "\n" for a, bs in enumerate(neighbours))).replace("\n", end)


def gwt(neighbours=TOUCH, header=f"0 {N} departments code\n", name=lambda k: CODES[k], weight=lambda a, b: 1, gap=" ", end="\n"):
    return header + "".join(gap.join([name(a), name(b), str(weight(a, b))]) + end for a, bs in enumerate(neighbours) for b in bs)


def links(header="from,to,weight", weight=lambda a, b: 1, gap=",", neighbours=TOUCH, name=lambda k: CODES[k], end="\n"):
    return header + (end if header else "") + "".join(gap.join([name(a), name(b), str(weight(a, b))]) + end for a, bs in enumerate(neighbours) for b in bs)


RHO = likelihood(W, y, x)


def weights_file(what, name, data, right=None, code=0, says=(), more="", lacks=(), **others):
    if not wanted("weights", what):
        return
    pack(**{name.replace(".", "__"): data, **others})
    if code == 0 and right is None:
        right = RHO
    estimate("weights", what, SAR, {"rho": right[0], "x": right[1][1]} if right else None, code, says, lacks, f'kind = "file"\npath = "{name}"\n{more}')


lost = lambda k: CODES[k].lstrip("0")
for suffix, form in (("gal", gal), ("gwt", gwt)):
    weights_file(f".{suffix}", f"w.{suffix}", form())
    weights_file(f".{suffix}, BOM", f"w.{suffix}", b"\xef\xbb\xbf" + form().encode())
    weights_file(f".{suffix}, CR", f"w.{suffix}", form().replace("\n", "\r"))
    weights_file(f".{suffix}, UTF-16", f"w.{suffix}", form().encode("utf-16"), code=2, says="UTF-16")
    weights_file(f".{suffix}, tabs", f"w.{suffix}", form().replace(" ", "\t"))
    weights_file(f".{suffix}, blanks behind", f"w.{suffix}", form().replace("\n", "  \n"))
    weights_file(f".{suffix}, blank lines behind", f"w.{suffix}", form() + "\n\n")
    weights_file(f".{suffix}, zeros lost", f"w.{suffix}", form(name=lost), code=2, says=("'1'", "leading zero"), lacks=("cut short", 'ids = "order"'))
    weights_file(f".{suffix}, small letters", f"w.{suffix}", form(name=lambda k: CODES[k].lower()), code=2, says="'2a'")
    weights_file(f".{suffix}, one too many in the header", f"w.{suffix}", form(header=f"0 {N + 1} departments code\n"), code=2, says=(f"'{N + 1}'", "the header"))
    weights_file(f".{suffix}, one too few in the header", f"w.{suffix}", form(header=f"0 {N - 1} departments code\n"), code=2, says=(f"'{N - 1}'", "the header"))
    weights_file(f".{suffix}, ids from 0", f"w.{suffix}", form(name=str), more='ids = "order"')
    weights_file(f".{suffix}, ids from 1", f"w.{suffix}", form(name=lambda k: str(k + 1)), more='ids = "order"')
    weights_file(f".{suffix}, ids from 0, unsaid", f"w.{suffix}", form(name=str), code=2, says="w." + suffix)
    weights_file(f".{suffix}, ids from 2", f"w.{suffix}", form(name=lambda k: str(k + 2)), code=2, says="31", more='ids = "order"')
    weights_file(f".{suffix}, single quotes", f"w.{suffix}", form(name=lambda k: f"'{CODES[k]}'"), code=(0, 2))
    weights_file(f".{suffix}, directed", f"w.{suffix}", form(NEAR), likelihood(matrix(NEAR), y, x))
weights_file(".gal, one side of a link alone", "w.gal", gal([bs[1:] if k == 3 else bs for k, bs in enumerate(TOUCH)]), likelihood(matrix([bs[1:] if k == 3 else bs for k, bs in enumerate(TOUCH)]), y, x))
weights_file(".gal, a count one short", "w.gal", gal().replace(f"05 {len(TOUCH[4])}\n", f"05 {len(TOUCH[4]) - 1}\n"), code=2, says="w.gal:11")
weights_file(".gal, a count one over", "w.gal", gal().replace(f"05 {len(TOUCH[4])}\n", f"05 {len(TOUCH[4]) + 1}\n"), code=2, says="w.gal:1")
weights_file(".gal, a neighbour twice", "w.gal", gal([bs + bs[:1] if k == 3 else bs for k, bs in enumerate(TOUCH)]), code=2, says="w.gal:9")
weights_file(".gal, an area twice", "w.gal", gal(header="") + gal(header="").split("\n")[0] + "\n" + gal(header="").split("\n")[1] + "\n", code=2, says="w.gal:61")
weights_file(".gal, an unknown neighbour", "w.gal", gal().replace(" 2A", " 2C", 1), code=2, says="'2C'")
alone = [[] if k == 7 else [b for b in bs if b != 7] for k, bs in enumerate(TOUCH)]
weights_file(".gal, an island with a blank line", "w.gal", gal(alone), likelihood(matrix(alone), y, x), more='islands = "keep-zero"')
weights_file(".gal, an island without one", "w.gal", gal(alone).replace("\n\n", "\n"), likelihood(matrix(alone), y, x), more='islands = "keep-zero"')
weights_file(".gwt, commas", "w.gwt", gwt(gap=","), code=(0, 2))
weights_file(".gwt, blanks in front", "w.gwt", gwt().replace("\n", "\n   "))
for word, bad in (("negative", "-1"), ("nan", "nan"), ("infinite", "inf"), ("beyond numbers", "1e999"), ("a comma", "0,5"), ("nothing", ""), ("a word", "one"), ("hex", "0x1p3")):
    weights_file(f".gwt, a weight that is {word}", "w.gwt", gwt(weight=lambda a, b: bad if (a, b) == (4, TOUCH[4][0]) else 1), code=2, says="w.gwt:")
    weights_file(f"edges, a weight that is {word}", "v.csv", links(weight=lambda a, b: f'"{bad}"' if (a, b) == (4, TOUCH[4][0]) else 1), code=2, says="v.csv:")
pull = lambda a, b: 1 + (3 * a + 5 * b) % 7
weights_file(".gwt, weights", "w.gwt", gwt(weight=pull), likelihood(matrix(TOUCH, pull), y, x))
weights_file("edges, both directions unlike", "v.csv", links(weight=pull), likelihood(matrix(TOUCH, pull), y, x))
for scale in (1e-9, 1e9, 1e-200):
    weights_file(f".gwt, weights times {scale:g}", "w.gwt", gwt(weight=lambda a, b: repr(pull(a, b) * scale)), likelihood(matrix(TOUCH, pull), y, x))
gone = [[b for b in bs if (k, b) != (4, TOUCH[4][0])] for k, bs in enumerate(TOUCH)]
weights_file("edges, a weight of 0 is no link", "v.csv", links(weight=lambda a, b: 0 if (a, b) == (4, TOUCH[4][0]) else 1), likelihood(matrix(gone), y, x))
weights_file("edges, semicolons", "v.csv", links("from;to;weight", gap=";"), code=2, says="semicolon")
weights_file("edges, other names", "v.csv", links("origin,destination,weight"), code=(0, 2), says=())
weights_file("edges, more columns", "v.csv", links("from,to,weight").replace("weight\n", "weight,note\n").replace(",1\n", ",1,a\n"))
weights_file("edges, another order", "v.csv", "weight,to,from\n" + "".join(f"1,{CODES[b]},{CODES[a]}\n" for a in range(N) for b in TOUCH[a]))
weights_file("edges, zeros lost", "v.csv", links(name=lost), code=2, says=("'1'", "leading zero"))
weights_file("edges, quoted", "v.csv", links(name=lambda k: f'"{CODES[k]}"', end="\r\n"))
weights_file("edges, BOM", "v.csv", "\ufeff" + links())
weights_file("edges, itself", "v.csv", links() + "05,05,1\n", code=2, says="itself")
weights_file("edges, twice", "v.csv", links() + links().split("\n")[5] + "\n", code=2, says="v.csv:")
weights_file("a matrix", "v.csv", "," + ",".join(CODES) + "\n" + "".join(CODES[a] + "," + ",".join("%g" % v for v in W[a]) + "\n" for a in range(N)), code=2, says="v.csv")
weights_file("a matrix without names", "v.txt", "".join(" ".join("%g" % v for v in W[a]) + "\n" for a in range(N)), code=2, says="v.txt")
weights_file("no weights at all", "w.gal", "", code=2, says="w.gal")
weights_file("a header alone", "w.gal", f"0 {N} departments code\n", code=2, says="w.gal")


def edges_case(what, edges, right=None, code=0, says=(), lacks=()):
    if not wanted("weights", what):
        return
    pack(edges=edges)
    right = RHO if code == 0 and right is None else right
    estimate("weights", "contiguity, " + what, SAR, {"rho": right[0]} if right else None, code, says, lacks, 'kind = "contiguity"')


edges_case("zeros lost", EDGES.replace(",0", ",").replace("\n0", "\n"), code=2, says=("'1'", "leading zero"))
edges_case("codes as decimals", re.sub(r"\b0(\d)\b", r"\1.0", EDGES), code=2, says="'1.0'")
edges_case("small letters", EDGES.replace("2A", "2a"), code=2, says="'2a'")
edges_case("UTF-16", EDGES.encode("utf-16"), code=2, says="UTF-16")
edges_case("tabs", EDGES.replace(",", "\t"), code=2, says="tab")
edges_case("blanks", EDGES.replace(",", " , "))
edges_case("a mark for an area", EDGES + "05,NA\n", code=2, says="edges.csv")

# ---------------------------------------------------------------------------------------------- recipes
PLAIN = [f"{k:02d}" for k in range(1, N + 1)]  # without Corsica's letters
PEOPLE = [90_000 + 1000 * k for k in range(N)]
RECIPE = """[pack]
name = "t"
geography = "dep"
period_years = 2
description = "d"
[[source]]
name = "a"
path = "{path}"
publisher = "p"
licence = "l"
vintage = "v"
{said}
{tables}
[areas]
table = "{table}"
key = "{key}"
{areas}
[areas.columns]
population = {{ is = "{column}", unit = "residents" }}
{panel}
"""


def recipe(what, data, reads=None, refuses=None, said="", column="pop", key="code", table="a", tables="", areas="", panel="", path="t.csv", rows=None, lacks=(), panel_reads=None, says=(), files=()):
    if not wanted("recipes", what):
        return
    shutil.rmtree("data", ignore_errors=True)
    shutil.rmtree("made", ignore_errors=True)
    os.mkdir("data")
    write("data/" + path, data)
    for name, more in dict(files).items():
        write("data/" + name, more)
    write("r.toml", RECIPE.format(path=path, said='text = ["code"]\n' + said if "text" not in said and key == "code" else said, tables=tables, table=table, key=key, areas=areas, column=column, panel=panel))
    done = program("pack", "r.toml", "--data", "data", "--output", "made")
    out, faults = done.stdout + done.stderr, []
    faults += [f"says '{w}'" for w in ([lacks] if isinstance(lacks, str) else lacks) if w in out]
    faults += [f"does not say '{w}'" for w in ([says] if isinstance(says, str) else says) if w not in out]
    if refuses is not None:
        first = done.stderr.split("\n")[0]
        if done.returncode != 2:
            faults.append(f"exit {done.returncode}, expected 2")
        elif not re.search(refuses, first if not refuses.startswith("(?s)") else done.stderr):
            faults.append(f"does not say /{refuses}/ first")
        if os.path.exists("made"):
            faults.append("left a pack")
    else:
        if done.returncode != 0:
            faults.append(f"exit {done.returncode}, expected 0")
        else:
            found = list(csv.DictReader(open("made/areas.csv")))
            values = {row["area_code"]: float(row["population"]) if row["population"] else None for row in found}
            right = reads if isinstance(reads, dict) else dict(zip(PLAIN, reads))
            unlike = [c for c in right if c not in values or (right[c] is None) != (values[c] is None) or (right[c] is not None and abs(values[c] - right[c]) > 1e-9 * abs(right[c]))]
            if unlike or len(values) != len(right):
                faults.append(f"{len(values)} areas of {len(right)}; {len(unlike)} otherwise, {unlike[0] if unlike else ''}: {values.get(unlike[0]) if unlike else ''} for {right.get(unlike[0]) if unlike else ''}")
            if panel_reads is not None:
                values = {(row["area_code"], row["period"]): float(row["g"]) if row["g"] else None for row in csv.DictReader(open("made/panel.csv"))}
                unlike = [c for c in panel_reads if c not in values or (values[c] is None) != (panel_reads[c] is None) or (values[c] is not None and abs(values[c] - panel_reads[c]) > 1e-9)]
                if unlike or len(values) != len(panel_reads):
                    faults.append(f"panel: {len(values)} cells of {len(panel_reads)}; otherwise {unlike[:2]}")
            write("c.toml", "")
            read = program("inspect", "made")
            if read.returncode != 0:
                faults.append(f"the pack made is not read: {read.stderr[:200]}")
    judge("recipes", what, faults, out)


def sheet(people=PEOPLE, head=("code", "name", "pop"), codes=PLAIN, delimiter=",", more=lambda k: ()):
    out = io.StringIO()
    table = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    table.writerow(head)
    for k, code in enumerate(codes):
        table.writerow([code, f"Département {k}", people[k], *more(k)])
    return out.getvalue()


def cell(k, value):
    return [value if j == k else p for j, p in enumerate(PEOPLE)]


recipe("as made", sheet(), PEOPLE)
recipe("letters in some codes", sheet(codes=CODES), dict(zip(CODES, PEOPLE)), areas='codes = "any"')
# How numbers are written elsewhere.
recipe("1.234,5", sheet([f"{p:,}".replace(",", ".") + ",5" for p in PEOPLE], delimiter=";"), [p + 0.5 for p in PEOPLE], said='thousands = "."\ndecimal = ","')
recipe("1.234,5 unsaid", sheet([f"{p:,}".replace(",", ".") + ",5" for p in PEOPLE], delimiter=";"), refuses=r"not a number.*(thousands|decimal)")
recipe("1.234 unsaid is 1.234, and no area has a tenth", sheet([f"{p / 1000:.3f}" for p in PEOPLE], delimiter=";"), [p / 1000 for p in PEOPLE])
recipe("thousands comma, a decimal comma among them", sheet(cell(3, "1,5")), refuses=r":5: .*1,5", said='thousands = ","')
recipe("thousands comma, 12,34 among them", sheet(cell(3, "12,34")), refuses=r":5: .*12,34", said='thousands = ","')
recipe("thousands comma, 1,2345 among them", sheet(cell(3, "1,2345")), refuses=r":5: .*1,2345", said='thousands = ","')
recipe("thousands comma, ,123 among them", sheet(cell(3, ",123")), refuses=r":5: .*,123", said='thousands = ","')
recipe("thousands comma, 1,,234 among them", sheet(cell(3, "1,,234")), refuses=r":5: .*1,,234", said='thousands = ","')
recipe("thousands dot, 93000.5 among them", sheet(cell(3, "93000.5"), delimiter=";"), refuses=r":5: .*93000\.5", said='thousands = "."\ndecimal = ","')
recipe("thousands dot, 1.5 among them", sheet(cell(3, "1.5"), delimiter=";"), refuses=r":5: .*1\.5", said='thousands = "."\ndecimal = ","')
recipe("decimal comma, 93000.5 among them", sheet(cell(3, "93000.5"), delimiter=";"), refuses=r":5: .*93000\.5", said='decimal = ","')
recipe("thousands space, 93 00 among them", sheet(cell(3, "93 00")), refuses=r":5: .*93 00", said='thousands = " "')
recipe("thousands comma after the point", sheet(cell(3, "93.000,5")), refuses=r":5: ", said='thousands = ","')
recipe("Indian thousands", sheet(cell(3, "12,34,567")), refuses=r":5: .*12,34,567", said='thousands = ","')
recipe("Swiss thousands", sheet([f"{p:,}".replace(",", "\u2019") for p in PEOPLE]), PEOPLE, said='thousands = "\u2019"')
recipe("narrow no-break thousands", sheet([f"{p:,}".replace(",", "\u202f") for p in PEOPLE]), PEOPLE, said='thousands = " "')
recipe("negative in brackets", sheet(cell(3, "(93000)")), refuses=r":5: .*\(93000\)")
recipe("minus behind", sheet(cell(3, "93000-")), refuses=r":5: .*93000-")
recipe("a sign alone", sheet(cell(3, "+")), refuses=r":5: ")
recipe("scientific", sheet([f"{p:.5E}" for p in PEOPLE]), PEOPLE)
recipe("scientific, rounded by a spreadsheet", sheet([f"{p:.0E}" for p in PEOPLE]), [float(f"{p:.0E}") for p in PEOPLE])
for mark in ("[r]", "[p]", " [r]", "*", "r", "(1)", "\u00b9", " e", "\u2020"):
    recipe(f"a number and '{mark}'", sheet(cell(3, f"93000{mark}")), refuses=r":5: .*not a number")
for mark in ("\u2026", "\u2013", "\u2014", "~", "*", "S", "x", "low", "#", "n.d.", "ND", "nc", "...", "//", "--", "#N/D", "#DIV/0!", "#VALUE!", "#REF!", "(x)", "[e]", "9e9e9"):
    recipe(f"'{mark}' for a number", sheet(cell(3, mark)), refuses=r":5: .*not a number")
    if mark in ("\u2026", "*", "S", "n.d.", "#DIV/0!"):
        recipe(f"'{mark}' said to be missing", sheet(cell(3, mark)), [None if k == 3 else p for k, p in enumerate(PEOPLE)], said=f'missing = ["{mark}"]')
recipe("a padded mark", sheet(cell(3, "  [c] ")), [None if k == 3 else p for k, p in enumerate(PEOPLE)])
recipe("0 said to be missing", sheet(cell(3, "0")), [None if k == 3 else p for k, p in enumerate(PEOPLE)], said='missing = ["0"]')
recipe("0.0 where 0 is missing", sheet(cell(3, "0.0")), [None if k == 3 else p for k, p in enumerate(PEOPLE)], said='missing = ["0"]')
recipe("percent of some", sheet([f"{p / 1e4}%" if k < 20 else p / 1e4 for k, p in enumerate(PEOPLE)]), refuses=r"percent sign", said="percent = true")
recipe("percent share with a decimal comma", sheet([f"{p / 1e4}".replace(".", ",") + " %" for p in PEOPLE], delimiter=";"), [p for p in PEOPLE], said='percent = "share"\ndecimal = ","', column="1000000 * pop")
# Layouts.
recipe("a row of units under the header", sheet().replace("\n", "\n,,persons\n", 1), refuses=r":2: ")
recipe("a row of numbers of columns under the header", sheet().replace("\n", "\n1,2,3\n", 1), refuses=r":2: .*not like")
recipe("two header rows", "département,,population\n" + sheet(), refuses=r"skip_rows = 1")
recipe("two header rows, said", "département,,population\n" + sheet(), PEOPLE, said="skip_rows = 1")
recipe("merged header rows, all wide", "Code,Name,2019,2019\n,,men,women\n" + "\n".join(sheet(more=lambda k: (1,)).split("\n")[1:]), refuses=r"", key="Code", column="`2019`", said='text = ["Code"]')
recipe("the header again in the middle", sheet().replace("\n16,", "\ncode,name,pop\n16,"), refuses=r":17: .*(code|not like)")
recipe("a note in the first column, in the middle", sheet().replace("\n16,", "\nBreak in series,,\n16,"), refuses=r":17: ")
recipe("blank rows between regions, until a blank row", sheet().replace("\n16,", "\n,,\n16,"), refuses=r":18: the table goes on below the blank row of line 17", said='until = ""')
recipe("until what areas begin with", sheet(), PEOPLE[:9], said='until = "1"', says="warning: 21 of the rows below the table look like its own, first in line 11")
recipe("until a word that is an area's", sheet(), PEOPLE[:19], said='until = "20"', says="warning: 11 of the rows")
recipe("a second table below, until a blank row", sheet() + ",,\nTable 2,,\ncode,name,pop\n01,a,5\n", PEOPLE, said='until = ""', lacks="warning")
recipe("notes below, until a blank row", sheet() + ",,\n1. Rounded,,\nSource: x,,\n", PEOPLE, said='until = ""', lacks="warning")
recipe("a total below a blank row", sheet() + ",,\nFR,France,3135000\n", PEOPLE, said='until = ""')
recipe("a total above", sheet().replace("\n", "\nFR,France,3135000\n", 1), refuses=r":2: .*'FR'")
recipe("a total below", sheet() + "FR,France,3135000\n", refuses=r":32: .*'FR'")
recipe("a total without code", sheet() + ",France,3135000\n", refuses=r":32: ")
recipe("an area twice, alike", sheet() + sheet().split("\n")[5] + "\n", refuses=r":32: .*'05'")
recipe("an area twice, otherwise", sheet() + "05,other,5\n", refuses=r":32: .*'05'")
recipe("codes with zeros lost are text as they are", sheet(codes=[c.lstrip("0") for c in PLAIN]), {c.lstrip("0"): p for c, p in zip(PLAIN, PEOPLE)})
recipe("header in capitals", sheet(head=("CODE", "NAME", "POP")), refuses=r"did you mean")
recipe("header with blanks", sheet(head=(" code ", "name", " pop")), PEOPLE)
recipe("header with two blanks within", sheet(head=("code", "name", "pop  total")), PEOPLE, column="`pop total`")
recipe("no header", "\n".join(sheet().split("\n")[1:]), refuses=r"")
recipe("a title with commas", '"Population, by department",,\n' + sheet(), refuses=r"skip_rows = 1")
recipe("sep=, line", "sep=,\n" + sheet(), refuses=r"skip_rows = 1")
recipe("UTF-16 without mark", sheet().encode("utf-16-le"), PEOPLE)
recipe("one byte that is not UTF-8", sheet().encode().replace(b"ment 4,", b"ment \xe9,"), refuses=r"", said='encoding = "utf-8"')
recipe("quotes within a cell", sheet().replace("Département 4", 'dit "le 4"'), PEOPLE)
recipe("a delimiter said in full", sheet(delimiter="|"), PEOPLE, said='delimiter = "|"')
recipe("colons", sheet(delimiter=":"), PEOPLE, said='delimiter = ":"')
recipe("fixed width", re.sub(",", "   ", sheet()), refuses=r"no such column")
recipe("more rows than cells", sheet().replace("\n05,", "\n05,x,"), refuses=r":6: .*4 cells")
# A table long and wide: years of two, and how they are written.
YEARS = [2009, 2011, 2013]
growth = {(c, str(t)): float(10 * k + j) for k, c in enumerate(PLAIN) for j, t in enumerate(YEARS)}
WIDE = sheet(head=("code", "name", "pop", *map(str, YEARS)), more=lambda k: [10 * k + j for j in range(3)])
LONGER = '[[table]]\nname = "l"\nfrom = "a"\nsteps = [ { longer = ["g = {}"], period = "t", periods = [2009, 2011, 2013] } ]'
PANEL = '[panel]\ntable = "l"\narea = "code"\nperiod = "t"\n[panel.columns]\ng = { is = "g", unit = "%" }'
recipe("wide years", WIDE, PEOPLE, tables=LONGER, panel=PANEL, panel_reads=growth)
LONG = "code,t,g\n" + "".join(f"{c},{t},{v}\n" for (c, t), v in growth.items())
SECOND = '[[source]]\nname = "l"\npath = "l.csv"\npublisher = "p"\nlicence = "l"\nvintage = "v"\ntext = ["code"]\n'


def long(what, data, refuses=None, tables=SECOND, panel=PANEL, right=growth, says=(), reads=PEOPLE):
    recipe(what, sheet(), reads if refuses is None else None, refuses, tables=tables, panel=panel, files={"l.csv": data}, panel_reads=right if refuses is None else None, says=says)


long("long", LONG)
long("long, in disorder", "code,t,g\n" + "".join(sorted(LONG.split("\n")[1:-1], reverse=True)[k] + "\n" for k in range(90)))
for word, form in (("2009-10", lambda t: f"{t}-{(int(t) + 1) % 100:02d}"), ("2009/10", lambda t: f"{t}/{(int(t) + 1) % 100:02d}"), ("FY2009", lambda t: f"FY{t}"), ("2009 Q1", lambda t: f"{t} Q1"), ("1/1/2009", lambda t: f"1/1/{t}"),
                   ("2009-01-01", lambda t: f"{t}-01-01"), ("2009p", lambda t: f"{t}p"), ("mid-2009", lambda t: f"mid-{t}")):
    data = "code,t,g\n" + "".join(f"{c},{form(t)},{v}\n" for (c, t), v in growth.items())
    long(f"years as {word}", data, refuses=r"(period|'t').*" + re.escape(form("2009")))
    if word not in ("1/1/2009", "FY2009", "mid-2009"):
        long(f"years as {word}, cut", data, tables=SECOND + '[[table]]\nname = "m"\nfrom = "l"\nsteps = [ { derive = ["u = number(substring(t, 1, 4))"] } ]\n', panel=PANEL.replace('"l"', '"m"').replace('"t"', '"u"'))
long("years as 2009.0", "code,t,g\n" + "".join(f"{c},{t}.0,{v}\n" for (c, t), v in growth.items()))
long("years as 2009.5", "code,t,g\n" + "".join(f"{c},{t}.5,{v}\n" for (c, t), v in growth.items()), refuses=r"2009\.5")
long("years of two digits", "code,t,g\n" + "".join(f"{c},{t[2:]},{v}\n" for (c, t), v in growth.items()), refuses=r"")
long("a row twice", LONG + "05,2011,41.0\n", refuses=r"'05'.*2011|2011.*'05'")
long("an area that is none", LONG + "98,2011,41.0\n", refuses=r"'98'")
long("zeros lost", "code,t,g\n" + "".join(f"{c.lstrip('0')},{t},{v}\n" for (c, t), v in growth.items()), refuses=r"'1'.*leading zero|leading zero.*'1'")
long("a total among them", LONG + "FR,2011,41.0\n", refuses=r"'FR'")
long("a mark", LONG.replace(",41.0\n", ",[c]\n"), right={**growth, ("05", "2011"): None})
long("a year without number", LONG + "05,,3\n", refuses=r"l\.csv:92|period")
long("a gap", "\n".join(r for r in LONG.split("\n") if not r.startswith("05,2011")), right={**growth, ("05", "2011"): None}, says="missing in 1 of 90")
long("zeros lost, rows outside dropped", "code,t,g\n" + "".join(f"{c.lstrip('0')},{t},{v}\n" for (c, t), v in growth.items()), panel=PANEL.replace("[panel.columns]", 'outside = "drop"\n[panel.columns]'), right={k: v for k, v in growth.items() if k[0] >= "10"}, says="leading zeros")
JOINED = SECOND + '[[table]]\nname = "j"\nfrom = "a"\nsteps = [ { join = "l", by = ["code"], columns = ["v"], unmatched = "%s" } ]\n'
for word, refused in (("fault", r"'1'|'01'"), ("keep", None), ("drop", None)):
    data = "code,v\n" + "".join(f"{c.lstrip('0')},{k}\n" for k, c in enumerate(PLAIN))
    recipe(f"a join of codes with zeros lost, {word}", sheet(), None if refused else (PEOPLE if word == "keep" else dict(zip(PLAIN[9:], PEOPLE[9:]))), refused, tables=JOINED % word, table="j", files={"l.csv": data}, says="leading zeros")

# ---------------------------------------------------------------------------------------------- estimators of cross-sections
common = draw.standard_normal(N)
z1, z2, w1 = (draw.standard_normal(N) for _ in range(3))
s = 0.7 * z1 + 0.5 * z2 + 0.4 * w1 + common
out = 3.0 + 0.8 * s - 0.5 * w1 + common + draw.standard_normal(N)
IV = 'name = "m"\nkind = "iv"\noutcome = "out"\nendogenous = ["s"]\ninstruments = ["z1", "z2"]\ncontrols = ["w1"]\nestimators = ["ols", "2sls", "liml", "fuller", "gmm", "gmm_iterated"]\nheadline = "2sls"\n'
FITS = ["ols", "2sls", "liml", "fuller", "gmm", "gmm_iterated"]


def k_class(y, s, z, w, kappa):
    """Coefficient of s and its iid error; kappa by name or number."""
    y, s, z = y.reshape(-1), s.reshape(len(y), -1), z.reshape(len(y), -1)
    m = np.eye(len(y)) - w @ np.linalg.pinv(w)
    all_z = np.c_[z, w]
    mz = np.eye(len(y)) - all_z @ np.linalg.pinv(all_z)
    if kappa in ("liml", "fuller"):
        both = np.c_[y, s]
        k = np.linalg.eigvals(np.linalg.solve(both.T @ mz @ both, both.T @ m @ both)).real.min()
        kappa = k - (1 / (len(y) - all_z.shape[1]) if kappa == "fuller" else 0)
    x = np.c_[s, w]
    inner = x.T @ (x - kappa * (mz @ x))
    beta = np.linalg.solve(inner, x.T @ (y - kappa * (mz @ y)))
    e = y - x @ beta
    return beta, e, x, all_z, inner


def iv_right(y, s, z, w):
    ones = np.c_[w, np.ones(len(y))] if w is not None else np.ones((len(y), 1))
    found = {name: k_class(y, s, z, ones, kappa)[0][0] for name, kappa in (("ols", 0), ("2sls", 1), ("liml", "liml"), ("fuller", "fuller"))}
    # Two-step and iterated GMM with weights of hc0.
    x, all_z = np.c_[s, ones], np.c_[z, ones]
    beta = k_class(y, s, z, ones, 1)[0]
    for step in range(500):
        e = y - x @ beta
        weight = np.linalg.inv((all_z * (e * e)[:, None]).T @ all_z)
        new = np.linalg.solve(x.T @ all_z @ weight @ all_z.T @ x, x.T @ all_z @ weight @ all_z.T @ y)
        done = np.abs(new - beta).max() < 1e-13
        beta = new
        if step == 0:
            found["gmm"] = beta[0]
        if done:
            break
    found["gmm_iterated"] = beta[0]
    return found


def section(**columns):
    base = dict(out=out, s=s, z1=z1, z2=z2, w1=w1)
    base.update(columns)
    return [dict(row, **{name: v if isinstance(v, str) else repr(float(v)) for name, v in ((n, base[n][k]) for n in base)}) for k, row in enumerate(AREAS)]


def iv(what, columns=(), right=None, code=0, says=(), lacks=(), model=IV, covariance='kind = "hc0"', null=False, fits=FITS, tolerance=1e-6, name="s"):
    if not wanted("iv", what):
        return
    pack(section(**dict(columns)))
    if right is None:
        estimate("iv", what, model + f"covariance = {{ {covariance} }}\n", None, code, says, lacks)
        return
    for fit in fits:
        estimate("iv", f"{what}, {fit}", model + f"covariance = {{ {covariance} }}\n", {name: right[fit]}, code, says, lacks, estimator=fit, tolerance=tolerance, check=fit == fits[0])
    if null:
        for fit in fits:
            estimate("iv", f"{what}, {fit}: no s.e.", model + f"covariance = {{ {covariance} }}\n", None, code, estimator=fit, field="standard_error", null=[name], check=False)


RIGHT = iv_right(out, s, np.c_[z1, z2], w1[:, None])
iv("as made", right=RIGHT)
for scale in (1e-8, 1e8):
    iv(f"everything times {scale:g}", dict(out=out * scale, s=s * scale, z1=z1 * scale, w1=w1 / scale), RIGHT)
iv("z1 in millions far from zero", dict(z1=1e6 + z1), RIGHT, tolerance=1e-4)
NEAR_FIT = "but for its last digits"
for digits, words in ((2, NEAR_FIT), (4, NEAR_FIT), (6, NEAR_FIT), (8, "")):
    iv(f"the outcome is the regressor to {digits} digits", dict(out=np.round(s, digits)), says=words or "without residual")
    iv(f"the outcome is twice a control to {digits} digits", dict(out=np.round(2 * w1, digits)), says=NEAR_FIT)  # told from what controls leave too
    iv(f"the outcome is a sum of both to {digits} digits", dict(out=np.round(3 + s - w1, digits)), says=words or "without residual")
iv("the outcome is the regressor in single precision", dict(out=s.astype(np.float32).astype(float)), says=("without residual",))
iv("the outcome is the regressor", dict(out=s), {name: 1.0 for name in FITS}, says="without residual", null=True)
iv("the outcome is a control", dict(out=5 * w1), {name: 0.0 for name in FITS}, says="without residual", null=True, fits=["ols", "2sls"])
iv("the outcome is an instrument", dict(out=z1 + 0.0), (0, 3) and None, code=(0, 3))
iv("residuals of 1 per cent are no exact fit", dict(out=s + 0.01 * common), lacks=(NEAR_FIT, "without residual"))
iv("counts with an honest fit", dict(out=np.round(1000 * out)), lacks=(NEAR_FIT, "without residual"))
iv("an instrument is the regressor", dict(z1=s), says="instruments itself")
iv("an instrument is the regressor to 6 digits", dict(z1=np.round(s, 6)), says="instruments itself")
iv("instruments make up the regressor", dict(s=z1 + z2), says="without residual")
iv("an instrument twice", dict(z2=2 * z1 + 1), iv_right(out, s, z1, w1[:, None]), says="'z1' and 'z2'")
iv("an instrument is a control", dict(z2=w1 - 4), iv_right(out, s, z1, w1[:, None]), says="'z2' is explained by control 'w1'")
iv("a control is constant", dict(w1=np.full(N, 1e9)), iv_right(out, s, np.c_[z1, z2], None), says="'w1' does not vary")
iv("a control is constant but for one area", dict(w1=np.r_[np.zeros(N - 1), 1.0]), iv_right(out[:-1], s[:-1], np.c_[z1, z2][:-1], None), fits=["ols", "2sls", "liml", "gmm", "gmm_iterated"])  # as if that area were not there
iv("an outcome in one area", dict(out=["1" if k == 3 else "" for k in range(N)]), code=(2, 3))
iv("a missing instrument in some", dict(z1=["" if k < 4 else v for k, v in enumerate(z1)]), iv_right(out[4:], s[4:], np.c_[z1, z2][4:], w1[4:, None]))
dummies = lambda label: np.array([[float(label[k] == v) for v in sorted(set(label))] for k in range(N)])
one, two = [f"R{k % 7}" for k in range(N)], [f"R{k % 7}.{k % 3}" for k in range(N)]
three = [f"T{k * k % 5}" for k in range(N)]
for names, labels in ((["one"], [one]), (["two", "one"], [two, one]), (["one", "three"], [one, three]), (["three", "one"], [three, one]), (["one", "one_again"], [one, [v + "x" for v in one]]), (["three", "two", "one"], [three, two, one])):
    if not wanted("iv", f"effects {names}"):
        continue
    columns = np.c_[tuple(dummies(label) for label in labels)]
    x_all = np.c_[s, w1, columns]
    beta = np.linalg.pinv(x_all) @ out
    e = out - x_all @ beta
    rank = np.linalg.matrix_rank(x_all)
    left = np.linalg.pinv(columns) @ np.c_[s, w1]
    inside = np.c_[s, w1] - columns @ left
    error = (e @ e / (N - rank) * np.linalg.inv(inside.T @ inside)[0, 0]) ** 0.5
    rows = section()
    for name, label in zip(names, labels):
        rows = [dict(row, **{name: label[k]}) for k, row in enumerate(rows)]
    pack(rows)
    model = IV.replace(str(FITS).replace("'", '"'), '["ols"]').replace('headline = "2sls"\n', "").replace('instruments = ["z1", "z2"]\n', "") + f'fixed_effects = {json.dumps(names)}\ncovariance = {{ kind = "iid" }}\n'
    if N - rank > 0:
        estimate("iv", f"effects {names}", model, {"s": beta[0]})
        estimate("iv", f"effects {names}: iid s.e.", model, {"s": error}, field="standard_error", check=False)
singles = [f"U{k}" for k in range(N)]
for what, labels, code, says in (("every area its own effect", singles, 3, ""), ("all but two areas their own effect", ["U"] * 2 + singles[2:], 3, "")):
    if wanted("iv", what):
        pack([dict(row, one=labels[k]) for k, row in enumerate(section())])
        estimate("iv", what, IV + 'fixed_effects = ["one"]\ncovariance = { kind = "iid" }\n', None, code, says)
for what, labels, code, says in (("clusters of one area each", singles, 0, ""), ("one cluster", ["X"] * N, 3, "one cluster"), ("two clusters", ["X" if k < 15 else "Y" for k in range(N)], 0, ""), ("all but one area in a cluster", ["X" if k else "Y" for k in range(N)], 0, "")):
    if wanted("iv", what):
        pack([dict(row, one=labels[k]) for k, row in enumerate(section(w1=np.r_[1.0, np.zeros(N - 1)] if "but one" in what else w1))])
        estimate("iv", what, IV + 'covariance = { kind = "cluster", by = "one" }\n', None, code, says)

# Spatial autoregressions.
SARS = 'name = "m"\nkind = "spatial_autoregression"\noutcome = "out"\ncovariates = ["x", "w1"]\nestimators = [{}]\n'


def sar(what, columns=(), right=None, code=0, says=(), lacks=(), fits='"qml", "qml_exact", "gs2sls"', more="", estimator=None, null=(), field="estimate", tolerance=1e-6):
    if not wanted("sar", what):
        return
    pack(section(**dict(columns)))
    estimate("sar", what, SARS.format(fits) + 'headline = "%s"\n' % fits.split('"')[1] + more, right, code, says, lacks, 'kind = "contiguity"', estimator=estimator, null=null, field=field, tolerance=tolerance)


made = np.linalg.solve(np.eye(N) - 0.4 * W, 1 + x - w1 + 0.5 * common)
rho, coefficient = likelihood(W, made, np.c_[x, w1])
sar("as made", dict(out=made), {"rho": rho, "x": coefficient[1], "w1": coefficient[2]})
h = np.c_[np.ones(N), x, w1, W @ x, W @ w1, W @ W @ x, W @ W @ w1]
design = np.c_[W @ made, np.ones(N), x, w1]
hat = h @ np.linalg.pinv(h) @ design
two_stage = np.linalg.solve(hat.T @ design, hat.T @ made)
sar("as made, gs2sls", dict(out=made), {"rho": two_stage[0], "x": two_stage[2]}, estimator="gs2sls")
durbin = np.c_[x, w1, W @ x, W @ w1]
rho_d, coefficient_d = likelihood(W, made, durbin)
sar("Durbin", dict(out=made), {"rho": rho_d, "x": coefficient_d[1], "lag_x:x": coefficient_d[3]}, more="durbin = true\n")
for scale in (1e-9, 1e9):
    sar(f"times {scale:g}", dict(out=made * scale), {"rho": rho, "x": coefficient[1] * scale}, tolerance=1e-5)
sar("a constant covariate", dict(out=made, w1=np.full(N, 7.0)), {"rho": likelihood(W, made, x)[0]}, says="'w1'")
sar("a covariate twice", dict(out=made, w1=3 * x - 2), {"rho": likelihood(W, made, x)[0]}, says="'x' and 'w1'")
sar("the outcome is a covariate", dict(out=2 * w1 + 1), None, code=(0, 3), says="without any residual")
for digits, words, code in ((2, NEAR_FIT, 0), (4, NEAR_FIT, 0), (6, NEAR_FIT, 0), (8, "without any residual", 3)):
    sar(f"the outcome is a covariate to {digits} digits", dict(out=np.round(w1, digits)), says=words, code=code)
    sar(f"the outcome is a covariate to {digits} digits, errors", dict(out=np.round(w1, digits)), says=words, code=code, fits='"qml"', more="spatial_error = true\n")
sar("the outcome is a covariate, gs2sls alone", dict(out=w1 + 0.0), None, says="without residual", fits='"gs2sls"', null=["x", "w1", "rho"], field="standard_error")
sar("the outcome is its neighbours and a covariate, exactly", dict(out=np.linalg.solve(np.eye(N) - 0.4 * W, x - w1)), None, code=(0, 3), says="without")
sar("a constant outcome", dict(out=np.full(N, 3.3)), None, code=(2, 3), says="out")
sar("an outcome of two values", dict(out=(np.arange(N) % 2).astype(float)))
sar("one missing", dict(out=[("" if k == 4 else v) for k, v in enumerate(made)]), None, code=(0, 2))

# ---------------------------------------------------------------------------------------------- panels
T = 7
PERIODS = [1998 + 2 * t for t in range(T)]
TWO = dict(area=draw.standard_normal(N) * 3, period=draw.standard_normal(T))
px, pv = draw.standard_normal((N, T)), draw.standard_normal((N, T))
pg = np.zeros((N, T))
for t in range(T):
    pg[:, t] = TWO["area"] + TWO["period"][t] + 0.5 * px[:, t] + (0.3 * W @ pg[:, t - 1] + 0.2 * pg[:, t - 1] if t else 0) + draw.standard_normal(N)
PMANIFEST = MANIFEST + '[[file]]\npath = "panel.csv"\nrole = "panel"\n'
PANELM = dict(name='"m"', kind='"spatial_lag_panel"', outcome='"g"', covariates='["x", "v"]', period_effects='"common"', spatial_lag='"none"', own_lag="false", estimators='["within"]', covariance='{ kind = "iid" }')


def panel_text(g=pg, xs=px, vs=pv, leave=(), cells=(), periods=PERIODS):
    cells = dict(cells)
    rows = ["area_code,period,g,x,v"]
    for k in range(N):
        for t in range(len(periods)):
            if (k, t) in leave:
                continue
            values = [cells.get((k, t, name), "" if np.isnan(v) else repr(float(v))) for name, v in (("g", g[k, t]), ("x", xs[k, t]), ("v", vs[k, t]))]
            rows.append(f"{CODES[k]},{periods[t]}," + ",".join(values))
    return "\n".join(rows) + "\n"


def within(y, columns, area=True, period=True, keep=None):
    """Coefficients and iid errors with dummies, rows of `keep`."""
    keep = np.ones(y.shape, bool) if keep is None else keep
    keep = keep & ~np.isnan(y)
    for c in columns:
        keep = keep & ~np.isnan(c)
    k, t = np.nonzero(keep)
    dummy = [np.ones((len(k), 1))]
    if area:
        dummy.append((k[:, None] == np.arange(y.shape[0])).astype(float))
    if period:
        dummy.append((t[:, None] == np.arange(y.shape[1])).astype(float))
    d = np.hstack(dummy)
    x_all = np.c_[tuple(c[keep] for c in columns) + (d,)]
    beta = np.linalg.pinv(x_all, rcond=1e-10) @ y[keep]
    e = y[keep] - x_all @ beta
    inside = x_all[:, :len(columns)] - d @ (np.linalg.pinv(d, rcond=1e-10) @ x_all[:, :len(columns)])
    cover = np.linalg.inv(inside.T @ inside) * (e @ e) / (len(k) - np.linalg.matrix_rank(x_all))
    return beta[:len(columns)], np.sqrt(np.diag(cover)), len(k)


def panel(what, data, right=None, code=0, says=(), lacks=(), errors=None, null=(), field="estimate", areas=AREAS, edges=EDGES, weights="", manifest="", estimator=None, tolerance=1e-6, more="", **model):
    if not wanted("panels", what):
        return
    pack(areas, edges, PMANIFEST.replace("period_years", manifest + "period_years"), panel__csv=data)
    text_of_model = "".join(f"{key} = {value}\n" for key, value in dict(PANELM, **model).items())
    estimate("panels", what, text_of_model, right, code, says, lacks, weights, estimator=estimator or dict(PANELM, **model)["estimators"].split('"')[1], null=null, field=field, tolerance=tolerance, more=more)
    if errors:
        estimate("panels", what + ": s.e.", text_of_model, errors, code, weights=weights, estimator=estimator or "within", field="standard_error", check=False, more=more)


b, se, _ = within(pg, [px, pv])
panel("static", panel_text(), {"x": b[0], "v": b[1]}, errors={"x": se[0], "v": se[1]})
b, se, _ = within(pg, [px, pv], period=False)
panel("static, areas alone", panel_text(), {"x": b[0], "v": b[1]}, errors={"x": se[0]}, period_effects='"none"')
b, se, _ = within(pg[:, 1:], [pg[:, :-1], W @ pg[:, :-1], px[:, 1:], pv[:, 1:]])
panel("dynamic", panel_text(), {"previous": b[0], "lag": b[1], "x": b[2]}, errors={"previous": se[0], "lag": se[1], "x": se[2]}, own_lag="true", spatial_lag='"common"', weights='kind = "contiguity"')
ALL = '["within", "half_panel_jackknife", "corrected_score", "double_filter_iv", "analytical", "arellano_bond"]'
DYNAMIC = dict(own_lag="true", spatial_lag='"common"', weights='kind = "contiguity"', estimators=ALL, headline='"corrected_score"', covariance='{ kind = "cluster", by = "lad_code" }')
for scale in (1e-8, 1e8):
    panel(f"dynamic, times {scale:g}", panel_text(pg * scale, px, pv), {"previous": b[0], "lag": b[1], "x": b[2] * scale}, **DYNAMIC)
age = np.add.outer(draw.integers(20, 60, N).astype(float), np.array(PERIODS) - 1998.0)
for what, column in (("age", age), ("age with decimals", age + 0.1), ("age rounded to 3 digits", np.round(age + np.pi, 3)), ("age in days", age * 365.25), ("age in single precision", (age / 7).astype(np.float32).astype(float))):
    panel(f"absorbed: {what}", panel_text(pg, px, column), {"x": within(pg, [px])[0][0]}, says="'v'")
    panel(f"absorbed: {what}, every estimator", panel_text(pg, px, column), None, says="'v'", null=["v"], **DYNAMIC)
panel("absorbed by periods and areas: a trend by area squared is none", panel_text(pg, px, age ** 2), {"x": within(pg, [px, age ** 2])[0][0]})
panel("the outcome is a covariate", panel_text(px, px, pv), {"x": 1.0}, says="without residual")
panel("the outcome is a covariate, no s.e.", panel_text(px, px, pv), None, null=["x", "v"], field="standard_error")
panel("the outcome is a covariate, every estimator", panel_text(px, px, pv), None, code=(0, 3), says="without residual", **DYNAMIC)
for digits, words in ((2, NEAR_FIT), (4, NEAR_FIT), (6, NEAR_FIT), (8, "without residual")):
    panel(f"the outcome is a covariate to {digits} digits", panel_text(np.round(px, digits), px, pv), says=words)
    panel(f"the outcome is a sum of both to {digits} digits, every estimator", panel_text(np.round(px - pv, digits), px, pv), None, says=words, **DYNAMIC)
panel("honest levels with large area effects", panel_text(pg + 1e5 * np.arange(N)[:, None]), {"x": within(pg, [px, pv])[0][0]}, lacks=NEAR_FIT, tolerance=1e-5)
panel("the outcome is effects alone", panel_text(np.add.outer(TWO["area"], TWO["period"])), null=["x", "v"], field="standard_error", says="without residual", estimator="within")
panel("the outcome is its own lag alone", panel_text(np.add.outer(TWO["area"], np.zeros(T)) * 0.5 ** np.arange(T)), None, code=(0, 3), **DYNAMIC)
# Holes.
whole = {(4, t) for t in range(T)} | {(9, t) for t in range(T)}
keep = np.array([[(k, t) not in whole for t in range(T)] for k in range(N)])
panel("two areas without rows", panel_text(leave=whole), {"x": within(pg, [px, pv], keep=keep)[0][0]}, missing='"drop_rows"')
ALONE = dict(estimators='["within", "half_panel_jackknife", "corrected_score", "arellano_bond"]', headline='"corrected_score"', own_lag="true")
panel("two areas without rows: what is left is balanced", panel_text(leave=whole), None, lacks="the panel is unbalanced", missing='"drop_rows"', **ALONE)
panel("... and corrected", panel_text(leave=whole), None, missing='"drop_areas"', **ALONE)
first = {(k, 0) for k in range(N)} | whole
panel("two areas and a year without rows", panel_text(leave=first), None, lacks="the panel is unbalanced", missing='"drop_rows"', **ALONE)
nan = [(k, t, "x") for k in (4, 9) for t in range(T)]
panel("two areas without a covariate: what is left is balanced", panel_text(cells={c: "" for c in nan}), None, lacks="the panel is unbalanced", missing='"drop_rows"', **ALONE)
scattered = {(k, (3 * k) % T) for k in range(0, N, 5)}
keep = np.array([[(k, t) not in scattered for t in range(T)] for k in range(N)])
cells = {(k, t, "g"): "" for k, t in scattered}
panel("scattered", panel_text(cells=cells), {"x": within(pg, [px, pv], keep=keep)[0][0]}, errors={"x": within(pg, [px, pv], keep=keep)[1][0]}, missing='"drop_rows"')
panel("scattered, corrected", panel_text(cells=cells), None, code=3, says=('missing = "drop_areas"', "unbalanced"), missing='"drop_rows"', **dict(ALONE, estimators='["corrected_score"]'))
for fit in ("half_panel_jackknife", "corrected_score", "double_filter_iv", "analytical"):
    panel(f"scattered, {fit}: the remedy works", panel_text(cells=cells), None, 0, lacks="failed: ", missing='"drop_areas"', **dict(DYNAMIC, estimators=f'["{fit}"]', headline=f'"{fit}"'))
    panel(f"scattered, {fit}: impute works", panel_text(cells=cells), None, 0, missing='"impute"', **dict(DYNAMIC, estimators=f'["{fit}"]', headline=f'"{fit}"'))
everyone = {(k, k % T, "g"): "" for k in range(N)}
panel("a hole in every area, corrected", panel_text(cells=everyone), None, code=(2, 3), says="impute", lacks='use arellano_bond (within is biased), or missing = "drop_areas" or', missing='"drop_rows"', **dict(ALONE, estimators='["corrected_score"]'))
panel("a hole in every area, drop", panel_text(cells=everyone), None, code=2, says="drop_rows", missing='"drop"', **dict(ALONE, estimators='["corrected_score"]'))

# ---------------------------------------------------------------------------------------------- another vintage
# 01 splits into three, 02 and 03 merge, 04 and 05 give and take; all others stay. New codes have five digits.
PARTS = {k: [f"{k + 1:05d}"] for k in range(N)}
PARTS.update({0: ["00101", "00102", "00103"], 1: ["00203"], 2: ["00203"], 3: ["00401", "00402"], 4: ["00402"]})
LOOKUP = [(PLAIN[k], new) for k in range(N) for new in PARTS[k]]
NEW = sorted({new for _, new in LOOKUP})
residents = np.array([float(90_000 + 1000 * k) for k in range(N)])
rate = draw.uniform(0, 1, N)


def carried(total=None, mean=None, shares=None):
    """Totals divided equally (or by shares of the new area), means by residents, of new areas by code."""
    part = {(k, n): (1 / len(PARTS[k]) if shares is None else shares[n] / sum(shares[m] for m in PARTS[k])) for k in range(N) for n in PARTS[k]}
    found = {}
    for n in NEW:
        of = [k for k in range(N) if n in PARTS[k]]
        if total is not None:
            found[n] = sum(total[k] * part[k, n] for k in of)
        else:
            of = [k for k in of if not np.isnan(mean[k])]
            found[n] = sum(mean[k] * residents[k] * part[k, n] for k in of) / sum(residents[k] * part[k, n] for k in of) if of else None
    return found


def lookup_text(rows=LOOKUP, head="DEP11CD,DEP21CD", gap=",", end="\n"):
    return head + end + "".join(gap.join(row) + end for row in rows)


def convert(what, right=None, code=0, says=(), lacks=(), lookup=None, columns=(), manifest="", words=(), edges=None, codes=PLAIN, files=(), links=None, geography="dep11"):
    """`right`: column -> values by new code."""
    if not wanted("convert", what):
        return
    base = dict(population=residents, rate=rate)
    base.update(dict(columns))
    rows = [dict(area_code=codes[k], **{name: v[k] if isinstance(v[k], str) else repr(float(v[k])) for name, v in base.items()}) for k in range(N)]
    pack(rows, edges or "from,to\n" + "".join(f"{codes[a]},{codes[b]}\n" for a, b in PAIRS), MANIFEST.replace('"dep"', f'"{geography}"') + manifest)
    write("lookup.csv", lookup if lookup is not None else lookup_text())
    for name, data in dict(files).items():
        write(name, data)
    shutil.rmtree("new", ignore_errors=True)
    done = program("convert", "pack", "--lookup", "lookup.csv", "--to", "dep21", "--output", "new", *words)
    said, faults = done.stdout + done.stderr, []
    if done.returncode != code:
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in ([says] if isinstance(says, str) else says) if w not in said]
    faults += [f"says '{w}'" for w in ([lacks] if isinstance(lacks, str) else lacks) if w in said]
    if done.returncode == 2 and os.path.exists("new"):
        faults.append("left a pack")
    if done.returncode == 0 and right:
        found = {row["area_code"]: row for row in csv.DictReader(open("new/areas.csv"))}
        for name, values in right.items():
            unlike = [c for c in values if c not in found or (found[c][name] == "") != (values[c] is None) or (values[c] is not None and abs(float(found[c][name]) - values[c]) > 1e-9 * abs(values[c]))]
            if unlike or len(found) != len(values):
                faults.append(f"{name}: {len(found)} areas of {len(values)}; {unlike[:3]}: {found.get(unlike[0], {}).get(name) if unlike else ''} for {values.get(unlike[0]) if unlike else ''}")
    if done.returncode == 0 and links is not None:
        count = sum(1 for _ in open("new/edges.csv")) - 1
        if count != links:
            faults.append(f"{count} links, should be {links}")
    if done.returncode == 0 and program("inspect", "new").returncode != 0:
        faults.append("the pack made is not read")
    judge("convert", what, faults, said)


SUMS, MEANS = carried(total=residents), carried(mean=rate)
convert("as made", dict(population=SUMS, rate=MEANS))
convert("BOM, CRLF", dict(population=SUMS), lookup=("\ufeff" + lookup_text(end="\r\n")).encode())
convert("small letters in the header", dict(population=SUMS), lookup=lookup_text(head="dep11cd,dep21cd"))
convert("the columns the other way round", dict(population=SUMS), lookup=lookup_text([(b, a) for a, b in LOOKUP], "DEP21CD,DEP11CD"))
convert("more columns", dict(population=SUMS), lookup="OBJECTID,DEP11CD,DEP11NM,DEP21CD,DEP21NM,CHGIND\n" + "".join(f'{k},{a},"n, {a}",{b},n{b},U\n' for k, (a, b) in enumerate(LOOKUP)))
convert("in disorder", dict(population=SUMS, rate=MEANS), lookup=lookup_text(sorted(LOOKUP, key=lambda p: p[1][::-1])))
convert("codes that are numbers", {"population": {n.lstrip("0"): v for n, v in SUMS.items()}}, lookup=lookup_text([(str(k + 1), n.lstrip("0")) for k in range(N) for n in PARTS[k]]), codes=[str(k + 1) for k in range(N)])
convert("zeros lost in the lookup", code=2, says="leading zero", lookup=lookup_text([(a.lstrip("0"), b.lstrip("0")) for a, b in LOOKUP]))
convert("zeros lost on the new side alone", {"population": {n.lstrip("0"): v for n, v in SUMS.items()}}, lookup=lookup_text([(a, b.lstrip("0")) for a, b in LOOKUP]))
convert("semicolons", code=2, says="semicolon", lookup=lookup_text(head="DEP11CD;DEP21CD", gap=";"))
convert("UTF-16", code=2, says="UTF-16", lookup=lookup_text().encode("utf-16"))
convert("a pair twice", code=2, says="listed twice", lookup=lookup_text(LOOKUP + LOOKUP[:1]))
convert("a code missing", code=2, says="lookup.csv:", lookup=lookup_text(LOOKUP[1:] + [("01", "")]))
convert("a mark for a code", code=2, says="lookup.csv:", lookup=lookup_text(LOOKUP[1:] + [("01", "NA")]))
convert("an area that the lookup lacks", code=2, says="'07'", lookup=lookup_text([p for p in LOOKUP if p[0] != "07"]))
convert("areas beyond the pack", dict(population=SUMS), lookup=lookup_text(LOOKUP + [("98", "00098"), ("99", "00098")]))
convert("an area beyond the pack that has a part of one within", says="1 new areas also hold ground outside the pack", lookup=lookup_text(LOOKUP + [("99", "00203")]), code=0)
convert("a lookup of other codes", code=2, says="'01'", lookup=lookup_text([("A" + a, b) for a, b in LOOKUP]))
convert("small letters in the codes", code=2, says=("lower case", "'2A'"), codes=PLAIN[:-2] + ["2A", "2B"], lookup=lookup_text([({"29": "2a", "30": "2b"}.get(a, a), b) for a, b in LOOKUP]))
convert("no such vintage", code=2, says="dep21", lookup=lookup_text(head="DEP11CD,DEP22CD"))
convert("empty", code=2, says="lookup.csv", lookup="")
convert("a header alone", code=2, says="lookup.csv", lookup="DEP11CD,DEP21CD\n")
convert("a title row", code=2, says="lookup.csv", lookup="Lookup of departments\n" + lookup_text())
holes = np.where(np.arange(N) % 4 == 1, np.nan, rate)
convert("rates with gaps", dict(rate=carried(mean=holes)), columns=dict(rate=["" if np.isnan(v) else v for v in holes]))
convert("rates with marks", dict(rate=carried(mean=holes)), columns=dict(rate=["[c]" if np.isnan(v) else v for v in holes]))
convert("a total with a gap", columns=dict(jobs=["" if k == 1 else 100.0 + k for k in range(N)]), words=("--sum", "jobs"), code=(0), says="jobs")
convert("the population of an area is missing", columns=dict(population=["" if k == 1 else v for k, v in enumerate(residents)]), code=2, says="'02'")
convert("the population of an area is 0", columns=dict(population=[0.0 if k == 1 else v for k, v in enumerate(residents)]), code=2, says="--weight")
weights_of_new = {n: float(10 + 7 * j % 90) for j, n in enumerate(NEW)}
convert("shares by the new areas' population", dict(population=carried(total=residents, shares=weights_of_new), rate=carried(mean=rate, shares=weights_of_new)), words=("--areas", "of_new.csv"), files={"of_new.csv": "area_code,population\n" + "".join(f"{n},{v}\n" for n, v in weights_of_new.items())})
convert("new areas with zeros lost", code=2, says="leading zero", words=("--areas", "of_new.csv"), files={"of_new.csv": "area_code,population\n" + "".join(f"{n.lstrip('0')},{v}\n" for n, v in weights_of_new.items())})
convert("new areas that lack a part", code=2, says="'00102'", words=("--areas", "of_new.csv"), files={"of_new.csv": "area_code,population\n" + "".join(f"{n},{v}\n" for n, v in weights_of_new.items() if n != "00102")})
convert("new areas with a mark", code=2, says="'00102'", words=("--areas", "of_new.csv"), files={"of_new.csv": "area_code,population\n" + "".join(f"{n},{'[c]' if n == '00102' else v}\n" for n, v in weights_of_new.items())})
line = "from,to\n" + "".join(f"{a},{b}\n" for a, b in zip(NEW, NEW[1:]))
convert("links that are given", words=("--adjacency", "t.csv"), files={"t.csv": line}, says="0 of them guesses")
convert("links both ways", words=("--adjacency", "t.csv"), files={"t.csv": line + "".join(f"{b},{a}\n" for a, b in zip(NEW, NEW[1:]))}, says=", 0 of them guesses")
convert("links with zeros lost", code=2, says="leading zero", words=("--adjacency", "t.csv"), files={"t.csv": re.sub(r"\b0+", "", line)})
convert("links of the old areas", code=2, says="'01' is none", words=("--adjacency", "t.csv"), files={"t.csv": "from,to\n" + "".join(f"{PLAIN[a]},{PLAIN[b]}\n" for a, b in PAIRS)})
convert("an area that is its own neighbour", code=2, says="itself", words=("--adjacency", "t.csv"), files={"t.csv": line + "00101,00101\n"})
types = ["few" if k % 2 else "many" for k in range(N)]
convert("types carried", columns=dict(area_type=types), says="area_type is carried")
convert("flags go by majority", dict(flag={n: 1.0 if n in ("00101", "00102", "00103") else 0.0 for n in NEW}), columns=dict(flag=[float(k == 0) for k in range(N)]))
convert("counts without a unit", code=2, says="'firms'", columns=dict(firms=[float(3 * k) for k in range(N)]))
convert("per cent are no totals", dict(share={n: 100 * v for n, v in MEANS.items()}), columns=dict(share=100 * rate), manifest='[columns.share]\nunit = "%"\n')
convert("money in thousands is a total", dict(money=carried(total=1000 * rate)), columns=dict(money=1000 * rate), manifest='[columns.money]\nunit = "GBP thousand"\nprice_base = "2020"\n')
convert("euros are a total", dict(money=carried(total=1000 * rate)), columns=dict(money=1000 * rate), manifest='[columns.money]\nunit = "EUR m"\nprice_base = "2020"\n')
convert("money a head is none", dict(money=carried(mean=1000 * rate)), columns=dict(money=1000 * rate), manifest='[columns.money]\nunit = "GBP per head"\nprice_base = "2020"\n')
convert("density is none", dict(density=carried(mean=1000 * rate)), columns=dict(density=1000 * rate), manifest='[columns.density]\nunit = "residents per km2"\n')
convert("dwellings are a total", dict(homes=carried(total=residents)), columns=dict(homes=residents), manifest='[columns.homes]\nunit = "dwellings"\n')
convert("hectares are asked about", code=2, says="'ha'", columns=dict(ha=residents), manifest='[columns.ha]\nunit = "ha"\n')
convert("a year is no total", dict(year={n: 2011.0 for n in NEW}), columns=dict(year=[2011.0] * N), manifest='[columns.year]\nunit = "year"\n')

# ---------------------------------------------------------------------------------------------- units and places
controls = np.c_[w1, np.ones(N)]


def conley(km, xy=XY, weight=np.ones(N)):
    """s.e. of s by OLS, Bartlett kernel, in a double loop."""
    columns = np.c_[s, controls]
    inverse = np.linalg.inv(columns.T @ columns)
    e = out - columns @ inverse @ columns.T @ out
    meat = np.zeros((3, 3))
    for a in range(N):
        for b in range(N):
            apart = np.hypot(*(xy[a] - xy[b])) / 1000
            if apart < km:
                meat += (1 - apart / km) * e[a] * e[b] * np.outer(columns[a], columns[b])
    return np.sqrt((inverse @ meat @ inverse)[0, 0] * N / (N - 3))


OLS = 'name = "m"\nkind = "iv"\noutcome = "out"\nendogenous = ["s"]\ncontrols = ["w1"]\nestimators = ["ols"]\n'


def place(what, east=lambda v, k: v, north=lambda v, k: v, right=None, code=0, says=(), lacks=(), manifest="", km=40, model=None, **columns):
    if not wanted("places", what):
        return
    def form(v):
        return v if isinstance(v, str) else repr(float(v))
    rows = [dict(row, easting=form(east(XY[k, 0], k)), northing=form(north(XY[k, 1], k)), **{n: v(row, k) for n, v in columns.items()}) for k, row in enumerate(section())]
    pack(rows, manifest=MANIFEST + manifest)
    estimate("places", what, model or OLS + f'covariance = {{ kind = "conley", cutoff_km = {km} }}\n', {"s": right} if right else None, code, says, lacks, field="standard_error")


unit = lambda word, other=None: f'[columns.easting]\nunit = "{word}"\n[columns.northing]\nunit = "{other or word}"\n'
SE = conley(40)
place("Lambert-93", right=SE)
place("the axes the other way round", north=lambda v, k: XY[k, 0], east=lambda v, k: XY[k, 1], right=SE)
for word, by in (("km", 1e-3), ("kilometres", 1e-3), ("Metres", 1), ("m (EPSG:2154)", 1), ("feet", 1 / 0.3048), ("ft", 1 / 0.3048), ("miles", 1 / 1609.344), ("mi", 1 / 1609.344)):
    place(f"said: {word}", lambda v, k: v * by, lambda v, k: v * by, SE, manifest=unit(word))
for word in ("degrees", "decimal degrees", "deg", "EPSG:4326", "WGS84", "\u00b0", "lon", "longitude"):
    place(f"said: {word}", code=2, says="metres", manifest=unit(word))
for word in ("EPSG:3857", "web mercator", "pixels", "nautical miles", "yards", "cm", "mm"):
    place(f"said: {word}", code=2, says=word, manifest=unit(word))
place("two units", code=2, says="one for both", manifest=unit("km", "m"))
degree_east, degree_north = (lambda v, k: 2 + (v - 650_000) / 73_000), (lambda v, k: 48 + (v - 6_800_000) / 111_000)
place("degrees", degree_east, degree_north, code=2, says="degrees")
place("degrees from 0 to 360", lambda v, k: 358 + degree_east(v, k) % 360, degree_north, code=2, says=("easting",))
place("degrees, swapped", lambda v, k: degree_north(XY[k, 1], k), lambda v, k: degree_east(XY[k, 0], k), code=2, says="degrees")
for times in (1e6, 1e7):
    place(f"degrees times {times:g}", lambda v, k: times * degree_east(v, k), lambda v, k: times * degree_north(v, k), code=2, says="degrees")
for times, code, says in ((10, 2, "m apart"), (100, 2, "these look like degrees times 100,"), (1e3, 2, "reaches 40 km"), (1e5, 0, "no unit is stated, so they count as metres: 30 areas within 405 km")):
    place(f"degrees times {times:g}", lambda v, k: times * degree_east(v, k), lambda v, k: times * degree_north(v, k), code=code, says=says)
place("degrees as texts", lambda v, k: f"{degree_east(v, k):.4f}E", lambda v, k: f"{degree_north(v, k):.4f}N", code=2, says="areas.csv:2")
place("degrees, minutes and seconds", lambda v, k: "2 20 14", lambda v, k: "48 51 24", code=2, says="areas.csv:2")
place("decimal commas", lambda v, k: f'{v:.1f}'.replace(".", ","), code=2, says="areas.csv:2")
one_of = lambda j, change: (lambda v, k: change(v) if k == j else v)
place("one area at 0, 0", one_of(4, lambda v: 0), one_of(4, lambda v: 0), code=2, says="'05'")
place("one area at -1, -1", one_of(4, lambda v: -1), one_of(4, lambda v: -1), code=2, says="'05'")
place("one area in degrees", one_of(4, lambda v: 2.3), one_of(4, lambda v: 48.8), code=2, says="'05'")
place("one area in km", one_of(4, lambda v: v / 1000), one_of(4, lambda v: v / 1000), code=2, says="'05'")
place("one area in cm", one_of(4, lambda v: v * 100), one_of(4, lambda v: v * 100), code=2, says="'05'")
place("one area without its sign", north=one_of(4, lambda v: -v), code=2, says="its northing has the wrong sign")
place("one area swapped", lambda v, k: XY[k, 1] if k == 4 else v, lambda v, k: XY[k, 0] if k == 4 else v, code=2, says="'05'")
place("one area at 999999, 9999999", one_of(4, lambda v: 999999), one_of(4, lambda v: 9999999), says="coordinates: area '05' stands", code=0)
place("one area without", one_of(4, lambda v: ""), code=2, says="05")
place("one area with one mark", north=one_of(4, lambda v: "[x]"), code=2, says="05")
place("a cutoff in metres", code=2, says="reaches 40000 km", km=40_000)
place("a cutoff over nothing", km=0.001, right=conley(0.001))
place("a small world of its own, from 0", lambda v, k: v - 650_000 + 250_000, lambda v, k: v - 6_800_000 + 250_000, SE)
place("negative", lambda v, k: v - 2e6, lambda v, k: v - 2e7, SE)
BRITISH = [f"E0100{k:04d}" for k in range(1, N + 1)]
mercator = lambda v, k: -200_000 + 1.6 * (v - 650_000)
if wanted("places", "Mercator"):
    pack([dict(row, area_code=BRITISH[k], easting=repr(mercator(XY[k, 0], k)), northing=repr(6_700_000 + 1.6 * (XY[k, 1] - 6_800_000))) for k, row in enumerate(section())],
         "from,to\n" + "".join(f"{BRITISH[a]},{BRITISH[b]}\n" for a, b in PAIRS))
    estimate("places", "Britain in Web Mercator", OLS + 'covariance = { kind = "conley", cutoff_km = 40 }\n', code=2, says="Mercator")
HEADS = 'name = "m"\nkind = "iv"\noutcome = "out"\nendogenous = ["s"]\ncontrols = ["w1"]\nestimators = ["ols"]\nweights_column = "population"\ncovariance = { kind = "hc0" }\n'
for what, form, code, says in (("in millions", lambda row, k: f"{int(row['population']) / 1e6}", 2, "resident"), ("negative", lambda row, k: "-5" if k == 4 else row["population"], 2, "areas.csv:6"), ("a mark", lambda row, k: "[c]" if k == 4 else row["population"], 0, "1 of 30 areas have no population"), ("0 for one", lambda row, k: "0" if k == 4 else row["population"], (0, 2), ""), ("with commas", lambda row, k: f"{int(row['population']):,}", 2, "areas.csv:2")):
    place(f"population {what}", model=HEADS, code=code, says=says, population=form)

# ---------------------------------------------------------------------------------------------- lists of places, programmes, curves
WORLD = """[run]
name = "w"
seed = 3
[data]
pack = "world"
[weights]
kind = "contiguity"
[areas]
type = "area_type"
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
spatial_lag = "common"
estimators = ["within"]
headline = "within"
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
cluster = "lad_code"
replicates = 19
draws = 19
"""
SPENT = """[backcast]
programme = "programme.csv"
price_year = "base"
effect = { distribution = "uniform", low = 2e-5, high = 6e-5, source = "an assumption" }
like = "area_type"
match_on = ["log_population"]
matches = 3
placebos = 19
"""
BY_PLACE = """[[scenario]]
name = "fund"
lever = "wealth_fund"
extrapolate = "a small world"
[scenario.estimates]
spillover = "spillover/within"
[scenario.parameters]
target = { list = "places.csv" }
[outcomes]
horizon = 2
"""
made_world = False


def world():
    """A synthetic world of 300 areas and its codes, some with letters."""
    global made_world
    if not made_world:
        subprocess.run([spillway, "synth", "--areas", "300", "--output", "world"], check=True, capture_output=True)
        made_world = True
    return [row["area_code"] for row in csv.DictReader(open("world/areas.csv"))]


def listed(what, name, data, code=2, says=(), command="check", config=None, lacks=()):
    if not wanted("lists", what):
        return
    codes = world()
    write(name, (data(codes) if callable(data) else data))
    write("w.toml", config or (WORLD + SPENT))
    words = {"check": ["check", "w.toml"], "backcast": ["backcast", "w.toml"]}[command]
    done = program(*words, *(["--threads", "1"] if command != "check" else []))
    said, faults = done.stdout + done.stderr, []
    if done.returncode != code:
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in ([says] if isinstance(says, str) else says) if w not in said]
    faults += [f"says '{w}'" for w in ([lacks] if isinstance(lacks, str) else lacks) if w in said]
    judge("lists", what, faults, said)


def programme_text(codes, gbp=lambda k: 1000.0 + k, code=lambda c: c, year=lambda k: 2019 + k % 2, head="code,year,gbp", gap=",", end="\n"):
    return head + end + "".join(gap.join([code(codes[7 * k]), str(year(k)), str(gbp(k))]) + end for k in range(12))


for command in ("backcast",):
    listed("a programme as made", "programme.csv", programme_text, 0, command=command)
    listed("a programme with BOM and CRLF", "programme.csv", lambda c: "\ufeff" + programme_text(c, end="\r\n"), 0, command=command)
    for mark in ("", "NA", "[c]", "..", "-"):
        listed(f"'{mark}' for an amount", "programme.csv", lambda c: programme_text(c, gbp=lambda k: mark if k == 3 else 1000), says="programme.csv:5", command=command)
        listed(f"'{mark}' for a year", "programme.csv", lambda c: programme_text(c, year=lambda k: mark if k == 3 else 2019), says="programme.csv:5", command=command)
        listed(f"'{mark}' for a place", "programme.csv", lambda c: programme_text([mark if k == 21 else v for k, v in enumerate(c)]), says="programme.csv:5", command=command)
    for cell in ("1,000", "\u00a31000", "1000p", "(1000)", "-5", "1e999", "1 000", "1.000,00", "nil"):
        listed(f"'{cell}' for an amount", "programme.csv", lambda c: programme_text(c, gbp=lambda k: f'"{cell}"' if k == 3 else 1000), says="programme.csv:5", command=command)
    for cell in ("2019-20", "2019/20", "19", "2019.5", "01/04/2019", "20190401", "43556"):
        listed(f"'{cell}' for a year", "programme.csv", lambda c: programme_text(c, year=lambda k: cell if k == 3 else 2019), says="programme.csv:5", command=command)
    listed("small letters", "programme.csv", lambda c: programme_text(c, code=str.lower), says=("programme.csv:2", "did you mean"), command=command)
    listed("a place of another list", "programme.csv", lambda c: programme_text(["X" + v for v in c]), says="programme.csv:2", command=command)
    listed("a place twice in a year", "programme.csv", lambda c: programme_text(c, year=lambda k: 2019) + programme_text(c, year=lambda k: 2019).split("\n")[3] + "\n", says="stands twice", command=command)
    listed("semicolons", "programme.csv", lambda c: programme_text(c, gap=";", head="code;year;gbp"), says="semicolon", command=command)
    listed("UTF-16", "programme.csv", lambda c: programme_text(c).encode("utf-16"), says="UTF-16", command=command)
    listed("other names of columns", "programme.csv", lambda c: programme_text(c, head="area,year,amount"), says="programme.csv:1", command=command)
    listed("a title row", "programme.csv", lambda c: "Grants awarded\n" + programme_text(c), says="programme.csv:1", command=command)
    listed("a total row", "programme.csv", lambda c: programme_text(c) + "Total,,12066\n", says="programme.csv:14", command=command)
    listed("no rows", "programme.csv", "code,year,gbp\n", says="no row", command=command)
    listed("years after the panel", "programme.csv", lambda c: programme_text(c, year=lambda k: 2050), says="no money reaches", command=command)
    listed("nothing spent", "programme.csv", lambda c: programme_text(c, gbp=lambda k: 0), says="no money", command=command)

for kind, count in tried.items():
    print(f"{kind:12s} {count:4d} tried, {sum(one[0] == kind for one in wrong)} otherwise than expected")
for one in wrong:
    print("OTHERWISE: %s: %s: %s\n    %s" % one)
print(f"{sum(tried.values())} inputs, {len(wrong)} otherwise than expected")
sys.exit(bool(wrong))
