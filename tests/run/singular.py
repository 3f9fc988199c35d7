#!/usr/bin/env python3
"""Data that determine too little or too much: what is dropped, refused or left empty, and the right values.

    tests/run/singular.py build/spillway .

Packs are made up (tests/run/singular). Values are of numpy's least squares on dummies, R's lm with sandwich and
spatialreg's lagsarlm with eigenvalues, or follow from how the data are made.
"""
import csv
import itertools
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile

spillway, source = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
packs = source / "tests/run/singular"
work = pathlib.Path(tempfile.mkdtemp())
failed = 0


def check(what, good, shown=""):
    global failed
    if not good:
        failed += 1
        print(f"FAILED: {what} {shown}")


def near(what, found, right, tolerance=1e-6):
    check(what, found is not None and abs(found - right) <= tolerance * abs(right), f"is {found}, should be {right}")


class Result:
    """Exit code, words and JSON of one `spillway estimate`."""

    def __init__(self, pack, text, data=None):
        config, out = work / "case.toml", work / "out.json"
        config.write_text(f'[data]\npack = "{data or packs / pack}"\n{text}\n')
        out.unlink(missing_ok=True)
        done = subprocess.run([spillway, "estimate", config, "--json", out, "--quiet"], capture_output=True, text=True)
        self.code, self.words = done.returncode, done.stdout + done.stderr
        self.all = json.loads(out.read_text()) if out.exists() else {"models": [], "verdicts": {}}
        self.fits = {one["estimator"]: one for one in self.all["models"]}

    def of(self, estimator, name):
        for one in self.fits.get(estimator, {"coefficients": []})["coefficients"]:
            if one["name"] == name:
                return one
        return {"estimate": None, "standard_error": None, "low": None, "high": None}

    def said(self, estimator):
        fit = self.fits.get(estimator, {"notes": [], "warnings": []})
        return "\n".join(fit["notes"] + fit["warnings"])


def changed(pack, file, change):
    """A copy of a pack with one table changed: change(row) edits it in place."""
    folder = work / "pack"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(packs / pack, folder)
    with open(folder / file, newline="") as text:
        rows = list(csv.DictReader(text))
    for row in rows:
        change(row)
    with open(folder / file, "w", newline="") as text:
        out = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    return folder


def rows_of(pack, file):
    with open(packs / pack / file, newline="") as text:
        return list(csv.DictReader(text))


# --- a covariate that area and period effects explain: age = year - start, with two decimals
panel = """[[model]]
name = "a"
kind = "spatial_lag_panel"
outcome = "g"
covariates = [{covariates}]
area_effects = true
period_effects = "common"
spatial_lag = "{lag}"
own_lag = true
estimators = ["within", "half_panel_jackknife", "corrected_score"]
headline = "{headline}"
covariance = {{ kind = "cluster", by = "lad_code" }}
"""
aged = Result("panel-absorbed-covariate", panel.format(covariates='"x1", "age"', lag="common", headline="corrected_score"))
check("absorbed covariate: exit", aged.code == 0, aged.words)
for name, right in [("lag", 0.23681002), ("previous", -0.07246197), ("x1", -0.00973268)]:
    near(f"absorbed covariate: {name}", aged.of("within", name)["estimate"], right, 1e-6)
for fit in aged.fits:
    check(f"absorbed covariate: {fit} has no age", aged.of(fit, "age")["estimate"] is None)
    check(f"absorbed covariate: {fit} says so",
          "covariate 'age' is explained by area and period effects: 'age' is not identified, dropped" in aged.said(fit), aged.said(fit))
plain = Result("panel-absorbed-covariate", panel.format(covariates='"x1"', lag="common", headline="corrected_score"))
for fit in plain.fits:
    check(f"absorbed covariate: {fit} is that without it", plain.fits[fit]["coefficients"] == aged.fits[fit]["coefficients"])
for decimals, unit in itertools.product([0, 1, 3, 7], [1e-6, 1.0, 1e7]):
    def other(row):
        row["age"] = repr(unit * round(float(row["age"]) + 0.123456789 * len(row["area_code"]), decimals))
    found = Result("", panel.format(covariates='"age", "x1"', lag="common", headline="within"),
                   data=changed("panel-absorbed-covariate", "panel.csv", other))
    near(f"absorbed covariate with {decimals} decimals in units of {unit}", found.of("within", "lag")["estimate"], 0.23681002)
    check("... is dropped by name", found.of("within", "age")["estimate"] is None and "'age' is not identified" in found.said("within"))


# a set of three, named as a set
folder = work / "set"
shutil.copytree(packs / "panel-absorbed-covariate", folder)
with open(folder / "panel.csv", newline="") as text:
    rows = list(csv.DictReader(text))
with open(folder / "panel.csv", "w", newline="") as text:
    out = csv.DictWriter(text, ["area_code", "period", "g", "x1", "x2", "x3"], lineterminator="\n")
    out.writeheader()
    for k, row in enumerate(rows):
        x2 = math.sin(1.7 * k * k)
        out.writerow({"area_code": row["area_code"], "period": row["period"], "g": row["g"], "x1": row["x1"], "x2": repr(x2),
                      "x3": repr(float(row["x1"]) - 2.0 * x2 + float(row["period"]))})
found = Result("", panel.format(covariates='"x1", "x2", "x3"', lag="common", headline="within"), data=folder)
check("a collinear set is named as one", "covariates 'x1', 'x2' and 'x3' are collinear beside area and period effects: 'x3' is not "
      "identified, dropped" in found.said("within"), found.words)

# --- an outcome that is an exact function of the regressor
iv = """[[model]]
name = "iv"
kind = "iv"
outcome = "y"
endogenous = ["s"]
instruments = ["z1", "z2"]
controls = ["w1"]
estimators = ["ols", "2sls"]
headline = "2sls"
covariance = {{ {} }}
"""
for covariance in ['kind = "iid"', 'kind = "hc1"', 'kind = "cluster", by = "lad_code"']:
    found = Result("iv-perfect-fit", iv.format(covariance))
    check("perfect fit: exit", found.code == 0, found.words)
    for fit in ["ols", "2sls"]:
        near(f"perfect fit: {fit}", found.of(fit, "s")["estimate"], 2.0, 1e-12)
        check(f"perfect fit: {fit} has no standard error", found.of(fit, "s")["standard_error"] is None)
        check(f"perfect fit: {fit} says so", "the model fits without residual" in found.said(fit))
    tests = found.fits["2sls"]["diagnostics"]
    for name in ["hansen_j", "durbin_wu_hausman", "anderson_rubin", "anderson_rubin_chi2"]:
        check(f"perfect fit: {name} is null", tests[name] is None and tests[name + "_p"] is None, tests[name])
        check(f"perfect fit: {name} says why", "the model fits without residual" in found.fits["2sls"]["definitions"][name])
    low, high = (tests.get("anderson_rubin_set") or [[None, None]])[0]
    near("perfect fit: the Anderson-Rubin set", low, 2.0)
    near("perfect fit: the Anderson-Rubin set", high, 2.0)
    check("perfect fit: verdicts are not defined", "no verdict is defined" in found.all["verdicts"]["iv"][0])

# --- degrees of freedom of three effects, one the interaction of the others: R's lm, rank 22
for order in itertools.permutations(["fe1", "fe2", "fe12"]):
    for covariance, right in [('kind = "iid"', 0.09674344), ('kind = "hc1"', 0.09244748),
                              ('kind = "cluster", by = "lad_code", small_sample = "cr1"', 0.11064498)]:
        found = Result("fe-order-df", "[[model]]\nname = \"iv\"\nkind = \"iv\"\noutcome = \"y\"\nendogenous = [\"s\"]\ncontrols = [\"w1\"]\n"
                       f"fixed_effects = {json.dumps(order)}\nestimators = [\"ols\"]\ncovariance = {{ {covariance} }}\n")
        near(f"effects {order}, {covariance}", found.of("ols", "s")["standard_error"], right, 1e-7)

# --- a type of one area, so of one cluster
typed = panel.replace('["within", "half_panel_jackknife", "corrected_score"]', '["within"]')
for covariance in ['kind = "cluster", by = "lad_code"', 'kind = "cluster", by = "lad_code", small_sample = "none"',
                   'kind = "cluster", by = "area_code", small_sample = "fixest"', 'kind = "two_way", by = ["lad_code", "constituency_code"]',
                   'kind = "cluster", by = "lad_code", small_sample = "cr3"']:
    text = typed.format(covariates="", lag="by_type", headline="within").replace('kind = "cluster", by = "lad_code"', covariance)
    found = Result("single-cluster-type", text)
    near(f"one cluster, {covariance}: the estimate stands", found.of("within", "lag:rare")["estimate"], 0.7044, 1e-3)
    for field in ["standard_error", "low", "high"]:
        check(f"one cluster, {covariance}: {field} is null", found.of("within", "lag:rare")[field] is None, found.of("within", "lag:rare"))
    for fit in ["as_published", "within"]:
        check(f"one cluster, {covariance}: {fit} says so", "lag:rare rests on 1 cluster" in found.said(fit), found.said(fit))
    if "cr3" not in covariance:
        check(f"one cluster, {covariance}: the others keep theirs", (found.of("within", "lag:common")["standard_error"] or 0) > 0)
    check(f"one cluster, {covariance}: counted", found.fits["within"]["diagnostics"].get("effective_clusters:lag:rare", 99.0) < 1.5)
iid = Result("single-cluster-type", typed.format(covariates="", lag="by_type", headline="within").replace('kind = "cluster", by = "lad_code"', 'kind = "iid"'))
near("one cluster: iid has one", iid.of("within", "lag:rare")["standard_error"], 0.6321, 1e-3)
boot = Result("single-cluster-type", panel.format(covariates="", lag="by_type", headline="corrected_score") +
              '[bootstrap]\ncluster = "lad_code"\nreplicates = 199\ndraws = 100\n')
for fit in ["half_panel_jackknife", "corrected_score"]:
    for field in ["standard_error", "low", "high"]:
        check(f"one cluster, bootstrap, {fit}: {field} is null", boot.of(fit, "lag:rare")[field] is None or
              (field != "standard_error" and boot.fits[fit]["interval"]["method"].split(" of ")[0] in ["score_cells", "year_clusters_t"]), boot.of(fit, "lag:rare"))

# --- rho below -1 / radius: spatialreg's lagsarlm with method "eigen"
sar = """[weights]
{weights}
[[model]]
name = "sar"
kind = "spatial_autoregression"
outcome = "y"
covariates = ["w1"]
estimators = [{estimators}]
headline = "{headline}"
"""
given = 'kind = "file"\npath = "w.gwt"\nrow_standardise = false'
for estimator in ["qml", "qml_exact"]:
    found = Result("sar-rho-range", sar.format(weights=given, estimators=f'"{estimator}", "gs2sls"', headline=estimator))
    check("negative rho: exit", found.code == 0, found.words)
    near("negative rho", found.of(estimator, "rho")["estimate"], -0.2795278, 1e-6)
    near("negative rho: s.e.", found.of(estimator, "rho")["standard_error"], 0.0014972, 5e-5)
    near("negative rho: least", found.fits[estimator]["diagnostics"]["admissible_lower"], -0.28312, 2e-5)
    near("negative rho: largest", found.fits[estimator]["diagnostics"]["admissible_upper"], 0.13716, 4e-5)
    check("negative rho: gs2sls is there", found.of("gs2sls", "rho")["estimate"] is not None)
    check("negative rho: impacts", found.of(estimator, "impact_total:w1")["estimate"] is not None)
    found = Result("sar-rho-standardised", sar.format(weights='kind = "contiguity"', estimators=f'"{estimator}"', headline=estimator))
    near("negative rho, standardised", found.of(estimator, "rho")["estimate"], -1.630255, 1e-6)
    near("negative rho, standardised: s.e.", found.of(estimator, "rho")["standard_error"], 0.0994578, 1e-5)
    near("negative rho, standardised: least", found.fits[estimator]["diagnostics"]["admissible_lower"], -1.9975, 3e-5)
    near("negative rho, standardised: largest", found.fits[estimator]["diagnostics"]["admissible_upper"], 1.0, 1e-9)

# --- what converged is kept when another estimator fails: an outcome that its neighbours make up
folder = work / "exact"
shutil.copytree(packs / "sar-rho-standardised", folder)
areas = rows_of("sar-rho-standardised", "areas.csv")
for area in areas:
    area["y"] = repr(3.0 * float(area["w1"]) - 1.0)
with open(folder / "areas.csv", "w", newline="") as text:
    out = csv.DictWriter(text, areas[0].keys(), lineterminator="\n")
    out.writeheader()
    out.writerows(areas)
for headline, code in [("gs2sls", 0), ("qml", 3)]:
    found = Result("", sar.format(weights='kind = "contiguity"', estimators='"qml", "gs2sls"', headline=headline), data=folder)
    check(f"qml fails, {headline} leads: exit {code}", found.code == code, found.words)
    near("qml fails: gs2sls is kept", found.of("gs2sls", "w1")["estimate"], 3.0, 1e-6)
    check("qml fails: gs2sls has no standard error of rounding", found.of("gs2sls", "w1")["standard_error"] is None)
    check("qml fails: it is named", found.fits.get("qml", {}).get("refused") and "qml failed: " in found.said("qml"), found.words)
    check("qml fails: no test of rounding", found.fits["gs2sls"]["diagnostics"]["moran_i"] is None)

# --- an outcome or a regressor far from zero: adding a number to it moves the constant alone
areas = rows_of("sar-rho-standardised", "areas.csv")
draw = lambda k: math.sin(12.9898 * k) * 43758.5453 % 1.0
for k, area in enumerate(areas):
    area["y"] = repr(float(area["w1"]) + draw(k))
far = sar.format(weights='kind = "contiguity"', estimators='"qml", "gs2sls", "gs2sls_wx"', headline="qml")


def far_from_zero(y_shift, x_shift):
    shutil.rmtree(work / "far", ignore_errors=True)
    shutil.copytree(packs / "sar-rho-standardised", work / "far")
    with open(work / "far/areas.csv", "w", newline="") as text:
        out = csv.DictWriter(text, areas[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(dict(a, y=repr(float(a["y"]) + y_shift), w1=repr(float(a["w1"]) + x_shift)) for a in areas)
    return Result("", far, data=work / "far")


plain = far_from_zero(0.0, 0.0)
for y_shift, x_shift in [(1e4, 0.0), (1e8, 0.0), (0.0, 1e4), (0.0, 1e8)]:
    moved = far_from_zero(y_shift, x_shift)
    for fit in ["qml", "gs2sls", "gs2sls_wx"]:
        for name in ["rho", "w1", "impact_total:w1"]:
            for field in ["estimate", "standard_error"]:
                near(f"{fit}, y + {y_shift:g}, x + {x_shift:g}: {name} {field}", moved.of(fit, name)[field], plain.of(fit, name)[field], 1e-5)
    rho, b = plain.of("gs2sls", "rho")["estimate"], plain.of("gs2sls", "w1")["estimate"]
    near("the constant takes the shift", moved.of("gs2sls", "(Intercept)")["estimate"],
         plain.of("gs2sls", "(Intercept)")["estimate"] + (1.0 - rho) * y_shift - b * x_shift, 1e-5)

# --- a Durbin term that is a covariate already is left out by name
for area in areas:
    area["mean"] = "0"
place = {area["area_code"]: area for area in areas}
near_by = {code: [] for code in place}
with open(packs / "sar-rho-standardised/edges.csv", newline="") as text:
    for link in csv.DictReader(text):
        near_by[link["from"]].append(link["to"])
        near_by[link["to"]].append(link["from"])
for code, others in near_by.items():
    others = sorted(set(others))
    place[code]["mean"] = repr(sum(float(place[o]["w1"]) for o in others) / len(others))
far = far.replace('covariates = ["w1"]', 'covariates = ["w1", "mean"]\ndurbin = true')
found = far_from_zero(0.0, 0.0)
check("Durbin term: exit", found.code == 0, found.words)
for fit in ["qml", "gs2sls"]:
    check(f"Durbin term, {fit}: dropped", found.of(fit, "lag_x:w1")["estimate"] is None and found.of(fit, "lag_x:mean")["estimate"] is not None)
    check(f"Durbin term, {fit}: said", "'mean' and 'lag_x:w1' are collinear: 'lag_x:w1' is not identified, dropped" in found.said(fit), found.said(fit))

# --- a panel without lags uses every period, and needs no types: two-way means in closed form
static = """[[model]]
name = "a"
kind = "spatial_lag_panel"
outcome = "g"
covariates = ["x1"]
period_effects = "common"
spatial_lag = "none"
own_lag = false
estimators = ["within"]
covariance = { kind = "iid" }
"""
data = rows_of("panel-absorbed-covariate", "panel.csv")
names, times = sorted({row["area_code"] for row in data}), sorted({row["period"] for row in data})
tilde = []
for column in ["x1", "g"]:
    value = {(row["area_code"], row["period"]): float(row[column]) for row in data}
    by_area = {a: math.fsum(value[a, t] for t in times) / len(times) for a in names}
    by_time = {t: math.fsum(value[a, t] for a in names) / len(names) for t in times}
    mean = math.fsum(by_area.values()) / len(names)
    tilde.append([value[a, t] - by_area[a] - by_time[t] + mean for a in names for t in times])
square = math.fsum(x * x for x in tilde[0])
beta = math.fsum(x * y for x, y in zip(*tilde)) / square
rest = math.fsum((y - beta * x) ** 2 for x, y in zip(*tilde))
freedom = len(names) * len(times) - len(names) - len(times) + 1 - 1
folder = work / "static"
shutil.copytree(packs / "panel-absorbed-covariate", folder)
areas = rows_of("panel-absorbed-covariate", "areas.csv")
with open(folder / "areas.csv", "w", newline="") as text:
    out = csv.DictWriter(text, ["area_code"], lineterminator="\n")
    out.writeheader()
    out.writerows({"area_code": area["area_code"]} for area in areas)
found = Result("", static, data=folder)
check("static panel: exit", found.code == 0, found.words)
check("static panel: every row", found.fits.get("within", {}).get("observations") == len(data), found.words)
near("static panel: estimate", found.of("within", "x1")["estimate"], beta, 1e-10)
near("static panel: s.e.", found.of("within", "x1")["standard_error"], math.sqrt(rest / freedom / square), 1e-10)

shutil.rmtree(work, ignore_errors=True)
print("failed:", failed) if failed else print("all as it should be")
sys.exit(1 if failed else 0)
