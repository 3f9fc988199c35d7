#!/usr/bin/env python3
"""tools/python as a user would type it: run, tables, draws, estimates, errors, against the program's own output.

Usage: python_client.py SPILLWAY SOURCE
"""
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SPILLWAY, SOURCE = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve()
if len(sys.argv) == 3:  # Debian's python3 has the packages; the first python3 on the path need not
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import h5py, numpy, pandas, xarray"], capture_output=True).returncode == 0:
            sys.exit(subprocess.run([python, *sys.argv, "go"]).returncode)
    print("SKIPPED: no Python with h5py, pandas and xarray")
    sys.exit(77)

sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "tools/python"))
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import spillway  # noqa: E402


def check(holds, what):
    if not holds:
        sys.exit("FAILED: " + what)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    config = SOURCE / "configs/smoke.toml"
    small = {"data.synthetic_areas": 900}
    run = spillway.run(config, settings=small, replicates=99, scenario="ring_fence_10", share=0.25, program=SPILLWAY, output="a.h5")
    check(run.scenarios() and "ring_fence_10" in run.scenarios(), f"scenarios: {run.scenarios()}")
    check(float(run.parameters("ring_fence_10")["share"].iloc[0]) == 0.25, "share=0.25 did not reach the run")
    check("ring_fence_10" in run.summary and run.document["file"], "the summary and the JSON are kept")

    # Groups: the same numbers as the program's own table, to the digits it prints.
    program = csv.DictReader(io.StringIO(run.table("region", "csv")))
    ours = run.groups("region").set_index(["scenario", "outcome", "group"])
    rows = 0
    for row in program:
        key = (row["scenario"], row["outcome"], row["group"])
        for level, column in (("p5", "p5"), ("p50", "median"), ("p95", "p95")):
            printed, found = float(row[column]), float(ours.loc[key, level])
            check(abs(printed - found) <= 2e-3 * abs(printed) + 1e-12, f"{key} {level}: {found}, the program prints {printed}")
        rows += 1
    # Values as numpy and pandas have them are what they hold.
    from spillway.program import _as_toml
    for value, text in ((np.array([1.0, 2.0]), "[1.0, 2.0]"), (np.bool_(True), "true"), (np.float64(0.5), "0.5"), (np.float32(0.1), "0.1"), (np.int64(3), "3"), (pd.Series([1, 2]), "[1, 2]"), ("word", "word"), ("a\nb", '"a\\nb"')):
        check(_as_toml(value) == text, f"{value!r} is {_as_toml(value)} in TOML, not {text}")
    for wrong in (lambda: run.groups("region", levels=[5]), lambda: spillway.run(config, settings={"run.name": None}, program=SPILLWAY)):
        try:
            wrong()
            check(False, "a level of 5, or None as a setting, is taken")
        except spillway.InputFault:
            pass
    named = run.tables("region").popitem()[1].set_index(["scenario", "outcome", "group"])["name"]
    check((named.sort_index() == ours["name"].sort_index()).all(), "groups() and the table call groups by other names")
    money = list(run.tables("appraisal").values())
    check(len(money) == 3 and {"policy", "outcome", "figure", "median", "unit"} <= set(money[1].columns) and {"policy", "year", "RDEL", "CDEL", "net cost"} <= set(money[2].columns), "tables that are several come by title")
    check(rows == len(ours) and rows > 0, f"{rows} rows in the program's table, {len(ours)} in groups()")
    check("West Midlands" in set(ours["name"]), "names beside codes")
    check(set(ours["unit"]) >= {"GBP a resident"} or all(ours["unit"]), "every row has its unit")

    # Areas, draws, joint draws: labelled, and one set of numbers.
    areas = run.areas("wealth_fund", "cumulative_uplift")
    check(len(areas) == 900 and areas.index.name == "area_code" and areas.attrs["units"]["p50"], "areas by code, with units")
    check((areas["p5"] <= areas["p95"]).all() and "population" in areas, "quantiles in order, the pack's columns beside them")
    draws = run.draws("wealth_fund", "cumulative_uplift", "nation")
    check(draws.dims == ("draw", "period", "group") and draws.sizes["draw"] == 99, f"draws: {draws.dims} {dict(draws.sizes)}")
    nation = run.groups("nation", scenario="wealth_fund", outcome="cumulative_uplift")["p50"].iloc[0]
    check(abs(float(np.median(draws[:, -1, 0])) - nation) < 1e-6 * abs(nation) + 1e-12, "draws() and groups() agree")
    joint = run.joint_draws()
    check(len(joint) == 99 and any(c.endswith("/previous") for c in joint.columns), f"joint draws: {list(joint.columns)}")

    # Estimates: every coefficient of the JSON, in a row.
    estimates = spillway.estimate(config, settings=small, replicates=99, program=SPILLWAY)
    tidy = estimates.tidy()
    count = sum(len(m["coefficients"]) for m in estimates.document["models"])
    check(len(tidy) == count and {"term", "estimate", "std_error", "conf_low", "conf_high"} <= set(tidy), f"{len(tidy)} of {count} coefficients")
    stored = run.estimates().set_index(["model", "estimator", "term"])["estimate"]
    same = tidy[tidy["model"] == "spillover"].drop_duplicates(["model", "estimator", "term"]).set_index(["model", "estimator", "term"])["estimate"]
    check(len(same) > 0 and np.allclose(stored.loc[same.index], same, rtol=0, atol=0), "the file's estimates are the JSON's")
    check(len(estimates.glance()) == len(estimates.document["models"]), "one row a model and estimator")

    # Errors: the program's own faults, by its exit codes.
    Path("bad.toml").write_text("[run]\nname = \"x\"\nsede = 3\n")
    try:
        spillway.run("bad.toml", program=SPILLWAY)
        check(False, "a fault was let through")
    except spillway.InputFault as fault:
        check(fault.exit_code == 2 and any(f.line == 3 and "seed" in f.what for f in fault.faults), f"faults: {fault.faults}")
    try:
        spillway.run(config, leakage=0.25, program=SPILLWAY)
        check(False, "an ambiguous parameter was let through")
    except spillway.InputFault as fault:
        check("say scenario=" in str(fault), str(fault))
    again = spillway.run(run.path, scenario="ring_fence_10", share=0.25, program=SPILLWAY, output="b.h5")
    check(again.groups("region").equals(run.groups("region")), "a result stands for its configuration")
    again = spillway.run(run.path, share=0.5, settings={"bootstrap.draws": 9}, program=SPILLWAY, output="b.h5")
    check(float(again.parameters("ring_fence_10")["share"].iloc[0]) == 0.5, "a result's own scenarios are looked up")
    for wrong, kind in ((lambda: spillway.run("none.toml", share=0.2, program=SPILLWAY), spillway.InputFault),
                        (lambda: spillway.open_run(config), spillway.InputFault),
                        (lambda: spillway.run(config, settings=["outcomes.horizon=3"], program=SPILLWAY), spillway.InputFault),
                        (lambda: run.groups("regoin"), spillway.InputFault), (lambda: spillway.open_run("none.h5"), spillway.WorldFailed),
                        (lambda: spillway.find_program("no-such-program"), spillway.ProgramNotFound)):
        try:
            wrong()
            check(False, f"{kind.__name__} expected")
        except kind:
            pass
    try:
        run.groups("regoin")
    except spillway.InputFault as fault:
        check("did you mean 'region'?" in str(fault), str(fault))
    page = run.report()
    check(page.read_text().startswith("<!") and run.verify(), "the page is written, the file is whole")

    # It installs, and its README's session runs against what was installed.
    # From a copy: pip builds beside the sources, and a test leaves nothing in the tree.
    shutil.copytree(SOURCE / "tools/python", "package", ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    made = subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--quiet", "--target", "site", "./package"],
                          capture_output=True, text=True)
    if made.returncode == 0:
        subprocess.run([SPILLWAY, "init", "--output", "my.toml"], check=True, capture_output=True)
        text = (SOURCE / "tools/python/README.md").read_text().split("```python")[1].split("```")[0]
        text = text.replace("replicates=999", "replicates=99, settings={'data.synthetic_areas': 900, 'scenario.wealth_fund.parameters.amount': 4.7e6}").replace('estimate("my.toml")', 'estimate("my.toml", replicates=99, settings={"data.synthetic_areas": 900})')
        Path("session.py").write_text(text)
        done = subprocess.run([sys.executable, "session.py"], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "site", "SPILLWAY": SPILLWAY})
        check(done.returncode == 0, "the README's session: " + done.stderr[-1500:])
        check("horizon" in done.stdout, "the README's faults are printed: " + done.stdout)
    else:
        print("not installed with pip (no pip or setuptools here): " + made.stderr.strip()[-200:])
print("the Python client: run, tables, draws, estimates, errors, page")
