"""The corrected score with two sets of weights at once, dense and plain: A = diag(rho) W + psi V + phi I, V the second ring of W
(neighbours' neighbours that are no neighbours) and the six nearest; Newton with complex-step derivatives; Wald tests by authority,
each way."""
from common import *

growth, gva = wide("growth"), wide("gva")
keep = ~np.isnan(growth[0])
growth, gva = growth[:, keep], gva[:, keep]
y, previous, x = growth[:, 1:], growth[:, :-1], gva[:, 1:]
T = y.shape[1]
types = ["doubly_disadvantaged", "other_deprived", "other"]
member = [np.where(areas.area_type == k, 1.0, 0.0) for k in types]
lad = codes("lad_code")
G = lad.max() + 1
two_way = lambda v: v - v.mean(axis=1, keepdims=True) - v.mean(axis=0, keepdims=True) + v.mean()
standardised = lambda m: m / np.where(m.sum(axis=1, keepdims=True) > 0, m.sum(axis=1, keepdims=True), 1.0)

link = W > 0
ring = ((link.astype(float) @ link.astype(float)) > 0) & ~link & ~np.eye(n, dtype=bool)
apart = np.hypot(*(np.subtract.outer(areas[c].to_numpy(float), areas[c].to_numpy(float)) for c in ("easting", "northing")))
np.fill_diagonal(apart, np.inf)
near = np.zeros((n, n))
for i in range(n):
    near[i, np.argsort(apart[i], kind="stable")[:6]] = 1.0
step = 1e-30


def encompass(V):
    """Coefficients [lags by type, own lag, gva, rival], Wald tests that the rival's lag, and that W's lags, are zero."""
    X = [two_way(m[:, None] * (W @ previous)) for m in member] + [two_way(previous), two_way(x), two_way(V @ previous)]
    p, Y = len(X), two_way(y)
    H = np.array([[np.sum(a * b) for b in X] for a in X])
    b = np.array([np.sum(a * Y) for a in X])

    def parts(theta):
        e = Y - sum(t * a for t, a in zip(theta, X))
        A = sum(t * m for t, m in zip(theta[:3], member))[:, None] * W + theta[5] * V + theta[3] * np.eye(n)
        powers = [np.eye(n)]
        for _ in range(T - 1):
            powers.append(A @ powers[-1])
        z = [sum(powers[m] @ e[:, s] for m in range(T - 1 - s)) for s in range(T - 1)]
        zz = [sum((T - 1 - m) * (powers[m] @ e[:, r]) for m in range(T - 1)) for r in range(T)]
        q = []
        for lag in (W, np.eye(n), V):
            first = sum(e[:, s] * (lag @ z[s]) for s in range(T - 1))
            second = sum(e[:, r] * (lag @ zz[r]) for r in range(T))
            q.append(-1 / (T - 2) * (first - second / (T * (T - 1))))
        return np.column_stack([m * q[0] for m in member] + [q[1], 0 * q[1], q[2]]), e

    def jacobian(theta):
        columns = []
        for k in range(p):
            moved = theta.astype(complex)
            moved[k] += 1j * step
            columns.append(parts(moved)[0].imag.sum(axis=0) / step)
        return H + np.stack(columns, axis=1)

    theta = np.linalg.solve(H, b)
    for _ in range(50):
        change = np.linalg.solve(jacobian(theta), b - H @ theta - parts(theta)[0].sum(axis=0))
        theta = theta + change
        if np.max(np.abs(change) / np.abs(theta)) < 1e-13:
            break
    q, e = parts(theta)
    scores = np.column_stack([(a * e).sum(axis=1) for a in X]) - q
    sums = np.zeros((G, p))
    np.add.at(sums, lad, scores)
    J = np.linalg.inv(jacobian(theta))
    covariance = G / (G - 1) * J @ sums.T @ sums @ J.T
    wald = lambda rows: float(theta[rows] @ np.linalg.solve(covariance[np.ix_(rows, rows)], theta[rows]))
    return {"coefficients": dict(zip(["lag:" + k for k in types] + ["previous", "gva", "rival"], map(float, theta))),
            "rival_error": float(np.sqrt(covariance[5, 5])), "rival_wald": wald([5]), "own_wald": wald([0, 1, 2])}


save({"second_ring": encompass(standardised(ring.astype(float))), "nearest:6": encompass(near / 6.0)}, "encompassing.json",
     pandas=pd.__version__)
