#!/usr/bin/env python3
"""The seventeen cases of ../shared/cases once more: what the program says now, against the right value that each README gives.

    tests/attack/cases.py build/spillway [folder of the cases]

Prints a row a case, as docs/developers/second-attack.md has them; exit 1 where one is not right, 77 without the cases.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

spillway = os.path.abspath(sys.argv[1])
source = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(__file__), "../../../shared/cases"))
if not os.path.isdir(source):
    print("SKIPPED: no ../shared/cases")
    sys.exit(77)
work = tempfile.mkdtemp()
rows, failed = [], 0


def told(said):
    """The first line of a message."""
    return next((line for line in said.splitlines() if line.startswith("spillway: ")), said[:100])[:110]


def run(case, *words):
    """Exit code, what was said, and estimator -> name -> coefficient (and diagnostics)."""
    folder = os.path.join(work, case)
    if not os.path.isdir(folder):
        shutil.copytree(os.path.join(source, case), folder)
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    words, out = list(words), os.path.join(folder, "o.json")
    if os.path.exists(out):
        os.remove(out)
    if words[0] == "estimate":
        words += ["--json", "o.json", "--all", "--threads", "1"]
    done = subprocess.run([spillway, *words], cwd=folder, capture_output=True, text=True)
    models = json.load(open(out)).get("models", []) if os.path.exists(out) else []
    fits = {}
    for model in models:
        one = fits.setdefault(model["estimator"], {})
        one.update({c["name"]: c for c in model["coefficients"]})
        one["model"] = model
    return done.returncode, done.stdout + done.stderr, fits


def case(name, now, right):
    """`right`: what must hold, in words -> truth."""
    global failed
    bad = [words for words, truth in right.items() if not truth]
    failed += bool(bad)
    rows.append((name, now if not bad else f"WRONG: {'; '.join(bad)}; {now}"))


def near(value, right, tolerance=1e-6):
    return value is not None and abs(value - right) <= tolerance * max(1.0, abs(right))


def beta(fits, estimator, name, what="estimate"):
    found = next((f for key, f in fits.items() if key.split("|")[0] == estimator), {})
    return found.get(name, {}).get(what)


def all_text(fits):
    return json.dumps([f["model"] for f in fits.values()])


code, said, fits = run("areas-text-marker-message", "estimate", "config.toml")
n = {k: f["model"].get("observations") for k, f in fits.items()}
case("areas-text-marker-message", f"exit {code}, rows {set(n.values())}", {"79 rows": code == 0 and set(n.values()) == {79}})
pack = os.path.join(work, "areas-text-marker-message/pack/areas.csv")
text = open(pack).read()
open(pack, "w").write(text.replace("[c]", "abc"))
code, said, fits = run("areas-text-marker-message", "estimate", "config.toml")
case("  the same with 'abc'", told(said), {"the cell is named": code == 2 and "areas.csv:6" in said and "'abc'" in said})

refusals = []
for words in (("config.toml",), ("config.toml", "--data", "pack-km"), ("inverse.toml",)):
    code, said, _ = run("conley-degrees", "estimate", *words)
    refusals.append(code == 2 and ("degrees" in said or "km" in said or "metres" in said))
code, said, fits = run("conley-degrees", "estimate", "config.toml", "--data", "pack-metres")
values = [beta(fits, "ols", "s", "standard_error"), beta(fits, "2sls", "s", "standard_error")]
case("conley-degrees", f"refused {sum(refusals)} of 3; metres: {values}", {"degrees and km refused": all(refusals), "0.07407401, 0.12613900": near(values[0], 0.07407401, 1e-7) and near(values[1], 0.12613900, 1e-7)})

code, said, _ = run("convert-population-mean", "convert", "pack", "--lookup", "lookup.csv", "--output", "out")
total = sum(float(r["population"]) for r in csv.DictReader(open(os.path.join(work, "convert-population-mean/out/areas.csv"))))
case("convert-population-mean", f"{total:g} residents", {"30381": near(total, 30381, 1e-9)})

found = []
for name in ("config.toml", "other-order.toml"):
    code, said, fits = run("fe-order-df", "estimate", name)
    found += [beta(fits, "2sls", "s", "standard_error") if beta(fits, "2sls", "s") else None, beta(fits, "ols", "s", "standard_error")]
case("fe-order-df", f"{found}", {"0.09674344 either way": near(found[1], 0.09674344, 1e-7) and near(found[3], 0.09674344, 1e-7)})

code, said, fits = run("gwt-first-link-lost", "estimate", "config.toml")
case("gwt-first-link-lost", f"rho {beta(fits, 'qml', 'rho')}", {"0.6197308": near(beta(fits, "qml", "rho"), 0.6197308, 2e-7)})

code, said, fits = run("gwt-geoda-distances", "estimate", "config.toml")
refused = code == 2 and "values" in said
code, _, fits = run("gwt-geoda-distances", "estimate", "config.toml", "--set", 'weights.values="binary"')
case("gwt-geoda-distances", f"exit 2 until said; binary: rho {beta(fits, 'qml', 'rho')}, w1 {beta(fits, 'qml', 'w1')}",
     {"refused": refused, "0.661587, 0.579800": near(beta(fits, "qml", "rho"), 0.661587, 1e-6) and near(beta(fits, "qml", "w1"), 0.579800, 1e-6)})

code, said, _ = run("gwt-message-no-line", "estimate", "config.toml")
other, also, _ = run("gwt-message-no-line", "estimate", "config.toml", "--data", "pack-diagonal")
case("gwt-message-no-line", told(said), {"line and codes": code == 2 and "w.gwt:2" in said and "E00001" in said, "the diagonal": other == 2 and "w.gwt:" in also})

folder = os.path.join(work, "h5-open-for-writing")
shutil.copytree(os.path.join(source, "h5-open-for-writing"), folder)
subprocess.run(["chmod", "-R", "u+w", folder], check=True)
config = os.path.join(folder, "config.toml")
text = open(config).read()  # a fund that three times the support would stop
open(config, "w").write(text.replace('name = "wealth_fund"', 'name = "wealth_fund"\nextrapolate = "a case"'))
done = subprocess.run(["/usr/bin/python3", "reproduce.py"], cwd=folder, env=dict(os.environ, SPILLWAY=spillway), capture_output=True, text=True)
lines = done.stdout.strip().splitlines()
case("h5-open-for-writing", " / ".join(line[:90] for line in lines), {"never 'damaged'": "damaged" not in done.stdout and "in use" in done.stdout, "it ran": done.returncode == 0})

code, said, fits = run("iv-perfect-fit", "estimate", "config.toml")
case("iv-perfect-fit", f"s {beta(fits, '2sls', 's')}, s.e. {beta(fits, '2sls', 's', 'standard_error')}",
     {"2 without s.e.": near(beta(fits, "2sls", "s"), 2.0, 1e-10) and beta(fits, "2sls", "s", "standard_error") is None, "said": "exact" in said or "without residual" in said})

found = []
for words in (("config.toml",), ("config.toml", "--data", "pack-empty")):
    code, said, fits = run("na-text-level", "estimate", *words)
    found += [beta(fits, "2sls", "s"), beta(fits, "2sls", "s", "standard_error")]
case("na-text-level", f"{found}", {"0.3938273 (0.1627144)": near(found[0], 0.3938273, 1e-7) and near(found[1], 0.1627144, 1e-7) and found[:2] == found[2:]})

code, said, _ = run("pack-writes-bad-numbers", "pack", "thousands.toml", "--data", ".", "--output", "out-thousands")
first = code == 2 and "thou.csv:2" in said and 'thousands = ","' in said
recipe = os.path.join(work, "pack-writes-bad-numbers/thousands.toml")
text = open(recipe).read()
open(recipe, "w").write(text.replace("[[source]]", '[[source]]\nthousands = ","', 1))
code, also, _ = run("pack-writes-bad-numbers", "pack", "thousands.toml", "--data", ".", "--output", "out-said")
people = [r["population"] for r in csv.DictReader(open(os.path.join(work, "pack-writes-bad-numbers/out-said/areas.csv")))] if code == 0 else []
code, marks, _ = run("pack-writes-bad-numbers", "pack", "suppressed.toml", "--data", ".", "--output", "out-suppressed")
read, _, _ = run("pack-writes-bad-numbers", "inspect", "out-suppressed")
case("pack-writes-bad-numbers", f"exit 2 with {'thou.csv:2' if first else '?'}; said: sum {sum(map(float, people)):g}; marks read, inspect {read}",
     {"refused with its line": first, "14442": sum(map(float, people)) == 14442, "marks": code == 0 and read == 0})

code, said, fits = run("panel-absorbed-covariate", "estimate", "config.toml")
values = [beta(fits, "within", n) for n in ("lag", "previous", "x1")]
case("panel-absorbed-covariate", f"{values}, age {beta(fits, 'within', 'age')}",
     {"0.23681002, -0.07246197, -0.00973268": near(values[0], 0.23681002, 1e-7) and near(values[1], -0.07246197, 1e-7) and near(values[2], -0.00973268, 1e-7), "age is named": beta(fits, "within", "age") is None and "age" in said + all_text(fits)})

said_of = {}
for name in ("mac", "semicolon", "tab", "titles", "nbsp"):
    code, said, _ = run("recipe-file-format-messages", "pack", f"{name}.toml", "--data", ".", "--output", f"out-{name}")
    said_of[name] = (code, said)
case("recipe-file-format-messages", "; ".join(f"{n} {'read' if c == 0 else s.strip().splitlines()[0][-90:]}" for n, (c, s) in said_of.items()),
     {"read but for titles": [c for c, _ in said_of.values()] == [0, 0, 0, 2, 0], "one line": len(said_of["titles"][1].strip().splitlines()) == 1 and "skip_rows = " in said_of["titles"][1]})

code, said, fits = run("sar-rho-range", "estimate", "config.toml")
values = [beta(fits, "qml", "rho"), beta(fits, "qml", "rho", "standard_error")]
code, said, fits = run("sar-rho-range", "estimate", "standardised.toml", "--data", "pack-standardised")
values += [beta(fits, "qml", "rho"), beta(fits, "qml", "rho", "standard_error")]
case("sar-rho-range", f"{values}", {"-0.2795278 (0.0014972)": near(values[0], -0.2795278, 2e-7) and near(values[1], 0.0014972, 2e-7), "-1.630255 (0.0994578)": near(values[2], -1.630255, 1e-6) and near(values[3], 0.0994578, 1e-6)})

code, said, fits = run("single-cluster-type", "estimate", "config.toml")
values = [beta(fits, e, "lag:rare", "standard_error") for e in ("as_published", "within")]
code, other, iid = run("single-cluster-type", "estimate", "iid.toml")
case("single-cluster-type", f"s.e. {values}; iid {beta(iid, 'within', 'lag:rare', 'standard_error')}",
     {"none": values == [None, None] and "rests on 1 cluster" in said + all_text(fits), "iid 0.632": near(beta(iid, "within", "lag:rare", "standard_error"), 0.632, 1e-3)})

code, said, _ = run("weights-file-truncated", "estimate", "config.toml")
other, also, _ = run("weights-file-truncated", "estimate", "gwt.toml", "--data", "pack-gwt")
_, _, fits = run("weights-file-truncated", "estimate", "config.toml", "--data", "pack-whole")
case("weights-file-truncated", told(said) + f"; whole: rho {beta(fits, 'qml', 'rho')}",
     {"both refused with the areas": code == other == 2 and "E00049" in said and "E00080" in also, "0.6197308": near(beta(fits, "qml", "rho"), 0.6197308, 2e-7)})

found = []
for words in (("config.toml",), ("upper.toml", "--data", "pack-upper")):
    code, said, fits = run("weights-path-by-extension", "estimate", *words)
    found.append(beta(fits, "qml", "rho"))
swm, said, _ = run("weights-path-by-extension", "estimate", "swm.toml", "--data", "pack-swm")
typo, also, _ = run("weights-path-by-extension", "estimate", "typo.toml")
case("weights-path-by-extension", f"rho {found}; .swm exit {swm}; a wrong name exit {typo}",
     {"0.6197308 from each": all(near(v, 0.6197308, 2e-7) for v in found), ".swm by name": swm == 2 and "swm" in said.lower(), "line of the configuration": typo == 2 and "typo.toml:" in also})

for name, now in rows:
    print(f"{name:32s} {now}")
print(f"{len(rows) - 1} cases, {failed} not right")
sys.exit(bool(failed))
