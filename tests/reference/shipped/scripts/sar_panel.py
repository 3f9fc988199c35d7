"""Spatial lag panels with area (and period) effects by dense quasi-likelihood: eigenvalues of W, scipy's optimiser."""
from scipy import optimize

from common import *

growth, gva = wide("growth"), wide("gva")
keep = ~np.isnan(growth[0])
y, x = growth[:, keep], gva[:, keep]
T = y.shape[1]
N = n * T
root = np.where(degree > 0, np.sqrt(degree), 1.0)
eigenvalues = np.linalg.eigvalsh(W * root[:, None] / root[None, :])
log_det = lambda rho: np.sum(np.log(1 - rho * eigenvalues))


def panel_case(remove):
    Y, WY, X = remove(y), remove(W @ y), remove(x)
    slope = lambda v: np.sum(X * v) / np.sum(X * X)
    e0, e1 = Y - slope(Y) * X, WY - slope(WY) * X
    level = lambda rho: -N / 2 * (np.log(2 * np.pi * np.sum((e0 - rho * e1) ** 2) / N) + 1) + T * log_det(rho)
    # The maximum is the root of the derivative, which is sharp where the level is flat.
    derivative = lambda rho: N * np.sum((e0 - rho * e1) * e1) / np.sum((e0 - rho * e1) ** 2) - T * np.sum(eigenvalues / (1 - rho * eigenvalues))
    rho = optimize.brentq(derivative, -0.9, 0.99, xtol=1e-15, rtol=1e-14)
    beta = slope(Y - rho * WY)
    e = Y - rho * WY - beta * X
    s2 = np.sum(e ** 2) / N
    Gm = W @ np.linalg.inv(np.eye(n) - rho * W)
    g = WY - remove(Gm @ e)                            # the effects' part of the mean is in W y
    g1, g2, gg = np.trace(Gm), np.trace(Gm @ Gm), np.sum(Gm * Gm)
    information = np.array([[T * (g2 + gg) + np.sum(g * g) / s2, np.sum(g * X) / s2, T * g1 / s2],
                            [np.sum(g * X) / s2, np.sum(X * X) / s2, 0.0], [T * g1 / s2, 0.0, N / (2 * s2 * s2)]])
    V = np.linalg.inv(information)[:2, :2] * T / (T - 1)   # Lee & Yu (2010)
    A = np.linalg.inv(np.eye(n) - rho * W)
    direct, total = beta * np.trace(A) / n, beta * A.sum() / n
    dA = A @ W @ A
    J = np.array([[beta * np.trace(dA) / n, np.trace(A) / n], [beta * dA.sum() / n, A.sum() / n]])
    J = np.vstack([J[0], J[1] - J[0], J[1]])
    impact_se = np.sqrt(np.diag(J @ V @ J.T))
    return {"rho": rho, "rho_se": float(np.sqrt(V[0, 0])), "gva": beta, "gva_se": float(np.sqrt(V[1, 1])), "sigma2": s2 * T / (T - 1),
            "log_likelihood": level(rho), "impact_direct": direct, "impact_indirect": total - direct, "impact_total": total,
            "impact_direct_se": impact_se[0], "impact_indirect_se": impact_se[1], "impact_total_se": impact_se[2]}


one_way = lambda v: v - v.mean(axis=1, keepdims=True)
two_way = lambda v: one_way(v) - one_way(v).mean(axis=0, keepdims=True)
save({"area_effects": panel_case(one_way), "area_and_period_effects": panel_case(two_way)}, "sar_panel.json", pandas=pd.__version__)
