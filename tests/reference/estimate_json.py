#!/usr/bin/env python3
"""What a user reads with `spillway estimate CONFIG --json FILE` against other programs' numbers, case by case.

    tests/reference/estimate_json.py build/spillway .        exits 77 without the maintainers' reference data

Each case is turned into an ordinary data pack and a configuration; the command runs as it would for anybody.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

spillway, source = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
shared = pathlib.Path(os.environ.get("SPILLWAY_SHARED", source.parent / "shared")) / "reference"
if not shared.exists():
    print("SKIPPED: needs the maintainers' data beside the source tree")
    sys.exit(77)
failed = 0


def rows_of(file):
    with open(file, newline="") as text:
        return list(csv.DictReader(text))


def write(file, rows):
    with open(file, "w", newline="") as text:
        out = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def estimate(areas, model, panel=None, edges=None, replicates=999):
    """Estimators of one [[model]] on a pack made of these rows: name -> what --json says of it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = {"areas": areas, "panel": panel, "edges": edges}
        manifest = '[pack]\nname = "case"\ngeography = "none"\nperiod_years = 1\n'
        for role, rows in files.items():
            if rows:
                write(folder / f"{role}.csv", rows)
                manifest += f'[[file]]\npath = "{role}.csv"\nrole = "{role}"\n'
        (folder / "pack.toml").write_text(manifest)
        (folder / "case.toml").write_text(f'[data]\npack = "{folder}"\n[[model]]\nname = "case"\n{model}\n'
                                          f'[bootstrap]\ncluster = "area_code"\nreplicates = {replicates}\ndraws = 1\n')
        done = subprocess.run([spillway, "estimate", folder / "case.toml", "--json", folder / "out.json", "--quiet"],
                              capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"FAILED: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return {one["estimator"]: one for one in json.loads((folder / "out.json").read_text())["models"]}


class Case:
    """Numbers of one reference case; the largest relative difference is printed when it ends."""

    def __init__(self, name, tolerance=1e-6):
        self.name, self.tolerance = name, tolerance
        self.expected = json.loads((shared / name / "expected.json").read_text())["expected"]
        self.count, self.largest, self.worst = 0, 0.0, ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        print(f"  {self.name:28s} {self.count:4d} numbers through --json, largest relative difference {self.largest:.1e} ({self.worst})")

    def number(self, what, ours, theirs, tolerance=None):
        global failed
        difference = abs(ours - theirs) / max(abs(theirs), 1e-300)
        self.count += 1
        if not difference <= self.largest:
            self.largest, self.worst = difference, what
        if not difference <= (tolerance or self.tolerance):
            failed += 1
            print(f"FAILED: {self.name}, {what}: {ours!r} against {theirs!r}")

    def table(self, what, found, theirs, key="estimate", names=None):
        ours = {c["name"]: c[key] for c in found["coefficients"]}
        for name, value in theirs.items():
            self.number(f"{what} {name}", ours[(names or {}).get(name, name)], value)


constant = {"_cons": "(Intercept)", "const": "(Intercept)", "Rho": "rho", "lambda": "rho"}


def cross_section(name, **also):
    return [{"area_code": f"A{i}", "area_type": "all", **row} for i, row in enumerate(rows_of(shared / name / "data.csv"))]


def iv(outcome, endogenous, instruments, controls, covariance, estimators='"2sls"', more=""):
    listed = lambda names: "[" + ", ".join(f'"{n}"' for n in names) + "]"
    return (f'kind = "iv"\noutcome = "{outcome}"\nendogenous = {listed(endogenous)}\ninstruments = {listed(instruments)}\n'
            f"controls = {listed(controls)}\nestimators = [{estimators}]\ncovariance = {{ {covariance} }}\n{more}")


# --- instrumental variables
for name, arguments, by in [("iv_card_overid", ("lwage", ["educ"], ["nearc2", "nearc4"], ["exper", "expersq", "black", "south"]), None),
                            ("iv_cigarettes_sw", ("lpacks", ["rprice"], ["tdiff", "rtax"], ["rincome"]), "st")]:
    with Case(name) as case:
        areas = cross_section(name)
        if by:  # text, so that the column can name clusters
            areas = [{**row, by: f"S{row[by]}"} for row in areas]
        for theirs, covariance in [("ivreg2r_iid", 'kind = "iid", small_sample = "none"'), ("ivreg2r_robust", 'kind = "hc0"'),
                                   ("ivreg2r_cluster", f'kind = "cluster", by = "{by}", small_sample = "none"')]:
            if theirs not in case.expected:
                continue
            e, d = case.expected[theirs], case.expected[theirs]["diagnostics"]
            found = estimate(areas, iv(*arguments, covariance))["2sls"]
            ours = found["diagnostics"]
            case.table("coefficient", found, e["coef"], names=constant)
            case.table("s.e.", found, e["se"], "standard_error", constant)
            for key, value in [("hansen_j", d["overid"]["stat"]), ("hansen_j_p", d["overid"]["p"]), ("kleibergen_paap_lm", d["underid"]["stat"]),
                               ("cragg_donald_f", d["weak_id"]["stat"]), ("anderson_rubin", d["anderson_rubin"]["f_stat"]),
                               ("endogeneity_c", d["endogeneity"]["stat"]), ("endogeneity_c_p", d["endogeneity"]["p"])]:
                case.number(key, ours[key], value)
            if "weak_id_robust" in d:
                case.number("kleibergen_paap_f", ours["kleibergen_paap_f"], d["weak_id_robust"]["stat"])

with Case("iv_stata_sim_cluster") as case:
    areas = [{**row, "cluster_id": f"G{row['cluster_id']}"} for row in cross_section("iv_stata_sim_cluster")]
    found = estimate(areas, iv("y", ["endo1"], ["z1", "z2"], ["x1"], 'kind = "cluster", by = "cluster_id", small_sample = "none"'))["2sls"]
    e = case.expected["cl"]
    case.table("coefficient", found, e["coef"], names=constant)
    case.table("s.e.", found, e["se"], "standard_error", constant)
    for theirs, ours in [("cdf", "cragg_donald_f"), ("widstat", "kleibergen_paap_f"), ("idstat", "kleibergen_paap_lm"), ("j", "hansen_j"),
                         ("estat", "endogeneity_c"), ("arf", "anderson_rubin"), ("jp", "hansen_j_p"), ("estatp", "endogeneity_c_p")]:
        case.number(ours, found["diagnostics"][ours], e["diagnostics"][theirs])

with Case("iv_synth_2000") as case:
    areas = [{**row, "lad": f"L{row['lad']}"} for row in cross_section("iv_synth_2000")]
    found = estimate(areas, iv("growth", ["si"], ["z1", "z2"], [f"c{k}" for k in range(1, 9)], 'kind = "cluster", by = "lad", small_sample = "none"', '"2sls", "gmm"'))
    case.table("coefficient", found["2sls"], case.expected["coef"], names=constant)
    case.table("s.e.", found["2sls"], case.expected["se_cluster"], "standard_error", constant)
    case.table("gmm", found["gmm"], case.expected["gmm2step_cluster"]["coef"], names=constant)
    case.table("gmm s.e.", found["gmm"], case.expected["gmm2step_cluster"]["se"], "standard_error", constant)
    for theirs, ours in [("kp_rk_wald_F", "kleibergen_paap_f"), ("cragg_donald_F", "cragg_donald_f"), ("kp_rk_LM", "kleibergen_paap_lm"),
                         ("hansen_J", "hansen_j"), ("endog_C", "endogeneity_c"), ("AR_F", "anderson_rubin")]:
        case.number(ours, found["2sls"]["diagnostics"][ours], case.expected["ivreg2r_cluster"][theirs])

with Case("wild_grunfeld", 1e-9) as case:
    areas = [{**row, "firm": f"F{row['firm']}"} for row in cross_section("wild_grunfeld")]
    for regressor, control in [("value", "capital"), ("capital", "value")]:
        found = estimate(areas, iv("inv", [regressor], [], [control], 'kind = "cluster", by = "firm"', '"ols"'), replicates=9999)["ols"]
        e = case.expected[regressor]
        case.number("beta", found["coefficients"][0]["estimate"], e["beta"])
        case.number("wild t", found["diagnostics"]["wild_cluster_t"], e["t_CR1"])

# --- panels with effects; nothing is lagged, so every year of the data is used
for name, unit, outcome, regressors, effects in [("fe_grunfeld", "firm", "inv", ["value", "capital"], "none"),
                                                 ("fe_produc_twoway", "state", "lgsp", ["lpcap", "lpc", "lemp", "unemp"], "common")]:
    with Case(name) as case:
        data = rows_of(shared / name / "data.csv")
        units = list(dict.fromkeys(row[unit] for row in data))
        panel = [{"area_code": row[unit], "period": row["year"], **{k: row[k] for k in [outcome] + regressors}} for row in data]
        areas = [{"area_code": u} for u in units]
        for key, covariance in [("se_iid", 'kind = "iid"'), ("se_robust_HC0_plm_white1", 'kind = "hc0"'),
                                ("se_cluster_plm_arellano_HC0", 'kind = "cluster", by = "area_code", small_sample = "none"'),
                                ("se_cluster_fixest_default", 'kind = "cluster", by = "area_code", small_sample = "fixest"')]:
            listed = ", ".join(f'"{k}"' for k in regressors)
            found = estimate(areas, f'kind = "spatial_lag_panel"\noutcome = "{outcome}"\ncovariates = [{listed}]\nspatial_lag = "none"\nown_lag = false\n'
                                    f'period_effects = "{effects}"\nestimators = ["within"]\nheadline = "within"\ncovariance = {{ {covariance} }}\n', panel)["within"]
            case.table("coefficient", found, case.expected["coef"])
            case.table(key, found, case.expected[key], "standard_error")

with Case("corrected_score_400", 1e-8) as case:
    folder = shared / "corrected_score_400"
    found = estimate(rows_of(folder / "areas.csv"), 'kind = "spatial_lag_panel"\noutcome = "y"\ncovariates = ["x"]\nestimators = ["within", "corrected_score"]\n'
                     'headline = "corrected_score"\ncovariance = { kind = "cluster", by = "area_code" }\n', rows_of(folder / "panel.csv"), rows_of(folder / "edges.csv"))
    for estimator in ["within", "corrected_score"]:
        case.table(estimator, found[estimator], case.expected[estimator])

# --- spatial autoregressions
with Case("sar_columbus", 1e-5) as case:
    areas = cross_section("sar_columbus")
    edges = [{"from": f"A{int(row['i']) - 1}", "to": f"A{int(row['j']) - 1}"} for row in rows_of(shared / "sar_columbus" / "w.csv") if int(row["i"]) < int(row["j"])]
    found = estimate(areas, 'kind = "spatial_autoregression"\noutcome = "CRIME"\ncovariates = ["INC", "HOVAL"]\nestimators = ["qml", "gs2sls"]\nheadline = "qml"\n'
                     'covariance = { kind = "iid" }\n', edges=edges)
    ml, two = case.expected["sar_ml"], case.expected["stsls_W2X"]
    case.table("coefficient", found["qml"], ml["coef"], names=constant)
    case.table("s.e.", found["qml"], ml["se"], "standard_error", constant)
    case.table("rho", found["qml"], {"rho": ml["rho"]})
    for kind, values in case.expected["sar_impacts"].items():
        case.table("impact", found["qml"], {f"impact_{kind}:{k}": v for k, v in values.items()})
    case.table("stsls", found["gs2sls"], two["coef"], names=constant)
    case.table("stsls s.e.", found["gs2sls"], two["se"], "standard_error", constant)
    case.number("log-likelihood", found["qml"]["diagnostics"]["log_likelihood"], ml["loglik"])

sys.exit(1 if failed else 0)
