"""What a user would write himself, on the same pack: numpy and scipy, and numba where it is there. One JSON line a task.

baselines.py PACK RUNS      called by bench/baselines
"""
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import scipy
import scipy.sparse as sp

pack, runs = sys.argv[1], int(sys.argv[2])
B, H, WORKERS = 9999, 10, os.cpu_count()
PERCENT = [0.05, 0.25, 0.50, 0.75, 0.95]
areas = pd.read_csv(f"{pack}/areas.csv")
panel = pd.read_csv(f"{pack}/panel.csv")
edges = pd.read_csv(f"{pack}/edges.csv")
n = len(areas)
number = pd.Series(np.arange(n), index=areas.area_code)
i, j = number[edges["from"]].to_numpy(), number[edges["to"]].to_numpy()
A = sp.csr_matrix((np.ones(2 * len(i)), (np.r_[i, j], np.r_[j, i])), shape=(n, n))
degree = np.asarray(A.sum(axis=1)).ravel()
W = (sp.diags(np.where(degree > 0, 1 / np.maximum(degree, 1), 0)) @ A).tocsr()
lad = pd.factorize(areas.lad_code)[0]
G = lad.max() + 1
growth = panel.pivot(index="area_code", columns="period", values="growth").loc[areas.area_code].to_numpy()
growth = growth[:, ~np.isnan(growth[0])]
T = growth.shape[1] - 1
types = [(areas.area_type == kind).to_numpy(float) for kind in ("doubly_disadvantaged", "other_deprived", "other")]
type_of = np.argmax(np.column_stack(types), axis=1)


def timed(task, program, body, times=1.0, note="", count=runs):
    """Median wall time; `times`: how many of what ran the task needs."""
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        value = body()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"task": task, "program": program, "seconds": times * float(np.median(seconds)),
                      "value": float(value) if value is not None else None, "note": note}), flush=True)


def columns():
    lag = W @ growth[:, :-1]
    return [kind[:, None] * lag for kind in types] + [growth[:, :-1], growth[:, 1:]]


def statistics():
    """Cross-products by authority of the area-demeaned columns, their sums by year, and the number of areas."""
    z = [c - c.mean(axis=1, keepdims=True) for c in columns()]
    p = len(z)
    parts = [np.bincount(lad, (z[f] * z[c]).sum(axis=1), G) for c in range(p) for f in range(c + 1)]
    parts += [np.bincount(lad, z[f][:, t], G) for t in range(T) for f in range(p)]
    return np.column_stack(parts + [np.bincount(lad, minlength=G)]), p


def solve(sums, p):
    """Within estimates of every row of summed statistics."""
    crosses = p * (p + 1) // 2
    cross = np.empty((len(sums), p, p))
    at = 0
    for c in range(p):
        for f in range(c + 1):
            cross[:, f, c] = cross[:, c, f] = sums[:, at]
            at += 1
    m = sums[:, crosses:-1].reshape(len(sums), T, p)
    cross -= np.einsum("btf,btc->bfc", m, m) / sums[:, -1][:, None, None]
    return np.linalg.solve(cross[:, :-1, :-1], cross[:, :-1, -1:])[:, :, 0]


def pairs():
    stats, p = statistics()
    counts = np.random.default_rng(1).multinomial(G, np.full(G, 1 / G), size=B).astype(float)
    theta = solve(counts @ stats, p)
    return solve(stats.sum(axis=0)[None], p)[0, 3] + 0 * theta[0, 0]


def refit(count):
    rng = np.random.default_rng(1)
    rows_of = [np.flatnonzero(lad == g) for g in range(G)]
    z = columns()
    two_way = lambda v: v - v.mean(axis=1, keepdims=True) - v.mean(axis=0, keepdims=True) + v.mean()
    for _ in range(count):
        rows = np.concatenate([rows_of[g] for g in rng.integers(0, G, G)])
        X = np.column_stack([two_way(c[rows]).ravel() for c in z])
        S = X.T @ X
        b = np.linalg.solve(S[:-1, :-1], S[:-1, -1])
    return b[3]


timed("pairs", "numpy, sums by authority", pairs, note="within alone, no t, no second model")
timed("pairs", "numpy, refits", lambda: refit(5), times=B / 5, note="5 refits of within, scaled up", count=1)

rng = np.random.default_rng(1)
rho = np.array([0.36, 0.35, 0.38])[:, None] + 0.01 * rng.standard_normal((3, B))
phi, size = 0.10 + 0.006 * rng.standard_normal(B), 0.004 * np.exp(0.5 * rng.standard_normal(B))
shape = (type_of == 0).astype(float)


def recursion_scipy(draws):
    u = np.zeros((n, draws))
    total = np.zeros((n, draws))
    R = rho[:, :draws][type_of]
    for h in range(H):
        u = R * (W @ u) + phi[:draws] * u + (shape[:, None] * size[:draws] if h < 3 else 0.0)
        total += u
    return total


timed("recursion", f"scipy {scipy.__version__}", lambda: recursion_scipy(64)[0, 0], times=B / 64, note="64 draws side by side, scaled up")
try:
    import numba

    @numba.njit(parallel=True, fastmath=True)
    def step(first, column, weight, kind, r, f, before, now, total, shock):
        draws = before.shape[1]
        for a in numba.prange(before.shape[0]):
            lag = np.zeros(draws, np.float32)
            for k in range(first[a], first[a + 1]):
                lag += weight[a] * before[column[k]]
            for d in range(draws):
                now[a, d] = r[kind[a], d] * lag[d] + f[d] * before[a, d] + shock[a, d]
                total[a, d] += now[a, d]

    def recursion_numba(draws):
        u, now, total = (np.zeros((n, draws), np.float32) for _ in range(3))
        weight = np.where(degree > 0, 1 / np.maximum(degree, 1), 0).astype(np.float32)
        r, f = rho[:, :draws].astype(np.float32), phi[:draws].astype(np.float32)
        first_years = (shape[:, None] * size[:draws]).astype(np.float32)
        later = np.zeros_like(first_years)
        for h in range(H):
            step(W.indptr, W.indices, weight, type_of, r, f, u, now, total, first_years if h < 3 else later)
            u, now = now, u
        return total

    recursion_numba(32)  # compiled
    check = np.abs(recursion_numba(32) - recursion_scipy(32)).max() / np.abs(recursion_scipy(32)).max()
    timed("recursion", f"numba {numba.__version__}", lambda: recursion_numba(256)[0, 0], times=B / 256,
          note=f"f32, parallel, 256 draws, scaled up; scipy's to {check:.0e}")
except ImportError:
    pass

some = 512
rows = (np.float32(1) + rng.standard_normal((some, 1)).astype(np.float32) * np.float32(0.2)) * size.astype(np.float32)
ranks = sorted({k for q in PERCENT for k in (int(q * (B - 1)), int(q * (B - 1)) + 1)})


def quantiles(part):
    placed = np.partition(part, ranks, axis=1)
    part.mean(axis=1), part.std(axis=1)
    return placed[:, ranks]


def threaded():
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(quantiles, np.array_split(rows, 4 * WORKERS)))


timed("quantiles", "numpy.partition", lambda: quantiles(rows)[0, 0], times=n / some, note=f"{some} areas of one outcome, scaled up")
timed("quantiles", f"numpy.partition, {WORKERS} threads", threaded, times=n / some, note=f"{some} areas of one outcome, scaled up")


def write():
    import h5py

    aggregates = np.full((B, H, 360), 0.5, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(f"{folder}/run.h5", "w") as file:
            file["aggregate"] = aggregates
        with open(f"{folder}/run.h5", "rb") as file:
            os.fsync(file.fileno())


try:
    import h5py

    timed("file", f"h5py {h5py.__version__}", write, note="aggregates of one outcome, fsync included")
except ImportError:
    pass
