"""Peers of bench/compare_peers in Python: plain numpy and scipy, and statsmodels. One JSON line a task on standard output.

peers.py PACK RUNS
"""
import json
import sys
import time

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy import optimize
from scipy.sparse.linalg import splu

pack, runs = sys.argv[1], int(sys.argv[2])
areas = pd.read_csv(f"{pack}/areas.csv", low_memory=False)
panel = pd.read_csv(f"{pack}/panel.csv")
edges = pd.read_csv(f"{pack}/edges.csv")
n = len(areas)
number = pd.Series(np.arange(n), index=areas.area_code)
i, j = number[edges["from"]].to_numpy(), number[edges["to"]].to_numpy()
B = sp.csr_matrix((np.ones(2 * len(i)), (np.r_[i, j], np.r_[j, i])), shape=(n, n))
degree = np.asarray(B.sum(axis=1)).ravel()
W = sp.diags(np.where(degree > 0, 1 / np.maximum(degree, 1), 0)) @ B
lad = pd.factorize(areas.lad_code)[0]
G = lad.max() + 1
CONTROLS = ["log_population", "job_density", "inactivity_rate"]
y = areas.growth_decade.to_numpy(float)
x = np.column_stack([areas.grants_per_head, areas[CONTROLS], np.ones(n)]).astype(float)
z = np.column_stack([areas[["drug_crime_rate", "turnout"]], areas[CONTROLS], np.ones(n)]).astype(float)


def timed(task, program, body, times=1.0, note="", runs=runs):
    """Median over runs; `times`: how many of what was run the task needs (an extrapolation, said in the note)."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        value = body()
        seconds.append(time.perf_counter() - start)
    value = value if isinstance(value, tuple) else (value,)
    print(json.dumps({"task": task, "program": program, "ms": 1000 * times * float(np.median(seconds)), "value": float(value[0]),
                      "error": float(value[1]) if len(value) > 1 else None, "note": note}), flush=True)


def two_stage(covariance):
    zz = np.linalg.inv(z.T @ z)
    zx = z.T @ x
    A = np.linalg.inv(zx.T @ zz @ zx)
    b = A @ zx.T @ zz @ (z.T @ y)
    u = y - x @ b
    s = (z @ (zz @ zx)) * u[:, None]
    if covariance == "cluster":
        sums = np.zeros((G, x.shape[1]))
        np.add.at(sums, lad, s)
        V = G / (G - 1) * (n - 1) / (n - x.shape[1]) * A @ sums.T @ sums @ A
    else:
        V = n / (n - x.shape[1]) * A @ s.T @ s @ A
    return b[0], np.sqrt(V[0, 0])


timed("iv_hc1", "numpy", lambda: two_stage("hc1"), note="estimate and s.e., no diagnostics")
timed("iv_cluster", "numpy", lambda: two_stage("cluster"), note="2SLS, estimate and s.e., no diagnostics")
try:
    import statsmodels
    from statsmodels.sandbox.regression.gmm import IV2SLS

    timed("iv_hc1", f"statsmodels {statsmodels.__version__}", lambda: (lambda f: (f.params[0], f.bse[0]))(IV2SLS(y, x, z).fit()), note="iid s.e., no diagnostics")
except ImportError:
    pass


def wild_refit(count):
    """WRE with null 0, each replicate refitted from the rows."""
    w = z[:, 2:]
    Mw = np.linalg.inv(w.T @ w) @ w.T
    mean = w @ (Mw @ y)
    u = y - mean
    first = np.column_stack([z, u])
    c = np.linalg.lstsq(first, x[:, 0], rcond=None)[0]
    base = z @ c[:-1]
    v = x[:, 0] - base
    zz = np.linalg.inv(z.T @ z)
    rng = np.random.default_rng(1)
    for _ in range(count):
        g = rng.choice([-1.0, 1.0], G)[lad]
        xs = np.column_stack([base + g * v, w])
        ys = mean + g * u
        zx = z.T @ xs
        A = np.linalg.inv(zx.T @ zz @ zx)
        b = A @ zx.T @ zz @ (z.T @ ys)
        s = (z @ (zz @ zx)) * (ys - xs @ b)[:, None]
        sums = np.column_stack([np.bincount(lad, s[:, k], G) for k in range(s.shape[1])])
        t = b[0] / np.sqrt((A @ sums.T @ sums @ A)[0, 0])
    return t


timed("wre", "numpy", lambda: wild_refit(20), times=99999 / 20, note="20 refits, times 99,999/20", runs=1)

growth = panel.pivot(index="area_code", columns="period", values="growth").loc[areas.area_code].to_numpy()
gva = panel.pivot(index="area_code", columns="period", values="gva").loc[areas.area_code].to_numpy()
keep = ~np.isnan(growth[0])
growth, gva = growth[:, keep], gva[:, keep]
T = growth.shape[1] - 1
two_way = lambda v: v - v.mean(axis=1, keepdims=True) - v.mean(axis=0, keepdims=True) + v.mean()
types = [(areas.area_type == k).to_numpy(float) for k in ["doubly_disadvantaged", "other_deprived", "other"]]


def within():
    lag = W @ growth[:, :-1]
    columns = [m[:, None] * lag for m in types] + [growth[:, :-1], gva[:, 1:]]
    X = np.column_stack([two_way(c).ravel() for c in columns])
    Y = two_way(growth[:, 1:]).ravel()
    A = np.linalg.inv(X.T @ X)
    b = A @ X.T @ Y
    s = (X * (Y - X @ b)[:, None]).reshape(n, T, -1).sum(axis=1)
    sums = np.column_stack([np.bincount(lad, s[:, k], G) for k in range(5)])
    V = G / (G - 1) * (n * T - 1) / (n * T - 5) * A @ sums.T @ sums @ A
    return b[3], np.sqrt(V[3, 3])


timed("panel_within", "numpy", within)


def pairs(count):
    rng = np.random.default_rng(1)
    rows_of = [np.flatnonzero(lad == g) for g in range(G)]
    for _ in range(count):
        rows = np.concatenate([rows_of[g] for g in rng.integers(0, G, G)])
        lag = (W @ growth[:, :-1])[rows]
        columns = [m[rows, None] * lag for m in types] + [growth[rows, :-1], gva[rows, 1:]]
        X = np.column_stack([two_way(c).ravel() for c in columns])
        Y = two_way(growth[rows, 1:]).ravel()
        b = np.linalg.solve(X.T @ X, X.T @ Y)
        q, xx = z[rows], x[rows]
        zz = np.linalg.solve(q.T @ q, q.T @ xx)
        c = np.linalg.solve(zz.T @ q.T @ xx, zz.T @ q.T @ y[rows])
    return b[3] + 0 * c[0]


timed("pairs_of_both", "numpy", lambda: pairs(3), times=9999 / 3, note="3 refits of within and 2SLS without t, times 9,999/3", runs=1)

I = sp.identity(n, format="csc")
Wc = W.tocsc()


def log_det(rho):
    lu = splu(I - rho * Wc, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return np.sum(np.log(np.abs(lu.U.diagonal())))


def sar(Y, X, remove, periods):
    WY, N = remove(W @ Y), Y.size
    Y, X = remove(Y).ravel(), np.column_stack([remove(c).ravel() for c in X])
    WY = WY.ravel()
    e0, e1 = (v - X @ np.linalg.solve(X.T @ X, X.T @ v) for v in (Y, WY))
    level = lambda r: N / 2 * np.log(np.sum((e0 - r * e1) ** 2) / N) - periods * log_det(r)
    return optimize.minimize_scalar(level, bounds=(-0.9, 0.99), method="bounded", options={"xatol": 1e-8}).x


xs = [areas[c].to_numpy(float)[:, None] for c in CONTROLS] + [np.ones((n, 1))]
timed("sar/qml", "scipy", lambda: sar(y[:, None], xs, lambda v: v, 1), note="rho alone, sparse LU at each rho, no s.e.")
timed("sar/panel_qml", "scipy", lambda: sar(growth, [gva], two_way, T + 1), note="rho alone, sparse LU at each rho, no s.e.")


def gs2sls():
    X = np.column_stack([c.ravel() for c in xs])
    WX = W @ X[:, :3]
    Q = np.column_stack([X, WX, W @ WX])
    R = np.column_stack([W @ y, X])
    P = Q @ np.linalg.solve(Q.T @ Q, Q.T @ R)
    A = np.linalg.inv(P.T @ R)
    b = A @ P.T @ y
    u = y - R @ b
    return b[0], np.sqrt(u @ u / (n - R.shape[1]) * A[0, 0])


timed("sar/gs2sls", "scipy", gs2sls)
