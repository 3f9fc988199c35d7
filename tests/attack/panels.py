#!/usr/bin/env python3
"""Panels as people bring them: holes, areas with one year, years with one area, duplicates, disorder, marks. Least squares with every
dummy, eliminated in plain Python, says what is right; refusals have their words.

    tests/attack/panels.py build/spillway [-v]

Prints the count and what came out otherwise; exit 1 where something did.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

spillway = os.path.abspath(sys.argv[1])
os.chdir(tempfile.mkdtemp())
draw = random.Random(8)
SIDE, YEARS = 5, list(range(2011, 2017))
CODES = [f"E{k + 1:05d}" for k in range(SIDE * SIDE)]
LAD = {code: f"L{k % 6}" for k, code in enumerate(CODES)}
REGION = {code: f"R{k % 2}" for k, code in enumerate(CODES)}
effect = {code: draw.gauss(0, 2) for code in CODES}
WHOLE = {}
for code in CODES:
    for year in YEARS:
        x, v = draw.gauss(0, 1) + 0.3 * effect[code], draw.gauss(0, 1)
        WHOLE[code, year] = dict(x=x, v=v, y=effect[code] + 0.2 * (year - 2013) + 0.5 * x - 0.3 * v + draw.gauss(0, 1))
EDGES = [(CODES[a], CODES[b]) for a in range(SIDE * SIDE) for b in range(a + 1, SIDE * SIDE)
         if abs(a % SIDE - b % SIDE) + abs(a // SIDE - b // SIDE) == 1]
STATIC = dict(kind='"spatial_lag_panel"', outcome='"y"', covariates='["x", "v"]', own_lag="false", spatial_lag='"none"', estimators='["within"]',
              headline='"within"', missing='"drop"', covariance='{ kind = "iid" }')
tried, wrong = 0, []


def text_of(rows, order=None, value=repr):
    lines = ["area_code,period,y,x,v"]
    for key in order or sorted(rows):
        lines.append(",".join([key[0], str(key[1])] + [r if isinstance(r, str) else "" if r is None else value(r) for r in (rows[key][n] for n in "yxv")]))
    return "\n".join(lines) + "\n"


def without(*names, keys):
    """The whole panel, some cells empty."""
    return {key: {n: None if key in keys and n in names else value for n, value in row.items()} for key, row in WHOLE.items()}


def less(keys):
    return {key: row for key, row in WHOLE.items() if key not in keys}


def least_squares(rows, area=True, period=True, names=("x", "v"), region=False):
    """Coefficients, iid errors and rank with a column for every dummy; dependent columns are passed over."""
    rows = {key: row for key, row in rows.items() if all(isinstance(row[n], float) for n in ("y",) + names)}
    columns = [[row[n] for row in rows.values()] for n in names]
    keys = list(rows)
    if area:
        columns += [[float(key[0] == code) for key in keys] for code in sorted({k[0] for k in keys})]
    if period:
        groups = sorted({(REGION[k[0]] if region else "", k[1]) for k in keys})
        columns += [[float((REGION[k[0]] if region else "", k[1]) == g) for k in keys] for g in groups]
    if not area and not period:
        columns.append([1.0] * len(keys))
    y = [row["y"] for row in rows.values()]
    n = len(columns)
    # Gauss-Jordan on [X'X | X'y | I], dummies first, so that what depends on them is found last.
    order = list(range(len(names), n)) + list(range(len(names)))
    gram = [[sum(a * b for a, b in zip(columns[i], columns[j])) for j in order] + [sum(a * b for a, b in zip(columns[i], y))] +
            [float(i == j) for j in order] for i in order]
    used = []
    for k in range(n):
        if gram[k][k] < 1e-9:
            continue
        used.append(k)
        scale = gram[k][k]
        gram[k] = [value / scale for value in gram[k]]
        for i in range(n):
            if i != k and gram[i][k] != 0.0:
                times = gram[i][k]
                gram[i] = [a - times * b for a, b in zip(gram[i], gram[k])]
    beta = [gram[k][n] if k in used else 0.0 for k in range(n)]
    fitted = [sum(columns[order[k]][r] * beta[k] for k in used) for r in range(len(keys))]
    rss = sum((a - b) ** 2 for a, b in zip(y, fitted))
    found = {}
    for j, name in enumerate(names):
        k = n - len(names) + j
        found[name] = (beta[k], (rss / (len(keys) - len(used)) * gram[k][n + 1 + k]) ** 0.5 if len(keys) > len(used) else None)
    return found, len(keys), len({k[0] for k in keys})


def attack(what, panel, right=None, code=0, says=(), lacks=(), manifest="", areas=CODES, counts=None, lad=LAD, region=REGION, edges=EDGES, **model):
    global tried
    tried += 1
    os.makedirs("pack", exist_ok=True)
    with open("pack/areas.csv", "w") as out:
        out.write("area_code,lad_code,region_code\n" + "".join(f"{c},{lad[c]},{region[c]}\n" for c in areas))
    with open("pack/panel.csv", "w") as out:
        out.write(panel if isinstance(panel, str) else text_of(panel))
    with open("pack/edges.csv", "w") as out:
        out.write("from,to\n" + "".join(f"{a},{b}\n" for a, b in edges))
    with open("pack/pack.toml", "w") as out:
        out.write(f'[pack]\nname = "grid"\nperiod_years = 1\n{manifest}[[file]]\npath = "areas.csv"\nrole = "areas"\n[[file]]\npath = "panel.csv"\nrole = "panel"\n'
                  '[[file]]\npath = "edges.csv"\nrole = "edges"\n')
    with open("c.toml", "w") as out:
        out.write('[run]\nname = "a"\nseed = 1\nthreads = 1\n[data]\npack = "pack"\n[[model]]\nname = "m"\n' +
                  "".join(f"{key} = {value}\n" for key, value in dict(STATIC, **model).items()))
    if os.path.exists("o.json"):
        os.remove("o.json")
    done = subprocess.run([spillway, "estimate", "c.toml", "--json", "o.json", "--all"], capture_output=True, text=True, timeout=60)
    said, fits = done.stdout + done.stderr, {}
    if done.returncode == 0:
        fits = {m["estimator"]: m for m in json.load(open("o.json"))["models"]}
        said += json.dumps(list(fits.values()), ensure_ascii=False)
    faults = [] if done.returncode == code else [f"exit {done.returncode}, expected {code}"]
    faults += [f"does not say '{w}'" for w in ([says] if isinstance(says, str) else says) if w not in said and w not in said.replace('\\"', '"')]
    faults += [f"says '{w}'" for w in lacks if w in said]
    if right and done.returncode == 0:
        found, rows, number = right
        fit = fits[model.get("headline", STATIC["headline"]).strip('"')]
        if fit["observations"] != rows or fit["areas"] != number:
            faults.append(f"{fit['observations']} rows of {fit['areas']} areas, expected {rows} of {number}")
        ours = {c["name"]: (c["estimate"], c["standard_error"]) for c in fit["coefficients"]}
        for name, (value, error) in found.items():
            if name not in ours or ours[name][0] is None or abs(ours[name][0] - value) > 1e-9 * (abs(value) + 0.01):
                faults.append(f"{name} is {ours.get(name)}, should be {value}")
            elif error is not None and (ours[name][1] is None or abs(ours[name][1] - error) > 1e-9 * error):
                faults.append(f"s.e. of {name} is {ours[name][1]}, should be {error}")
    if counts and done.returncode == 0:
        fit = fits[model.get("headline", STATIC["headline"]).strip('"')]
        flat = {d["name"]: d["value"] for d in fit["diagnostics"]} if isinstance(fit["diagnostics"], list) else fit["diagnostics"]
        for name, value in counts.items():
            if flat.get(name) != value:
                faults.append(f"{name} is {flat.get(name)}, should be {value}")
    checked = subprocess.run([spillway, "check", "c.toml"], capture_output=True, text=True, timeout=60)
    if done.returncode in (0, 2) and checked.returncode != done.returncode:
        faults.append(f"check says {checked.returncode}: {(checked.stdout + checked.stderr)[-200:]}")
    if faults:
        wrong.append(f"{what}: {'; '.join(faults)}\n    {(done.stderr + done.stdout)[-600:]}")
    elif "-v" in sys.argv:
        print(f"{what}: as it should be")


A, B, C = CODES[0], CODES[7], CODES[13]
attack("balanced", WHOLE, least_squares(WHOLE))
scattered = {(CODES[k], YEARS[(3 * k) % 6]) for k in range(0, 25, 2)}
holes = without("y", keys=scattered)
attack("scattered outcomes", holes, least_squares(holes), counts=dict(rows_left_out=13, areas_left_out=0))
attack("refused by default", holes, code=2, missing='"refuse"', says=["'y' is missing in 13 of 150 cells", 'set missing = "drop"'])
holes = without("x", keys=scattered)
attack("scattered covariates", holes, least_squares(holes))
attack("covariates under impute", holes, code=2, missing='"impute"', says="covariate 'x' is missing in 13 of 150 cells")
# "impute" is offered where it would be taken: it fills outcomes, and only where an area has one.
both = {key: dict(row, y=None if key in scattered else row["y"], x=None if key == (A, 2013) else row["x"]) for key, row in WHOLE.items()}
attack("outcomes and covariates refused", both, code=2, missing='"refuse"', says='set missing = "drop"', lacks=['"impute"'])
attack("an area without outcomes refused", without("y", keys={(B, year) for year in YEARS}), code=2, missing='"refuse"', says='set missing = "drop"', lacks=['"impute"'])
attack("outcomes alone refused", without("y", keys=scattered), code=2, missing='"refuse"', says='or "impute"')
holes = {key: dict(row, y=None if key in scattered else row["y"], v=None if key[1] == 2014 and key[0] > C else row["v"]) for key, row in WHOLE.items()}
attack("both", holes, least_squares(holes))
attack("both, area effects alone", holes, least_squares(holes, period=False), period_effects='"none"')
attack("both, periods by region", holes, least_squares(holes, region=True), period_effects='"by_region"')
attack("both, no effects", holes, least_squares(holes, False, False), period_effects='"none"', area_effects="false", estimators='["pooled"]', headline='"pooled"')
attack("both, period effects alone", holes, least_squares(holes, False, True), estimators='["pooled"]', headline='"pooled"')
one = less({(A, year) for year in YEARS[1:]})
attack("an area with one year", one, least_squares(one), says="1 area(s) have one row each", counts={"periods_an_area:min": 1})
lone = less({(code, 2016) for code in CODES[1:]})
attack("a year with one area", lone, least_squares(lone))
gone = without("y", keys={(code, year) for code in CODES for year in YEARS if LAD[code] == "L2"})
attack("an authority without outcomes", gone, least_squares(gone), says="4 of 25 areas have no complete row", counts=dict(areas_left_out=4, rows_left_out=24))
attack("... its areas need no cluster", gone, lad={c: "" if LAD[c] == "L2" else LAD[c] for c in CODES}, covariance='{ kind = "cluster", by = "lad_code" }')
absent = less({(B, year) for year in YEARS})
attack("an area that the panel lacks", absent, least_squares(absent), counts=dict(areas_left_out=1, rows_left_out=6))
order = sorted(WHOLE)
draw.shuffle(order)
attack("rows in disorder", text_of(WHOLE, order), least_squares(WHOLE))
attack("a row twice", text_of(WHOLE) + f"{A},2012,1.0,1.0,1.0\n", code=2, says="has this period already in line")
gap = less({(A, 2013), (B, 2014), (B, 2015)})
attack("gaps between years", gap, code=2, says=["has 2012 and then 2014; expected 2013 between them", 'gaps = "missing"'])
attack("gaps said to be missing", gap, least_squares(gap), manifest='gaps = "missing"\n', counts=dict(rows_left_out=3))
attack("a school year", text_of(WHOLE).replace(",2013,", ",2013/14,"), code=2, says="period")
attack("years in words", text_of(WHOLE).replace(",2013,", ",y2013,"), code=2, says="period")
attack("half years as decimals", text_of(WHOLE).replace(",2013,", ",2013.5,"), code=2, says="not a period")
attack("a year without a label", text_of(WHOLE).replace(f"{B},2013,", f"{B},,"), code=2, says="period")
marked = {key: dict(row, y="NA" if key in scattered else row["y"], x=".." if key == (B, 2012) else row["x"]) for key, row in WHOLE.items()}
attack("marks of missing values", marked, least_squares(marked))
odd = {key: dict(row, y="n.k." if key == (B, 2012) else row["y"]) for key, row in WHOLE.items()}
attack("a mark that is none", odd, code=2, says=["'n.k.'", "not a number"])
year = without("x", keys={(code, 2013) for code in CODES})
attack("a covariate without a year", year, least_squares(year), says="no area has a complete row in 2013")
never = without("y", keys={(code, 2013) for code in CODES})
attack("an outcome without a year", never, least_squares(never), says="period 2013 has no value of 'y'")
attack("a covariate without any value", without("x", keys=set(WHOLE)), code=2, says="none of 150 rows")
attack("outcomes in one year alone", without("y", keys={key for key in WHOLE if key[1] != 2012}), code=2, says="needs at least 2")
singles = {key: row for key, row in WHOLE.items() if key[1] == YEARS[CODES.index(key[0]) % 6]}
attack("every area once", singles, says=["25 area(s) have one row each", "covariate 'x' does not change over time"], manifest='gaps = "missing"\n')
blocks = {key: row for key, row in WHOLE.items() if (key[1] < 2014) == (CODES.index(key[0]) % 2 == 0)}
attack("two halves that share no year", blocks, least_squares(blocks))
steady = {key: dict(row, v=1.0 if key not in scattered else 2.0, y=None if key in scattered else row["y"]) for key, row in WHOLE.items()}
attack("a covariate that varies in lost rows alone", steady, least_squares(steady, names=("x",)), says="covariate 'v' does not change over time")
twins = {key: dict(row, v=2.0 * row["x"] + 1.0 if key not in scattered else 5.0, y=None if key in scattered else row["y"]) for key, row in WHOLE.items()}
attack("covariates collinear in the rows left", twins, least_squares(twins, names=("x",)), says="covariates 'x' and 'v' are collinear")
copies = {key: dict(row, v=row["x"] / 1e9 + 7.0) for key, row in WHOLE.items()}
attack("a covariate that is another in another unit", copies, least_squares(WHOLE, names=("x",)), says="covariates 'x' and 'v' are collinear")
near = {key: dict(row, v=round(row["x"], 4)) for key, row in WHOLE.items()}
attack("a covariate that is another but for its last digits", near, says="but for their last digits")
part = without("y", keys={(A, 2013), (B, 2011), (B, 2012)})
attack("whole areas asked for", part, least_squares({k: r for k, r in WHOLE.items() if k[0] not in (A, B)}), missing='"drop_areas"', counts=dict(areas_left_out=2, rows_left_out=12))
attack("a word that is none", part, code=2, missing='"drop_row"', says="drop_rows")
# Lags: areas under drop, rows under drop_rows.
DYNAMIC = dict(own_lag="true", covariates='["x"]')
attack("an own lag, areas", part, counts=dict(areas_left_out=2, rows_left_out=10), says="2 of 25 areas are left out", **DYNAMIC)
rows = {}
for (c, t), row in part.items():
    if t > 2011 and row["y"] is not None and part[c, t - 1]["y"] is not None:
        rows[c, t] = dict(row, previous=part[c, t - 1]["y"])
attack("an own lag, rows", part, least_squares(rows, names=("x", "previous")), missing='"drop_rows"', estimators='["within", "arellano_bond"]', **DYNAMIC)
attack("an own lag, rows, the default estimators", part, missing='"drop_rows"', says="corrected_score failed: the panel is unbalanced", estimators='["within", "half_panel_jackknife", "corrected_score"]',
       **DYNAMIC)
near_of = {c: [b if a == c else a for a, b in EDGES if c in (a, b)] for c in CODES}
spatial = {}
for (c, t), row in part.items():
    past = [part[d, t - 1]["y"] if t > 2011 else None for d in near_of[c] + [c]]
    if row["y"] is not None and None not in past:
        spatial[c, t] = dict(row, previous=past[-1], lag=sum(past[:-1]) / len(past[:-1]))
attack("neighbours' lags, rows", part, least_squares(spatial, names=("x", "previous", "lag")), missing='"drop_rows"', **dict(DYNAMIC, spatial_lag='"common"'))
SAR = dict(kind='"spatial_autoregression"', estimators='["qml"]', headline='"qml"', own_lag=None, spatial_lag=None)


def sar(what, panel, **more):
    saved = dict(STATIC)
    for key in ("own_lag", "spatial_lag"):
        STATIC.pop(key)
    attack(what, panel, kind='"spatial_autoregression"', estimators='["qml"]', headline='"qml"', **more)
    STATIC.update(saved)


sar("a lag of the same period, areas", part, says="2 of 25 areas are left out with all their periods")
sar("a lag of the same period, rows", part, code=2, missing='"drop_rows"', says='use "drop_areas", or "impute" where outcomes alone are missing')
# Far from zero: adding a number to a column moves the constant alone.
for far in (1e5, 1e6, 1e8):
    moved = {key: dict(row, x=row["x"] + far) for key, row in WHOLE.items()}
    exact, n, number = least_squares({key: dict(row, x=row["x"] - far) for key, row in moved.items()}, False, False)
    attack(f"pooled, {far:g} from zero", moved, (exact, n, number), period_effects='"none"', area_effects="false", estimators='["pooled"]', headline='"pooled"')

print(f"{tried} panels, {len(wrong)} otherwise")
for one in wrong:
    print(one)
sys.exit(1 if wrong else 0)
