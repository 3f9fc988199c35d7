#!/usr/bin/env python3
"""Write the tables of docs/methods/coverage.md from what `spillway coverage --json` wrote.

    spillway coverage configs/coverage.toml      --json main.json
    spillway coverage configs/coverage-full.toml --json full.json
    bench/coverage_tables.py docs/methods/coverage.md main.json full.json

A table stands between `<!-- table NAME -->` and `<!-- end -->`; what is there is replaced, the text around it is kept. Several
files of designs may be given; a design that comes twice is taken from the last file. A cover more than two Monte Carlo
errors from 95 % is marked with a star.
"""
import json
import math
import re
import sys

TYPES = ["doubly_disadvantaged", "other_deprived", "other"]
PANEL = [("spillover", e, e) for e in ("corrected_score", "half_panel_jackknife", "double_filter_iv", "within", "as_published")]
NO_LAG = [("no_own_lag", e, e + " without own lag") for e in ("corrected_score", "half_panel_jackknife", "double_filter_iv")]
INTERVALS = [(m, "corrected_score", "corrected_score") for m in ("percentile_t", "percentile", "normal", "score_cells", "year_clusters", "cell_draws")]
SERIAL = [("spillover", "corrected_score", "corrected_score"), ("second_lags", "corrected_score_second_lags", "corrected_score_second_lags"),
          ("spillover", "double_filter_iv", "double_filter_iv")]
LOADING = [("spillover", "corrected_score", "common period effects"), ("period_by_type", "corrected_score", "period effects by type")]
BETA = [("2sls", "grants_per_head"), ("2sls", "anderson_rubin_set"), ("liml", "grants_per_head"), ("fuller", "grants_per_head"), ("gmm", "grants_per_head"),
        ("ols", "grants_per_head")]


def pick(rows, **want):
    return next((r for r in rows if all(r[k] == v for k, v in want.items())), None)


def short(x, places=3, sign=False):
    if x is None:
        return "-"
    text = f"{x:+.{places}f}" if sign else f"{x:.{places}f}"
    return text.replace("0.", ".", 1) if abs(x) < 1 else text


def cover(value):
    if value is None or value["cover"]["value"] is None:
        return "-"
    off = abs(value["cover"]["value"] - 0.95) > 2 * math.sqrt(0.95 * 0.05 / value["intervals"])
    return short(value["cover"]["value"]) + ("*" if off else "")


def method(value):
    return value["interval_method"].replace("percentile_t (unreliable)", "percentile_t, marked unreliable")


def panel(designs, rows):
    out = ["| design | estimator, interval | bias of rho, DD / OD / other | its error, at most | cover of rho, DD / OD / other | bias of phi (error) | cover of phi | refused |",
           "|-|-|-|-|-|-|-|-|"]
    for d in designs:
        for model, estimator, label in rows:
            rho = [pick(d["values"], model=model, estimator=estimator, quantity="lag:" + t) for t in TYPES]
            if not all(rho):
                continue
            second = estimator == "corrected_score_second_lags"  # its "previous" is phi and the errors' correlation together
            phi = None if second else pick(d["values"], model=model, estimator=estimator, quantity="previous")
            fit = pick(d["fits"], model=model, estimator=estimator)
            out.append(f'| {d["name"]} | {label}, {method(rho[2])} | {" / ".join(short(v["bias"]["value"], 4, True) for v in rho)} '
                       f'| {short(max(v["bias"]["error"] for v in rho), 4)} | {" / ".join(cover(v) for v in rho)} | '
                       + (f'{short(phi["bias"]["value"], 4, True)} ({short(phi["bias"]["error"], 4)}) | {cover(phi)}' if phi else "- | -") + f' | {fit["refused"]} |')
    return out


def share(test):
    return "-" if not test else f'{short(test["rejects"]["value"])} ({short(test["rejects"]["error"])})'


def equal(designs):
    out = ["| design | as published, Wald | within, Wald | corrected score, Wald | corrected score, the one that decides | DD - other | OD - other | meaning |", "|-|-|-|-|-|-|-|-|"]
    for d in designs:
        get = lambda estimator, test: pick(d["tests"], model="spillover", estimator=estimator, test=test)
        one = get("corrected_score", "equal_rho") or get("corrected_score", "equal_rho_wald")
        if not one:
            continue
        out.append(f'| {d["name"]} | ' + " | ".join(share(t) for t in (
            get("as_published", "equal_rho_wald"), get("within", "equal_rho_wald"), get("corrected_score", "equal_rho_wald"), get("corrected_score", "equal_rho"),
            get("corrected_score", "difference:doubly_disadvantaged-other"), get("corrected_score", "difference:other_deprived-other"))) + f' | {one["meaning"]} |')
    return out


def shares(designs, model, estimator, tests, label=""):
    out = ["| design | " + " | ".join(tests) + " |", "|-" * (len(tests) + 1) + "|"]
    for d in designs:
        row = [pick(d["tests"], model=model, estimator=estimator, test=t) for t in tests]
        if any(row):
            out.append(f'| {d["name"]}{label} | ' + " | ".join("-" if not t else f'{t["meaning"]} {short(t["rejects"]["value"])}' for t in row) + " |")
    return out


def beta(designs):
    out = ["| design | estimator, interval | median bias / beta (error) | cover (error) | median length / beta |", "|-|-|-|-|-|"]
    for d in designs:
        for estimator, quantity in BETA:
            v = pick(d["values"], model="social_infrastructure", estimator=estimator, quantity=quantity)
            if not v:
                continue
            b, length = v["truth"], v["median_length"]
            out.append(f'| {d["name"]} | {estimator}, {v["interval_method"]} | {short(v["median_bias"]["value"] / b, 3, True)} ({short(v["median_bias"]["error"] / b)}) '
                       f'| {cover(v)} ({short(v["cover"]["error"])}) | {"unbounded" if length is None else short(length / b, 2)} |')
    return out


def main():
    page, files = sys.argv[1], sys.argv[2:]
    designs = {}
    for name in files:
        with open(name) as file:
            for d in json.load(file)["designs"]:
                designs[d["name"]] = d
    of = lambda test: [d for n, d in designs.items() if test(n)]
    first = of(lambda n: n.startswith(("iid_", "sar_")))
    iv = of(lambda n: n.startswith("iv_"))
    special = ("iid_", "sar_", "iv_", "serial_", "loading_")
    rest = of(lambda n: not n.startswith(special))
    named = lambda start: of(lambda n: n.startswith(start))
    tables = {
        "main": panel(first, PANEL), "main-equal": equal(first), "main-beta": beta(first),
        "panel": panel(rest, PANEL), "no-own-lag": panel(rest, NO_LAG), "intervals": panel(rest, INTERVALS),
        "equal": equal(rest), "serial": panel(named("serial_"), SERIAL),
        "serial-tests": shares(named("serial_"), "spillover", "corrected_score", ["serial_correlation_z", "q2", "m2_z"])
        + shares(named("serial_"), "second_lags", "corrected_score_second_lags", ["serial_correlation_z", "q2", "m2_z"], ", second lags")[2:],
        "loading": panel(named("loading_"), LOADING),
        "loading-tests": shares(named("loading_") + named("size_"), "spillover", "corrected_score",
                                ["equal_shocks_wald", "loading:doubly_disadvantaged", "loading:other_deprived"]),
        "beta": beta(iv),
        "iv-tests": shares(iv, "social_infrastructure", "2sls", ["wre_t", "anderson_rubin", "clr", "kleibergen_paap_lm", "hansen_j", "endogeneity_c"]),
    }
    with open(page) as file:
        text = file.read()
    for name, lines in tables.items():
        pattern = re.compile(rf"(<!-- table {re.escape(name)} -->\n).*?(<!-- end -->)", re.S)
        if len(lines) > 2:
            text = pattern.sub(lambda m: m.group(1) + "\n".join(lines) + "\n" + m.group(2), text)
    with open(page, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
