"""Wild cluster bootstraps from the rows, every sign vector of the nine regions refitted: OLS (null imposed or not) and WRE."""
import itertools

from common import *

CONTROLS = ["log_population", "job_density", "inactivity_rate"]
y = areas.growth_decade.to_numpy(float)
s = areas.grants_per_head.to_numpy(float)
w = design(*CONTROLS)
group = codes("region_code")
G = group.max() + 1
SIGNS = np.array(list(itertools.product([1.0, -1.0], repeat=G)))


def fit(y, s, z):
    """Coefficient of s, its CR1 s.e. and residuals; z None: least squares."""
    x = np.column_stack([s, w])
    q = x if z is None else np.column_stack([z, w])
    xh = q @ np.linalg.lstsq(q, x, rcond=None)[0]
    A = np.linalg.inv(xh.T @ x)
    b = A @ xh.T @ y
    scores = np.zeros((G, x.shape[1]))
    u = y - x @ b
    np.add.at(scores, group, xh * u[:, None])
    V = G / (G - 1) * (n - 1) / (n - x.shape[1]) * A @ scores.T @ scores @ A
    return b[0], np.sqrt(V[0, 0]), b


def ls(v, *columns):
    x = np.column_stack(columns)
    b = np.linalg.lstsq(x, v, rcond=None)[0]
    return x @ b, v - x @ b, b


def summary(t, all_t):
    slack = 1e-9 * abs(t)
    above, below, beyond = np.sum(all_t >= t - slack), np.sum(all_t <= t + slack), np.sum(np.abs(all_t) >= abs(t) - slack)
    quantiles = np.quantile(all_t, [0.025, 0.25, 0.75, 0.975])
    return {"t": t, "p_symmetric": beyond / len(all_t), "p_equal_tail": min(1.0, 2 * min(above, below) / len(all_t)),
            "quantiles": [float(v) for v in quantiles]}


def ols(b, restricted):
    estimate, se, whole = fit(y, s, None)
    null = b if restricted else estimate
    mean, u, _ = ls(y - null * s, w)
    ts = []
    for signs in SIGNS:
        at, error, _ = fit(null * s + mean + signs[group] * u, s, None)
        ts.append((at - null) / error)
    return {"estimate": estimate, "se": se, **summary((estimate - b) / se, np.array(ts))}


def wre(b, z):
    estimate, se, _ = fit(y, s, z)
    mean, u, _ = ls(y - b * s, w)
    _, _, first = ls(s, z, w, u)                      # the efficient first stage uses the structural residual
    base = np.column_stack([z, w]) @ first[:-1]
    v = s - base
    ts = []
    for signs in SIGNS:
        g = signs[group]
        s_star = base + g * v
        at, error, _ = fit(b * s_star + mean + g * u, s_star, z)
        ts.append((at - b) / error)
    return {"estimate": estimate, "se": se, **summary((estimate - b) / se, np.array(ts))}


Z = areas[["drug_crime_rate", "turnout"]].to_numpy(float)
values = {"ols_restricted_0": ols(0.0, True), "ols_restricted_0.0002": ols(0.0002, True), "ols_unrestricted_0": ols(0.0, False),
          "wre_0": wre(0.0, Z), "wre_0.002": wre(0.002, Z), "wre_0.004": wre(0.004, Z)}
save(values, "wild.json", pandas=pd.__version__)
