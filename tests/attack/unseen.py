#!/usr/bin/env python3
"""What a stranger would bring of the same seventeen kinds, in none of the other files: villages of a country of nobody's, in prefixes and
units of its own. Every right value from numpy, every refusal written down before the program ran.

    tests/attack/unseen.py build/spillway [-v] [--only KIND] [--quick]

Prints the count of inputs by kind and what came out otherwise; exit 1 where something did, 77 without numpy. --quick: those that told
something when they were new, and every twentieth of the others.
"""
import csv
import gzip
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys

from trials import AREA_TYPE, FUND, WORLD, among, judge, likelihood, only, spillway, tried, write, wrong

import numpy as np

# What inputs are called that came out otherwise when they were new.
MENDED = ("zeros were lost", "a covariate called", "two apart", "two spellings", "ids of a column that the header names", "the key has one value twice", ", no-break spaces", "each pair once", "three nearest as links", "minutes that grow", "whole thousands of", "whole thousands on", "a group that is missing", "one of whose sides",
          "a header alone", "codes with an equals sign", "pointer of Git LFS", "boundaries of texts", "GBP a week", "GBP a head", "growth in per cent", "growth is")


def wanted(kind, what):
    return among(kind, what, MENDED, 20)


def program(*words, limit=60):
    return subprocess.run([spillway, *words], capture_output=True, text=True, timeout=limit, errors="replace")


def listed(words):
    return [words] if isinstance(words, str) else list(words)


# The world: sixty-three villages on a bent sheet, in nine cantons of three provinces; a valley crosses the cantons.
draw = np.random.default_rng(1530)
N, ACROSS = 63, 9
CODES = [f"V{k + 1:03d}" for k in range(N)]
XY = np.c_[310_000 + 4000.0 * (np.arange(N) % ACROSS) + draw.integers(-900, 900, N), 540_000 + 4000.0 * (np.arange(N) // ACROSS) + draw.integers(-900, 900, N)].astype(float)
CANTON = [f"K{k // 7}" for k in range(N)]
PROVINCE = [f"P{k // 21}" for k in range(N)]
VALLEY = [f"T{k % ACROSS % 4}" for k in range(N)]
PAIRS = [(a, b) for a in range(N) for b in range(a + 1, N) if (b - a == 1 and b % ACROSS) or b - a == ACROSS or (b - a == ACROSS + 1 and a % ACROSS < ACROSS - 1 and a % 2)]
NEAR = [sorted([b for a, b in PAIRS if a == k] + [a for a, b in PAIRS if b == k]) for k in range(N)]


def matrix(neighbours=NEAR, weight=lambda a, b: 1.0, standard=True):
    w = np.zeros((N, N))
    for a in range(N):
        for b in neighbours[a]:
            w[a, b] = weight(a, b)
    sums = w.sum(1, keepdims=True)
    return np.divide(w, sums, out=np.zeros_like(w), where=sums > 0) if standard else w


W = matrix()
hidden, z1, z2, w1, w2 = (draw.standard_normal(N) for _ in range(5))
s = 0.7 * z1 + 0.5 * z2 + 0.3 * w1 + 0.6 * hidden + 0.3 * draw.standard_normal(N)
out = 2.0 + 0.8 * s - 0.5 * w1 + 0.2 * w2 + 0.6 * hidden + 0.5 * draw.standard_normal(N)
lagged = np.linalg.solve(np.eye(N) - 0.45 * W, 1.0 + w1 - 0.5 * w2 + draw.standard_normal(N))
PEOPLE = 400 + 37 * np.arange(N) % 900 + 100
BASE = dict(out=out, lagged=lagged, s=s, z1=z1, z2=z2, w1=w1, w2=w2)
TEXTS = dict(canton=CANTON, province=PROVINCE, valley=VALLEY)
MANIFEST = '[pack]\nname = "villages"\ngeography = "village"\nperiod_years = 1\n[[file]]\npath = "areas.csv"\nrole = "areas"\n[[file]]\npath = "edges.csv"\nrole = "edges"\n'
EDGES = "from,to\n" + "".join(f"{CODES[a]},{CODES[b]}\n" for a, b in PAIRS)


def shown(v):
    return v if isinstance(v, str) else "" if v is None or v != v else repr(float(v)) if isinstance(v, (float, np.floating)) else str(v)


def table(columns, gap=",", end="\n"):
    text = io.StringIO()
    rows = csv.writer(text, delimiter=gap, lineterminator=end)
    rows.writerow(columns)
    rows.writerows([shown(v[k]) for v in columns.values()] for k in range(len(next(iter(columns.values())))))
    return text.getvalue()


def areas(**columns):
    """Columns of the pack by name; None leaves one out."""
    whole = dict(area_code=CODES, easting=list(XY[:, 0]), northing=list(XY[:, 1]), population=[str(p) for p in PEOPLE], **TEXTS, **BASE)
    whole.update(columns)
    return {name: v for name, v in whole.items() if v is not None}


def pack(columns=None, edges=EDGES, manifest=MANIFEST, folder="pack", **files):
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    columns = columns if columns is not None else areas()
    write(folder + "/areas.csv", columns if isinstance(columns, (str, bytes)) else table(columns))
    write(folder + "/edges.csv", edges)
    write(folder + "/pack.toml", manifest)
    for name, data in files.items():
        write(folder + "/" + name.replace("__", "."), data)


def one(values, k, cell):
    return [cell if j == k else v for j, v in enumerate(values)]


def estimate(kind, what, model, right=None, errors=None, code=0, says=(), lacks=(), weights='kind = "contiguity"', more="", tolerance=1e-6, null=(), no_error=(), check=True, models_fault=None):
    """right, errors: {estimator: {name: value}}; null: names without an estimate, no_error: with one but without standard error."""
    write("c.toml", '[run]\nname = "a"\nseed = 1\n[data]\npack = "pack"\n' + (f"[weights]\n{weights}\n" if weights else "") + more + "[[model]]\n" + model)
    if os.path.exists("o.json"):
        os.remove("o.json")
    done = program("estimate", "c.toml", "--json", "o.json", "--threads", "1", "--all")
    said, faults, models = done.stdout + done.stderr, [], []
    if os.path.exists("o.json"):
        models = json.load(open("o.json"), parse_constant=lambda word: faults.append(f"the JSON has {word}")).get("models", [])
    everything = said + json.dumps(models, ensure_ascii=False).replace('\\"', '"')
    codes = code if isinstance(code, tuple) else (code,)
    if done.returncode not in codes:
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in listed(says) if w not in everything]
    faults += [f"says '{w}'" for w in listed(lacks) if w in everything]
    fits = {}
    for m in models:
        fits.setdefault(m["estimator"], {}).update({c["name"]: c for c in m["coefficients"]})
    if done.returncode == 0:
        for field, wanted_values in (("estimate", right), ("standard_error", errors)):
            for estimator, values in (wanted_values or {}).items():
                for name, value in values.items():
                    found = fits.get(estimator, {}).get(name, {}).get(field)
                    if found is None or not abs(found - value) <= tolerance * (abs(value) + 1e-3):
                        faults.append(f"{estimator} {name} {field} is {found}, should be {value:.10g}")
        for estimator, values in fits.items():
            faults += [f"{estimator} {name} is {values[name]['estimate']}, should be none" for name in listed(null) if values.get(name, {}).get("estimate") is not None]
            if not estimator.startswith(("double_filter", "arellano")):  # theirs leak into other clusters: these are warned of
                faults += [f"{estimator} {name} has s.e. {values[name]['standard_error']}, should have none" for name in listed(no_error) if values.get(name, {}).get("standard_error") is not None]
            for name, c in values.items():
                if c.get("standard_error") is not None and c.get("estimate") and 0 < c["standard_error"] < 1e-11 * abs(c["estimate"]):
                    faults.append(f"{estimator} {name} has a standard error of rounding, {c['standard_error']}")
    if models_fault and done.returncode == 0:
        fault = models_fault(models)
        faults += [fault] if fault else []
    if check and done.returncode in (0, 2):
        checked = program("check", "c.toml")
        if checked.returncode != done.returncode:
            faults.append(f"check says {checked.returncode}, estimate {done.returncode}: {(checked.stdout + checked.stderr)[-300:]}")
    judge(kind, what, faults, said)


# ------------------------------------------------------------------------------- effects in every order, clusters, exact fits (model B)
def dummies(labels):
    return np.array([[float(labels[k] == v) for v in sorted(set(labels))] for k in range(len(labels))])


def linear(y, x, z=None, effects=(), weight=None, kind="iid", cluster=None, constant=True):
    """2SLS (least squares without z) with a dummy for every level: estimates and errors of the columns of x, and the rank of all."""
    n = len(y)
    others = [dummies(e) for e in effects] + ([np.ones((n, 1))] if constant else [])
    d = np.hstack(others) if others else np.zeros((n, 0))
    q = np.linalg.svd(d, full_matrices=False)
    basis = q[0][:, q[1] > 1e-10 * q[1].max()] if d.size else d
    root = np.sqrt(weight)[:, None] if weight is not None else np.ones((n, 1))
    full, left = np.c_[x, basis] * root, y * root[:, 0]
    tools = full if z is None else np.c_[z, basis] * root
    on = tools @ (np.linalg.pinv(tools) @ full)
    inverse = np.linalg.inv(on.T @ on)
    beta = inverse @ on.T @ left
    e = left - full @ beta
    rank = full.shape[1]
    if kind == "iid":
        cover = inverse * (e @ e) / (n - rank)
    elif kind == "hc1":
        cover = inverse @ (on * (e * e)[:, None]).T @ on @ inverse * n / (n - rank)
    else:
        groups = sorted(set(cluster))
        scores = np.array([(on[[k for k in range(n) if cluster[k] == g]].T @ e[[k for k in range(n) if cluster[k] == g]]) for g in groups])
        cover = inverse @ scores.T @ scores @ inverse * len(groups) / (len(groups) - 1) * (n - 1) / (n - rank)
    size = x.shape[1] if x.ndim > 1 else 1
    return beta[:size], np.sqrt(np.diag(cover))[:size], rank


def iv_model(estimators=("ols", "2sls"), endogenous=("s",), instruments=("z1", "z2"), controls=("w1", "w2"), outcome="out", effects=(), covariance='kind = "hc1"', more=""):
    head = f'headline = "{estimators[-1]}"\n'
    return (f'name = "m"\nkind = "iv"\noutcome = "{outcome}"\nendogenous = {json.dumps(list(endogenous))}\n' + (f"instruments = {json.dumps(list(instruments))}\n" if instruments else "") +
            f"controls = {json.dumps(list(controls))}\nestimators = {json.dumps(list(estimators))}\n{head}" + (f"fixed_effects = {json.dumps(list(effects))}\n" if effects else "") + f"covariance = {{ {covariance} }}\n" + more)


LABELS = dict(canton=CANTON, province=PROVINCE, valley=VALLEY, both=[f"{c}.{v}" if int(c[1]) < 3 else c for c, v in zip(CANTON, VALLEY)], half=["a" if k < 30 else "b" for k in range(N)])
X, Z, C = np.c_[s, w1, w2], np.c_[z1, z2, w1, w2], np.c_[w1, w2]
for order in [o for size in (2, 3) for o in itertools.permutations(("canton", "province", "valley", "half"), size)] + list(itertools.permutations(("both", "canton", "half"))):
    for kind in ("iid", "hc1", "cluster"):
        if not wanted("effects", f"{'+'.join(order)}, {kind}"):
            continue
        pack(areas(both=LABELS["both"], half=LABELS["half"]))
        right, errors = {}, {}
        for estimator, z in (("ols", None), ("2sls", Z)):
            b, se, _ = linear(out, X, z, [LABELS[e] for e in order], kind=kind, cluster=CANTON, constant=False)
            right[estimator], errors[estimator] = {"s": b[0]}, {"s": se[0]}
        estimate("effects", f"{'+'.join(order)}, {kind}", iv_model(effects=order, covariance='kind = "cluster", by = "canton"' if kind == "cluster" else f'kind = "{kind}"'), right, errors)
for what, effects, weight in (("weights and effects", ("valley", "province"), PEOPLE.astype(float)), ("weights alone", (), PEOPLE.astype(float)), ("weights of 0 for some", ("province",), np.where(np.arange(N) % 9 == 2, 0.0, PEOPLE))):
    if wanted("effects", what):
        rows = weight > 0
        pack(areas(heads=list(weight)))
        b, se, _ = linear(out[rows], X[rows], Z[rows], [[v for v, r in zip(LABELS[e], rows) if r] for e in effects], weight[rows], "hc1", constant=not effects)
        estimate("effects", what, iv_model(effects=effects, more='weights_column = "heads"\n'), {"2sls": {"s": b[0]}}, {"2sls": {"s": se[0]}})
for what, column, says in (("an effect of numbers", [float(int(c[1:])) for c in CANTON], ()), ("an effect of whole numbers", [int(c[1:]) for c in CANTON], ()), ("an effect of zeros and letters", [f"0{c[1:]}" for c in CANTON], ())):
    if wanted("effects", what):
        pack(areas(k=column))
        b, se, _ = linear(out, X, Z, [CANTON], kind="hc1", constant=False)
        estimate("effects", what, iv_model(effects=("k",)), {"2sls": {"s": b[0]}}, {"2sls": {"s": se[0]}})
if wanted("effects", "an effect whose zeros were lost in one"):
    pack(areas(k=[("1" if j == 10 else f"0{c[1:]}") for j, c in enumerate(CANTON)]))
    estimate("effects", "an effect whose zeros were lost in one", iv_model(effects=("k",)), says="'01' and '1'")
if wanted("effects", "restricted by marks"):
    rows = np.arange(N) % 4 != 1
    pack(areas(use=["1" if r else "NA" for r in rows]))
    b, se, _ = linear(out[rows], X[rows], Z[rows], kind="hc1")
    estimate("effects", "restricted by marks", iv_model(more='restrict_to = "use"\n'), {"2sls": {"s": b[0]}}, {"2sls": {"s": se[0]}})
for mark in ("NA", "n/a", "..", "[x]", "-", "NULL"):
    for what, role in (("effect", dict(effects=("canton",))), ("cluster", dict(covariance='kind = "cluster", by = "canton"'))):
        if wanted("missing texts", f"'{mark}' as {what}"):
            gone = np.array([k % 11 == 3 for k in range(N)])
            labels = [mark if g else c for g, c in zip(gone, CANTON)]
            pack(areas(canton=labels))
            kept = [c for g, c in zip(gone, CANTON) if not g]
            if what == "effect":
                b, se, _ = linear(out[~gone], X[~gone], Z[~gone], [kept], kind="hc1", constant=False)
                estimate("missing texts", f"'{mark}' as {what}", iv_model(**role), {"2sls": {"s": b[0]}}, {"2sls": {"s": se[0]}})
            else:
                estimate("missing texts", f"'{mark}' as {what}", iv_model(**role), code=2, says=("canton", "V004"))
for name in ("NaN-sur-Mer", "NAN", "Na", "na", "None", "nil", "0", "TRUE", "-1", "NA ", " NA", "\u00a0NA"):
    if wanted("missing texts", f"a canton called '{name}'"):
        labels = [name if c == "K3" else c for c in CANTON]
        really = name.strip().replace("\u00a0", "") == "NA"
        gone = np.array([really and c == "K3" for c in CANTON])
        pack(areas(canton=labels))
        b, se, _ = linear(out[~gone], X[~gone], Z[~gone], [[c for g, c in zip(gone, CANTON) if not g]], kind="hc1", constant=False)
        estimate("missing texts", f"a canton called '{name}'", iv_model(effects=("canton",)), {"2sls": {"s": b[0]}}, {"2sls": {"s": se[0]}})


def iv_case(what, columns, model, right=None, errors=None, **others):
    if wanted("exact", what):
        pack(areas(**columns))
        estimate("exact", what, model, right, errors, **others)


fits = ("ols", "2sls", "liml", "fuller", "gmm", "gmm_iterated")
parts = np.c_[dummies(CANTON)[:, 1:]] @ draw.standard_normal(8)
level = dummies(CANTON) @ draw.standard_normal(9)
EXACT = "without residual"
iv_case("outcome is a sum of regressor, controls and cantons", dict(out=3 * s - 2 * w1 + level), iv_model(fits, effects=("canton",)), {f: {"s": 3.0} for f in fits}, says=EXACT, no_error=("s", "w1", "w2"))
iv_case("outcome is the cantons alone", dict(out=level), iv_model(fits, effects=("canton",)), says=EXACT, no_error=("s", "w1", "w2"))
iv_case("outcome is the cantons alone, in billions", dict(out=1e9 * level), iv_model(fits, effects=("canton",)), says=EXACT, no_error=("s", "w1", "w2"))
iv_case("regressor is the cantons alone", dict(s=level), iv_model(fits, effects=("canton",)), code=3, says="'s'")
iv_case("regressor is the cantons but for its last digits", dict(s=level + 1e-13 * z1), iv_model(fits, effects=("canton",)), code=3, says="'s'")
iv_case("regressor is canton plus province, two effects", dict(s=level + dummies(PROVINCE) @ np.array([1.0, 2.0, 5.0])), iv_model(effects=("province", "canton")), code=3, says="'s'")
iv_case("regressor is canton plus valley, two effects", dict(s=level + dummies(VALLEY) @ np.array([1.0, 2.0, 5.0, -3.3])), iv_model(effects=("valley", "canton")), code=3, says="'s'")
iv_case("instrument is canton plus valley", dict(z2=level + dummies(VALLEY) @ np.array([1.0, 2.0, 5.0, -3.3])), iv_model(effects=("valley", "canton")),
        {"2sls": {"s": linear(out, X, np.c_[z1, w1, w2], [VALLEY, CANTON], constant=False)[0][0]}}, says="'z2'")
iv_case("a control is canton times a million", dict(w2=1e6 * level + 4e6), iv_model(effects=("canton",)), {"2sls": {"s": linear(out, np.c_[s, w1], np.c_[z1, z2, w1], [CANTON], constant=False)[0][0]}}, says="'w2'")
iv_case("age, age squared, age cubed", dict(w1=(a := np.round(20 + 3 * np.abs(w1), 1)), w2=a ** 2, z2=a ** 3), iv_model(instruments=("z1",), controls=("w1", "w2", "z2")),
        {"2sls": {"s": linear(out, np.c_[s, (a - a.mean()), (a - a.mean()) ** 2, (a - a.mean()) ** 3], np.c_[z1, (a - a.mean()), (a - a.mean()) ** 2, (a - a.mean()) ** 3])[0][0]}}, tolerance=1e-5)
iv_case("years from 1900 to 1962 with their squares", dict(w1=(a := 1900.0 + np.arange(N)), w2=a ** 2), iv_model(instruments=("z1", "z2")),
        {"2sls": {"s": linear(out, np.c_[s, a - 1931, (a - 1931) ** 2], np.c_[z1, z2, a - 1931, (a - 1931) ** 2])[0][0]}}, tolerance=1e-5)
shares = np.abs(draw.standard_normal((N, 3))) + 0.1
shares = shares / shares.sum(1, keepdims=True)
no_tie = linear(out, np.c_[s, shares[:, :2]], np.c_[z1, z2, shares[:, :2]])
for digits in (15, 6, 3):
    r = np.round(100 * shares, digits)
    exact = digits == 15
    iv_case(f"three shares that sum to 100, {digits} digits", dict(w1=r[:, 0], w2=r[:, 1], w3=r[:, 2]), iv_model(controls=("w1", "w2", "w3")), {"2sls": {"s": no_tie[0][0]}} if exact else None, says="'w3'" if exact else ())
iv_case("a full set of dummies of the cantons", {f"d{j}": list(dummies(CANTON)[:, j]) for j in range(9)}, iv_model(controls=tuple(f"d{j}" for j in range(9))), {"2sls": {"s": linear(out, s[:, None], np.c_[z1, z2], [CANTON], constant=False)[0][0]}}, says="'d8'")
iv_case("a full set of dummies beside the cantons", {f"d{j}": list(dummies(CANTON)[:, j]) for j in range(9)}, iv_model(controls=tuple(f"d{j}" for j in range(9)), effects=("canton",)),
        {"2sls": {"s": linear(out, s[:, None], np.c_[z1, z2], [CANTON], constant=False)[0][0]}}, says="'d0'")
iv_case("dummies of provinces beside the cantons", {f"d{j}": list(dummies(PROVINCE)[:, j]) for j in range(3)}, iv_model(controls=tuple(f"d{j}" for j in range(3)), effects=("canton",)), {"2sls": {"s": linear(out, s[:, None], np.c_[z1, z2], [CANTON], constant=False)[0][0]}}, says="'d1'")
iv_case("two endogenous regressors, one twice the other", dict(s2=2 * s + 1), iv_model(endogenous=("s", "s2"), instruments=("z1", "z2", "w2"), controls=("w1",)), code=3, says=("'s'", "'s2'"))
iv_case("two endogenous regressors that sum to a control", dict(s2=w1 - s), iv_model(endogenous=("s", "s2"), instruments=("z1", "z2", "w2"), controls=("w1",)), code=3, says=("'s2'",))
iv_case("fewer instruments than regressors once one is dropped", dict(s2=hidden, z2=2 * z1 - 1), iv_model(endogenous=("s", "s2"), controls=("w1",)), code=3, says="z2")
iv_case("an instrument that is 0 but in one village", dict(z2=[1.0 if k == 4 else 0.0 for k in range(N)]), iv_model(), {"2sls": {"s": linear(out, X, np.c_[z1, np.arange(N) == 4, w1, w2])[0][0]}})
iv_case("an instrument that is 0 but in one village of a canton of one", dict(z2=[1.0 if k == 4 else 0.0 for k in range(N)], canton=one(CANTON, 4, "K99")), iv_model(effects=("canton",)), {"2sls": {"s": linear(out, X, np.c_[z1, w1, w2], [one(CANTON, 4, "K99")], constant=False)[0][0]}}, says="'z2'")
iv_case("a regressor that varies in one canton alone", dict(w2=[w2[k] if CANTON[k] == "K3" else 1.0 for k in range(N)]), iv_model(effects=("canton",), covariance='kind = "cluster", by = "canton"'), no_error=("w2",), says="1 cluster")
iv_case("a control that is one canton, by clusters", dict(w2=[float(c == "K3") for c in CANTON]), iv_model(covariance='kind = "cluster", by = "canton"'), no_error=("w2",), says="1 cluster")
iv_case("an outcome without digits beyond the regressor's", dict(out=np.round(s)), iv_model(), {"ols": {"s": linear(np.round(s), X)[0][0]}}, lacks=EXACT)
iv_case("outcome of 0 and 1", dict(out=(out > 2).astype(float)), iv_model(), {"2sls": {"s": linear((out > 2).astype(float), X, Z)[0][0]}})
iv_case("outcome of 0 but in one village", dict(out=[1.0 if k == 4 else 0.0 for k in range(N)]), iv_model(), {"2sls": {"s": linear(np.eye(N)[4], X, Z)[0][0]}})
iv_case("an outcome of 5 digits far from 0", dict(out=np.round(1e5 + out, 1)), iv_model(), {"2sls": {"s": linear(np.round(1e5 + out, 1) - 1e5, X, Z)[0][0]}})
for share in (1e-5, 1e-7, 1e-9, 1e-11):  # what the numbers as written hold, to their last digits
    iv_case(f"a regressor that varies by {share:g} of its level", dict(s=1e4 * (1 + share * s)), iv_model(), {"2sls": {"s": linear(out, np.c_[1e4 * (1 + share * s) - 1e4, w1, w2], Z)[0][0]}}, tolerance=1e-7)
for share in (1e-13, 1e-15):
    iv_case(f"a regressor that varies by {share:g} of its level", dict(s=1e4 * (1 + share * s)), iv_model(), code=3, says="'s'")


# ------------------------------------------------------------------------------------------- weights files, the range of rho (SAR)
SAR = 'name = "m"\nkind = "spatial_autoregression"\noutcome = "lagged"\ncovariates = ["w1", "w2"]\nestimators = ["qml_exact"]\n'


def gal(neighbours=NEAR, header=f"0 {N} villages code\n", name=lambda k: CODES[k], end="\n"):
    return (header + "".join(f"{name(a)} {len(bs)}\n" + " ".join(name(b) for b in bs) + "\n" for a, bs in enumerate(neighbours))).replace("\n", end)


def gwt(neighbours=NEAR, header=f"0 {N} villages code\n", name=lambda k: CODES[k], weight=lambda a, b: 1, gap=" ", end="\n"):
    return header + "".join(gap.join([name(a), name(b), str(weight(a, b))]) + end for a, bs in enumerate(neighbours) for b in bs)


def links(neighbours=NEAR, header="from,to,weight", name=lambda k: CODES[k], weight=lambda a, b: 1, gap=",", end="\n"):
    return header + (end if header else "") + "".join(gap.join([name(a), name(b), str(weight(a, b))]) + end for a, bs in enumerate(neighbours) for b in bs)


RHO = likelihood(W, lagged, C)


def weights_file(what, name, data, right=RHO, code=0, says=(), more="", lacks=(), columns=None, manifest=MANIFEST, model=SAR, edges=EDGES, **others):
    if not wanted("weights", what):
        return
    pack(columns, edges, manifest, **{name.replace(".", "__"): data})
    estimate("weights", what, model, {"qml_exact": {"rho": right[0], "w1": right[1][1]}} if code == 0 and right is not None else None, code=code, says=says, lacks=lacks, weights=f'kind = "file"\npath = "{name}"\n{more}', **others)


# Codes that are numbers, in disorder: a number is a code before it is a place in the order.
shuffled = [str(v) for v in draw.permutation(np.arange(1, N + 1))]
numbered = areas(area_code=shuffled)
for suffix, form in (("gal", gal), ("gwt", gwt)):
    for header, word in ((f"0 {N} villages code\n", "a header"), (f"{N}\n", "a number"), ("", "no header")):
        if wanted("weights", f".{suffix}, {word}, codes that are numbers in disorder"):
            pack(numbered, edges="from,to\n" + "".join(f"{shuffled[a]},{shuffled[b]}\n" for a, b in PAIRS), **{f"w__{suffix}": form(header=header, name=lambda k: shuffled[k])})
            estimate("weights", f".{suffix}, {word}, codes that are numbers in disorder", SAR, {"qml_exact": {"rho": RHO[0], "w1": RHO[1][1]}}, weights=f'kind = "file"\npath = "w.{suffix}"')
for suffix, form in (("gal", gal), ("gwt", gwt)):
    weights_file(f".{suffix}, a comment first", f"w.{suffix}", "# queen contiguity, order 1\n" + form(), code=2, says=f"w.{suffix}:1")
    weights_file(f".{suffix}, a comment last", f"w.{suffix}", form() + "# made by hand\n", code=2, says=f"w.{suffix}:")
    weights_file(f".{suffix}, a comment behind a line", f"w.{suffix}", form().replace("\nV004", " # last\nV004", 1), code=2, says=f"w.{suffix}:")
    weights_file(f".{suffix}, BOM without a header", f"w.{suffix}", b"\xef\xbb\xbf" + form(header="").encode())
    weights_file(f".{suffix}, a BOM in the middle", f"w.{suffix}", form().replace("\nV031", "\n\ufeffV031", 1).encode(), code=2, says=f"w.{suffix}:")
    weights_file(f".{suffix}, UTF-16 big endian", f"w.{suffix}", b"\xfe\xff" + form().encode("utf-16-be"), code=2, says="UTF-16")
    weights_file(f".{suffix}, gzipped under its plain name", f"w.{suffix}", gzip.compress(form().encode()), code=(0, 2))
    weights_file(f".{suffix}, a name with blanks in the header", f"w.{suffix}", form(header=f'0 {N} "my villages of 2021" code\n'))
    weights_file(f".{suffix}, a header with 1 in front", f"w.{suffix}", form(header=f"1 {N} villages code\n"), code=2, says=f"w.{suffix}:1")
    weights_file(f".{suffix}, no-break spaces", f"w.{suffix}", form().replace(" ", "\u00a0"))
    weights_file(f".{suffix}, the key is another column", f"w.{suffix}", form(header=f"0 {N} villages number\n", name=lambda k: f"n{k}"), columns=areas(number=[f"n{k}" for k in range(N)]))
    weights_file(f".{suffix}, the key is another column of numbers", f"w.{suffix}", form(header=f"0 {N} villages number\n", name=lambda k: str(9000 - 7 * k)), columns=areas(number=[9000 - 7 * k for k in range(N)]))
    weights_file(f".{suffix}, the key has one value twice", f"w.{suffix}", form(header=f"0 {N} villages number\n", name=lambda k: f"n{max(k, 1)}"), columns=areas(number=[f"n{max(k, 1)}" for k in range(N)]), code=2, says="n1")
    weights_file(f".{suffix}, the key is missing for one", f"w.{suffix}", form(header=f"0 {N} villages number\n", name=lambda k: f"n{k}"), columns=areas(number=["" if k == 5 else f"n{k}" for k in range(N)]), code=2, says="number")
    weights_file(f".{suffix}, codes with a blank before", f"w.{suffix}", form(), columns=areas(area_code=[" " + c for c in CODES]))
    weights_file(f".{suffix}, codes in capitals", f"w.{suffix}", form(), columns=areas(area_code=[c.lower() for c in CODES]), code=2, says="V001")
    weights_file(f".{suffix}, first half alone", f"w.{suffix}", form()[: len(form()) // 2].rsplit("\n", 1)[0] + "\n", code=2, says=f"w.{suffix}")
    weights_file(f".{suffix}, twice in one file", f"w.{suffix}", form() + form(), code=2, says=f"w.{suffix}:")
    weights_file(f".{suffix}, twice without headers", f"w.{suffix}", form(header="") + form(header=""), code=2, says=f"w.{suffix}:")
    weights_file(f".{suffix}, lines in disorder", f"w.{suffix}", form() if suffix == "gal" else form(header=f"0 {N} villages code\n").split("\n")[0] + "\n" + "\n".join(sorted(form().strip().split("\n")[1:], key=lambda line: line[::-1])) + "\n")
weights_file("a .gal named .txt", "w.txt", gal())
weights_file("a .gwt named .gal", "w.gal", gwt())
weights_file("a .gal named .csv", "w.csv", gal())
weights_file("links named .gal", "w.gal", links())
weights_file("links without a header", "w.csv", links(header=""), code=2, says="w.csv:1")
weights_file("links named i, j, w", "w.csv", links(header="i,j,w"), code=2, says="w.csv:1")
weights_file("links named FROM, TO, WEIGHT", "w.csv", links(header="FROM,TO,WEIGHT"))
weights_file("links of semicolons and decimal commas", "w.csv", links(header="from;to;weight", gap=";", weight=lambda a, b: "0,5"), code=2, says="semicolon")
weights_file("links with a comment last", "w.csv", links() + "# 1 km\n", code=2, says="w.csv:")
weights_file("links with a blank weight", "w.csv", links(weight=lambda a, b: "" if (a, b) == (4, NEAR[4][0]) else 1), code=2, says="w.csv:")
weights_file("links with one mark", "w.csv", links(weight=lambda a, b: "NA" if (a, b) == (4, NEAR[4][0]) else 1), code=2, says="w.csv:")
weights_file("links, gzipped under a plain name", "w.csv", gzip.compress(links().encode()), code=(0, 2))
weights_file("links, gzipped", "w.csv.gz", gzip.compress(links().encode()), code=2, says="unpack it")
apart = lambda a, b, unit=1.0: repr(float(np.hypot(*(XY[a] - XY[b])) / unit))
weights_file("each pair once", "w.csv", "from,to,weight\n" + "".join(f"{CODES[a]},{CODES[b]},1\n" for a, b in PAIRS), says="stands once")
directed = likelihood(matrix(near3 := [sorted(np.argsort(np.hypot(*(XY - XY[k]).T))[1:4]) for k in range(N)]), lagged, C)
weights_file("three nearest as .gwt", "w.gwt", gwt(near3), directed)
weights_file("three nearest as .gal", "w.gal", gal(near3), directed)
weights_file("three nearest as links", "w.csv", links(near3), code=2, says=("not linked back", ".gwt"))
other = [str(v) for v in draw.permutation(np.arange(1, N + 1))]
for suffix, form in (("gal", gal), ("gwt", gwt)):
    weights_file(f".{suffix}, ids of a column that the header names, which are codes of others too", f"w.{suffix}", form(header=f"0 {N} villages number\n", name=lambda k: other[k]), code=2, says="weights.ids", columns=numbered | dict(number=other), edges="from,to\n" + "".join(f"{shuffled[a]},{shuffled[b]}\n" for a, b in PAIRS))
    weights_file(f".{suffix}, the same, said", f"w.{suffix}", form(header=f"0 {N} villages number\n", name=lambda k: other[k]), more='ids = "number"\n', columns=numbered | dict(number=other), edges="from,to\n" + "".join(f"{shuffled[a]},{shuffled[b]}\n" for a, b in PAIRS))
    weights_file(f".{suffix}, the same, codes said", f"w.{suffix}", form(header=f"0 {N} villages number\n", name=lambda k: shuffled[k]), more='ids = "area_code"\n', columns=numbered | dict(number=other), edges="from,to\n" + "".join(f"{shuffled[a]},{shuffled[b]}\n" for a, b in PAIRS))
weights_file("minutes that grow with distance, but not alone", "w.gwt", gwt(near3, weight=lambda a, b: round(float(apart(a, b)) / 700 * (1 + 0.4 * ((7 * a + 3 * b) % 5)), 1)), right=None, says="taken for weights")
for unit, word in ((1.0, "metres"), (1000.0, "km"), (0.3048, "feet"), (1609.344, "miles"), (111_320.0, "degrees")):
    weights_file(f".gwt of distances in {word}", "w.gwt", gwt(near3, weight=lambda a, b: apart(a, b, unit)), code=2, says="values")
    weights_file(f".gwt of distances in {word}, said", "w.gwt", gwt(near3, weight=lambda a, b: apart(a, b, unit)), likelihood(matrix(near3, lambda a, b: 1 / float(apart(a, b))), lagged, C), more='values = "distance"\ndecay = 1.0\n')
    weights_file(f"links of distances in {word}", "w.csv", links(near3, weight=lambda a, b: apart(a, b, unit)), code=2, says="values")
weights_file(".gwt of distances rounded to km", "w.gwt", gwt(near3, weight=lambda a, b: round(float(apart(a, b)) / 1000)), code=2, says="values")
weights_file(".gwt of distances, squared", "w.gwt", gwt(near3, weight=lambda a, b: float(apart(a, b)) ** 2), code=(0, 2), right=None, says="values")
weights_file(".gwt of inverse distances", "w.gwt", gwt(near3, weight=lambda a, b: 1 / float(apart(a, b))), likelihood(matrix(near3, lambda a, b: 1 / float(apart(a, b))), lagged, C))
weights_file(".gwt of distances, one of them 0", "w.gwt", gwt(near3, weight=lambda a, b: 0 if (a, b) == (4, near3[4][0]) else apart(a, b)), code=2, says="w.gwt:", more='values = "distance"\n')
weights_file("travel minutes, without coordinates", "w.csv", links(near3, weight=lambda a, b: round(float(apart(a, b)) / 700, 1)), columns=areas(easting=None, northing=None), code=2, says=".gwt")
kernel = lambda k: sorted(near3[k] + [k])
weights_file("kernel weights with a diagonal", "w.gwt", gwt([kernel(k) for k in range(N)], weight=lambda a, b: 1.0 if a == b else 0.5), code=2, says="w.gwt:")
weights_file("kernel weights named .kwt", "w.kwt", gwt([kernel(k) for k in range(N)], weight=lambda a, b: 1.0 if a == b else 0.5), code=2, says="w.kwt")
weights_file("rows that sum to 1, but to three digits", "w.gwt", gwt(weight=lambda a, b: round(1 / len(NEAR[a]), 3)), likelihood(W, lagged, C))
weights_file("rows that sum to 1, but to three digits, as they are", "w.gwt", gwt(weight=lambda a, b: round(1 / len(NEAR[a]), 3)), likelihood(matrix(weight=lambda a, b: round(1 / len(NEAR[a]), 3), standard=False), lagged, C), more="row_standardise = false\n")
binary = matrix(standard=False)
for what, made in (("0.16 of neighbours' sums", 0.16), ("-0.3 of neighbours' sums", -0.3)):
    y_made = np.linalg.solve(np.eye(N) - made * binary, 1.0 + w1 - 0.5 * w2 + 0.5 * draw.standard_normal(N))
    weights_file(what, "w.gal", gal(), likelihood(binary, y_made, C), columns=areas(lagged=list(y_made)), more="row_standardise = false\n")
for made in (-0.9, -1.3, 0.93, 0.99):
    y_made = np.linalg.solve(np.eye(N) - made * W, 1.0 + w1 - 0.5 * w2 + 0.5 * draw.standard_normal(N))
    weights_file(f"rho of {made}", "w.gal", gal(), likelihood(W, y_made, C), columns=areas(lagged=list(y_made)), tolerance=1e-5)
y_made = W @ (1.0 + w1 - 0.5 * w2) * 9 + 0.01 * draw.standard_normal(N)
weights_file("beyond the range", "w.gal", gal(), None, columns=areas(lagged=list(y_made)), code=(0, 3))
alone = [[] if k == 17 else [b for b in bs if b != 17] for k, bs in enumerate(NEAR)]
for suffix, form, extra in (("gal", gal, ""), ("gwt", gwt, "V018 V018 0\n")):
    weights_file(f".{suffix}, an island", f"w.{suffix}", form(alone) + extra, likelihood(matrix(alone), lagged, C), more='islands = "keep-zero"\n')
    weights_file(f".{suffix}, an island where there may be none", f"w.{suffix}", form(alone) + extra, code=2, says="V018", more='islands = "error"\n')
weights_file("an island that is attached", "w.gal", gal(alone), likelihood(matrix([[int(np.argsort(np.hypot(*(XY - XY[17]).T))[1])] if k == 17 else bs + ([17] if k == int(np.argsort(np.hypot(*(XY - XY[17]).T))[1]) else []) for k, bs in enumerate(alone)]), lagged, C), more='islands = "attach-nearest"\n')
two_lands = [[b for b in bs if (b < 27) == (k < 27)] for k, bs in enumerate(NEAR)]
weights_file("two lands", "w.gal", gal(two_lands), likelihood(matrix(two_lands), lagged, C), says="2 components")
everyone = [[b for b in range(N) if b != k] for k in range(N)]
weights_file("everyone next to everyone", "w.gal", gal(everyone), None, code=(0, 3))
star = [[0] if k else list(range(1, N)) for k in range(N)]
weights_file("a star", "w.gal", gal(star), likelihood(matrix(star), lagged, C))
ring = [[(k + 1) % N] for k in range(N)]
weights_file("a ring of one direction", "w.gal", gal(ring), likelihood(matrix(ring), lagged, C))
chain = [[k + 1] if k + 1 < N else [] for k in range(N)]
weights_file("a chain of one direction, whose only eigenvalue is 0", "w.gal", gal(chain), None, code=(0, 3), more='islands = "keep-zero"\n')
missing_one = areas(lagged=one(list(lagged), 7, ""))
weights_file("an outcome that is missing in one", "w.gal", gal(), None, columns=missing_one, code=(2, 3), says="V008")
weights_file("a covariate that is missing in one", "w.gal", gal(), None, columns=areas(w1=one(list(w1), 7, "[c]")), code=(2, 3), says="V008")
weights_file("covariate is the neighbours' covariate (Durbin)", "w.gal", gal(), None, columns=areas(w2=list(W @ w1)), model=SAR + "durbin = true\n", says="w2")
weights_file("outcome is the mean of the neighbours' covariate", "w.gal", gal(), None, columns=areas(lagged=list(2 * W @ w1)), model=SAR + "durbin = true\n", code=(0, 3), says="without")
inside = np.arange(N) % 4 != 1
cut = matrix(standard=False)[np.ix_(inside, inside)]
weights_file("areas that are left out take their links with them", "w.gal", gal(), likelihood(cut / np.where(cut.sum(1, keepdims=True) > 0, cut.sum(1, keepdims=True), 1), lagged[inside], C[inside]), columns=areas(use=[str(int(v)) for v in inside]), model=SAR + 'restrict_to = "use"\n')
weights_file("larger neighbours count for more", "w.gal", gal(), likelihood(matrix(weight=lambda a, b: PEOPLE[b]), lagged, C), more='size = "population"\n', code=(0, 2))
weights_file("a covariate called 'rho'", "w.gal", gal(), code=2, says="'rho' is the name of a coefficient", columns=areas(rho=list(w1)), model=SAR.replace('"w1"', '"rho"'))
weights_file("outcome is a covariate of six digits", "w.gal", gal(), None, columns=areas(lagged=list(np.round(w1, 6))), code=0, says="last digits")

# ---------------------------------------------------------------------------------------------------------------- panels (model A)
T = 8
YEARS = [2011 + t for t in range(T)]
px, pv = draw.standard_normal((N, T)), draw.standard_normal((N, T))
area_part, year_part = 2 * draw.standard_normal(N), draw.standard_normal(T)
pg = np.zeros((N, T))
for t in range(T):
    pg[:, t] = area_part + year_part[t] + 0.6 * px[:, t] - 0.3 * pv[:, t] + (0.3 * W @ pg[:, t - 1] + 0.2 * pg[:, t - 1] if t else 0) + draw.standard_normal(N)
PMANIFEST = MANIFEST + '[[file]]\npath = "panel.csv"\nrole = "panel"\n'
A = dict(name='"m"', kind='"spatial_lag_panel"', outcome='"g"', covariates='["x", "v"]', period_effects='"common"', spatial_lag='"none"', own_lag="false", estimators='["within"]', headline='"within"', covariance='{ kind = "iid" }')
EVERY = '["within", "half_panel_jackknife", "corrected_score", "double_filter_iv", "analytical", "arellano_bond"]'
LAGS = dict(own_lag="true", spatial_lag='"common"')
DYNAMIC = dict(LAGS, estimators=EVERY, headline='"corrected_score"', covariance='{ kind = "cluster", by = "canton" }')


def panel_text(g=pg, x=px, v=pv, leave=(), cells=(), years=YEARS, codes=CODES, gap=",", more=()):
    cells, lines = dict(cells), [gap.join(["area_code", "period", "g", "x", "v", *[name for name, _ in more]])]
    for k in range(len(codes)):
        for t in range(len(years)):
            if (k, t) not in leave:
                lines.append(gap.join([codes[k], str(years[t])] + [cells.get((k, t, name), shown(float(value[k, t]))) for name, value in (("g", g), ("x", x), ("v", v), *more)]))
    return "\n".join(lines) + "\n"


def within(y, columns, area=True, period=True, keep=None, groups=None):
    """Least squares with every dummy on complete rows: coefficients, iid errors, rank, rows."""
    keep = (np.ones(y.shape, bool) if keep is None else keep.copy()) & ~np.isnan(y)
    for c in columns:
        keep &= ~np.isnan(c)
    k, t = np.nonzero(keep)
    dummy = [np.ones((len(k), 1))]
    if area:
        dummy.append((k[:, None] == np.arange(y.shape[0])).astype(float))
    if period:
        dummy.append((t[:, None] == np.arange(y.shape[1])).astype(float))
    if groups is not None:
        names = sorted(set(groups))
        dummy.append(np.array([[float(groups[a] == g and b == c) for g in names for c in range(y.shape[1])] for a, b in zip(k, t)]))
    d = np.hstack(dummy)
    q = np.linalg.svd(d, full_matrices=False)
    basis = q[0][:, q[1] > 1e-9 * q[1].max()]
    inside = np.column_stack([c[keep] for c in columns])
    inside = inside - basis @ (basis.T @ inside)
    left = y[keep] - basis @ (basis.T @ y[keep])
    inverse = np.linalg.inv(inside.T @ inside)
    b = inverse @ inside.T @ left
    e = left - inside @ b
    return b, np.sqrt(np.diag(inverse) * (e @ e) / (len(k) - basis.shape[1] - len(columns))), len(k)


def lag_of(y, w=None):
    back = np.full_like(y, np.nan)
    back[:, 1:] = y[:, :-1] if w is None else w @ y[:, :-1]
    return back


def panel(what, data, right=None, errors=None, columns=None, manifest="", files="", edges=EDGES, **others):
    model = {key: others.pop(key) for key in list(others) if key in A or key in ("missing", "restrict_to", "own_lags", "predetermined", "area_effects", "rival_weights")}
    if not wanted("panels", what):
        return
    pack(columns, edges, PMANIFEST.replace("period_years = 1\n", "period_years = 1\n" + manifest if "period_years" not in manifest else manifest) + files, panel__csv=data)
    estimate("panels", what, "".join(f"{key} = {value}\n" for key, value in dict(A, **model).items()), right, errors, **others)


def w_of(result, *names):
    return {"within": dict(zip(names, result[0]))}, {"within": dict(zip(names, result[1]))}


panel("static", panel_text(), *w_of(within(pg, [px, pv]), "x", "v"))
panel("static, two years", panel_text(years=YEARS[:2]), *w_of(within(pg[:, :2], [px[:, :2], pv[:, :2]]), "x", "v"))
panel("static, one year", panel_text(years=YEARS[:1]), code=(2, 3))
panel("static, one year, no effect of areas", panel_text(years=YEARS[:1]), *w_of(within(pg[:, :1], [px[:, :1], pv[:, :1]], area=False), "x", "v"), area_effects="false", code=(0, 2, 3))
panel("static, areas alone", panel_text(), *w_of(within(pg, [px, pv], period=False), "x", "v"), period_effects='"none"')
panel("static, years alone", panel_text(), *w_of(within(pg, [px, pv], area=False), "x", "v"), area_effects="false")
panel("static, no effects", panel_text(), *w_of(within(pg, [px, pv], area=False, period=False), "x", "v"), area_effects="false", period_effects='"none"')
panel("static, years by type", panel_text(), *w_of(within(pg, [px, pv], groups=PROVINCE), "x", "v"), period_effects='"by_type"', more='[areas]\ntype = "province"\n')
single = [p if k else "P9" for k, p in enumerate(PROVINCE)]
panel("static, years by type, one area its own type", panel_text(), *w_of(within(pg, [px, pv], groups=single), "x", "v"), period_effects='"by_type"', more='[areas]\ntype = "province"\n', columns=areas(province=single))
keep = np.array([[PROVINCE[k] != "P1"] * T for k in range(N)])
panel("static, years by type, a type that is missing", panel_text(), columns=areas(province=["NA" if p == "P1" else p for p in PROVINCE]), period_effects='"by_type"', more='[areas]\ntype = "province"\n', code=(0, 2))
panel("dynamic, two years", panel_text(years=YEARS[:2]), code=(2, 3), **DYNAMIC)
panel("dynamic, three years", panel_text(years=YEARS[:3]), *w_of(within(pg[:, :3], [lag_of(pg[:, :3]), lag_of(pg[:, :3], W), px[:, :3], pv[:, :3]]), "previous", "lag", "x", "v"), **LAGS)
panel("dynamic, three years, every estimator", panel_text(years=YEARS[:3]), code=(0, 3), **DYNAMIC)
panel("dynamic", panel_text(), *w_of(within(pg, [lag_of(pg), lag_of(pg, W), px, pv]), "previous", "lag", "x", "v"), **LAGS)
for word, form in (("2011/12", lambda y: f"{y}/{(y + 1) % 100:02d}"), ("2011-12", lambda y: f"{y}-{(y + 1) % 100:02d}"), ("2011-04-01", lambda y: f"{y}-04-01"), ("01/04/2011", lambda y: f"01/04/{y}"), ("FY2011", lambda y: f"FY{y}"), ("2011 Q1", lambda y: f"{y} Q1"), ("Apr-11", lambda y: f"Apr-{y % 100}"), ("2011p", lambda y: f"{y}p"), ("MMXI", lambda y: "MM" + "I" * (y - 2000))):
    panel(f"years as {word}", panel_text(years=[form(y) for y in YEARS]), code=2, says=("panel.csv:2", form(2011)))
panel("years as 2011.0", panel_text(years=[f"{y}.0" for y in YEARS]), *w_of(within(pg, [px, pv]), "x", "v"))
panel("years as 2.011e3", panel_text(years=[f"{y / 1000}e3" for y in YEARS]), *w_of(within(pg, [px, pv]), "x", "v"), code=(0, 2))
panel("years as days of a spreadsheet", panel_text(years=[40634 + 365 * t + (t > 1) for t in range(T)]), code=2)
panel("years as 20110401", panel_text(years=[f"{y}0401" for y in YEARS]), *w_of(within(pg, [px, pv]), "x", "v"))  # evenly spaced: one period after the other
panel("years two apart and one said", panel_text(years=[2000 + 2 * t for t in range(T)]), *w_of(within(pg, [px, pv]), "x", "v"), says="years apart (2000, 2002, ...) and period_years is 1")
panel("years two apart, said", panel_text(years=[2000 + 2 * t for t in range(T)]), *w_of(within(pg, [px, pv]), "x", "v"), manifest="period_years = 2\n", lacks="years apart")
for name in ("lag", "previous", "own_lag"):
    panel(f"a covariate called '{name}'", panel_text().replace(",x,", f",{name},", 1), code=2, says=f"'{name}' is the name of a coefficient", covariates=f'["{name}", "v"]', **LAGS)
panel("types in two spellings of a blank", panel_text(), columns=areas(kind=["big town" if k % 2 else "big  town" if k % 4 else "land" for k in range(N)]), says="blanks or leading zeros alone", more='[areas]\ntype = "kind"\n', **dict(LAGS, spatial_lag='"by_type"'))
panel("years with a comma", panel_text(years=[f'"{y:,}"' for y in YEARS]), code=2, says="2,011")
panel("years backwards, areas in disorder", "\n".join([panel_text().split("\n")[0]] + panel_text().strip().split("\n")[:0:-1]) + "\n", *w_of(within(pg, [px, pv]), "x", "v"))
panel("negative years", panel_text(years=[-4 + t for t in range(T)]), *w_of(within(pg, [px, pv]), "x", "v"))
panel("a row twice, alike", panel_text() + panel_text().strip().split("\n")[5] + "\n", code=2, says="already in line 6")
panel("a row twice, otherwise", panel_text() + f"{CODES[3]},2012,1,2,3\n", code=2, says=("V004", "already"))
panel("a row twice, codes with a blank", panel_text() + f"{CODES[3]} ,2012,1,2,3\n", code=2, says=("V004", "already"))
panel("a code in small letters", panel_text().replace("V004,2012", "v004,2012"), code=2, says="v004")
panel("an area that is none", panel_text() + "X1,2012,1,2,3\n", code=2, says="X1")
panel("an area in no row", panel_text(leave={(5, t) for t in range(T)}), *w_of(within(pg, [px, pv], keep=np.arange(N)[:, None] != np.full((1, T), 5)), "x", "v"), missing='"drop_rows"')
for mark in ("NA", "..", "[c]", ":", "-", "null", "#N/A"):
    cell = {(3, 2, "g"): mark, (8, 5, "x"): mark}
    holes = np.ones((N, T), bool)
    holes[3, 2] = holes[8, 5] = False
    panel(f"'{mark}' in two cells, refused", panel_text(cells=cell), code=2, says=("V004", "missing"))
    panel(f"'{mark}' in two cells, rows dropped", panel_text(cells=cell), *w_of(within(pg, [px, pv], keep=holes), "x", "v"), missing='"drop_rows"')
for cell in ("1,5", "3.2 [r]", "3.2\u00b9", "12%", "c", "*", "<5", "\u2013", "1 234.5", "TRUE", "2.5p", "(0.3)", "\u2264 1", "1e", "1..2"):
    panel(f"'{cell}' for a number", panel_text(cells={(3, 2, "g"): '"' + cell + '"'}), code=2, says="panel.csv:28")
# Absorbed, nearly absorbed, exact.
age0 = draw.integers(18, 70, N).astype(float)
age = np.add.outer(age0, np.arange(T))
for what, column in (("age in months, rounded", np.round(12 * age + 0.4)), ("cohort", np.add.outer(2011 - age0, np.zeros(T))), ("a trend of the nation", np.add.outer(np.zeros(N), np.exp(np.arange(T) / 3))), ("canton by year effects added", np.add.outer(level, year_part)),
                     ("age as text of two decimals", np.round(age / 3, 2)), ("age to 8 digits of pi", np.round(age * np.pi, 8)), ("a number of 15 digits", 123456789.123456 + age * 1e-3)):
    absorbed = what not in ("age as text of two decimals",)
    panel(f"absorbed: {what}", panel_text(v=column), {"within": {"x": within(pg, [px] if absorbed else [px, column])[0][0]}}, null="v" if absorbed else (), says="'v'" if absorbed else (), **{})
    panel(f"absorbed: {what}, every estimator", panel_text(v=column), says="'v'" if absorbed else (), null="v" if absorbed else (), **DYNAMIC)
panel("age, age squared", panel_text(x=age, v=age ** 2), {"within": {"v": within(pg, [age ** 2])[0][0]}}, null="x", says="'x'")
panel("covariate is the outcome a year ago, beside the own lag", panel_text(x=np.where(np.isnan(lag_of(pg)), 0.0, lag_of(pg))), code=3, says="'previous' and 'x' are collinear", **LAGS)
panel("covariate is the neighbours' outcome a year ago, beside the lag", panel_text(x=np.where(np.isnan(lag_of(pg, W)), 0.0, lag_of(pg, W))), code=3, says="'lag' and 'x' are collinear", **LAGS)
panel("covariate is the outcome of the same year plus effects of areas", panel_text(x=pg * 2 + area_part[:, None]), {"within": {"x": 0.5, "v": 0.0}}, says=EXACT, no_error=("x", "v"))
panel("two covariates sum to the outcome, every estimator", panel_text(g=px + pv), code=(0, 3), says=EXACT, **DYNAMIC)
panel("two covariates sum to the outcome in thousands", panel_text(g=1000 * (px + pv)), {"within": {"x": 1000.0, "v": 1000.0}}, says=EXACT, no_error=("x", "v"))
panel("two covariates sum to a number that does not vary", panel_text(x=100 - pv), {"within": {"x": -within(pg, [pv])[0][0]}}, null="v", says=("'x'", "'v'"))
panel("two covariates sum to effects of areas", panel_text(x=area_part[:, None] - pv), {"within": {"x": -within(pg, [pv])[0][0]}}, null="v", says=("'x'", "'v'"))
panel("a covariate in one area alone", panel_text(v=np.where(np.arange(N)[:, None] == 4, pv, 0.0)), *w_of(within(pg, [px, np.where(np.arange(N)[:, None] == 4, pv, 0.0)]), "x", "v"))
panel("a covariate in one area alone, by clusters of areas", panel_text(v=np.where(np.arange(N)[:, None] == 4, pv, 0.0)), columns=areas(own=CODES), no_error=("v",), says="1 cluster", covariance='{ kind = "cluster", by = "own" }')
panel("a covariate in one canton alone, every estimator", panel_text(v=np.where(np.array(CANTON)[:, None] == "K3", pv, 0.0)), no_error=("v",), says="v rests on", **DYNAMIC)
for types, word in ((["rare" if c == "K3" else "common" for c in CANTON], "one canton"), (["rare" if k == 10 else "common" for k in range(N)], "one area")):
    panel(f"lags by type, one of them in {word}", panel_text(), columns=areas(kind=types), no_error=("lag:rare",), says="lag:rare", more='[areas]\ntype = "kind"\n', **dict(DYNAMIC, spatial_lag='"by_type"'))
panel("lags by type, types that are missing in some", panel_text(), columns=areas(kind=["NA" if k % 9 == 0 else "a" if k % 2 else "b" for k in range(N)]), code=(0, 2), says="kind", lacks="lag:NA", more='[areas]\ntype = "kind"\n', **dict(LAGS, spatial_lag='"by_type"'))
panel("lags by type, every area its own", panel_text(), columns=areas(kind=CODES), code=(0, 2, 3), more='[areas]\ntype = "kind"\n', **dict(LAGS, spatial_lag='"by_type"'))
panel("lags by type, types in two cases", panel_text(), columns=areas(kind=["Town" if k % 3 else "town" if k % 2 else "land" for k in range(N)]), says=("Town", "town"), more='[areas]\ntype = "kind"\n', **dict(LAGS, spatial_lag='"by_type"'))
# Holes, and the remedy that the refusal names.
ragged = {(k, t) for k in range(0, N, 4) for t in range(k % 3 + 1)} | {(k, T - 1) for k in range(1, N, 5)}
keep = np.array([[(k, t) not in ragged for t in range(T)] for k in range(N)])
panel("late starters and early leavers", panel_text(leave=ragged), *w_of(within(pg, [px, pv], keep=keep), "x", "v"), missing='"drop_rows"')
panel("late starters, refused", panel_text(leave=ragged), code=2, says=('missing = "drop"', "drop_areas"))
panel("late starters, no word of what to do, every estimator", panel_text(leave=ragged), code=2, says=("drop",), **DYNAMIC)
hole = np.where(keep, pg, np.nan)
panel("late starters, dynamic", panel_text(leave=ragged), *w_of(within(hole, [lag_of(hole), px, pv]), "previous", "x", "v"), missing='"drop_rows"', own_lag="true")
whole_areas = [k for k in range(N) if all((k, t) not in ragged for t in range(T))]
panel("late starters, whole areas left", panel_text(leave=ragged), *w_of(within(pg[whole_areas], [px[whole_areas], pv[whole_areas]]), "x", "v"), missing='"drop_areas"')
for fit in ("half_panel_jackknife", "corrected_score", "double_filter_iv"):
    alone = dict(LAGS, estimators=f'["{fit}"]', headline=f'"{fit}"', covariance='{ kind = "cluster", by = "canton" }')
    panel(f"late starters, {fit}: rows dropped", panel_text(leave=ragged), code=3, says=(f"{fit} failed: the panel is unbalanced", 'missing = "drop_areas", which keeps'), missing='"drop_rows"', **alone)
    panel(f"late starters, {fit}: the remedy", panel_text(leave=ragged), says=f"{len(whole_areas)} areas x", missing='"drop_areas"', **alone)
panel("late starters, the other remedy", panel_text(leave=ragged), missing='"drop_rows"', **dict(LAGS, estimators='["arellano_bond"]', headline='"arellano_bond"', covariance='{ kind = "cluster", by = "canton" }'))


def sar_panel(what, data, **others):
    if not wanted("panels", what):
        return
    text = 'name = "m"\nkind = "spatial_autoregression"\noutcome = "g"\ncovariates = ["x", "v"]\nestimators = ["qml"]\n' + "".join(f"{k} = {v}\n" for k, v in others.pop("model", {}).items())
    pack(None, EDGES, PMANIFEST, panel__csv=data)
    estimate("panels", what, text, **others)


sar_panel("a spatial autoregression of the panel", panel_text())
sar_panel("a spatial autoregression of a panel with holes", panel_text(leave=ragged), code=(2, 3), says="missing")
sar_panel("a spatial autoregression of a panel with holes, the remedy", panel_text(leave=ragged), model=dict(missing='"drop"'), code=(0, 2, 3))

# --------------------------------------------------------------------------------------------------------------- units and places
def conley(km, xy=XY, kernel="bartlett", keep=None):
    keep = np.ones(N, bool) if keep is None else keep
    columns = np.c_[s, w1, w2, np.ones(N)][keep]
    inverse = np.linalg.inv(columns.T @ columns)
    e = out[keep] - columns @ inverse @ columns.T @ out[keep]
    apart = np.hypot(*(xy[keep][:, None, :] - xy[keep][None, :, :]).transpose(2, 0, 1)) / 1000
    weight = np.where(apart < km, 1 - apart / km if kernel == "bartlett" else 1.0, 0.0)
    score = columns * e[:, None]
    n = keep.sum()
    return np.sqrt((inverse @ score.T @ weight @ score @ inverse)[0, 0] * n / (n - 4))


def place(what, east=lambda v, k: v, north=lambda v, k: v, right=None, code=0, says=(), lacks=(), unit=None, km=9, manifest="", weights='kind = "contiguity"', model=None, **columns):
    if not wanted("places", what):
        return
    units = "" if unit is None else "".join(f'[columns.{name}]\nunit = "{word}"\n' for name, word in zip(("easting", "northing"), (unit, unit) if isinstance(unit, str) else unit))
    pack(areas(easting=[east(XY[k, 0], k) for k in range(N)], northing=[north(XY[k, 1], k) for k in range(N)], **columns), manifest=MANIFEST + units + manifest)
    estimate("places", what, model or iv_model(("ols",), instruments=(), covariance=f'kind = "conley", cutoff_km = {km}'), None, {"ols": {"s": right}} if right is not None else None, code, says, lacks, weights)


place("metres", right=conley(9))
for word, by in (("km", 1e-3), ("Kilometers", 1e-3), ("m (EPSG:27700)", 1), ("metres, British National Grid", 1), ("ft", 1 / 0.3048), ("feet", 1 / 0.3048), ("mi", 1 / 1609.344), ("miles (statute)", 1 / 1609.344)):
    place(f"said: {word}", lambda v, k: v * by, lambda v, k: v * by, conley(9), unit=word)
for word in ("radians", "rad", "gon", "grad", "degrees minutes seconds", "DMS", "decimal degree", "lat/long", "ETRS89 (EPSG:4258)", "US survey feet", "ftUS", "chains", "hm", "100 km", "1000 m", "inch", "nmi", "links"):
    place(f"said: {word}", code=2, says=word, unit=word)
place("one unit for easting alone", code=2, says="one for both", unit=("km", ""))
lon, lat = (lambda v, k: -1.6 + (v - 310_000) / 68_000), (lambda v, k: 54.7 + (v - 540_000) / 111_300)
for what, e, n in (("longitude and latitude", lon, lat), ("latitude and longitude", lambda v, k: lat(XY[k, 1], k), lambda v, k: lon(XY[k, 0], k)), ("radians", lambda v, k: np.radians(lon(v, k)), lambda v, k: np.radians(lat(v, k))),
                   ("degrees, west without a sign", lambda v, k: abs(lon(v, k)), lat), ("degrees to two digits", lambda v, k: round(lon(v, k), 2), lambda v, k: round(lat(v, k), 2)), ("degrees of the other side of the world", lambda v, k: 178.9 + (v - 310_000) / 400_000, lambda v, k: -40 - (v - 540_000) / 400_000)):
    place(what, e, n, code=2, says="degrees")
    place(what + ", k nearest", e, n, code=2, says="degrees", weights='kind = "knn"\nk = 4', model=SAR)
place("degrees that cross 180", lambda v, k: (179.99 + (v - 310_000) / 68_000 + 180) % 360 - 180, lat, code=2, says="degrees")
for what, form in (("51\u00b030'N", lambda v: f"{int(v)}\u00b0{int(v % 1 * 60)}'N"), ("51 30 0", lambda v: f"{int(v)} {int(v % 1 * 60)} 0"), ("51:30:00", lambda v: f"{int(v)}:{int(v % 1 * 60):02d}:00"), ("N51.5", lambda v: f"N{v:.5f}"), ("51.5N", lambda v: f"{v:.5f}N"), ("51,5", lambda v: f'{v:.5f}'.replace(".", ",")), ("310,000", lambda v: f"{v * 6000:,.0f}"), ("310 000", lambda v: f"{v * 6000:,.0f}".replace(",", " ")), ("TQ 123 456", lambda v: "TQ 123 456"), ("310000m", lambda v: f"{v * 6000:.0f}m"), ("POINT (1 2)", lambda v: "POINT (1 2)")):
    place(f"written as {what}", north=lambda v, k: form(lat(v, k)), code=2, says="areas.csv:2")
place("km, unsaid", lambda v, k: v / 1000, lambda v, k: v / 1000, code=2, says="unit")
place("hectometres, unsaid", lambda v, k: v / 100, lambda v, k: v / 100, code=2, says="unit")
place("feet, unsaid", lambda v, k: v / 0.3048, lambda v, k: v / 0.3048, code=0, says="no unit is stated, so they count as metres")
BRITISH = [f"E0100{k + 1:04d}" for k in range(N)]
british_edges = "from,to\n" + "".join(f"{BRITISH[a]},{BRITISH[b]}\n" for a, b in PAIRS)
for what, e, n, code, says in (("in feet, unsaid", lambda v: v / 0.3048, lambda v: v / 0.3048, (0, 2), "coordinates"), ("in km, unsaid", lambda v: v / 1000, lambda v: v / 1000, 2, "unit"), ("swapped", lambda v: v + 230_000, lambda v: v - 230_000, 0, ()), ("in UTM 30", lambda v: v + 250_000, lambda v: v + 5_500_000, 0, "coordinates"), ("with letters' squares left out", lambda v: v % 100_000, lambda v: v % 100_000, 0, ())):
    if wanted("places", f"British codes {what}"):
        pack(areas(area_code=BRITISH, easting=[e(v) for v in XY[:, 0]], northing=[n(v) for v in XY[:, 1]], population=[str(1500 + k) for k in range(N)]), british_edges)
        estimate("places", f"British codes {what}", iv_model(("ols",), instruments=(), covariance='kind = "conley", cutoff_km = 9'), code=code, says=says)
alone_at = lambda j, value: (lambda v, k: value(v) if k == j else v)
for what, e, n, says in (("an area with the digits of another", alone_at(9, lambda v: v + 300_000), None, "V010"), ("an area a digit short", alone_at(9, lambda v: float(int(v / 10))), None, "V010"), ("an area in feet", alone_at(9, lambda v: v / 0.3048), alone_at(9, lambda v: v / 0.3048), "V010"), ("an area with a sign", alone_at(9, lambda v: -v), None, "V010"),
                         ("an area at 9999999", alone_at(9, lambda v: 9_999_999.0), alone_at(9, lambda v: 9_999_999.0), "V010"), ("an area at -99", alone_at(9, lambda v: -99.0), alone_at(9, lambda v: -99.0), "V010"), ("an area at 1, 1", alone_at(9, lambda v: 1.0), alone_at(9, lambda v: 1.0), "V010")):
    place(what, e, n or (lambda v, k: v), code=(0, 2), says=says)
gap = np.arange(N) != 9
place("an area without coordinates and without an outcome", alone_at(9, lambda v: ""), alone_at(9, lambda v: ""), conley(9, keep=gap), out=one(list(out), 9, ""))
for km, right in ((0.5, conley(0.5)), (25, conley(25)), (30.0, conley(30))):
    place(f"a cutoff of {km} km", right=right, km=km)
place("a uniform kernel", right=conley(5, kernel="uniform"), model=iv_model(("ols",), instruments=(), covariance='kind = "conley", cutoff_km = 5, kernel = "uniform"'))
for unit, by in (("km", 1e-3), ("ft", 1 / 0.3048), (None, 1.0)):
    band = matrix([[b for b in range(N) if b != k and np.hypot(*(XY[k] - XY[b])) <= 6000] for k in range(N)])
    if wanted("places", f"a band of 6 km, {unit}"):
        pack(areas(easting=list(XY[:, 0] * by), northing=list(XY[:, 1] * by)), manifest=MANIFEST + ("" if unit is None else f'[columns.easting]\nunit = "{unit}"\n[columns.northing]\nunit = "{unit}"\n'))
        r = likelihood(band, lagged, C)
        estimate("places", f"a band of 6 km, {unit}", SAR, {"qml_exact": {"rho": r[0]}}, weights='kind = "distance_band"\ncutoff_km = 6')
    inverse = matrix([[b for b in range(N) if b != k and np.hypot(*(XY[k] - XY[b])) <= 9000] for k in range(N)], lambda a, b: np.hypot(*(XY[a] - XY[b])) ** -1.5)
    if wanted("places", f"inverse distance, {unit}"):
        pack(areas(easting=list(XY[:, 0] * by), northing=list(XY[:, 1] * by)), manifest=MANIFEST + ("" if unit is None else f'[columns.easting]\nunit = "{unit}"\n[columns.northing]\nunit = "{unit}"\n'))
        r = likelihood(inverse, lagged, C)
        estimate("places", f"inverse distance, {unit}", SAR, {"qml_exact": {"rho": r[0]}}, weights='kind = "inverse_distance"\ncutoff_km = 9\ndecay = 1.5')
HEADS = iv_model(("ols",), instruments=(), more='weights_column = "population"\n')
for what, people, code, says, more in (("fractions", [p / 1000 for p in PEOPLE], 2, "thousands", ""), ("whole hundreds", [p // 100 + 1 for p in PEOPLE], 2, "thousands", ""), ("whole thousands of towns", [40 + k for k in range(N)], 0, "if these are thousands", ""), ("whole thousands of counties", [350 + k for k in range(N)], 0, "if these are thousands", ""),
                                       ("whole thousands of counties, said to be residents", [35 + k for k in range(N)], 0, (), '[columns.population]\nunit = "residents"\n'), ("villages of 450", [450 + k % 40 for k in range(N)], 0, "if these are thousands", ""), ("villages of 450, said", [450 + k % 40 for k in range(N)], 0, (), '[columns.population]\nunit = "residents"\n'),
                                       ("a percentage", [p / 200 for p in PEOPLE], 2, "", '[columns.population]\nunit = "%"\n'), ("said to be thousands", [p for p in PEOPLE], 2, "thousand", '[columns.population]\nunit = "thousand residents"\n'), ("said to be households", [p for p in PEOPLE], (0, 2), (), '[columns.population]\nunit = "households"\n'), ("with one of -5", one([str(p) for p in PEOPLE], 5, "-5"), 2, "areas.csv:7", ""), ("with dots", one([str(p) for p in PEOPLE], 5, "1.234.5"), 2, "areas.csv:7", "")):
    place(f"population in {what}", model=HEADS, code=code, says=says, manifest=more, population=people, lacks="if these are thousands" if says == () else ())
place("whole thousands on wide land, said to be residents", lambda v, k: 300_000 + 12 * (v - 310_000), lambda v, k: 300_000 + 12 * (v - 540_000), model=HEADS, says=("square km", "if these are thousands"), manifest='[columns.population]\nunit = "residents"\n', population=[600 + k for k in range(N)])

# ------------------------------------------------------------------------------------------------------------------------ recipes
RECIPE = """[pack]
name = "t"
geography = "lsoa21"
period_years = 1
description = "d"
{pack}[[source]]
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
{columns}
{panel}
"""
LSOA = [f"E0102{7000 + 3 * k:04d}" for k in range(30)]
HEAD = [1312.0 + 41 * k for k in range(30)]


def sheet(people=HEAD, codes=LSOA, head=("code", "name", "pop"), gap=",", end="\n", name=lambda k: f"Ward {k}", number=lambda v: str(int(v)) if isinstance(v, float) and v == int(v) else str(v), quote=csv.QUOTE_MINIMAL):
    text = io.StringIO()
    rows = csv.writer(text, delimiter=gap, lineterminator=end, quoting=quote)
    rows.writerow(head)
    rows.writerows([c, name(k), number(people[k])] for k, c in enumerate(codes))
    return text.getvalue()


def recipe(what, data, right=HEAD, refuses=None, says=(), said="", tables="", table="a", key="code", areas="", columns='population = { is = "pop", unit = "residents" }', panel="", path="t.csv", files=(), lacks=(), pack="", panel_right=None, codes=None, column="population", longest=3000):
    """`refuses`: what the first line of the refusal says; otherwise the populations are `right` (None: missing)."""
    if not wanted("recipes", what):
        return
    for folder in ("data", "made"):
        shutil.rmtree(folder, ignore_errors=True)
    os.mkdir("data")
    write("data/" + path, data)
    for name, more in dict(files).items():
        write("data/" + name, more)
    write("r.toml", RECIPE.format(path=path, said=said, tables=tables, table=table, key=key, areas=areas, columns=columns, panel=panel, pack=pack))
    done = program("pack", "r.toml", "--data", "data", "--output", "made")
    said_all, faults = done.stdout + done.stderr, []
    faults += [f"does not say '{w}'" for w in listed(says) if w not in said_all]
    faults += [f"says '{w}'" for w in listed(lacks) if w in said_all]
    if refuses is not None:
        first = done.stderr.split("\n")[0]
        if done.returncode != 2:
            faults.append(f"exit {done.returncode}, expected 2")
        faults += [f"does not say '{w}' first" for w in listed(refuses) if w not in first]
        if len(done.stderr) > longest:
            faults.append(f"a refusal of {len(done.stderr)} characters")
        if os.path.exists("made"):
            faults.append("left a pack")
    elif done.returncode:
        faults.append(f"exit {done.returncode}, expected 0")
    else:
        found = {row["area_code"]: row.get(column, "") for row in csv.DictReader(open("made/areas.csv"))}
        hoped = right if isinstance(right, dict) else dict(zip(codes or LSOA, right))
        if isinstance(next(iter(hoped.values())), str):
            unlike = [c for c in hoped if found.get(c) != hoped[c]]
        else:
            unlike = [c for c in hoped if c not in found or (hoped[c] is None) != (found[c] == "") or (hoped[c] is not None and abs(float(found[c]) - hoped[c]) > 1e-9 * abs(hoped[c]))]
        if unlike or len(found) != len(hoped):
            faults.append(f"{len(found)} areas of {len(hoped)}; {len(unlike)} otherwise: {[(c, found.get(c), hoped[c]) for c in unlike[:2]]}")
        if panel_right is not None:
            values = {(row["area_code"], row["period"]): float(row["g"]) if row["g"] else None for row in csv.DictReader(open("made/panel.csv"))}
            unlike = [c for c in panel_right if c not in values or (values[c] is None) != (panel_right[c] is None) or (values[c] is not None and abs(values[c] - panel_right[c]) > 1e-9)]
            if unlike or len(values) != len(panel_right):
                faults.append(f"panel of {len(values)} cells, should be {len(panel_right)}; otherwise {[(c, values.get(c), panel_right.get(c)) for c in unlike[:2]]}")
        read = program("inspect", "made")
        if read.returncode:
            faults.append(f"the pack made is not read: {read.stderr[:300]}")
    judge("recipes", what, faults, said_all)


def cell(k, value):
    return [value if j == k else p for j, p in enumerate(HEAD)]


recipe("as made", sheet())
TITLE = "Table SAPE23: lower layer Super Output Areas, mid-2020\nThis worksheet contains one table.\n\n"
NOTES = "\nNotes\n[c] = confidential\n1. Rounded to 1.\nSource: Office for National Statistics\n"
recipe("titles of one cell and notes below, said", TITLE + sheet() + NOTES, said='skip_rows = 3\nuntil = "Notes"')
recipe("titles of one cell and notes below, by the header's name", TITLE + sheet() + NOTES, said='header = "code"\nuntil = ""')
recipe("titles and notes, unsaid", TITLE + sheet() + NOTES, refuses=("t.csv:1", "skip_rows = 3"))
recipe("titles in as many cells as the table has", "".join(line + ",,\n" for line in TITLE.strip().split("\n")) + sheet(), refuses=("t.csv:1", "skip_rows"))
recipe("titles in UTF-16, tabs", (TITLE + sheet(gap="\t")).encode("utf-16"), said="skip_rows = 3")
recipe("titles in UTF-16 big endian, CRLF", b"\xfe\xff" + (TITLE + sheet()).replace("\n", "\r\n").encode("utf-16-be"), said="skip_rows = 3")
recipe("UTF-16 cut in the middle of a character", sheet().encode("utf-16")[:-1], right=HEAD[:29], refuses="t.csv")
recipe("UTF-32", sheet().encode("utf-32"), refuses="t.csv")
recipe("UTF-7 or worse", b"+AGM-ode,name,pop\n", refuses="no such column")
recipe("Windows-1252 with a euro and an em dash", sheet(name=lambda k: f"Caf\u00e9 \u2014 \u20ac{k}").encode("cp1252"))
recipe("Latin-1 said, bytes of Windows-1252", sheet(name=lambda k: f"Caf\u00e9 \u2014 {k}").encode("cp1252"), said='encoding = "latin-1"')
recipe("UTF-8 said, bytes of Windows-1252", sheet(name=lambda k: f"Caf\u00e9 {k}").encode("cp1252"), said='encoding = "utf-8"', refuses="t.csv:2")
recipe("Mac Roman", sheet(name=lambda k: f"Caf\u00e9 {k}").encode("mac-roman"))
recipe("lone CR, quoted new lines in names", sheet(name=lambda k: f"Ward\n{k}", quote=csv.QUOTE_ALL).replace("\n", "\r"))
recipe("quoted new lines in the header", sheet(head=("code", "name", "pop\n2020")), columns='population = { is = "`pop 2020`", unit = "residents" }')
recipe("a quoted new line within a code", sheet(codes=[c if k != 4 else c + "\n" for k, c in enumerate(LSOA)]), refuses="t.csv:6")
recipe("two kinds of line ends", sheet().replace("\n", "\r\n", 9))
recipe("a form feed between pages", sheet().replace("\n" + LSOA[15], "\n\f" + LSOA[15]), refuses="t.csv:17")
recipe("a byte-order mark twice", b"\xef\xbb\xbf\xef\xbb\xbf" + sheet().encode(), right=HEAD)
recipe("a byte-order mark within quotes", b'\xef\xbb\xbf"code"' + sheet().encode()[4:])
recipe("gzipped under a plain name", gzip.compress(sheet().encode()))
recipe("plain under a gzipped name", sheet(), path="t.csv.gz")
recipe("gzipped twice", gzip.compress(gzip.compress(sheet().encode())), path="t.csv.gz", refuses="t.csv.gz")
recipe("tabs under a plain name", sheet(gap="\t"))
recipe("semicolons and decimal commas", sheet([p + 0.5 for p in HEAD], gap=";", number=lambda v: f"{v:.1f}".replace(".", ",")), right=[p + 0.5 for p in HEAD], said='decimal = ","')
recipe("semicolons and decimal commas, unsaid", sheet([p + 0.5 for p in HEAD], gap=";", number=lambda v: f"{v:.1f}".replace(".", ",")), refuses=("t.csv:2", "decimal"))
recipe("semicolons, three decimals after a comma, unsaid", sheet(gap=";", number=lambda v: f"{v / 1000:.3f}".replace(".", ",")), refuses=("t.csv:2",))
for what, sign, word in (("commas", ",", ","), ("blanks", " ", " "), ("no-break blanks", "\u00a0", " "), ("narrow no-break blanks", "\u202f", " "), ("thin blanks", "\u2009", " "), ("apostrophes", "'", "'"), ("points", ".", "."), ("underlines", "_", "_")):
    recipe(f"thousands with {what}", sheet([9000 + 37 * p for p in HEAD], number=lambda v: f"{int(v):,}".replace(",", sign)), right=[9000 + 37 * p for p in HEAD], said=f'thousands = "{word}"' + ('\ndecimal = ","' if sign == "." else ""))
    if sign != ".":
        recipe(f"thousands with {what}, unsaid", sheet([9000 + 37 * p for p in HEAD], number=lambda v: f"{int(v):,}".replace(",", sign)), refuses=("t.csv:2", "not a number"))
for note in ("[r]", " [p]", "\u00b9", "\u00b2\u00b3", " (r)", "p", "r", "*", "\u2020", "[note 3]", "e", " E", "~", " b", "[u]", "^a"):
    recipe(f"a number with '{note}'", sheet(cell(4, f"1476{note}")), refuses=("t.csv:6", "not a number"))
    if note in ("[r]", "p", "\u00b9"):
        recipe(f"all numbers with '{note}', taken off", sheet(number=lambda v: f"{int(v)}{note}"), columns=f'population = {{ is = "number(replace(pop, \'{note}\', \'\'))", unit = "residents" }}')
recipe("an x in superscript on its own", sheet(cell(4, "\u02e3")), refuses="t.csv:6")
for mark in ("NA", "N/A", "null", "..", ":", "[c]", "[x]", "[z]", "-", " - ", "#N/A"):
    recipe(f"'{mark}' for a number", sheet(cell(4, mark)), right=cell(4, None), says="read as missing")
for mark in ("c", "low", "z", "u", "*", ".", "...", "\u2026", "\u2013", "nil", "<5", "fewer than 5", "Suppressed", "n<10", "#REF!", "#NAME?", "#NULL!", "#NUM!", "-999?", "[low]", "?", "NaN%", "$", "n/k"):
    recipe(f"'{mark}', in no list", sheet(cell(4, mark)), refuses=("t.csv:6", "not a number"))
    if mark in ("low", "<5", "#REF!", "\u2026"):
        recipe(f"'{mark}', listed", sheet(cell(4, mark)), right=cell(4, None), said=f'missing = ["{mark}"]')
recipe("-999 that is missing, said", sheet(cell(4, "-999")), right=cell(4, None), said='missing = ["-999"]')
recipe("-999 that is missing, unsaid", sheet(cell(4, "-999")), refuses=("'-999'", "0 or more"))
recipe("percent signs, said", sheet(number=lambda v: f"{v / 100:.2f}%"), right=[p / 100 for p in HEAD], said="percent = true", columns='share = { is = "pop", unit = "%" }', column="share")
recipe("percent as shares", sheet(number=lambda v: f"{v / 100:.2f} %"), right=[p / 1e4 for p in HEAD], said='percent = "share"', columns='share = { is = "pop", unit = "1" }', column="share")
recipe("percent signs, unsaid", sheet(number=lambda v: f"{v / 100:.2f}%"), refuses=("t.csv:2", "percent"), columns='share = { is = "pop", unit = "%" }')
recipe("pounds signs", sheet(number=lambda v: f"\u00a3{v:.2f}"), refuses=("t.csv:2", "not a number"))
recipe("pounds signs, taken off", sheet(number=lambda v: f"\u00a3{v:.2f}"), columns='population = { is = "number(replace(pop, \'\u00a3\', \'\'))", unit = "residents" }')
recipe("negatives in brackets", sheet(cell(4, "(1,476)")), refuses="t.csv:6")
recipe("a minus of typography", sheet(cell(4, "\u22121476")), refuses=("'-1476'", "0 or more"))
recipe("numbers in quotes", sheet(quote=csv.QUOTE_ALL))
recipe("numbers with an equals sign, as spreadsheets keep zeros", sheet(number=lambda v: f'="{int(v)}"'), refuses="t.csv:2")
recipe("codes with an equals sign", sheet(codes=[f'="{c}"' for c in LSOA]), refuses=("t.csv:2", "formula"))
recipe("codes with an equals sign, taken off", sheet(codes=[f'="{c}"' for c in LSOA]), tables='[[table]]\nname = "b"\nfrom = "a"\nsteps = [ { derive = ["code = replace(replace(code, \'=\\"\', \'\'), \'\\"\', \'\')"] } ]', table="b")
recipe("codes with an apostrophe", sheet(codes=["'" + c for c in LSOA]), right={"'" + c: p for c, p in zip(LSOA, HEAD)}, refuses=None)
recipe("codes with a blank behind", sheet(codes=[c + " " for c in LSOA]))
recipe("codes with a no-break space before", sheet(codes=["\u00a0" + c for c in LSOA]))
recipe("codes with a zero-width space", sheet(codes=[c + "\u200b" if k == 4 else c for k, c in enumerate(LSOA)]), says="left out")
recipe("codes with a name beside, cut", sheet(codes=[f"{c} : Ward {k}" for k, c in enumerate(LSOA)]), tables='[[table]]\nname = "b"\nfrom = "a"\nsteps = [ { derive = ["lsoa = substring(code, 1, 9)"] } ]', table="b", key="lsoa")
recipe("codes in small letters, all of them", sheet(codes=[c.lower() for c in LSOA]), codes=[c.lower() for c in LSOA])
recipe("one code in small letters", sheet(codes=[c.lower() if k == 4 else c for k, c in enumerate(LSOA)]), refuses="t.csv:6")
recipe("a code twice, alike", sheet() + sheet().split("\n")[5] + "\n", refuses=("t.csv:32", LSOA[4]))
recipe("a code twice, in another row of the header's kind", sheet() + f"{LSOA[4]},other,5\n", refuses=("t.csv:32", LSOA[4]))
recipe("a code that is missing", sheet(codes=["" if k == 4 else c for k, c in enumerate(LSOA)]), refuses="t.csv:6")
for mark in ("NA", "..", "[x]", "-"):
    recipe(f"a code that is '{mark}'", sheet(codes=[mark if k == 4 else c for k, c in enumerate(LSOA)]), refuses="t.csv:6")
for total in ("E92000001", "E12000001", "Total", "England", "K04000001", "E01", "E06000001", "W01000001", "Unknown", "n/k", "E01027012 ", "TOTAL:", "Average", "S01006506", "95AA01S1", "EC1A"):
    right = dict(zip(LSOA, HEAD)) | {total: 5.0}
    recipe(f"a row of '{total}' below", sheet() + f"{total},x,5\n", right=right if total in ("W01000001", "S01006506") else HEAD, refuses=None if total in ("W01000001", "S01006506") else "t.csv:32")
recipe("a row of totals that is filtered", sheet() + "Total,x,5\n", tables='[[table]]\nname = "b"\nfrom = "a"\nsteps = [ { filter = "code != \'Total\'" } ]', table="b")
recipe("Welsh areas among English ones", sheet() + "W01000001,x,1500\n", right=dict(zip(LSOA, HEAD)) | {"W01000001": 1500.0})
recipe("the header again below", sheet() + sheet(), refuses="t.csv", says="t.csv:32")
recipe("the header's names in capitals", sheet(head=("CODE", "NAME", "POP")), refuses="'code'")
recipe("the header's names with a note", sheet(head=("code", "name", "pop [note 1]")), refuses="'pop'")
recipe("the header's names with a note, said", sheet(head=("code", "name", "pop [note 1]")), columns='population = { is = "`pop [note 1]`", unit = "residents" }')
recipe("two columns of one name", sheet(head=("code", "pop", "pop"), name=lambda k: str(k)), refuses="pop", columns='population = { is = "pop", unit = "residents" }')
recipe("two columns of one name, said", sheet(head=("code", "pop", "pop"), name=lambda k: str(k)), columns='population = { is = "`pop (2)`", unit = "residents" }')
recipe("a header of two rows, merged", "area,,people\n" + sheet(), refuses=("t.csv:1", "skip_rows = 1"))
recipe("a row of units below the header", sheet().replace("\n", "\n,,persons\n", 1), refuses="t.csv:2")
recipe("a row of dashes below the header", sheet().replace("\n", "\n---,---,---\n", 1), refuses="t.csv:2")
recipe("Markdown", "|code|name|pop|\n|-|-|-|\n" + "".join(f"|{c}|x|{int(p)}|\n" for c, p in zip(LSOA, HEAD)), refuses="t.csv")
recipe("JSON", json.dumps([dict(code=c, pop=p) for c, p in zip(LSOA, HEAD)]), refuses="t.csv")
recipe("XML", "<?xml version='1.0'?><rows/>", refuses="t.csv")
recipe("an empty file", "", refuses="t.csv")
recipe("a header alone", "code,name,pop\n", refuses="no rows", lacks="text =")
recipe("a page of a portal that asks to sign in", "<html><head><title>Sign in</title></head></html>", refuses="t.csv")
recipe("a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123\n", refuses="t.csv")
recipe("a row too short in the middle", sheet().replace(f"Ward 9,{int(HEAD[9])}", "Ward 9"), refuses="t.csv:11")
recipe("a row too long in the middle", sheet().replace("Ward 9,", "Ward, 9,"), refuses="t.csv:11")
recipe("an unquoted quote", sheet(name=lambda k: 'The 3" ward' if k == 4 else f"Ward {k}").replace('"The 3"" ward"', 'The 3" ward'))
recipe("a quote that does not close", sheet().replace("Ward 4", '"Ward 4'), refuses="t.csv:6")
# Long tables.
YEARLY = {(c, str(y)): round(0.01 * k + y / 1e4, 6) for k, c in enumerate(LSOA) for y in range(2015, 2019)}
LONG = '[[source]]\nname = "l"\npath = "l.csv"\npublisher = "p"\nlicence = "l"\nvintage = "v"\n{}\n'
PANEL = '[panel]\ntable = "{}"\narea = "code"\nperiod = "{}"\n[panel.columns]\ng = {{ is = "g", unit = "log points" }}'


def yearly(form=lambda y: y, rows=YEARLY, head="code,year,g"):
    return head + "\n" + "".join(f"{c},{form(y)},{v!r}\n" for (c, y), v in rows.items())


def long(what, data, refuses=None, said="", tables="", table="l", period="year", right=YEARLY, panel="", **others):
    recipe(what, sheet(), refuses=refuses, tables=LONG.format(said) + tables, panel=panel or PANEL.format(table, period), files={"l.csv": data}, panel_right=right if refuses is None else None, **others)


long("long", yearly())
for word, form in (("2015/16", lambda y: f"{y}/{(int(y) + 1) % 100:02d}"), ("2015-16", lambda y: f"{y}-{(int(y) + 1) % 100:02d}"), ("Year 2015", lambda y: f"Year {y}"), ("31/03/2015", lambda y: f"31/03/{y}"), ("2015-03-31", lambda y: f"{y}-03-31"), ("Mar-15", lambda y: f"Mar-{y[2:]}"), ("2015 [r]", lambda y: y + " [r]"), ("FYE 2015", lambda y: "FYE " + y), ("2015Q4", lambda y: y + "Q4")):
    long(f"years as {word}", yearly(form), refuses=form("2015"))
long("years as 2015/16, the first taken", yearly(lambda y: f"{y}/{(int(y) + 1) % 100:02d}"), tables='[[table]]\nname = "m"\nfrom = "l"\nsteps = [ { derive = ["t = number(substring(year, 1, 4))"] } ]\n', table="m", period="t")
long("years as 31/03/2015, the last taken", yearly(lambda y: f"31/03/{y}"), tables='[[table]]\nname = "m"\nfrom = "l"\nsteps = [ { derive = ["t = number(substring(year, 7, 4))"] } ]\n', table="m", period="t")
long("a row twice", yearly() + f"{LSOA[3]},2016,1\n", refuses=("2016", LSOA[3]))
long("a year that all lack", yearly(rows={k: v for k, v in YEARLY.items() if k[1] != "2016"}), refuses=("'2017'", "follows 2015"))
long("a mark for a number", yearly().replace(f"{LSOA[3]},2016,{YEARLY[(LSOA[3], '2016')]!r}", f"{LSOA[3]},2016,[c]"), right=YEARLY | {(LSOA[3], "2016"): None})
long("a footnote for a number", yearly().replace(f"{LSOA[3]},2016,{YEARLY[(LSOA[3], '2016')]!r}", f"{LSOA[3]},2016,0.5 [r]"), refuses="l.csv:15")
long("areas of elsewhere", yearly() + "E01099999,2016,1\n", refuses="E01099999")
long("areas of elsewhere, left out", yearly() + "E01099999,2016,1\n", panel=PANEL.format("l", "year").replace("[panel.columns]", 'outside = "drop"\n[panel.columns]'), says="outside the pack left out")
long("growth in per cent by its unit", yearly(rows={k: 100 * v for k, v in YEARLY.items()}), right={k: 100 * v for k, v in YEARLY.items()}, panel=PANEL.format("l", "year").replace("log points", "%"))
LINKS = '[edges]\ntable = "l"\nfrom = "a"\nto = "b"\noutside = "drop"\n'
for what, form, refuses, says in (("all", lambda k, c: c.lower(), "none of its 29 rows links two areas", "capital"), ("some", lambda k, c: c.lower() if k < 20 else c, None, "differs in upper and lower case alone"), ("elsewhere", lambda k, c: c if k > 8 else "W99999999", None, "nearly")):
    recipe(f"links one of whose sides is in small letters, {what}", sheet(), refuses=refuses, says=says if what == "some" else (), lacks=says if what == "elsewhere" else (), tables=LONG.format(""), files={"l.csv": "a,b\n" + "".join(f"{LSOA[k]},{form(k, LSOA[k + 1])}\n" for k in range(29))}, panel=LINKS)
# Joins, groups, missing keys.
SIDE = "lad,lsoa,n\n" + "".join(f"L{k // 4},{c},{k + 1}\n" for k, c in enumerate(LSOA))
JOIN = '[[source]]\nname = "s"\npath = "s.csv"\npublisher = "p"\nlicence = "l"\nvintage = "v"\n{}\n[[table]]\nname = "j"\nfrom = "a"\nsteps = [ {} ]\n'
LAD = 'lad_code = { is = "lad" }\npopulation = { is = "pop", unit = "residents" }'


def joined(what, side, steps='{ join = "s", by = ["code = lsoa"], columns = ["lad"] }', refuses=None, said="", right=HEAD, columns=LAD, **others):
    recipe(what, sheet(), right, refuses, tables=JOIN.format(said, steps), table="j", files={"s.csv": side}, columns=columns, **others)


joined("a join", SIDE, right={c: f"L{k // 4}" for k, c in enumerate(LSOA)}, column="lad_code")
for mark in ("NA", "", "..", "[x]"):
    joined(f"a join whose text is '{mark}'", SIDE.replace("L3,", mark + ","), right={c: "" if k // 4 == 3 else f"L{k // 4}" for k, c in enumerate(LSOA)}, column="lad_code")
    joined(f"a join whose key is '{mark}'", SIDE.replace(f",{LSOA[4]},", f",{mark},"), refuses=LSOA[4])
joined("a join whose key stands twice", SIDE + f"L9,{LSOA[4]},7\n", refuses=LSOA[4])
joined("a join of capitals", SIDE.replace("E01", "e01"), refuses="e01")
joined("a join of one capital too few, kept", SIDE.replace(LSOA[4], LSOA[4].lower()), steps='{ join = "s", by = ["code = lsoa"], columns = ["lad"], unmatched = "keep" }', says="1", right={c: "" if k == 4 else f"L{k // 4}" for k, c in enumerate(LSOA)}, column="lad_code")
joined("sums by group", SIDE, steps='{ join = "s", by = ["code = lsoa"], columns = ["lad"] }, { derive = ["all = sum(pop, lad)"] }', columns='population = { is = "pop", unit = "residents" }\nall = { is = "all", unit = "residents" }', column="all", right=[sum(p for j, p in enumerate(HEAD) if j // 4 == k // 4) for k in range(30)])
joined("sums by a group that is missing in some", SIDE.replace("L3,", "NA,"), steps='{ join = "s", by = ["code = lsoa"], columns = ["lad"] }, { derive = ["all = sum(pop, lad)"] }', columns='population = { is = "pop", unit = "residents" }\nall = { is = "all", unit = "residents" }', column="all", right=[None if k // 4 == 3 else sum(p for j, p in enumerate(HEAD) if j // 4 == k // 4) for k in range(30)])
joined("weighted means by group", SIDE, steps='{ join = "s", by = ["code = lsoa"], columns = ["lad", "n"] }, { derive = ["m = weighted_mean(n, pop, lad)"] }', columns='population = { is = "pop", unit = "residents" }\nm = { is = "m", unit = "1" }', column="m", right=[(g := [j for j in range(30) if j // 4 == k // 4]) and sum((j + 1) * HEAD[j] for j in g) / sum(HEAD[j] for j in g) for k in range(30)])
joined("the most common text, marks left out", SIDE.replace("L3,", "NA,"), steps='{ join = "s", by = ["code = lsoa"], columns = ["lad"] }, { derive = ["all = most_common(lad)"] }', columns='population = { is = "pop", unit = "residents" }\nall = { is = "all" }', column="all", right={c: "L0" for c in LSOA})

# --------------------------------------------------------------------------------------------------------------- another vintage
LOOKUP = [(c, f"N{k:03d}") for k, c in enumerate(CODES)]
for k, parts in ((3, ("a", "b")), (10, ("a", "b", "c")), (40, ("a", "b"))):
    LOOKUP = [row for row in LOOKUP if row[0] != CODES[k]] + [(CODES[k], f"N{k:03d}{p}") for p in parts]
for pair in ((20, 21), (50, 51), (51, 60)):
    LOOKUP = [(c, "N" + "M%02d" % (50 if pair[0] > 49 else 20)) if c in (CODES[pair[0]], CODES[pair[1]]) else (c, n) for c, n in LOOKUP]
SHARE = {}
for c, n in LOOKUP:
    SHARE.setdefault(c, []).append(n)
NEWS = sorted(set(n for _, n in LOOKUP))
people = PEOPLE.astype(float)
score = np.round(20 + 5 * w1, 3)


def carried(values, how, heads=people, divide=None):
    """By new code: sums divided equally (or by `divide`), means weighted by heads, over the parts that have a value."""
    top, below, some = dict.fromkeys(NEWS, 0.0), dict.fromkeys(NEWS, 0.0), dict.fromkeys(NEWS, False)
    for k, c in enumerate(CODES):
        parts = SHARE[c]
        whole = sum(divide[n] for n in parts) if divide else len(parts)
        for n in parts:
            share = (divide[n] if divide else 1.0) / whole
            if values[k] is None or np.isnan(values[k]):
                continue
            some[n] = True
            top[n] += share * values[k] * (heads[k] if how == "mean" else 1.0)
            below[n] += share * heads[k]
    return {n: None if not some[n] else top[n] / below[n] if how == "mean" else top[n] for n in NEWS}


def lookup_text(rows=LOOKUP, head="VILLAGE01CD,VILLAGE21CD", gap=",", end="\n"):
    return head + end + "".join(gap.join(row) + end for row in rows)


CMAN = MANIFEST.replace('"village"', '"village01"')


def convert(what, right=None, code=0, says=(), lacks=(), lookup=None, columns=None, manifest="", words=(), files=(), edges=EDGES, more=(), text_right=None, links=None):
    if not wanted("convert", what):
        return
    base = dict(area_code=CODES, population=[repr(p) for p in people], score=list(score), canton=CANTON)
    base.update(columns or {})
    pack({name: v for name, v in base.items() if v is not None}, edges, CMAN + ("" if "[columns.score]" in manifest else '[columns.score]\nunit = "score"\n') + manifest, **dict(more))
    write("lookup.csv", lookup_text() if lookup is None else lookup)
    for name, data in dict(files).items():
        write(name, data)
    shutil.rmtree("new", ignore_errors=True)
    done = program("convert", "pack", "--lookup", "lookup.csv", "--to", "village21", "--output", "new", *words)
    said, faults = done.stdout + done.stderr, []
    if done.returncode not in (code if isinstance(code, tuple) else (code,)):
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in listed(says) if w not in said]
    faults += [f"says '{w}'" for w in listed(lacks) if w in said]
    if done.returncode and os.path.exists("new"):
        faults.append("left a pack")
    if done.returncode == 0:
        found = {row["area_code"]: row for row in csv.DictReader(open("new/areas.csv"))}
        for name, values in (right or {}).items():
            unlike = [c for c in values if c not in found or (found[c][name] == "") != (values[c] is None) or (values[c] is not None and abs(float(found[c][name]) - values[c]) > 1e-9 * abs(values[c]) + 1e-12)]
            if unlike or len(found) != len(values):
                faults.append(f"{name}: {len(found)} areas of {len(values)}; {[(c, found.get(c, {}).get(name), values[c]) for c in unlike[:3]]}")
        for name, values in (text_right or {}).items():
            unlike = [c for c in values if found.get(c, {}).get(name) != values[c]]
            faults += [f"{name}: {[(c, found.get(c, {}).get(name), values[c]) for c in unlike[:3]]}"] if unlike else []
        if links is not None and sum(1 for _ in open("new/edges.csv")) - 1 != links:
            faults.append(f"{sum(1 for _ in open('new/edges.csv')) - 1} links, should be {links}")
        if program("inspect", "new").returncode:
            faults.append("the pack made is not read: " + program("inspect", "new").stderr[:300])
    judge("convert", what, faults, said)


SUMS, MEANS = carried(people, "sum"), carried(score, "mean")
convert("as made", dict(population=SUMS, score=MEANS))
for unit in ("residents", "people", "persons", "inhabitants", "heads"):
    convert(f"population in {unit}", dict(population=SUMS, score=MEANS), manifest=f'[columns.population]\nunit = "{unit}"\n')
for name, unit, how in (("jobs", "jobs", "sum"), ("households", "households", "sum"), ("gva", "GBP m", "sum"), ("gva", "GBP", "sum"), ("rate", "per 1,000 residents", "mean"), ("share", "%", "mean"), ("income", "GBP per head", "mean"), ("density", "residents per km2", "mean"), ("index", "index", "mean"), ("price", "GBP a week", "mean"), ("spent", "GBP a head", "mean"), ("fee", "GBP each", "mean"), ("pay", "pounds a month", "mean"), ("trips", "trips a week", "sum"), ("land", "km2", "sum"), ("age", "years", "mean"), ("grants", "GBP a year", "sum"), ("crimes", "offences", "sum"), ("dwellings", "dwellings", "sum"), ("turnout", "per cent", "mean")):
    value = people * 3 if how == "sum" else score
    if wanted("convert", f"{name} in {unit}: ask or know"):
        tried["convert"] -= 1
        columns = {name: [repr(float(v)) for v in value]}
        convert(f"{name} in {unit}", {name: carried(value, how)}, code=(0, 2), says=name, columns=columns, manifest=f'[columns.{name}]\nunit = "{unit}"\n')
convert("whole numbers without a unit", code=2, says="jobs", columns=dict(jobs=[str(int(3 * p)) for p in people]))
convert("whole numbers without a unit, said to be sums", dict(jobs=carried(3 * people, "sum")), columns=dict(jobs=[str(int(3 * p)) for p in people]), words=("--sum", "jobs"))
convert("a rate that is missing in some", dict(score=carried([np.nan if k in (3, 20, 50) else v for k, v in enumerate(score)], "mean")), columns=dict(score=["[c]" if k in (3, 20, 50) else repr(float(v)) for k, v in enumerate(score)]))
convert("people that are missing in one", code=(0, 2), says="population", columns=dict(population=one([repr(p) for p in people], 20, "")))
convert("people that are 0 in one of two that merge", code=2, says=("V021", "--weight"), columns=dict(population=one([repr(p) for p in people], 20, "0")))
convert("people that are 0 in both that merge", code=(0, 2), says=(), columns=dict(population=["0" if k in (20, 21) else repr(p) for k, p in enumerate(people)]))
convert("no people at all", code=(0, 2), says="population", columns=dict(population=None))
divide = {n: 100.0 + 13 * j for j, n in enumerate(NEWS)}
new_areas = "area_code,population\n" + "".join(f"{n},{v}\n" for n, v in divide.items())
convert("divided by new people", dict(population=carried(people, "sum", divide=divide), score=carried(score, "mean", divide=divide)), words=("--areas", "a.csv"), files={"a.csv": new_areas})
convert("new people of some alone", code=2, says="population", words=("--areas", "a.csv"), files={"a.csv": "\n".join(r for r in new_areas.split("\n") if not r.startswith("N003a")) + "\n"})
convert("new people with a mark", code=2, says="N003a", words=("--areas", "a.csv"), files={"a.csv": new_areas.replace("N003a," + str(divide["N003a"]), "N003a,[c]")})
convert("new people below 0", code=2, says="N003a", words=("--areas", "a.csv"), files={"a.csv": new_areas.replace("N003a," + str(divide["N003a"]), "N003a,-5")})
convert("new people by old names", code=2, words=("--areas", "a.csv"), files={"a.csv": "area_code,population\n" + "".join(f"{c},5\n" for c in CODES)})
convert("new people with commas", code=2, says="a.csv:2", words=("--areas", "a.csv"), files={"a.csv": new_areas.replace(",100.0", ',"1,000"')})
majority = {n: max(sorted(set(CANTON)), key=lambda g: sum(people[k] / len(SHARE[c]) for k, c in enumerate(CODES) if n in SHARE[c] and CANTON[k] == g)) for n in NEWS}
convert("texts by majority of people", text_right=dict(canton=majority))
convert("texts of which some are missing", code=0, columns=dict(canton=["NA" if k in (3, 20) else c for k, c in enumerate(CANTON)]), lacks="NA")
for what, text, code, says in (("a lookup with shares", "VILLAGE01CD,VILLAGE21CD,share\n" + "".join(f"{c},{n},{1 / len(SHARE[c]) if k % 2 else 0.7}\n" for k, (c, n) in enumerate(LOOKUP)), (0, 2), "share"), ("half a lookup", lookup_text(LOOKUP[:30]), 2, "lookup.csv"), ("a lookup of all but one", lookup_text([r for r in LOOKUP if r[0] != CODES[7]]), 2, CODES[7]), ("a lookup of small letters", lookup_text([(c.lower(), n) for c, n in LOOKUP]), 2, "v001"),
                               ("a lookup with a total", lookup_text(LOOKUP) + "Total,\n", 2, "lookup.csv"), ("a lookup with notes", lookup_text(LOOKUP) + "\nSource: made up\n", 2, "lookup.csv"), ("a lookup of blanks around codes", lookup_text([(f" {c} ", f" {n} ") for c, n in LOOKUP]), 0, ()), ("a lookup with no-break blanks", lookup_text([(c, n + "\u00a0") for c, n in LOOKUP]), 0, ()), ("a lookup in Windows-1252", ("VILLAGE01CD,VILLAGE21CD,name\n" + "".join(f"{c},{n},Caf\u00e9\n" for c, n in LOOKUP)).encode("cp1252"), (0, 2), ()),
                               ("a lookup gzipped under a plain name", gzip.compress(lookup_text().encode()), (0, 2), ()), ("a lookup of tabs", lookup_text(gap="\t", head="VILLAGE01CD\tVILLAGE21CD"), 2, "tab"), ("a lookup whose pairs stand twice", lookup_text(LOOKUP + LOOKUP[:5]), (0, 2), ()), ("a lookup that maps new to old and old to new", lookup_text([(n, c) for c, n in LOOKUP]), 2, "lookup.csv"), ("an empty lookup", "", 2, "lookup.csv"), ("a lookup of a header", "VILLAGE01CD,VILLAGE21CD\n", 2, "lookup.csv"), ("a lookup with one blank", lookup_text(one(LOOKUP, 9, (LOOKUP[9][0], ""))), 2, "lookup.csv:11"), ("a lookup with NA", lookup_text(one(LOOKUP, 9, (LOOKUP[9][0], "NA"))), 2, "lookup.csv:11")):
    convert(what, dict(population=SUMS, score=MEANS) if code in (0, (0, 2)) else None, code=code, says=says, lookup=text)
new_links = {tuple(sorted((a, b))) for k, bs in enumerate(NEAR) for j in bs for a in SHARE[CODES[k]] for b in SHARE[CODES[j]] if a != b} | {tuple(sorted((a, b))) for c in CODES for a in SHARE[c] for b in SHARE[c] if a != b}
convert("links that follow", links=len(new_links), says="guesses")
touching = [(NEWS[j], NEWS[j + 1]) for j in range(len(NEWS) - 1)]
convert("links that are given", links=len(touching), says="0 of them guesses", words=("--adjacency", "n.csv"), files={"n.csv": "from,to\n" + "".join(f"{a},{b}\n" for a, b in touching)})
convert("links that are given for some", code=2, says="cut short", words=("--adjacency", "n.csv"), files={"n.csv": "from,to\n" + "".join(f"{a},{b}\n" for a, b in touching[:30])})
convert("links of old codes", code=2, says="n.csv", words=("--adjacency", "n.csv"), files={"n.csv": EDGES})
squares = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"VILLAGE21CD": n}, "geometry": {"type": "Polygon", "coordinates": [[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]]}} for j, n in enumerate(NEWS) for x, y in [(j % 8, j // 8)]]}
shapes_links = sum(1 for j in range(len(NEWS)) for i in range(j) if abs(i % 8 - j % 8) <= 1 and abs(i // 8 - j // 8) <= 1)
convert("boundaries in degrees", links=shapes_links, words=("--boundaries", "b.json"), files={"b.json": json.dumps(squares)})
convert("boundaries with a hole of nothing", code=(0, 2), words=("--boundaries", "b.json"), files={"b.json": json.dumps(squares | {"features": squares["features"][:5] + [dict(squares["features"][5], geometry=None)] + squares["features"][6:]})})
convert("boundaries of texts", code=2, says="b.json", words=("--boundaries", "b.json"), files={"b.json": json.dumps(squares).replace("[0, 0]", '["0", "0"]')})
convert("boundaries with three numbers a point", links=shapes_links, words=("--boundaries", "b.json"), files={"b.json": re.sub(r"\[(\d+), (\d+)\]", r"[\1, \2, 0]", json.dumps(squares))})
convert("boundaries of many parts", links=shapes_links, words=("--boundaries", "b.json"), files={"b.json": json.dumps({"type": "FeatureCollection", "features": [dict(f, geometry={"type": "MultiPolygon", "coordinates": [f["geometry"]["coordinates"]]}) for f in squares["features"]]})})
convert("boundaries by small letters", links=shapes_links, words=("--boundaries", "b.json"), files={"b.json": json.dumps(squares).replace("VILLAGE21CD", "village21cd")}, code=(0, 2))
convert("boundaries with a BOM", links=shapes_links, words=("--boundaries", "b.json"), files={"b.json": b"\xef\xbb\xbf" + json.dumps(squares).encode()}, code=(0, 2))
convert("boundaries cut", code=2, says="b.json", words=("--boundaries", "b.json"), files={"b.json": json.dumps(squares)[:-50]})
convert("boundaries of old codes", code=2, says="b.json", words=("--boundaries", "b.json"), files={"b.json": json.dumps(squares).replace('"N', '"V')})

# ------------------------------------------------------------------------------------------- growth, people and pounds of a run
RUN = WORLD + FUND % AREA_TYPE
made_world = []


def money(what, code=0, says=(), lacks=(), area=None, row=None, manifest=lambda text: text, command="run"):
    """A run on a synthetic world whose areas and rows of the panel were rewritten."""
    if not wanted("pounds", what):
        return
    if not made_world:
        subprocess.run([spillway, "synth", "--areas", "300", "--output", "world"], check=True, capture_output=True)
        made_world.append(1)
    shutil.rmtree("other", ignore_errors=True)
    shutil.copytree("world", "other")
    for name, change in (("areas.csv", area), ("panel.csv", row)):
        if change:
            rows = [change(dict(r)) for r in csv.DictReader(open("world/" + name))]
            with open("other/" + name, "w", newline="") as file:
                rewritten = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
                rewritten.writeheader()
                rewritten.writerows(rows)
    write("other/pack.toml", manifest(re.sub(r"sha256 = .*\n", "", open("world/pack.toml").read())))
    write("m.toml", RUN.replace('"world"', '"other"'))
    done = program(command, "m.toml", *(["--threads", "1", "--output", "m.h5", "--all"] if command == "run" else []))
    said, faults = done.stdout + done.stderr, []
    if done.returncode not in (code if isinstance(code, tuple) else (code,)):
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in listed(says) if w not in said]
    faults += [f"says '{w}'" for w in listed(lacks) if w in said]
    judge("pounds", what, faults, said)


def without_unit(name):
    return lambda text: re.sub(r"(\[columns\.\"?" + name + r"\"?\]\n(?:[a-z_0-9]+ = .*\n)*?)unit = .*\n", r"\1", text)


money("as made", lacks=("per cent, or a level", "if these are thousands"))
money("growth in per cent, said to be log points", 2, ("'growth'", "per cent"), row=lambda r: r | {"growth": repr(100 * float(r["growth"])) if r["growth"] else ""})
money("growth in per cent, looked at", 2, ("'growth'", "per cent"), row=lambda r: r | {"growth": repr(100 * float(r["growth"])) if r["growth"] else ""}, command="check")
money("growth is the level of GVA", (2, 3), "'growth'", row=lambda r: r | {"growth": r["gva"]})
money("growth is the logarithm of GVA", (2, 3), "'growth'", row=lambda r: r | {"growth": repr(float(np.log(float(r["gva"])))) if r["gva"] else ""})
money("growth is GVA's index", 2, "'growth'", row=lambda r: r | {"growth": repr(100 + 100 * float(r["growth"])) if r["growth"] else ""})
money("growth is a factor", 2, "'growth'", row=lambda r: r | {"growth": repr(1 + float(r["growth"])) if r["growth"] else ""})
money("growth of real GVA beside current GVA", 0, lacks="per cent, or a level", row=lambda r: r | {"growth": repr(float(r["growth"]) - 0.02) if r["growth"] else ""})
money("residents in whole thousands without codes or unit", code=(0, 2), says="thousands", area=lambda r: r | {"population": str(max(1, round(float(r["population"]) / 10))), "area_code": r["area_code"]}, manifest=without_unit("population"))
money("residents who are missing in one", code=(0, 2), says="population", area=lambda r: r | {"population": "[c]" if r["area_code"].endswith("7") else r["population"]})
money("GVA that is missing in one", 2, "gva", area=lambda r: r | {"gva": ".." if r["area_code"].endswith("7") else r["gva"]})
money("GVA that is negative in one", 2, "gva", area=lambda r: r | {"gva": "-5" if r["area_code"].endswith("7") else r["gva"]})
money("GVA with commas", 2, "areas.csv:2", area=lambda r: r | {"gva": f"{float(r['gva']):,.0f}"})
money("GVA without residents", code=(0, 2), says="population", area=lambda r: {k: v for k, v in r.items() if k not in ("population", "population_16_64")}, manifest=lambda text: re.sub(r"\[columns\.\"?population(_16_64)?\"?\]\n(?:[a-z_0-9]+ = .*\n)*", "", text))

# ---------------------------------------------------------------------------------------------------------------------- results
try:
    import h5py
except ImportError:
    h5py = None
    print("no h5py: results are left out")


def result(what, change, code=0, says=(), lacks=("compute it again",), command=("inspect", "t.h5")):
    """A result copied and changed (`change` returns what is to be undone, or None); a reader's exit code and words."""
    if h5py is None or not wanted("results", what):
        return
    if not os.path.exists("whole.h5"):
        if not made_world:
            subprocess.run([spillway, "synth", "--areas", "300", "--output", "world"], check=True, capture_output=True)
            made_world.append(1)
        write("w.toml", RUN)
        subprocess.run([spillway, "run", "w.toml", "--threads", "1", "--output", "whole.h5", "--quiet"], check=True, capture_output=True)
    for name in ("t.h5", "t2.h5"):
        if os.path.lexists(name):
            os.chmod(name, 0o644) if not os.path.islink(name) else None
            os.remove(name)
    shutil.copy("whole.h5", "t.h5")
    undo = change()
    done = program(*command)
    if callable(undo):
        undo()
    said, faults = done.stdout + done.stderr, []
    if done.returncode not in (code if isinstance(code, tuple) else (code,)):
        faults.append(f"exit {done.returncode}, expected {code}")
    faults += [f"does not say '{w}'" for w in listed(says) if w not in said]
    faults += [f"says '{w}'" for w in listed(lacks) if w in said]
    judge("results", what, faults, said)


def died(mode, write_something=False):
    """A process that dies with the file open."""
    def change():
        if os.fork() == 0:
            file = h5py.File("t.h5", mode)
            if write_something:
                file.attrs["note"] = "x" * 50
                file.flush()
            os._exit(0)
        os.wait()
    return change


def opened(mode, **how):
    def change():
        file = h5py.File("t.h5", mode, **how)
        return file.close
    return change


def bytes_changed(edit):
    def change():
        data = bytearray(open("t.h5", "rb").read())
        write("t.h5", bytes(edit(data)))
    return change


for command in (("inspect", "t.h5"), ("table", "t.h5", "area_type"), ("diff", "t.h5", "whole.h5")):
    word = command[0]
    result(f"as made, {word}", lambda: None, command=command)
    result(f"opened r+ by a process that died, {word}", died("r+"), command=command)
    result(f"open r+ elsewhere, {word}", opened("r+"), code=(0, 4), says=(), command=command)
    result(f"open for reading elsewhere, {word}", opened("r"), command=command)
result("open r+ elsewhere: what is said", opened("r+"), code=4, says="in use")
result("opened and closed r+", lambda: h5py.File("t.h5", "r+").close())
result("an attribute more, by a process that died", died("r+", True), code=4, says=("changed by another program", "--unsealed"), lacks=())
result("an attribute more", lambda: h5py.File("t.h5", "r+").attrs.__setitem__("note", "by hand"), code=4, says=("changed by another program", "--unsealed"), lacks=())
for share in (0.1, 0.5, 0.9):
    result(f"cut at {share:g}", bytes_changed(lambda data: data[:int(share * len(data))]), code=4, says="t.h5", lacks=("in use",))
result("cut by a byte", bytes_changed(lambda data: data[:-1]), code=(0, 4), lacks=("in use",))
result("a byte more", bytes_changed(lambda data: data + b"\n"), code=(0, 4))
result("line ends changed by a transfer", bytes_changed(lambda data: data.replace(b"\n", b"\r\n")), code=2, says="is not an HDF5 file", lacks=("in use",))
result("512 bytes in front", bytes_changed(lambda data: b"\0" * 512 + data), code=2)
result("empty", lambda: write("t.h5", b""), code=2, says="is not an HDF5 file", lacks=("in use",))
result("gzipped", bytes_changed(lambda data: gzip.compress(bytes(data))), code=2, says="is not an HDF5 file", lacks=("in use",))
result("text", lambda: write("t.h5", "area_code,uplift\nA,1\n"), code=2, says="is not an HDF5 file", lacks=("in use",))
result("a page of a portal", lambda: write("t.h5", "<html>Sign in</html>"), code=2, says="is not an HDF5 file", lacks=("in use",))
result("a file of another program", lambda: h5py.File("t.h5", "w").create_dataset("x", data=[1, 2]).file.close(), code=(2, 4), says="t.h5", lacks=("in use",))
result("read alone", lambda: os.chmod("t.h5", 0o444))
result("a link to it", lambda: (os.rename("t.h5", "t2.h5"), os.symlink("t2.h5", "t.h5"))[1])

for kind, count in tried.items():
    print(f"{kind:14s} {count:4d} tried, {sum(one[0] == kind for one in wrong)} otherwise than expected")
for fault in wrong:
    print("OTHERWISE: %s: %s: %s\n    %s" % (fault[:3] + (fault[3] if "-v" in sys.argv else fault[3][-400:],)))
print(f"{sum(tried.values())} inputs, {len(wrong)} otherwise than expected")
sys.exit(bool(wrong))
