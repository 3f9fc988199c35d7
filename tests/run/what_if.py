#!/usr/bin/env python3
"""Sliders of the report: what the page shows at another size is what a run at that size gives, for every area, to 1e-5 of
the area's size (root mean square of its draws). SPILLWAY_POSITIONS sets how many positions are tried (20)."""
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

def compare(shown, file, scenario, where, outcomes=("uplift", "cumulative_uplift")):
    """The largest difference over the size of its area or group."""
    global worst
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    for outcome in outcomes:
        base = f"/scenarios/{scenario}/area/{outcome}/"
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
                check(f"{where}: Monte Carlo error", abs(group["error"][g] - error[2 * m + g]) <= 1e-4 * abs(error[2 * m + g]), (group["error"][g], error[2 * m + g]))
    cost = dump(file, f"/scenarios/{scenario}/cost", "d")
    totals = sorted(sum(cost[d * 5:d * 5 + 5]) for d in range(len(cost) // 5))
    check(f"{where}: cost", abs(shown["cost"][3] - totals[len(totals) // 2]) <= 1e-5 * abs(totals[-1]), (shown["cost"], totals[len(totals) // 2]))

FIXED = ("--set", "scenario.ring_fence_10.parameters.share=0.1")
run("base.h5", *FIXED)
about = page("base.h5")["sizes"]
check("the ring-fence is in proportion to its share, up to three times", about["ring_fence_10"]["sizes"] == {"share": 3}, about)
check("the fund is in proportion to its factor", about["wealth_fund"]["sizes"] == {"factor": 3}, about)
check("franchising has no size, and says why", not about["bus_franchising"]["sizes"] and "rho or W" in about["bus_franchising"]["unsized"], about)

# Each run moves both policies: two positions.
count = int(os.environ.get("SPILLWAY_POSITIONS", "20"))
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

print(f"{2 * len(pairs) + 1} positions, largest difference {worst:.2g} of an area's size (at most {TOLERANCE:g})")
sys.exit(1 if failures else 0)
