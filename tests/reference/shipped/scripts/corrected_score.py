"""The default estimator of model A, dense and plain: docs/methods/method.md's equations, Newton with complex-step derivatives,
and its replicates under drawn counts of authorities."""
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
X = [two_way(m[:, None] * (W @ previous)) for m in member] + [two_way(previous), two_way(x)]
Y = two_way(y)
H = np.array([[np.sum(a * b) for b in X] for a in X])
b = np.array([np.sum(a * Y) for a in X])


def parts(theta):
    """q of each area and equation (n x 5) and the residual."""
    e = Y - sum(t * a for t, a in zip(theta, X))
    R = sum(t * m for t, m in zip(theta[:3], member))
    A = R[:, None] * W + theta[3] * np.eye(n)
    powers = [np.eye(n)]
    for _ in range(T - 1):
        powers.append(A @ powers[-1])
    z = [sum(powers[m] @ e[:, s] for m in range(T - 1 - s)) for s in range(T - 1)]
    zz = [sum((T - 1 - m) * (powers[m] @ e[:, r]) for m in range(T - 1)) for r in range(T)]
    q = []
    for lag in (W, np.eye(n)):
        first = sum(e[:, s] * (lag @ z[s]) for s in range(T - 1))
        second = sum(e[:, r] * (lag @ zz[r]) for r in range(T))
        q.append(-1 / (T - 2) * (first - second / (T * (T - 1))))
    return np.column_stack([m * q[0] for m in member] + [q[1], 0 * q[1]]), e


def g(theta):
    return b - H @ theta - parts(theta)[0].sum(axis=0)


within = np.linalg.solve(H, b)
step = 1e-30


def slopes(theta):
    """dq/dtheta of each area: n x 5 x 5 (equation, parameter)."""
    columns = []
    for k in range(5):
        moved = theta.astype(complex)
        moved[k] += 1j * step
        columns.append(parts(moved)[0].imag / step)
    return np.stack(columns, axis=2)


def jacobian(theta):
    """-dg/dtheta = H + dq/dtheta."""
    return H + slopes(theta).sum(axis=0)


theta = within
for _ in range(50):
    change = np.linalg.solve(jacobian(theta), g(theta))
    theta = theta + change
    if np.max(np.abs(change) / np.abs(theta)) < 1e-13:
        break
q, e = parts(theta)
scores = np.column_stack([(a * e).sum(axis=1) for a in X]) - q
sums = np.zeros((G, 5))
np.add.at(sums, lad, scores)
J = np.linalg.inv(jacobian(theta))
V = J @ sums.T @ sums @ J.T
names = ["lag:" + k for k in types] + ["previous", "gva"]
named = lambda v: {k: float(a) for k, a in zip(names, v)}
dq = slopes(theta)


def replicate(weight):
    """One Newton step from theta with each authority `weight` times; period effects estimated anew."""
    count = weight[lad]
    centre = lambda v: v - (count @ v) / count.sum()
    x_b, y_b = [centre(a) for a in X], centre(Y)
    H_b = np.array([[np.sum(count[:, None] * a * c) for c in x_b] for a in x_b])
    b_b = np.array([np.sum(count[:, None] * a * y_b) for a in x_b])
    return theta + np.linalg.solve(H_b + np.tensordot(count, dq, 1), b_b - H_b @ theta - count @ q)


leave_one_out = np.array([replicate((np.arange(G) != k).astype(float)) for k in range(G)])
counts = np.random.default_rng(20241).multinomial(G, np.full(G, 1 / G), size=499)
replicates = np.array([replicate(c.astype(float)) for c in counts])
lads = pd.unique(areas.lad_code)
pd.DataFrame(counts, columns=lads).to_csv("values/counts.csv", index=False)
pd.DataFrame(replicates, columns=names).to_csv("values/replicates.csv", index=False, float_format="%.17g")
save({"within": named(within), "coefficients": named(theta), "lad_cr0": named(np.sqrt(np.diag(V))),
      "q_at_root": named(q.sum(axis=0)), "leave_one_out": {k: list(map(float, v)) for k, v in zip(names, leave_one_out.T)}},
     "corrected_score.json", pandas=pd.__version__)
