"""Arellano-Bond in first differences on an unbalanced panel, dense: moments stacked row by row, period dummies as explicit columns."""
import numpy as np
from common import W, areas, n, save, wide

growth, gva = wide("growth"), wide("gva")
T = growth.shape[1]
i, t = np.indices((n, T))
# The holes of unbalanced.R.
growth[((3 * i + 7 * t) % 11 == 0) | ((i % 2 == 0) & (t == 5)) | ((i % 23 == 5) & (t != 1 + i % 10)) | (i == 100) | ((t == T - 1) & (i != 7))] = np.nan
gva[(5 * i + 2 * t) % 17 == 0] = np.nan
growth, gva = growth[:, 1:], gva[:, 1:]  # nobody has an outcome in the first year
previous = growth[:, :-1]
lag = np.array([[np.sum(W[a, W[a] > 0] * previous[W[a] > 0, s]) for s in range(previous.shape[1])] for a in range(n)])


def fit(spatial):
    level = [lag, previous, gva[:, 1:]] if spatial else [previous, gva[:, 1:]]
    y = growth[:, 1:]
    seen = np.isfinite(np.array(level + [y])).all(axis=0)
    columns = [np.where(seen, c, 0.0) for c in level + [y]]
    # Levels about their period's mean over the rows that are there.
    columns = [np.where(seen, c - c.sum(axis=0) / np.maximum(seen.sum(axis=0), 1), 0.0) for c in columns]
    dynamic, periods = len(level) - 1, y.shape[1]
    rows = [(a, s) for a in range(n) for s in range(1, periods) if seen[a, s] and seen[a, s - 1]]
    difference = np.array([[c[a, s] - c[a, s - 1] for c in columns] for a, s in rows])
    z = np.array([[columns[k][a, s - l] if s >= l else 0.0 for k in range(dynamic) for l in (1, 2, 3)] + [columns[dynamic][a, s] - columns[dynamic][a, s - 1]]
                  for a, s in rows])
    dummies = np.array([[float(s == u) for u in range(1, periods)] for _, s in rows])
    dummies = dummies[:, dummies.sum(axis=0) > 0]

    def off(m):
        return m - dummies @ np.linalg.lstsq(dummies, m, rcond=None)[0]

    difference, z = off(difference), off(z)
    x, dy = difference[:, :-1], difference[:, -1]
    # H: 2 on the diagonal, -1 between differences of one area that follow each other.
    place = {row: k for k, row in enumerate(rows)}
    h = 2 * np.eye(len(rows))
    for (a, s), k in place.items():
        if (a, s + 1) in place:
            h[k, place[a, s + 1]] = h[place[a, s + 1], k] = -1
    weight = np.linalg.inv(z.T @ h @ z)
    zx = z.T @ x
    projection = np.linalg.solve(zx.T @ weight @ zx, zx.T @ weight)
    theta = projection @ (z.T @ dy)
    u = dy - x @ theta
    scores = np.array([projection @ (z[k] * u[k]) for k in range(len(rows))])
    by_area = np.zeros((n, x.shape[1]))
    for (a, _), score in zip(rows, scores):
        by_area[a] += score
    names = (["lag"] if spatial else []) + ["previous", "gva"]
    error = np.sqrt(np.diag(by_area.T @ by_area))
    return dict(rows=len(rows), coefficients=dict(zip(names, theta.tolist())), area_cr0=dict(zip(names, error.tolist())))


save({"own_lag": fit(False), "spatial": fit(True)}, "unbalanced_gmm.json")
