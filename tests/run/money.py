#!/usr/bin/env python3
"""The money of a run done again by hand, from the draws that its file keeps and HM Treasury's printed rates: costs with optimism
bias on capital alone, the residual effect, distributional weights, the Exchequer by year, and what every authority gains, which
sums to the nation. Run by ctest with the program and the source folder."""
import array
import csv
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

spillway, source = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
os.chdir(tempfile.mkdtemp())
DRAWS, PERIODS, YEARS_A_PERIOD, YEARS, FIRST, BASE = 59, 3, 2.5, 10, 2027, 2026


def call(*arguments):
    return subprocess.run([spillway, *arguments], check=True, capture_output=True, text=True).stdout


call("synth", "--output", "pack", "--areas", "900")
rows = list(csv.DictReader(open("pack/areas.csv")))
for k, row in enumerate(rows):  # income of residents: no two areas alike, rich where there is much output
    row["income"] = f"{15000 + 8000 * math.sin(k) ** 2 + 0.02 * float(row['gva']) / float(row['population']):.2f}"
with open("pack/areas.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
pack = re.sub(r"(?m)^period_years = .*", 'period_years = "uneven"', open("pack/pack.toml").read())
open("pack/pack.toml", "w").write(re.sub(r"(?m)^sha256 = .*\n", "", pack) + '\n[columns.income]\nunit = "GBP"\n')
benefits = {"gva_additional_share": 0.25, "fiscal_per_pound": 1.2, "benefit_years": 4.5, "ame_share": 0.3, "cashable_share": 0.5}
sets = [f"outcomes.horizon={PERIODS}", f"outcomes.period_years={YEARS_A_PERIOD}", 'outcomes.area=["uplift"]',
        f"appraisal.first_year={FIRST}", f"appraisal.discount_base_year={BASE}", f"appraisal.appraisal_years={YEARS}",
        "appraisal.capital_share=0.4", 'appraisal.optimism_bias_class="standard_civil"', "appraisal.residual_persistence=0.8",
        "appraisal.distributional_weights=true", 'appraisal.income_column="income"', "appraisal.envelope=[25, 25, 10]",
        *(f'appraisal.benefits.{key}={{ value = {value}, source = "by hand" }}' for key, value in benefits.items())]
call("run", source / "configs/smoke.toml", "--data", "pack", "--quiet", "--replicates", str(DRAWS), "--draws", str(DRAWS), "--output", "run.h5",
     *(word for one in sets for word in ("--set", one)))


def numbers(path, kind="d"):
    subprocess.run(["h5dump", "-d", path, "-b", "LE", "-o", "values.bin", "run.h5"], check=True, capture_output=True)
    return array.array(kind, open("values.bin", "rb").read())


def attribute(path):
    text = subprocess.run(["h5dump", "-m", "%.17g", "-a", path, "run.h5"], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"\(0\): (\S+)", text).group(1))


def texts(path):
    text = subprocess.run(["h5dump", "-w", "0", "-d", path, "run.h5"], check=True, capture_output=True, text=True).stdout
    return [one.split("\\000")[0] for one in re.findall(r'"([^"]*)"', text.split("DATA {")[1].split("}")[0])]


policy = "/scenarios/wealth_fund"
growth = numbers(policy + "/counterfactual/growth")
people = [float(row["population"]) for row in rows]
income = [float(row["income"]) for row in rows]
factor, periods = attribute(policy + "/gva_factor"), attribute(policy + "/gva_periods")
gva = [float(row["gva"]) * factor * math.exp(y * periods) for row, y in zip(rows, growth)]
cost, later = numbers(policy + "/cost"), numbers(policy + "/later_cost")
beyond = len(later) // DRAWS
rate = lambda year: (1.035 ** -year)  # the standard rate to year 30
worth = [rate(FIRST - BASE + k) for k in range(40)]
close = lambda a, b, what: abs(a - b) <= 1e-9 * max(abs(a), abs(b)) or sys.exit(f"FAILED: {what}: {a!r} is {b!r} by hand")


def by_year(path, years, persistence=0.0):
    """Amounts by period as amounts by year; after the last period its last year goes on, less each year."""
    end = len(path) * YEARS_A_PERIOD
    made = []
    for k in range(years):
        amount = sum(x / YEARS_A_PERIOD * max(0.0, min(k + 1, (h + 1) * YEARS_A_PERIOD) - max(k, h * YEARS_A_PERIOD)) for h, x in enumerate(path))
        after = k + 1 - max(k, end)
        if after > 0 and persistence > 0:
            amount += path[-1] / YEARS_A_PERIOD * after * persistence ** (k + 1 - end)
        made.append(amount)
    return made


def quantile(values, p):
    values = sorted(values)
    at = p * (len(values) - 1)
    k = int(at)
    return values[k] + (at - k) * (values[min(k + 1, len(values) - 1)] - values[k])


def spread(told, values, what):
    for key, p in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        close(told[key], quantile(values, p), f"{what}, {key}")


def gains(grouping, column, which=lambda group: True):
    """GBP of GVA gained by group: [draw][year]."""
    name = f"{policy}/aggregate/uplift/{grouping}"
    groups, uplift = texts(name + "/group"), numbers(name + "/value", "f")
    made = {}
    for g, group in enumerate(groups):
        if not which(group): continue
        here = [i for i, row in enumerate(rows) if row[column] == group]
        all_gva = sum(gva[i] for i in here)
        mean = sum(gva[i] * growth[i] for i in here) / all_gva
        made[group] = []
        for d in range(DRAWS):
            risen, path = 0.0, []
            for h in range(PERIODS):
                risen += uplift[(d * PERIODS + h) * len(groups) + g]
                path.append(all_gva * math.exp(mean * (h + 1)) * YEARS_A_PERIOD * math.expm1(risen))
            made[group].append(by_year(path, YEARS, 0.8))
    return made


present = lambda yearly: sum(x * w for x, w in zip(yearly, worth))
told = json.loads(call("appraise", "run.h5", "--scenario", "wealth_fund", "--by", "lad", "--json", "-"))["appraisals"][0]

# Costs: all of the programme, whenever it is spent; optimism bias of 44 % on the 40 % that is capital, in present value alone.
assert beyond > 0 and max(later) > 0, "no money after the horizon: the test asks too little"
years = max(YEARS, math.ceil((PERIODS + beyond) * YEARS_A_PERIOD))
spent = [by_year(list(cost[d * PERIODS:(d + 1) * PERIODS]) + list(later[d * beyond:(d + 1) * beyond]), years) for d in range(DRAWS)]
costs = [(1 + 0.44 * 0.4) * present(one) for one in spent]
for a, b in zip(numbers("/appraisal/wealth_fund/present_value_costs"), costs): close(a, b, "present value of costs")
spread(told["financial_costs"], [sum(one) for one in spent], "financial cost, without bias")

# Benefits: the last year's gain goes on at 80 % of itself a year; a quarter of it is additional to the nation.
types = gains("area_type", "area_type")
value = {group: [present(one) for one in draws] for group, draws in types.items()}
whole = [sum(value[group][d] for group in types) for d in range(DRAWS)]
spread(told["local"]["benefits"], value["doubly_disadvantaged"], "local benefits")
spread(told["national"]["benefits"], [0.25 * w for w in whole], "national benefits")
spread(told["national"]["npsv"], [0.25 * w - c for w, c in zip(whole, costs)], "national NPSV")
spread(told["national"]["adjusted_bcr"], [0.25 * w / c for w, c in zip(whole, costs)], "ratio")

# Weights: (median income of residents / income of the group)^1.3, and what is not additional is taken in proportion to income.
half, median = 0.0, None
for at, heads in sorted(zip(income, people)):
    half += heads
    if median is None and 2 * half >= sum(people): median = at
of = {group: [i for i, row in enumerate(rows) if row["area_type"] == group] for group in types}
heads = {group: sum(people[i] for i in here) for group, here in of.items()}
mean_income = {group: sum(people[i] * income[i] for i in here) / heads[group] for group, here in of.items()}
weight = {group: (median / mean_income[group]) ** 1.3 for group in of}
everyone = sum(weight[g] * heads[g] * mean_income[g] for g in of) / sum(heads[g] * mean_income[g] for g in of)
weighted = [sum(weight[g] * value[g][d] for g in of) - everyone * 0.75 * whole[d] for d in range(DRAWS)]
spread(told["weighted"]["benefits"], weighted, "weighted benefits")

# The Exchequer: 40 % capital; GBP 1.20 back of each pound spent within the years appraised, over 4.5 years, 30 % of it benefits saved.
money = told["exchequer"]["years"]
assert [one["year"] for one in money] == list(range(FIRST, FIRST + years))
counted = [by_year(cost[d * PERIODS:(d + 1) * PERIODS], YEARS) for d in range(DRAWS)]
back = [[sum(one[s] * 1.2 * max(0.0, min(t - s + 1, 4.5) - (t - s)) / 4.5 for s in range(t + 1)) if t < YEARS else 0.0 for t in range(years)] for one in counted]
for k, year in enumerate(money):
    at = lambda path: [one[k] for one in path]
    spread(year["rdel"], [0.6 * x for x in at(spent)], "RDEL")
    spread(year["cdel"], [0.4 * x for x in at(spent)], "CDEL")
    spread(year["ame_saved"], [0.3 * x for x in at(back)], "AME saved")
    spread(year["receipts"], [0.7 * x for x in at(back)], "receipts")
    spread(year["cashable"], [0.5 * x for x in at(back)], "cashable")
    spread(year["net_cost"], [a - b for a, b in zip(at(spent), at(back))], "net cost")
    room = {0: 25e6, 1: 25e6, 2: 10e6}.get(k, 0.0)
    close(year["within_envelope"], sum(x <= room for x in at(spent)) / DRAWS, "within the envelope")
spread(told["exchequer"]["present_value_net"], [present(a) - present(b) for a, b in zip(spent, back)], "net cost in present value")
spread(told["exchequer"]["returned_per_pound"], [present(b) / present(a) for a, b in zip(spent, back)], "comes back of a pound")

# By authority: each by hand, and the last row is their sum, draw by draw.
authorities = gains("lad", "lad_code")
places = {one["code"]: one for one in told["by_place"]}
named = {code: [present(one) for one in draws] for code, draws in authorities.items()}
for code, values in named.items(): spread(places[code]["gva"], values, f"GVA of {code}")
nation = [sum(values[d] for values in named.values()) for d in range(DRAWS)]
spread(places["nation"]["gva"], nation, "the nation by authorities")
close(places["nation"]["mean_gva"], sum(nation) / DRAWS, "the nation's mean")
close(sum(one["received"] for code, one in places.items() if code != "nation"), places["nation"]["received"], "what places receive")
print(f"{len(named)} authorities, {years} years, {DRAWS} draws: as by hand")
