#!/usr/bin/env python3
"""Sliders of the report: what the page shows at another size is what a run at that size gives, for every area, to 1e-5 of
the area's size (root mean square of its draws). A policy judged earlier is a run with that horizon; a rulebook and a share of
local gains that is additional are a run appraised so. SPILLWAY_POSITIONS sets how many sizes are tried (12), and a tenth as many
years and appraisals (2 at least)."""
import array, atexit, json, os, random, re, shutil, subprocess, sys, tempfile

spillway, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
tools = source + "/tools/report"
for needed, why in (("node", "node is not installed"), ("h5dump", "h5dump is not installed")):
    if not shutil.which(needed):
        print("SKIPPED:", why)
        sys.exit(77)
if not os.path.isdir(tools + "/node_modules/fflate"):
    print("SKIPPED: fflate is not installed (cd tools/report && npm ci)")
    sys.exit(77)
folder = tempfile.mkdtemp()
atexit.register(shutil.rmtree, folder)
os.chdir(folder)
failures = []
TOLERANCE = 1e-5

def check(what, right, seen=""):
    if not right:
        failures.append(what)
        print(f"FAILED: {what}: {seen}")

def run(output, *more, config=source + "/configs/smoke.toml"):
    done = subprocess.run([spillway, "run", config, "--set", "data.synthetic_areas=300", "--set", "bootstrap.replicates=80", "--set", "bootstrap.draws=49", "--quiet",
                           "--set", 'outcomes.area=["uplift", "cumulative_uplift", "gva_per_head_uplift"]', "--output", output, *more],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

def dump(file, path, kind):
    subprocess.run(["h5dump", "-d", path, "-b", "LE", "-o", "dump.bin", file], check=True, stdout=subprocess.DEVNULL)
    values = array.array(kind)
    values.frombytes(open("dump.bin", "rb").read())
    return values

def page(file, *positions):
    subprocess.run([spillway, "report", file, "--output", "page.html"], check=True, capture_output=True)
    return json.loads(subprocess.run(["node", source + "/tests/run/what_if.mjs", tools, "page.html", *positions],
                                     check=True, capture_output=True, text=True).stdout)

worst = 0.0

def compare_groups(shown, file, scenario, where, outcome, levels):
    global worst
    for grouping in ("area_type",) if outcome == "uplift" else ("lad",):
        group, base = shown["groups"][f"{outcome}/{grouping}"], f"/scenarios/{scenario}/aggregate/{outcome}/{grouping}/"
        quantile, error = dump(file, base + "quantile", "d"), dump(file, base + "monte_carlo_error", "d")
        m = len(group["groups"])
        for g in range(m):
            values = [quantile[l * m + g] for l in range(5)]
            size = max(map(abs, values))
            for l, level in enumerate(levels):
                difference = abs(group["q"][g][group["levels"].index(level)] - values[l])
                check(f"{where}: {outcome} of {grouping} {g}", difference <= TOLERANCE * size, (difference, size))
                if size: worst = max(worst, difference / size)
            if group["error"][g] is not None:  # the page has that of the last period alone
                check(f"{where}: Monte Carlo error", abs(group["error"][g] - error[2 * m + g]) <= 1e-4 * abs(error[2 * m + g]), (group["error"][g], error[2 * m + g]))

def compare(shown, file, scenario, where, outcomes=("uplift", "cumulative_uplift"), periods=5):
    """The largest difference over the size of its area or group; of fewer periods than the run's, groups and cost alone."""
    global worst
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    for outcome in outcomes:
        base = f"/scenarios/{scenario}/area/{outcome}/"
        if periods < 5:
            compare_groups(shown, file, scenario, where, outcome, levels)
            continue
        quantile, mean, sd, better = (dump(file, base + name, "f") for name in ("quantile", "mean", "sd", "probability_better"))
        n = len(mean)
        assert shown["areas"][outcome]["levels"] == levels and len(quantile) == 5 * n
        apart = 0.0
        for a in range(n):
            size = (mean[a] ** 2 + sd[a] ** 2) ** 0.5
            for l in range(5):
                difference = abs(shown["areas"][outcome]["quantiles"][l][a] - quantile[l * n + a])
                if difference > 0: apart = max(apart, difference / size if size else float("inf"))
        check(f"{where}: {outcome} of areas", apart <= TOLERANCE, apart)
        worst = max(worst, apart)
        check(f"{where}: P(better) of {outcome}", max(abs(p - q) for p, q in zip(shown["areas"][outcome]["better"], better)) < 1e-5)
        compare_groups(shown, file, scenario, where, outcome, levels)
    cost = dump(file, f"/scenarios/{scenario}/cost", "d")
    totals = sorted(sum(cost[d * periods:(d + 1) * periods]) for d in range(len(cost) // periods))
    check(f"{where}: cost", abs(shown["cost"][3] - totals[len(totals) // 2]) <= 1e-5 * abs(totals[-1]), (shown["cost"], totals[len(totals) // 2]))

FIXED = ("--set", "scenario.ring_fence_10.parameters.share=0.1")
run("base.h5", *FIXED)
about = page("base.h5")["sizes"]
check("the ring-fence is in proportion to its share, up to three times", about["ring_fence_10"]["sizes"] == {"share": 3}, about)
check("the fund is in proportion to its factor", about["wealth_fund"]["sizes"] == {"factor": 3}, about)
check("franchising has no size, and says why", not about["bus_franchising"]["sizes"] and "rho or W" in about["bus_franchising"]["unsized"], about)

# Each run moves both policies: two positions.
count = int(os.environ.get("SPILLWAY_POSITIONS", "12"))
chance = random.Random(4)
factor = lambda: round(chance.uniform(0.02, 3.0), 6)
pairs = [(0.0, 3.0), (3.0, 0.5)] + [(factor(), factor()) for _ in range(max(0, count // 2 - 2))]
shown = page("base.h5", *[position for share, fund in pairs for position in (f"ring_fence_10*share*{share}", f"wealth_fund*factor*{fund}")])["positions"]
for k, (share, fund) in enumerate(pairs):
    run("moved.h5", "--set", f"scenario.ring_fence_10.parameters.share={0.1 * share!r}", "--set", f"scenario.wealth_fund.parameters.factor={fund!r}")
    for there, scenario, at in ((shown[2 * k], "ring_fence_10", share), (shown[2 * k + 1], "wealth_fund", fund)):
        compare(there, "moved.h5", scenario, f"{scenario} at {at}", (("uplift", "cumulative_uplift")[(k + len(scenario)) % 2],))
        check("outcomes in pounds are not scaled", "gva_per_head_uplift" not in there["outcomes"] or at == 1, there["outcomes"])

# A distribution is scaled by the lines that the page gives: they are run as they stand.
run("drawn.h5")
drawn = page("drawn.h5", "ring_fence_10*share*1.7")["positions"][0]
line = drawn["lines"].splitlines()[-1]
check("the lines scale the distribution", re.search(r'^share = \{ distribution = "pert", .*low = 0\.085.*', line), line)
text = open(source + "/configs/smoke.toml").read()
open("moved.toml", "w").write(re.sub(r"(?m)^share = .*$", lambda _: line, text))
run("moved.h5", config="moved.toml")
compare(drawn, "moved.h5", "ring_fence_10", "a distribution at 1.7")

# Judged earlier, at another size: a run with that horizon.
few = max(2, count // 10)
positions = [(factor(), factor(), 1 + k % 4) for k in range(few)]
shown = page("base.h5", *[place for share, fund, year in positions
                          for place in (f"ring_fence_10*share*{share}@{year}", f"wealth_fund*factor*{fund}@{year}")])["positions"]
for k, (share, fund, year) in enumerate(positions):
    run("moved.h5", "--set", f"scenario.ring_fence_10.parameters.share={0.1 * share!r}", "--set", f"scenario.wealth_fund.parameters.factor={fund!r}", "--set", f"outcomes.horizon={year}")
    for there, scenario, at in ((shown[2 * k], "ring_fence_10", share), (shown[2 * k + 1], "wealth_fund", fund)):
        check("areas are not judged earlier", not there["areas"], list(there["areas"]))
        compare(there, "moved.h5", scenario, f"{scenario} at {at} in year {year}", periods=year)

# Another rulebook and share of local gains that is additional: a run appraised so.
choices = page("base.h5")["choices"]
books, appraised = choices["rulebooks"], 0
check("the page can be appraised under every rulebook", len(books) >= 2 and len(choices["shares"]) == 21, (books, choices["shares"]))
for k in range(few):
    book, step = books[(k + 1) % len(books)], chance.randrange(21)
    run("moved.h5", *FIXED, "--set", f"appraisal.rulebook={book}", "--set", f'appraisal.benefits.gva_additional_share={{ value = {choices["shares"][step]!r}, source = "test" }}')
    for scenario in choices["policies"]:
        there = choices["policies"][scenario][book][step + 1]
        for name, dataset in (("benefits", "present_value_benefits"), ("costs", "present_value_costs"), ("npsv", "npsv")):
            draws = sorted(dump("moved.h5", f"/appraisal/{scenario}/{dataset}", "d"))
            size = max(map(abs, draws))
            for q, level in zip(there[name]["q"], (0.05, 0.1, 0.5, 0.9, 0.95)):
                at = level * (len(draws) - 1)
                value = draws[int(at)] + (at - int(at)) * (draws[min(int(at) + 1, len(draws) - 1)] - draws[int(at)])
                check(f"{scenario} under {book}, share {choices['shares'][step]}: {name}", abs(q - value) <= TOLERANCE * size, (q, value, size))
                if size: worst = max(worst, abs(q - value) / size)
        appraised += 1

print(f"{2 * len(pairs) + 1} sizes, {2 * few} judged earlier, {appraised} appraised anew: largest difference {worst:.2g} of the size (at most {TOLERANCE:g})")
sys.exit(1 if failures else 0)
