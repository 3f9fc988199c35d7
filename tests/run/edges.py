#!/usr/bin/env python3
"""Worlds at the edge of what numbers can say: each has a defined answer or is refused by name, in `estimate` and in `run` alike.

    tests/run/edges.py build/spillway .

The answers stand in docs/methods/edges.md.
"""
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

spillway = pathlib.Path(sys.argv[1]).resolve()
work = pathlib.Path(tempfile.mkdtemp())
os.chdir(work)
failed = 0
CONFIG = """
[run]
name = "edge"
seed = 7
[data]
pack = "pack"
[weights]
kind = "contiguity"
islands = "keep-zero"
[areas]
type = "area_type"
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
better = "higher"
spatial_lag = "by_type"
own_lag = true
estimators = ["within", "half_panel_jackknife", "corrected_score", "double_filter_iv"]
headline = "corrected_score"
covariance = { kind = "cluster", by = "lad_code", small_sample = "cr1" }
[[model]]
name = "social_infrastructure"
kind = "iv"
outcome = "growth_decade"
window_years = 10
proxies = ["grants_per_head"]
instrument_sets = [["drug_crime_rate", "turnout"]]
headline_cell = "grants_per_head:drug_crime_rate+turnout"
controls = ["log_population"]
estimators = ["ols", "2sls"]
headline = "2sls"
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
scheme = "cluster_pairs"
cluster = "lad_code"
replicates = 119
draws = 99
[[scenario]]
name = "ring_fence"
lever = "ukspf_ring_fence"
extrapolate = "a small world"
[scenario.estimates]
spillover = "spillover/corrected_score"
infrastructure = "social_infrastructure/2sls"
[scenario.parameters]
share = 0.1
[outcomes]
horizon = 3
groupings = ["nation", "region", "area_type"]
[appraisal]
rulebook = "green-book-2026"
"""


def rows_of(name):
    with open(work / "world" / name) as file:
        return list(csv.DictReader(file))


subprocess.run([spillway, "synth", "--areas", "900", "--output", "world"], check=True, capture_output=True)
AREAS, PANEL, EDGES = rows_of("areas.csv"), rows_of("panel.csv"), rows_of("edges.csv")
MANIFEST = re.sub(r"sha256 = .*\n", "", (work / "world/pack.toml").read_text())
YEARS = sorted({row["period"] for row in PANEL})


def each(rows, change):
    return [dict(row, **change(row)) for row in rows]


def write(areas, panel, edges):
    shutil.rmtree("pack", ignore_errors=True)
    os.mkdir("pack")
    for name, rows, columns in (("areas", areas, AREAS[0]), ("panel", panel, PANEL[0]), ("edges", edges, EDGES[0])):
        with open(f"pack/{name}.csv", "w") as file:
            table = csv.DictWriter(file, columns.keys(), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
    pathlib.Path("pack/pack.toml").write_text(MANIFEST)


def edge(name, estimate, run, says="", run_says="", never="", areas=AREAS, panel=PANEL, edges=EDGES, change=lambda text: text):
    """Exit codes of both commands; words of either; and nowhere a number that is none."""
    global failed
    write(areas, panel, edges)
    pathlib.Path("case.toml").write_text(change(CONFIG))
    for command, code, words in ((["estimate", "case.toml", "--json", "out.json"], estimate, says), (["run", "case.toml", "--output", "out.h5"], run, run_says or says)):
        for file in ("out.json", "out.h5"):
            pathlib.Path(file).unlink(missing_ok=True)
        done = subprocess.run([spillway, *command, "--threads", "1"], capture_output=True, text=True)
        said = done.stdout + done.stderr
        faults = [] if done.returncode == code else [f"exit {done.returncode}, not {code}"]
        for word in [words] if isinstance(words, str) else words:
            if word not in said:
                faults.append(f"does not say '{word}'")
        if never and never in said:
            faults.append(f"says '{never}'")
        # The table of estimates may hold unbounded sets; a sentence may hold no NaN.
        faults += [f"a sentence with a number that is none: {line.strip()}" for line in said.splitlines() if re.search(r"[a-z] -?nan\b", line)]
        if pathlib.Path("out.json").exists():
            json.loads(pathlib.Path("out.json").read_text(), parse_constant=lambda text: faults.append(f"the JSON has {text}"))
        if code != 0 and pathlib.Path("out.h5").exists():
            faults.append("left a result")
        for fault in faults:
            failed += 1
            print(f"FAILED: {name}, {command[0]}: {fault}\n{said[-600:] if 'exit' in fault or 'say' in fault else ''}")


def first(n):
    codes = {row["area_code"] for row in AREAS[:n]}
    return {"areas": AREAS[:n], "panel": [row for row in PANEL if row["area_code"] in codes],
            "edges": [row for row in EDGES if row["from"] in codes and row["to"] in codes]}


def last(n):
    return [row for row in PANEL if row["period"] in YEARS[-n:]]


def growth(value):
    return each(PANEL, lambda row: {"growth": value(row) if row["growth"] else ""})


lonely, half = AREAS[3]["area_code"], AREAS[450]["area_code"]
edge("as made", 0, 0, never="no band")
# Clusters and types.
edge("every area its own cluster", 0, 0, areas=each(AREAS, lambda row: {"lad_code": row["area_code"]}))
edge("one cluster", 3, 3, "all rows are in one cluster of 'lad_code'", areas=each(AREAS, lambda row: {"lad_code": "X"}))
edge("two clusters", 0, 0, "Kleibergen-Paap F above 10: not detectable with these data (no cell has an F)", run_says="ring_fence: ",
     areas=each(AREAS, lambda row: {"lad_code": "X" if row["area_code"] < half else "Y"}))
edge("a type of one area", 0, 3, run_says="of 119 replicates failed", areas=each(AREAS, lambda row: {"area_type": "lonely"} if row["area_code"] == lonely else {}))
edge("no area has a type", 2, 2, "900 areas have no value", run_says="the pack's types are none: no area has a value", areas=each(AREAS, lambda row: {"area_type": ""}))
# Few periods, few areas.
for n in (1, 2):
    edge(f"T = {n}", 2, 2, f"outcome 'growth' is seen in {n} period(s)", panel=last(n))
edge("T = 3", 3, 3, "corrected score refused: 2 regression periods", panel=last(3))
edge("N = 1", 2, 2, "lists no links", **first(1))
edge("N = 3", 3, 2, "3 rows for 3 parameters", run_says="no area type 'doubly_disadvantaged'", **first(3))
# Links.
edge("no links", 2, 2, "lists no links", edges=[])
edge("links without weight", 3, 3, "regressor 'lag:other' is explained by area effects", change=lambda text: text.replace('kind = "contiguity"', 'kind = "distance_band"\ncutoff_km = 1e-6'))
edge("two halves without a link between them", 0, 0, edges=[row for row in EDGES if (row["from"] < half) == (row["to"] < half)])
# Scales, and outcomes that say nothing.
edge("growth of 1e-12", 0, 0, panel=growth(lambda row: repr(float(row["growth"]) * 1e-12)))
edge("growth of 1e12", 0, 2, run_says="times those of the pack's own gva", panel=growth(lambda row: repr(float(row["growth"]) * 1e12)))
for scale in (1e-12, 1e12):
    edge(f"GVA of {scale:g}", 0, 0, panel=each(PANEL, lambda row: {"gva": repr(float(row["gva"]) * scale)}), areas=each(AREAS, lambda row: {"gva": repr(float(row["gva"]) * scale)}))
for value in ("0.02", "0"):
    edge(f"growth is {value} everywhere", 3, 3, "the outcome is explained by area effects, and so are its lags", panel=growth(lambda row: value))
edge("growth of the period alone", 3, 3, "the headline 'corrected_score' failed", run_says="rests on 'spillover/corrected_score', and ", panel=growth(lambda row: str((int(row["period"]) - 2000) / 1000)))
edge("one value, all others missing", 2, 2, "is seen in 1 period(s)", panel=[dict(row, growth=row["growth"] if k == 1 else "") for k, row in enumerate(PANEL)])
edge("everything equal", 3, 3, "'grants_per_head' does not vary", panel=each(PANEL, lambda row: {"gva": "1", "growth": "0" if row["growth"] else ""}),
     areas=each(AREAS, lambda row: {name: {"population": "1000", "gva": "20000000"}.get(name, "1") for name in row if name not in ("area_code", "area_name", "lad_code", "lad_name", "region_code", "region_name", "area_type",
                                                                             "combined_authority_code", "constituency_code", "easting", "northing")}))
edge("one area grew by a million log points", 3, 2, "refused", run_says="is beyond any number", panel=[dict(row, growth="1e6") if k == 41 else row for k, row in enumerate(PANEL)])
edge("an endogenous column without variation", 3, 3, "'grants_per_head' does not vary", areas=each(AREAS, lambda row: {"grants_per_head": "100"}))
edge("instruments without variation", 3, 3, ("instrument 'turnout' does not vary", "instrument '(I-A)^-1 turnout' does not vary"), run_says="rests on 'social_infrastructure/2sls', and 2sls failed",
     areas=each(AREAS, lambda row: {"turnout": "60", "drug_crime_rate": "1"}))
# A control without variation says nothing: an island makes its neighbours' mean vary, which is no instrument of the spatial lag.
def spatial_lag_iv(controls):
    write(each(AREAS, lambda row: {"industry_mix": "0.3"}), PANEL, [row for row in EDGES if lonely not in (row["from"], row["to"])])
    pathlib.Path("case.toml").write_text(CONFIG.replace('controls = ["log_population"]', f"controls = {json.dumps(controls)}"))
    subprocess.run([spillway, "estimate", "case.toml", "--json", "out.json", "--threads", "1"], check=True, capture_output=True)
    found = [model for model in json.loads(pathlib.Path("out.json").read_text())["models"] if model["estimator"] == "spatial_lag_iv"]
    return [(one["name"], one["estimate"]) for one in found[0]["coefficients"]]


without, beside = spatial_lag_iv(["log_population"]), dict(spatial_lag_iv(["log_population", "industry_mix"]))
if len(without) < 2 or any(abs(beside[name] - value) > 1e-9 * abs(value) for name, value in without):
    failed += 1
    print(f"FAILED: a constant control moves the spatial-lag IV: {without} without it, {beside} with it")
# What areas weigh.
edge("an area without people", 0, 2, run_says=f"area '{lonely}' has population 0", areas=each(AREAS, lambda row: {"population": "0"} if row["area_code"] == lonely else {}))
edge("a negative GVA", 0, 2, run_says=f"area '{lonely}' has gva -5", areas=each(AREAS, lambda row: {"gva": "-5"} if row["area_code"] == lonely else {}))
edge("a missing GVA", 0, 2, run_says=f"area '{lonely}' has gva missing", areas=each(AREAS, lambda row: {"gva": ""} if row["area_code"] == lonely else {}))
# Few draws, no scenario, no horizon.
edge("one draw", 0, 0, run_says="no band from 1 draw (it needs 39); better in 1 of 1 draws", never="of 100 draws", change=lambda text: text.replace("draws = 99", "draws = 1"))
edge("one replicate", 0, 0, run_says="no band from 1 draw", change=lambda text: text.replace("draws = 99", "draws = 1").replace("replicates = 119", "replicates = 1"))
edge("no scenario", 0, 0, change=lambda text: text[:text.index("[[scenario]]")] + text[text.index("[outcomes]"):])
edge("one period ahead", 0, 0, "", change=lambda text: text.replace("horizon = 3", "horizon = 1"))
edge("no period ahead", 2, 2, "expected a whole number from 1 to 200", change=lambda text: text.replace("horizon = 3", "horizon = 0"))
shutil.rmtree(work)
print("as documented" if failed == 0 else f"{failed} faults")
sys.exit(failed > 0)
