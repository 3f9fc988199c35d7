"""Model B with neighbours, by dense numpy: the structural form, W s beside it, SLX-IV and the spatial-lag IV (Kelejian &
Prucha 1998 with an endogenous regressor: what spreg's GM_Lag with yend, q and w_lags = 1 fits); Sanderson & Windmeijer's
(2016) conditional F with HC0 and clustered covariances, by ivreg2's factors.
"""
import pandas as pd
from common import *

CONTROLS = ["log_population", "job_density", "inactivity_rate"]
INSTRUMENTS = ["drug_crime_rate", "turnout"]
RHO = {"doubly_disadvantaged": 0.3, "other_deprived": 0.35, "other": 0.4}
PHI, WINDOW, PERIOD = 0.1, 10.0, 1.0
y = areas.growth_decade.to_numpy(float)
s = areas.grants_per_head.to_numpy(float)
z = areas[INSTRUMENTS].to_numpy(float)
z = z - z.mean(axis=0)  # (I - A)^-1 of a mean varies with types alone: A's variation, not the instrument's
w = design(*CONTROLS)
lad = codes("lad_code")
G = lad.max() + 1
A = np.diag(areas.area_type.map(RHO).to_numpy()) @ W + PHI * np.eye(n)
M = np.linalg.inv(np.eye(n) - A)


def sums(scores):
    out = np.zeros((G, scores.shape[1]))
    np.add.at(out, lad, scores)
    return out


def meat(scores, kind):
    return scores.T @ scores if kind == "hc0" else sums(scores).T @ sums(scores)


def two_stage(y, endogenous, instruments, names):
    x, q = np.column_stack([endogenous, w]), np.column_stack([instruments, w])
    xh = q @ np.linalg.lstsq(q, x, rcond=None)[0]
    b = np.linalg.solve(xh.T @ x, xh.T @ y)
    u, inverse = y - x @ b, np.linalg.inv(xh.T @ xh)
    K = x.shape[1]
    factor = {"hc0": 1.0, "lad": G / (G - 1) * (n - 1) / (n - K)}
    out = {"coefficients": dict(zip(names, b[: len(names)].tolist()))}
    for kind in ["hc0", "lad"]:
        V = factor[kind] * inverse @ meat(xh * u[:, None], kind) @ inverse
        out[{"hc0": "hc0", "lad": "lad_cr1"}[kind]] = dict(zip(names, np.sqrt(np.diag(V))[: len(names)].tolist()))
    return out


def sanderson_windmeijer(endogenous, instruments, names):
    """Wald of the instruments in the regression of s_j - s_rest delta (delta by 2SLS) on them, over L1 - k + 1."""
    out_of_w = lambda v: v - w @ np.linalg.lstsq(w, v, rcond=None)[0]
    e, q = out_of_w(endogenous), out_of_w(instruments)
    L1, k = q.shape[1], e.shape[1]
    L = L1 + w.shape[1]
    out = {}
    for kind in ["hc0", "lad"]:
        factor = (n - L) / n if kind == "hc0" else (n - L) / (n - 1) * (G - 1) / G
        for j, name in enumerate(names):
            rest = np.delete(e, j, axis=1)
            fitted = q @ np.linalg.lstsq(q, rest, rcond=None)[0]
            left = e[:, j] - rest @ np.linalg.solve(fitted.T @ rest, fitted.T @ e[:, j])
            pi, inverse = np.linalg.lstsq(q, left, rcond=None)[0], np.linalg.inv(q.T @ q)
            V = inverse @ meat(q * (left - q @ pi)[:, None], kind) @ inverse
            out.setdefault(kind, {})[name] = float(pi @ np.linalg.solve(V, pi)) / (L1 - k + 1) * factor
    return out


Ws, Wz, Wy, Wx, Ms, Mz = W @ s, W @ z, W @ y, W @ w[:, 1:], M @ s, M @ z
pair, lag = ["grants_per_head", "W grants_per_head"], ["grants_per_head", "W growth_decade"]
rate = y * PERIOD / WINDOW
values = {
    "structural": two_stage(rate, Ms[:, None], np.column_stack([z, Mz]), pair[:1]),
    "structural_lag": two_stage(rate, np.column_stack([Ms, Ws]), np.column_stack([z, Mz, Wz]), pair),
    "slx": two_stage(y, np.column_stack([s, Ws]), np.column_stack([z, Wz]), pair),
    "spatial_lag_iv": two_stage(y, np.column_stack([s, Wy]), np.column_stack([z, Wz, Wx]), lag),
    "sw_slx": sanderson_windmeijer(np.column_stack([s, Ws]), np.column_stack([z, Wz]), pair),
    "sw_spatial_lag_iv": sanderson_windmeijer(np.column_stack([s, Wy]), np.column_stack([z, Wz, Wx]), lag),
}
save(values, "spillover_iv.json", pandas=pd.__version__)
