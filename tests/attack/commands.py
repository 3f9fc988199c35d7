#!/usr/bin/python3
"""One result, every command: does a figure have the same value, sign, unit and chance wherever it stands? Recomputed by numpy from
the draws in the file, for a policy whose outcome should rise, one whose outcome should fall, and outcomes beside it; then what is said
of few draws, and of units that only look like log points or shares.

    tests/attack/commands.py build/spillway SOURCE

Prints how many figures were compared and what came out otherwise; exit 1 where something did, 77 without h5py.
"""
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"SKIPPED: needs python3-h5py ({error})")
    sys.exit(77)

spillway, source = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
home = tempfile.TemporaryDirectory()
os.chdir(home.name)
compared, wrong = 0, []


def call(*words, code=0):
    done = subprocess.run([spillway, *map(str, words)], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"FAILED: {words} ends with {done.returncode}: {done.stderr[-600:]}")
    return done.stdout


def same(a, b, what, tolerance=2e-5):
    global compared
    compared += 1
    if a is None or b is None or not abs(a - b) <= tolerance * max(abs(a), abs(b)):
        wrong.append(f"{what}: {a} is {b} by hand")


def holds(truth, what):
    global compared
    compared += 1
    if not truth:
        wrong.append(what)


text = lambda value: value.decode() if isinstance(value, bytes) else str(value)
quantile = lambda draws, p: float(np.quantile(np.asarray(draws, float), p))

call("synth", "--areas", 900, "--authorities", 45, "--output", "pack")
config = (source / "configs/outcomes.toml").read_text()
for old, new in (("replicates = 999", "replicates = 99"), ("draws = 999", "draws = 99"), ('fund = "cwf_as_launched"', "amount = 3e6"), ("amount = 1.5e9", "amount = 2e7"),
                 ("horizon = 10", "horizon = 5"), ('area = ["uplift", "cumulative_uplift"]', 'area = ["uplift", "cumulative_uplift", "gva_per_head_uplift", "discounted_gva_uplift"]')):
    assert old in config, old
    config = config.replace(old, new)
pathlib.Path("rises.toml").write_text(config)
falls = config.replace('spillover = "spillover/corrected_score"\ninfrastructure = "social_infrastructure/2sls"', 'spillover = "inactivity_rate/corrected_score"\ninfrastructure = "inactivity_decade/2sls"')
falls = re.sub(r'\[\[scenario\.outcome\]\]\nname = "inactivity"\n.*\n', "", falls).replace(', "gva_per_head_uplift", "discounted_gva_uplift"', "")
pathlib.Path("falls.toml").write_text(falls)

for name in ("rises", "falls"):
    call("run", f"{name}.toml", "--data", "pack", "--output", f"{name}.h5", "--quiet")
    with h5py.File(f"{name}.h5") as file:
        scenarios = file["scenarios"]
        sign = {s: -1 if text(scenarios[s].attrs["better"]) == "lower" else 1 for s in scenarios}

        def last(scenario, outcome, grouping, group):
            at = scenarios[f"{scenario}/aggregate/{outcome}/{grouping}"]
            return at["value"][:, -1, [text(g) for g in at["group"][()]].index(group)].astype(float)

        for grouping in ("nation", "region", "lad", "area_type"):
            for row in json.loads(call("table", f"{name}.h5", grouping, "--format", "json"))["rows"]:
                for column, p in (("p5", .05), ("p25", .25), ("median", .5), ("p75", .75), ("p95", .95)):
                    same(row[column], quantile(last(row["scenario"], row["outcome"], grouping, row["group"]), p), f"table {row} {column}")
        call("contrast", f"{name}.h5", "wealth_fund", "ring_fence_new_money", "--json", "contrast.json")
        for row in json.load(open("contrast.json"))["aggregates"]:
            if row["outcome"] not in scenarios["wealth_fund/aggregate"]:
                continue
            less = last("wealth_fund", row["outcome"], row["grouping"], row["group"]) - last("ring_fence_new_money", row["outcome"], row["grouping"], row["group"])
            for column, p in (("p5", .05), ("p50", .5), ("p95", .95)):
                same(row[column], quantile(less, p), f"contrast {row} {column}", 1e-4)
            same(row["first_better"], float((sign["wealth_fund"] * less > 0).mean()), f"contrast {row}")
        call("certain", f"{name}.h5", "--grouping", "region", "--json", "certain.json", "--quiet")
        for league in json.load(open("certain.json"))["scenarios"]:
            holds(league["better"] == text(scenarios[league["scenario"]].attrs["better"]), f"certain: which way is better of {league['scenario']}")
            for place, mean in zip(league["league"]["names"], league["league"]["bands"]["mean"]):
                same(mean, last(league["scenario"], league["outcome"], "region", place).mean(), f"certain {league['scenario']} {place}", 1e-4)
        call("appraise", f"{name}.h5", "--by", "region", "--json", "appraise.json")
        appraised = {one["scenario"]: one for one in json.load(open("appraise.json"))["appraisals"]}
        for policy, one in appraised.items():
            for key, dataset in (("present_value_costs", "present_value_costs"), ("npsv", "npsv")):
                found = one[key] if key in one else one["national"][key]
                for column, p in (("p10", .1), ("p50", .5), ("p90", .9)):
                    same(found[column], quantile(file[f"appraisal/{policy}/{dataset}"][()], p), f"appraise {policy} {key} {column}")
            holds(one.get("no_band") is None, f"appraise {policy}: 99 draws have a band")
            *places, nation = one["by_place"]
            for key in ("received", "mean_gva"):
                if nation[key] is not None:
                    same(sum(place[key] for place in places), nation[key], f"appraise {policy}: {key} of all places")
        call("frontier", f"{name}.h5", "--scenario", "wealth_fund", "--points", 3, "--area-draws", 20, "--json", "frontier.json", "--quiet")
        table = json.load(open("frontier.json"))["frontier"]
        table = (table[0] if isinstance(table, list) else table)["frontier"]
        at = table["factor"]["values"].index(1)
        for key, right in (("npsv_local_p50", appraised["wealth_fund"]["local"]["npsv"]["p50"]), ("npsv_national_p50", appraised["wealth_fund"]["national"]["npsv"]["p50"]),
                           ("public_cost_p50", appraised["wealth_fund"]["present_value_costs"]["p50"]),
                           ("target_uplift_p5", quantile(last("wealth_fund", "cumulative_uplift", "area_type", "doubly_disadvantaged"), .05)),
                           ("nation_uplift_p95", quantile(last("wealth_fund", "cumulative_uplift", "nation", "nation"), .95))):
            same(table[key]["values"][at], right, f"frontier {key}")
        # Winners and losers, of every area's own chance: 95 of 100 draws on a side, and no less than 1e-5 of the largest effect.
        people = file["areas/population"][()]
        for row in json.loads(call("table", f"{name}.h5", "winners", "--format", "json"))["rows"]:
            if row["grouping"] != "all":
                continue
            at = scenarios[f"{row['scenario']}/area/cumulative_uplift"]
            mean, better = at["mean"][()].astype(float), at["probability_better"][()].astype(float)
            moved = np.abs(mean) > 1e-5 * np.abs(mean).max()
            for side, on in (("better", moved & (better >= .95)), ("worse", moved & (better <= 1 - .95))):
                same(float(row[f"areas {side}"]), float(on.sum()), f"winners {row['scenario']} {side}")
                same(float(row[f"residents {side}"]), float(people[on].sum()), f"residents {row['scenario']} {side}")
        # The spreadsheet against the file: it holds in full what it shows in percent.
        call("export", f"{name}.h5", "--output", "o.xlsx")
        book = zipfile.ZipFile("o.xlsx")
        words = [re.sub("<[^>]+>", "", one) for one in re.findall(r"<si>(.*?)</si>", book.read("xl/sharedStrings.xml").decode(), re.S)]
        for k, sheet in enumerate(re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode()), 1):
            if not sheet.startswith("Cumulative uplift"):
                continue
            for row in re.findall(r"<row [^>]*>(.*?)</row>", book.read(f"xl/worksheets/sheet{k}.xml").decode(), re.S):
                cells = [words[int(v)] if 't="s"' in kind else float(v) for kind, v in re.findall(r"<c ([^>]*)><v>(.*?)</v></c>", row)]
                if len(cells) > 4 and cells[0] in ("Wealth fund", "Ring fence new money") and cells[1] == "Region":
                    policy = {"Wealth fund": "wealth_fund", "Ring fence new money": "ring_fence_new_money"}[cells[0]]
                    same(cells[4], quantile(last(policy, "cumulative_uplift", "region", cells[3]), .5), f"spreadsheet {cells[:4]}")
                    holds(" a year" not in cells[-1], f"spreadsheet: a sum in '{cells[-1]}'")
    # What `run --all` prints: pounds are pounds, and a sum is no rate a year.
    said = call("run", f"{name}.toml", "--data", "pack", "--output", "again.h5", "--all")
    for line in said.splitlines():
        if line.startswith(("gva_per_head_uplift", "discounted_gva_uplift")):
            holds(line.rstrip().endswith("GBP a head"), f"run --all: {line}")
        if line.startswith("cumulative_uplift "):
            holds(not line.rstrip().endswith(" a year"), f"run --all: {line}")

# Of few draws nothing is told: no band, no verdict, no side, wherever a figure stands.
call("run", "rises.toml", "--data", "pack", "--output", "few.h5", "--quiet", "--draws", 3, "--replicates", 12)
words = call("appraise", "few.h5", "--by", "area_type", "--json", "few.json")
few = "no band from 3 draws (it needs 39)"
holds("Median (P10 to P90) of 3 draws: too few for a band" in words and few in words, "appraise tells bands of three draws")
holds("too few draws to conclude from" in words and not re.search("is supported|it gets worse|leans towards|do not say|% of draws", words), "appraise concludes from three draws")
for one in json.load(open("few.json"))["appraisals"]:
    holds(one.get("no_band") == few, "the JSON of an appraisal does not say that draws are few")
    for spread in (one["present_value_costs"], *(place["gva"] for place in one["by_place"])):
        holds(spread["p10"] is None and spread["p90"] is None and spread["p50"] is not None, f"JSON of three draws: {spread}")
for what in ("area_type", "outcomes", "appraisal", "winners"):
    holds(few in call("table", "few.h5", what), f"table {what} does not say that draws are few")
holds(few in call("contrast", "few.h5", "wealth_fund", "ring_fence_new_money"), "contrast does not say that draws are few")
for row in csv.DictReader(io.StringIO(call("table", "few.h5", "winners", "--format", "csv"))):
    holds(row["areas better"] == row["areas worse"] == "0", f"winners of three draws: {row}")

# Units that hold the letters "log", or are in per cent already, are shown as they are; rates a year of longer periods are doubted.
def manifest(pairs):
    made = pathlib.Path("pack/pack.toml").read_text()
    for column, unit in pairs.items():
        made = re.sub(rf'(?s)(\[columns\."?{column}"?\][^\[]*?unit = )"[^"]*"', lambda found: f'{found[1]}"{unit}"', made)
    return made


plain = pathlib.Path("pack/pack.toml").read_text()
for unit, decade in (("psychology score", "psychology score"), ("share of working age (%)", "share of working age (%)")):
    pathlib.Path("pack/pack.toml").write_text(manifest({"inactivity_rate_change": unit, "inactivity_rate_change_decade": decade}))
    call("run", "falls.toml", "--data", "pack", "--output", "unit.h5", "--quiet")
    with h5py.File("unit.h5") as file:
        draws = file["scenarios/wealth_fund/aggregate/cumulative_uplift/area_type"]
        right = quantile(draws["value"][:, -1, [text(g) for g in draws["group"][()]].index("doubly_disadvantaged")], .5)
    shown = [row for row in json.loads(call("table", "unit.h5", "outcomes", "--format", "json"))[0]["rows"] if (row["policy"], row["group"]) == ("wealth_fund", "doubly_disadvantaged")][0]
    same(shown["median"], right, f"an outcome in '{unit}' is shown times a hundred")
    holds(unit in shown["unit"], f"an outcome in '{unit}' is shown in '{shown['unit']}'")
pathlib.Path("pack/pack.toml").write_text(plain)
holds("warning: 'growth'" not in call("check", "rises.toml", "--data", "pack"), "growth a year is doubted where periods are years")
years = re.sub(r"(?m)^sha256 = .*\n", "", plain)
rows = list(csv.DictReader(open("pack/panel.csv")))
with open("pack/panel.csv", "w", newline="") as out:
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(dict(row, period=2011 + 2 * (int(row["period"]) - 2011)) for row in rows)
pathlib.Path("pack/pack.toml").write_text(re.sub(r"(?m)^period_years = .*", "period_years = 2", years))
said = call("run", "rises.toml", "--data", "pack", "--output", "two.h5")
holds("warning: 'growth' is in 'log points a year', and its periods are 2 years long" in said, "yearly rates in periods of two years are not doubted")
print(f"{compared} figures compared, {len(wrong)} otherwise")
for one in wrong:
    print("  " + one)
sys.exit(len(wrong) > 0)
