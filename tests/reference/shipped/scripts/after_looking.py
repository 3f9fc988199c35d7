"""Bands, rank sets and inference on winners from their equations, by brute force over pairs and by scipy's roots.

Andrews, Kitagawa & McCloskey (2024), section III: given Z the winner's estimate is a normal truncated to [L, U];
quantile-unbiased estimates solve F(y; mu) = 1 - a, the hybrid truncates to mu -+ c s as well. Mogstad, Romano, Shaikh &
Wilhelm (2024), section 3: ranks by studentised differences, in one step. Montiel Olea & Plagborg-Moller (2019), algorithm 2:
bands from the k-th least to the k-th largest draw, k calibrated over draws, each left out of the band that judges it. The draws
are stored with the values. Where no depth holds, max |t| of each draw by the moments of the others."""
import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr

from common import save


def log_between(a, b):
    """log(Phi(b) - Phi(a)), from whichever tail is the smaller."""
    if a > 0:
        a, b = -b, -a
    return log_ndtr(b) + np.log1p(-np.exp(log_ndtr(a) - log_ndtr(b)))


def truncated(y, mean, sd, low, high):
    if y <= low:
        return 0.0
    if y >= high:
        return 1.0
    return np.exp(log_between((low - mean) / sd, (y - mean) / sd) - log_between((low - mean) / sd, (high - mean) / sd))


def quantile(values, p):
    return np.quantile(values, p)


def away(draws):
    """|draw - mean| in standard deviations, and the same by the mean and standard deviation of the other draws."""
    others = np.empty_like(draws)
    for d in range(len(draws)):
        rest = np.delete(draws, d, axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            others[d] = np.abs(draws[d] - rest.mean(axis=0)) / rest.std(axis=0, ddof=1)
    return np.abs(draws - draws.mean(axis=0)) / draws.std(axis=0, ddof=1), others


def critical(own, others, level, few):
    """A quantile of max |t|; of few draws that of the others' t, at the place that a new draw's would have."""
    return np.quantile(others, level, method="weibull") if few else quantile(own, level)


def winner(draws, level, few):
    mean, cov = draws.mean(axis=0), np.cov(draws.T)
    k = int(np.argmax(mean))
    y, own = mean[k], cov[k, k]
    sd, c = np.sqrt(own), cov[:, k]
    z = mean - c / own * y
    low = max([own * z[j] / (own - c[j]) for j in range(len(mean)) if j != k and own > c[j]], default=-np.inf)
    high = min([own * z[j] / (own - c[j]) for j in range(len(mean)) if j != k and own < c[j]], default=np.inf)
    alpha = 1 - level
    beta = alpha / 10
    own_t, others_t = (t.max(axis=1) for t in away(draws))
    wide, wider = critical(own_t, others_t, level, few), critical(own_t, others_t, 1 - beta, few)

    def conditional(a):
        f = lambda m: truncated(y, m, sd, low, high) - (1 - a)
        return brentq(f, y - 3000 * sd, y + 60 * sd, xtol=1e-15, rtol=1e-15)

    def hybrid(a):
        f = lambda m: truncated(y, m, sd, max(low, m - wider * sd), min(high, m + wider * sd)) - (1 - a)
        return brentq(f, y - wider * sd, y + wider * sd, xtol=1e-15, rtol=1e-15)

    part = (alpha - beta) / (1 - beta) / 2
    return {"winner": k, "lower": low, "upper": high if np.isfinite(high) else None,
            "conditional": [conditional(alpha / 2), conditional(1 - alpha / 2)], "conditional_median": conditional(0.5),
            "hybrid": [hybrid(part), hybrid(1 - part)], "hybrid_median": hybrid(0.5),
            "projection": [y - wide * sd, y + wide * sd]}


def bands(draws, level):
    mean, sd = draws.mean(axis=0), draws.std(axis=0, ddof=1)
    tail, low, high = quantile_bands(draws, level)
    c = critical(*(t.max(axis=1) for t in away(draws)), level, not tail)
    return {"critical": c, "tail": tail, "low": list(low if tail else mean - c * sd), "high": list(high if tail else mean + c * sd)}


def quantile_bands(draws, level):
    """The share cut off at each end, and the ends; share 0 where even the outermost draws hold too few at once."""
    count = len(draws)
    ordered = np.sort(draws, axis=0)

    def share_out(k):
        out = 0
        for d in range(count):
            others = np.sort(np.delete(draws, d, axis=0), axis=0)
            out += bool(np.any((draws[d] < others[k - 1]) | (draws[d] > others[count - 1 - k])))
        return out / count

    depth = 0
    while depth < count // 2 and share_out(depth + 1) <= 1 - level + 1e-12:
        depth += 1
    if depth == 0:
        return 0.0, None, None
    here, there = share_out(depth), share_out(depth + 1)
    depth = min(depth + (1 - level - here) / (there - here), (1 - level) * count / 2)
    at = np.arange(1, count + 1)
    low = np.array([np.interp(depth, at, column) for column in ordered.T])
    high = np.array([-np.interp(depth, at, -column[::-1]) for column in ordered.T])
    return depth / (count + 1), low, high


def ranks_of_pairs(draws, level, few):
    n = draws.shape[1]
    mean = draws.mean(axis=0)
    d = draws[:, :, None] - draws[:, None, :]
    m, s = d.mean(axis=0), d.std(axis=0, ddof=1)
    s[np.arange(n), np.arange(n)] = np.inf
    t, by_others = (np.where(np.eye(n, dtype=bool), 0.0, one) for one in away(d))
    every = critical(t.max(axis=(1, 2)), by_others.max(axis=(1, 2)), level, few)
    each = np.array([critical(t[:, j, :].max(axis=1), by_others[:, j, :].max(axis=1), level, few) for j in range(n)])
    out = {"critical_all": every}
    for name, c in (("each", each), ("all", np.full(n, every))):
        out[name] = [[int(1 + np.sum(-m[j] > c[j] * s[j])), int(n - np.sum(m[j] > c[j] * s[j]))] for j in range(n)]
    assert np.allclose(m, mean[:, None] - mean[None, :])
    return out


def ranks_of_map(draws, level, few):
    z = (draws - draws.mean(axis=1, keepdims=True)) / draws.std(axis=1, keepdims=True)
    mean, s = z.mean(axis=0), z.std(axis=0, ddof=1)
    e = z - mean
    pair = np.abs(e[:, :, None] - e[:, None, :]) / (s[:, None] + s[None, :])
    most, count = pair.max(axis=(1, 2)), len(draws)
    # By the others as if both areas of a pair were as far out, in place of moments without each draw for each pair.
    others = most * count / (count - 1) * np.sqrt((count - 2) / (count - 1 - most**2 * count / (count - 1)))
    c = critical(most, others, level, few)
    n = len(mean)
    return {"critical": c, "ranks": [[int(1 + np.sum(mean - c * s > mean[i] + c * s[i])),
                                      int(n - np.sum(mean + c * s < mean[i] - c * s[i]))] for i in range(n)]}


def all_of(draws, level):
    made = bands(draws, level)
    few = made["tail"] == 0
    return {"level": level, "draws": draws.T.tolist(), "bands": made, "winner": winner(draws, level, few),
            "pairs": ranks_of_pairs(draws, level, few), "map": ranks_of_map(draws, level, few)}


random = np.random.default_rng(16)
values = {}
for case, (n, gap, level) in {"close": (6, 0.3, 0.9), "clear": (6, 1.5, 0.9), "many": (15, 0.2, 0.95)}.items():
    factor = random.normal(size=(101, 3)) @ random.normal(size=(3, n))
    draws = gap * np.sqrt(np.arange(n)) + 0.4 * factor + 0.5 * random.normal(size=(101, n))
    values[case] = all_of(np.round(1024 * draws) / 1024, level)  # exact as 32-bit floats, which hold the draws of a map
factor = random.normal(size=(601, 3)) @ random.normal(size=(3, 6))
draws = np.exp(0.4 * factor + 0.3 * random.normal(size=(601, 6))) + np.arange(6) - 0.3
values["skewed"] = all_of(np.round(1024 * draws) / 1024, 0.9)
save(values, "after_looking.json")
