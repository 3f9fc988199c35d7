"""k-class, GMM, identification and weak-instrument inference by numpy, scipy and statsmodels, from textbook formulae.

LIML and Fuller with ivreg2's covariances; statsmodels' IVGMM in two steps and iterated; Kleibergen & Paap's (2006) LM and
Wald with two endogenous regressors, built from the paper's own A and B matrices with symmetric roots; Anderson-Rubin and
conditional likelihood ratio with one endogenous regressor, their sets by root finding on a grid.
"""
import statsmodels
import statsmodels.api as sm
from scipy import integrate, linalg, optimize, special, stats
from statsmodels.sandbox.regression.gmm import IV2SLS, IVGMM

from common import *

CONTROLS = ["log_population", "job_density", "inactivity_rate"]
y = areas.growth_decade.to_numpy(float)
w = design(*CONTROLS)
lad = codes("lad_code")
G = lad.max() + 1
NAMES = ["(Intercept)"] + CONTROLS


def sums(scores):
    out = np.zeros((G, scores.shape[1]))
    np.add.at(out, lad, scores)
    return out


def meat(scores, kind):
    return scores.T @ scores if kind == "hc0" else sums(scores).T @ sums(scores)


def named(values, names):
    return {k: float(v) for k, v in zip(names, values)}


def k_class(endogenous, instruments):
    s = areas[endogenous].to_numpy(float)
    z = areas[instruments].to_numpy(float)
    x, q = np.column_stack([s, w]), np.column_stack([z, w])
    names = endogenous + NAMES
    project = lambda m, v: m @ np.linalg.solve(m.T @ m, m.T @ v)
    both = np.column_stack([y, s])
    kappa = linalg.eigh((both - project(w, both)).T @ both, (both - project(q, both)).T @ both, eigvals_only=True)[0]
    out = {"liml_kappa": kappa}
    xh = project(q, x)
    for name, k in [("liml", kappa), ("fuller", kappa - 1.0 / (n - q.shape[1]))]:
        A = (1 - k) * x.T @ x + k * x.T @ xh
        b = np.linalg.solve(A, (1 - k) * x.T @ y + k * xh.T @ y)
        u, inverse = y - x @ b, np.linalg.inv(A)
        se = lambda V: named(np.sqrt(np.diag(V)), names)
        out[name] = {"coefficients": named(b, names), "iid": se(u @ u / n * inverse), "iid_small": se(u @ u / (n - x.shape[1]) * inverse),
                     "hc0": se(inverse @ meat(xh * u[:, None], "hc0") @ inverse),
                     "lad_cr0": se(inverse @ meat(xh * u[:, None], "lad") @ inverse)}
    return out


def kleibergen_paap(endogenous, instruments, kind):
    """LM and Wald of rank k - 1: theta = F_zz^(1/2) pi F_ss^(-1/2) with symmetric roots, A_perp and B_perp as in the paper."""
    s, z = areas[endogenous].to_numpy(float), areas[instruments].to_numpy(float)
    out_of_w = lambda v: v - w @ np.linalg.lstsq(w, v, rcond=None)[0]
    s, z = out_of_w(s), out_of_w(z)
    l, k = z.shape[1], s.shape[1]
    pi = np.linalg.solve(z.T @ z, z.T @ s)
    left, right = linalg.sqrtm(z.T @ z / n).real, linalg.inv(linalg.sqrtm(s.T @ s / n).real)
    theta = left @ pi @ right
    u, d, vt = np.linalg.svd(theta)
    v, q = vt.T, k - 1
    u12, u22, v12, v22 = u[:q, q:], u[q:, q:], v[:q, q:], v[q:, q:]
    root = lambda m: linalg.sqrtm(m).real
    a_perp = np.vstack([u12, u22]) @ np.linalg.solve(u22, root(u22 @ u22.T))
    b_perp = root(v22 @ v22.T) @ np.linalg.solve(v22.T, np.hstack([v12.T, v22.T]))
    small = a_perp.T @ theta @ b_perp.T
    change = np.kron(right.T, left @ np.linalg.inv(z.T @ z / n))
    result = {}
    for name, e in [("lm", s), ("wald", s - z @ pi)]:
        scores = np.column_stack([z * e[:, [j]] for j in range(k)])
        if kind == "iid":
            V = np.kron(e.T @ e / n, z.T @ z / n) / n
        else:
            V = meat(scores, kind) / n ** 2
        omega = np.kron(b_perp, a_perp.T) @ (change @ V @ change.T) @ np.kron(b_perp, a_perp.T).T
        vec = small.reshape(-1, order="F")
        result[name] = float(vec @ np.linalg.solve(omega, vec))
    L = l + w.shape[1]
    factor = (n - L) / (n - 1) * (G - 1) / G if kind == "lad" else (n - L) / n
    return {"lm": result["lm"], "lm_p": float(stats.chi2.sf(result["lm"], l - k + 1)), "wald_f": result["wald"] / l * factor}


def reduced_form(endogenous, instruments, kind, dependent=y):
    s, z = areas[endogenous].to_numpy(float), areas[instruments].to_numpy(float)
    out_of_w = lambda v: v - w @ np.linalg.lstsq(w, v, rcond=None)[0]
    both, z = out_of_w(np.column_stack([dependent, s])), out_of_w(z)
    inverse = np.linalg.inv(z.T @ z)
    d = inverse @ z.T @ both
    e = both - z @ d
    l = z.shape[1]
    if kind == "iid":
        V = np.kron(e.T @ e / n, inverse)
    else:
        scores = np.column_stack([z * e[:, [0]], z * e[:, [1]]])
        V = np.kron(np.eye(2), inverse) @ meat(scores, kind) @ np.kron(np.eye(2), inverse)
    L = l + w.shape[1]
    factor = (n - L) / (n - 1) * (G - 1) / G if kind == "lad" else (n - L) / n
    return d, V, l, factor, (G - 1 if kind == "lad" else n - L)


def weak_robust(endogenous, instruments, kind, dependent=y):
    d, V, l, factor, df2 = reduced_form(endogenous, instruments, kind, dependent)
    yy, ys, ss = V[:l, :l], V[:l, l:], V[l:, l:]

    def ar(b):
        g = d[:, 0] - b * d[:, 1]
        return g @ np.linalg.solve(yy - b * (ys + ys.T) + b * b * ss, g)

    def clr(b):
        """Kleibergen's (2005) statistics, the direction orthogonalised against the moments; covariances times 1/factor."""
        g = d[:, 0] - b * d[:, 1]
        S = (yy - b * (ys + ys.T) + b * b * ss) / factor
        C = (ys.T - b * ss) / factor                      # cov(d_s, g)
        D = d[:, 1] - C @ np.linalg.solve(S, g)
        R = ss / factor - C @ np.linalg.solve(S, C.T)
        a, rk = g @ np.linalg.solve(S, g), D @ np.linalg.solve(R, D)
        Sg, SD = np.linalg.solve(S, g), np.linalg.solve(S, D)
        lm = (D @ Sg) ** 2 / (D @ SD)
        q = 0.5 * (a - rk + np.sqrt((a + rk) ** 2 - 4 * (a - lm) * rk))
        # Andrews, Moreira & Stock (2007), by adaptive quadrature.
        K = special.gamma(l / 2) / (np.sqrt(np.pi) * special.gamma((l - 1) / 2))
        # with x = sin t the integrand has no root at its ends
        inside = lambda t: stats.chi2.sf((rk + q) / (1 + rk * np.sin(t) ** 2 / q), l) * np.cos(t) ** (l - 2)
        knee = min(np.pi / 2, 4 * np.sqrt(q / rk))
        p = 2 * K * sum(integrate.quad(inside, a_, b_, epsabs=1e-14, epsrel=1e-12, limit=400)[0] for a_, b_ in [(0, knee), (knee, np.pi / 2)] if b_ > a_)
        return q, rk, p

    critical = stats.f.isf(0.05, l, df2) * l / factor
    unit = np.sqrt(np.trace(yy) / np.trace(ss))

    def accepted(h):
        """{b: h(b) <= 0} by sign changes on tan's grid, each refined by Brent; None: unbounded."""
        angle = np.linspace(-np.pi / 2 + 1e-6, np.pi / 2 - 1e-6, 801)
        f = lambda t: h(unit * np.tan(t))
        value = np.array([f(t) for t in angle])
        ends = [unit * np.tan(optimize.brentq(f, angle[i], angle[i + 1], xtol=1e-15, rtol=1e-14))
                for i in range(len(angle) - 1) if (value[i] <= 0) != (value[i + 1] <= 0)]
        ends = ([None] if value[0] <= 0 else []) + [float(e) for e in ends] + ([None] if value[-1] <= 0 else [])
        return [[ends[i], ends[i + 1]] for i in range(0, len(ends), 2)]

    at = ar(0.0)
    q, rk, p = clr(0.0)
    return {"ar_f": at / l * factor, "ar_f_p": float(stats.f.sf(at / l * factor, l, df2)), "ar_chi2": at, "ar_set": accepted(lambda b: ar(b) - critical),
            "clr": q, "clr_rk": rk, "clr_p": float(p), "clr_set": accepted(lambda b: 0.05 - clr(b)[2])}


def effective_f(endogenous, instruments, kind):
    s, z = areas[endogenous].to_numpy(float), areas[instruments].to_numpy(float)
    out_of_w = lambda v: v - w @ np.linalg.lstsq(w, v, rcond=None)[0]
    s, z = out_of_w(s)[:, 0], out_of_w(z)
    z = z @ linalg.inv(linalg.sqrtm(z.T @ z).real)
    e = s - z @ (z.T @ s)
    V = meat(z * e[:, None], kind)
    l = z.shape[1]
    L = l + w.shape[1]
    factor = (n - L) / (n - 1) * (G - 1) / G if kind == "lad" else (n - L) / n
    x, t = 10.0, np.trace(V)
    degrees = t ** 2 * (1 + 2 * x) / (np.trace(V.T @ V) + 2 * x * t * np.linalg.eigvalsh(V)[-1])
    return {"effective_f": s @ z @ z.T @ s / t * factor, "critical": float(stats.ncx2.ppf(0.95, degrees, x * degrees) / degrees)}


def gmm():
    x = np.column_stack([areas.grants_per_head, w])
    q = np.column_stack([areas.drug_crime_rate, areas.turnout, w])
    # Scaled by hand and back: IVGMM inverts moments as they are.
    sx, sq = x.std(axis=0), q.std(axis=0)
    sx[1], sq[2] = 1.0, 1.0
    names = ["grants_per_head"] + NAMES
    out = {"two_stage": named(IV2SLS(y, x, q).fit().params, names)}
    for name, steps in [("two_step", 2), ("iterated", 200)]:
        fit = IVGMM(y, x / sx, q / sq).fit(start_params=None, maxiter=steps, optim_method="bfgs", optim_args={"gtol": 1e-14, "disp": 0},
                                           inv_weights=(q / sq).T @ (q / sq) / n, weights_method="cov", wargs={"centered": False})
        out[name] = {"coefficients": named(fit.params / sx, names), "j": float(fit.jtest()[0])}
    return out


def gmm_closed(kind):
    """The same by the closed form of each step, hc0 or authorities: what statsmodels' optimiser approaches."""
    x = np.column_stack([areas.grants_per_head, w])
    q = np.column_stack([areas.drug_crime_rate, areas.turnout, w])
    names = ["grants_per_head"] + NAMES
    b = np.linalg.solve(x.T @ q @ np.linalg.solve(q.T @ q, q.T @ x), x.T @ q @ np.linalg.solve(q.T @ q, q.T @ y))
    out = {}
    for step in range(2, 201):
        S = meat(q * (y - x @ b)[:, None], kind)
        left = x.T @ q @ np.linalg.inv(S)
        new = np.linalg.solve(left @ q.T @ x, left @ q.T @ y)
        moment = q.T @ (y - x @ new)
        last = meat(q * (y - x @ new)[:, None], kind)
        bread = np.linalg.inv(left @ q.T @ x)
        result = {"coefficients": named(new, names), "j": float(moment @ np.linalg.solve(S, moment)),
                  "errors": named(np.sqrt(np.diag(bread @ left @ last @ left.T @ bread)), names)}
        if step == 2:
            out["two_step"] = result
        done = np.max(np.abs(new - b) / np.abs(new)) < 1e-13
        b = new
        if done:
            break
    out["iterated"] = result
    return out


ONE, TWO = ["drug_crime_rate", "turnout"], ["drug_crime_rate", "turnout", "bus_runs"]
PAIR = ["grants_per_head", "community_assets_per_1000"]
values = {"k_class": k_class(["grants_per_head"], ONE), "k_class_pair": k_class(PAIR, TWO),
          "kp": {k: kleibergen_paap(["grants_per_head"], ONE, k) for k in ["iid", "hc0", "lad"]},
          "kp_pair": {k: kleibergen_paap(PAIR, TWO, k) for k in ["iid", "hc0", "lad"]},
          "weak_robust": {k: weak_robust(["grants_per_head"], ONE, k) for k in ["iid", "hc0", "lad"]},
          "weak_robust_three": {k: weak_robust(["grants_per_head"], TWO, k) for k in ["iid", "lad"]},
          "weak_robust_bus_runs": {k: weak_robust(["community_assets_per_1000"], ["bus_runs", "easting"], k) for k in ["hc0", "lad"]},
          "effective_f": {k: effective_f(["grants_per_head"], ONE, k) for k in ["hc0", "lad"]},
          "statsmodels_gmm_hc0": gmm(), "gmm": {k: gmm_closed(k) for k in ["hc0", "lad"]}}

ols = sm.OLS(y, np.column_stack([areas.grants_per_head, w]))
names = ["grants_per_head"] + NAMES
values["statsmodels_ols"] = {"coefficients": named(ols.fit().params, names)}
for kind in ["HC0", "HC1", "HC2", "HC3"]:
    values["statsmodels_ols"][kind.lower()] = named(ols.fit(cov_type=kind).bse, names)
values["statsmodels_ols"]["lad_cr1"] = named(ols.fit(cov_type="cluster", cov_kwds={"groups": lad}).bse, names)
values["statsmodels_ols"]["lad_cr0"] = named(ols.fit(cov_type="cluster", cov_kwds={"groups": lad, "use_correction": False}).bse, names)
save(values, "weak_iv.json", statsmodels=statsmodels.__version__, pandas=pd.__version__)
