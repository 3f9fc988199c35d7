"""What the attacks by lists of inputs share: numpy or a skip, a folder of their own, which inputs are tried, what came out otherwise."""
import collections
import os
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    debian = "/usr/bin/python3"  # where another one stands before it
    if os.path.exists(debian) and sys.executable != debian:
        os.execv(debian, [debian] + sys.argv)
    print("SKIPPED: no numpy")
    sys.exit(77)

spillway = os.path.abspath(sys.argv[1])
only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
os.chdir(tempfile.mkdtemp())
tried, wrong = collections.Counter(), []
asked = 0

# Both models of a small world, and a policy that rests on them; its target is to be filled in.
WORLD = """[run]
name = "w"
seed = 3
[data]
pack = "world"
[weights]
kind = "contiguity"
[areas]
type = "area_type"
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
spatial_lag = "common"
estimators = ["within"]
headline = "within"
covariance = { kind = "cluster", by = "lad_code" }
[[model]]
name = "infra"
kind = "iv"
outcome = "growth_decade"
window_years = 10
endogenous = ["grants_per_head"]
instruments = ["drug_crime_rate", "turnout"]
controls = ["log_population"]
estimators = ["ols", "2sls"]
headline = "2sls"
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
cluster = "lad_code"
replicates = 59
draws = 19
"""
FUND = """[[scenario]]
name = "fund"
lever = "community_wealth_fund"
extrapolate = "a small world"
[scenario.estimates]
spillover = "spillover/within"
infrastructure = "infra/2sls"
[scenario.parameters]
amount = 3e5
fund_years = 3
target = %s
[outcomes]
horizon = 2
"""
AREA_TYPE = '{ type = "doubly_disadvantaged" }'


def among(kind, what, mended, every):
    """Whether this input is tried: with --quick those that told something when they were new, and one in `every` of the others."""
    global asked
    asked += 1
    if (only and only != kind) or ("--quick" in sys.argv and asked % every and not any(word in what for word in mended)):
        return False
    tried[kind] += 1
    return True


def judge(kind, what, faults, said):
    if faults:
        wrong.append((kind, what, "; ".join(faults), said if len(said) <= 900 else said[:300] + " ... " + said[-600:]))
    elif "-v" in sys.argv:
        print(f"{kind}: {what}: as it should be: " + said.strip()[:300].replace("\n", " | "))


def write(name, data):
    with open(name, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())


def likelihood(w, y, columns, constant=True):
    """Maximum likelihood of y = rho W y + X b + e over the admissible range that holds 0, by eigenvalues and a golden section: rho, b."""
    x = np.c_[np.ones(len(y)), columns] if constant else columns
    eigen = np.linalg.eigvals(w)
    real = eigen[np.abs(eigen.imag) < 1e-9].real
    low, high = (1 / real.min() if real.min() < -1e-9 else -50.0), 1 / real.max()
    m = np.eye(len(y)) - x @ np.linalg.pinv(x)
    e0, e1 = m @ y, m @ (w @ y)

    def value(rho):
        return np.log(np.abs(1 - rho * eigen)).sum() - len(y) / 2 * np.log(((e0 - rho * e1) ** 2).sum())

    grid = np.linspace(low, high, 6001)[1:-1]
    k = int(np.argmax([value(r) for r in grid]))
    a, b = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
    golden = (5 ** 0.5 - 1) / 2
    for _ in range(120):
        c, d = b - golden * (b - a), a + golden * (b - a)
        a, b = (a, d) if value(c) > value(d) else (c, b)
    rho = (a + b) / 2
    return rho, np.linalg.lstsq(x, y - rho * (w @ y), rcond=None)[0]
