#!/usr/bin/env python3
"""Every key of the schema and every parameter of every lever at its bounds, beyond them and as what it is not: `check`, `run --dry-run`
and `run` must agree on what is at fault, `run` must end in its own words, and what it writes must be whole.

    tests/attack/settings.py build/spillway [EVERY] [-v]

Every EVERY-th of them, default all (7,000, an hour of a busy machine). What came out otherwise is printed; exit 1 where something did.
"""
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile

words = [word for word in sys.argv[1:] if not word.startswith("-")]
spillway, every = os.path.abspath(words[0]), int(words[1]) if len(words) > 1 else 1
home = tempfile.TemporaryDirectory()
os.chdir(home.name)
BASE = """[run]
name = "z"
seed = 3
[data]
pack = "w"
[weights]
kind = "contiguity"
islands = "keep-zero"
[areas]
type = "area_type"
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
better = "higher"
period_effects = "common"
spatial_lag = "common"
own_lag = true
estimators = ["corrected_score"]
headline = "corrected_score"
rival_weights = []
covariance = { kind = "cluster", by = "lad_code", small_sample = "cr1" }
[[model]]
name = "si"
kind = "iv"
outcome = "growth_decade"
window_years = 10
endogenous = ["grants_per_head"]
instruments = ["drug_crime_rate", "turnout"]
controls = ["log_population", "industry_mix"]
estimators = ["ols", "2sls"]
headline = "2sls"
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
scheme = "cluster_pairs"
cluster = "lad_code"
replicates = 9
draws = 9
[counterfactual]
growth = "shrunk_mean"
[[scenario]]
name = "s"
lever = "LEVER"
extrapolate = "small world"
[scenario.estimates]
spillover = "spillover/corrected_score"
infrastructure = "si/2sls"
[scenario.parameters]
PARAMS
[outcomes]
horizon = 4
area = ["uplift", "cumulative_uplift"]
groupings = ["nation", "region", "lad", "area_type"]
[appraisal]
rulebook = "green-book-2026"
price_base_year = 2024
discount_base_year = 2026
appraisal_years = 10
"""
PARAMETERS = {
    "ukspf_ring_fence": "amount = 1e7\nfund_years = 3\nshare = 0.1",
    "community_wealth_fund": "amount = 2e6\nfund_years = 4",
    "bus_franchising": "",
    "neighbourhood_renewal": "amount = 2e6\nfund_years = 4",
    "fund_consolidation": "",
    "growth_plan_conditionality": "",
    "employment_support": "places_a_year = 100",
    "package": 'levers = ["community_wealth_fund", "bus_franchising"]\ncommunity_wealth_fund_amount = 2e6\ncommunity_wealth_fund_fund_years = 4',
}
KEYS = {
    'run.name': ['""', '"a b"', '"../x"', '"é"', '"a/b"', '"."', '3', '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'],
    'run.seed': ['0', '-1', '9223372036854775807', '1.5', '"1"'],
    'run.threads': ['0', '-1', '1', '4096', '4097', '1.0'],
    'run.memory_gb': ['0', '-1', '0.0001', '0.05', '1e9', 'nan', 'inf'],
    'run.reproducible': ['true', 'false', '1', '"yes"'],
    'data.pack': ['""', '"x"', '"w/"', '"./w"', '"synthetic"', '3', '"w/pack.toml"', '"base.toml"'],
    'data.synthetic_seed': ['1', '-1'],
    'data.synthetic_areas': ['99', '100', '1e3'],
    'data.policy_truth': ['"own"', '"x"'],
    'data.strength': ['"sharp"', '"x"'],
    'weights.kind': ['"knn"', '"distance_band"', '"inverse_distance"', '"file"', '"flows"', '"x"', '""'],
    'weights.row_standardise': ['false', '1'],
    'weights.islands': ['"error"', '"attach-nearest"', '"x"'],
    'weights.k': ['1', '0', '6', '1000', '-1', '2.5'],
    'weights.cutoff_km': ['0', '-1', '5', '1e-9', '1e9', 'nan'],
    'weights.decay': ['0', '1', '-1', '50'],
    'weights.path': ['"edges.csv"', '"x"'],
    'weights.size': ['"population"', '"x"', '"area_type"', '""', '"growth_decade"', '"gva"'],
    'weights.values': ['"weight"', '"distance"', '"binary"', '"x"'],
    'weights.ids': ['"order"', '"x"'],
    'weights.unlisted': ['"islands"', '"refuse"', '"x"'],
    'areas.type': ['"region_code"', '"x"', '""', '"population"', '"area_code"', '"lad_code"', '"constituency_code"'],
    'bootstrap.scheme': ['"cluster_pairs"', '"x"', '"wild"', '"cells"'],
    'bootstrap.cluster': ['"region_code"', '"x"', '""', '"population"', '"area_code"', '"area_type"', '"combined_authority_code"'],
    'bootstrap.replicates': ['1', '2', '9', '8', '0', '100', '100000001'],
    'bootstrap.draws': ['1', '2', '9', '10', '0', '-1', '3'],
    'bootstrap.wild_weights': ['"webb"', '"mammen"', '"x"'],
    'counterfactual.growth': ['"shrunk_mean"', '"x"', '"growth_decade"', '"population"', '"area_type"', '""', '"industry_mix"', '0.02'],
    'outcomes.horizon': ['1', '0', '200', '201', '2', '1.5', '10'],
    'outcomes.period_years': ['1', '0', '-1', '2.5', '1e9', '0.001', '50', '1000'],
    'outcomes.area': ['[]', '["uplift"]', '["x"]', '["uplift","uplift"]', '["gva_per_head_uplift"]', '["discounted_gva_uplift"]', '["cumulative_uplift_split"]', '["cumulative_uplift"]', '["cumulative_uplift","cumulative_uplift_split"]', '["uplift","gva_per_head_uplift","discounted_gva_uplift","cumulative_uplift"]', '"uplift"'],
    'outcomes.quantiles': ['[]', '[0.5]', '[0]', '[1]', '[0,1]', '[0.5,0.5]', '[0.9,0.1]', '[-0.1]', '[1.1]', '[0.05,0.95]', '[0.1,0.5,0.9]', '[nan]', '[0.001,0.5,0.999]', '0.5', '["0.5"]'],
    'outcomes.groupings': ['[]', '["nation"]', '["x"]', '["nation","nation"]', '["region"]', '["area_type"]', '["lad:region"]', '["area_type:lad"]', '["area_type:lad:region"]', '["list:x.csv"]', '["target"]', '["constituency"]', '["area"]', '["nation:region"]', '["area_type:area_type"]', '["combined_authority"]', '["constituency_code"]', '["population"]', '["area_type","lad"]'],
    'outcomes.keep_draws_of': ['[]', '["S01000001"]', '["x"]', '["S01000001","S01000001"]', '"S01000001"', '[1]'],
    'store.keep': ['"full"', '"groups"', '"summary"', '"x"'],
    'appraisal.rulebook': ['"green-book-2022"', '"x"'],
    'appraisal.price_base_year': ['1990', '1989', '2100', '2101', '2025', '2024.5', '2023', '2026', '2000'],
    'appraisal.discount_base_year': ['1990', '2100', '2024', '2030', '2027', '2036', '2040'],
    'appraisal.appraisal_years': ['1', '0', '500', '501', '4', '3', '5', '130', '200'],
    'appraisal.first_year': ['1990', '2026', '2025', '2030', '2100', '2040', '2027'],
    'appraisal.deflator_series': ['"gva-england-2023"', '"x"'],
    'appraisal.deflators': ['{ 2025 = { value = 103.5, source = "x" } }', '{ 2025 = { value = -1, source = "x" } }', '{ 2025 = 103.5 }', '{ 2024 = { value = 103.5, source = "x" } }', '{ x = { value = 1, source = "x" } }', '{ 1800 = { value = 1, source = "x" } }'],
    'appraisal.reference_option': ['"do_minimum"', '"x"'],
    'appraisal.optimism_bias_class': ['"standard_civil"', '"x"', '""', '"non_standard_civil"', '"standard_buildings"', '"outsourcing"'],
    'appraisal.capital_share': ['0', '1', '0.5', '-0.1', '1.1', 'nan'],
    'appraisal.residual_persistence': ['0', '1', '0.5', '1.1', '-0.1'],
    'appraisal.lower_rate': ['true', '1'],
    'appraisal.health_rate': ['true'],
    'appraisal.department': ['"mhclg"', '"dft"', '"x"'],
    'appraisal.envelope': ['[]', '[0]', '[-1]', '[1,2,3]', '[1e9]', '["x"]', '[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]'],
    'appraisal.distributional_weights': ['true', 'false'],
    'appraisal.income_column': ['"population"', '"x"', '"area_type"', '"gva_per_head"', '""'],
    'appraisal.benefits.gva_welfare_share': ['{ value = 0.3, source = "x" }', '{ value = 2, source = "x" }', '0.3', '{ value = -1, source = "x" }', '{ value = 0.3 }'],
    'appraisal.benefits.fiscal_per_pound': ['{ value = 0.3, source = "x" }', '{ value = -0.3, source = "x" }', '{ value = 1e9, source = "x" }'],
    'appraisal.benefits.gva_additional_share': ['{ value = 1, source = "x" }', '{ value = 0.2, source = "x" }', '{ value = 1.2, source = "x" }', '{ distribution = "uniform", low = 0.1, high = 0.3, source = "x" }'],
    'appraisal.benefits.benefit_years': ['{ value = 0, source = "x" }', '{ value = 4.5, source = "x" }', '{ value = 1000, source = "x" }'],
    'appraisal.benefits.x': ['{ value = 0, source = "x" }'],
    'scenario.s.name': ['"s"', '""', '"a.b"', '"a/b"', '"none"', '"nation"', '" s"', '"é"'],
    'scenario.s.spread': ['"none"', '"propagated"', '"estimated"', '"x"'],
    'scenario.s.effect_is': ['"impact"', '"total"', '"x"'],
    'scenario.s.extrapolate': ['""', '"x"', 'true'],
    'scenario.s.estimates.spillover': ['"spillover/within"', '"x/y"', '"si/2sls"', '""', '"spillover"', '"spillover/as_published"', '{ run = "no.h5", estimate = "spillover/corrected_score" }'],
    'scenario.s.estimates.infrastructure': ['"si/ols"', '"si/structural"', '"si/slx"', '"spillover/corrected_score"', '"x"', '"si"'],
    'scenario.s.convert': ['{ factor = 1.0, source = "x" }', '{ factor = 0, source = "x" }', '{ factor = -1, source = "x" }', '{ factor = 1 }', '{ factor = 1e300, source = "x" }'],
    'scenario.s.convert.employment_rate': ['{ value = 1.0, source = "x" }'],
    'model.spillover.better': ['"lower"', '"x"'],
    'model.spillover.level': ['0.5', '0', '1', '0.999', '0.9', '95', '"0.9"'],
    'model.spillover.interval': ['"normal"', '"percentile"', '"percentile_t"', '"bca"', '"wre"', '"score_cells"', '"year_clusters"', '"cell_draws"', '"x"'],
    'model.spillover.restrict_to': ['"population"', '"x"', '"area_type"', '"inactivity_rate"'],
    'model.spillover.covariates': ['["inactivity_rate"]', '["x"]', '["growth"]', '["gva"]', '["population"]', '["inactivity_rate","inactivity_rate"]', '["imd_score"]'],
    'model.spillover.predetermined': ['["inactivity_rate"]', '["x"]'],
    'model.spillover.area_effects': ['false'],
    'model.spillover.period_effects': ['"none"', '"by_type"', '"by_region"', '"x"'],
    'model.spillover.spatial_lag': ['"none"', '"by_type"', '"x"'],
    'model.spillover.own_lag': ['false'],
    'model.spillover.own_lags': ['0', '1', '2', '3', '9'],
    'model.spillover.rival_weights': ['["second_ring"]', '["nearest:6"]', '["nearest:0"]', '["nearest:500"]', '["size:population"]', '["size:x"]', '["x"]', '["second_ring","second_ring"]'],
    'model.spillover.missing': ['"impute"', '"drop"', '"drop_rows"', '"drop_areas"', '"x"'],
    'model.spillover.estimators': ['["within"]', '[]', '["corrected_score","corrected_score"]', '["2sls"]', '["pooled","corrected_score"]', '["arellano_bond","corrected_score"]', '["analytical","corrected_score","half_panel_jackknife","double_filter_iv","within","within_no_own_lag","corrected_score_no_own_lag","corrected_score_second_lags"]'],
    'model.spillover.headline': ['"within"', '"x"', '"as_published"'],
    'model.spillover.headline_fallback': ['"within"', '"corrected_score"', '"double_filter_iv"', '"x"'],
    'model.spillover.outcome': ['"gva"', '"x"', '"inactivity_rate_change"', '"imd_score_change"', '"inactivity_rate"', '"population"', '"growth_decade"'],
    'model.spillover.window_years': ['5'],
    'model.spillover.durbin': ['true'],
    'model.si.window_years': ['1', '0', '10', '11', '12', '50', '-1', '2.5'],
    'model.si.outcome': ['"growth"', '"x"', '"population"', '"employment_change_decade"', '"area_type"'],
    'model.si.endogenous': ['[]', '["x"]', '["grants_per_head","lottery_per_head"]', '["grants_per_head","lottery_per_head","community_assets_per_1000"]', '["growth_decade"]', '["turnout"]', '["area_type"]', '["community_assets_per_1000"]', '["population"]'],
    'model.si.instruments': ['[]', '["turnout"]', '["grants_per_head"]', '["x"]', '["log_population"]', '["turnout","turnout"]'],
    'model.si.controls': ['[]', '["x"]', '["turnout"]', '["log_population","log_population"]', '["area_type"]', '["population","log_population"]'],
    'model.si.fixed_effects': ['["region_code"]', '["lad_code"]', '["area_code"]', '["x"]', '["area_type","region_code"]', '["constituency_code"]', '["population"]'],
    'model.si.weights_column': ['"population"', '"x"', '"area_type"', '"growth_decade"'],
    'model.si.lacks': ['["grants_per_head"]', '["x"]'],
    'model.si.units': ['{ grants_per_head = "GBP per head" }', '{ grants_per_head = "x" }', '{ x = "GBP per head" }', '{ grants_per_head = "GBP m per head" }', '{ grants_per_head = "GBP thousand per head" }'],
    'model.si.estimators': ['["ols"]', '["liml","2sls"]', '["fuller","2sls"]', '["gmm","2sls"]', '["gmm_iterated","2sls"]', '["within"]'],
    'model.si.headline': ['"ols"', '"x"', '"liml"'],
    'model.si.headline_fallback': ['"ols"'],
    'model.si.level': ['0.9', '0.99'],
    'model.si.interval': ['"wre"', '"percentile"', '"bca"', '"normal"', '"percentile_t"', '"score_cells"'],
    'model.si.restrict_to': ['"population"', '"x"', '"turnout"', '"area_type"'],
    'model.si.missing': ['"impute"', '"drop"', '"drop_rows"'],
    'model.si.proxies': ['["grants_per_head"]', '["grants_per_head","lottery_per_head"]'],
    'model.si.headline_cell': ['"x"', '"grants_per_head:turnout"'],
    'model.si.covariance': ['{ kind = "iid" }', '{ kind = "hc0" }', '{ kind = "hc2" }', '{ kind = "hc3" }', '{ kind = "cluster" }', '{ kind = "cluster", by = "x" }', '{ kind = "two_way", by = ["lad_code"] }', '{ kind = "two_way", by = ["lad_code", "region_code"] }', '{ kind = "conley", cutoff_km = 5 }', '{ kind = "conley", cutoff_km = 500000 }', '{ kind = "conley" }', '{ kind = "conley", cutoff_km = 5, kernel = "x" }', '{ kind = "score_cells" }', '{ kind = "driscoll_kraay", lags = 2 }', '{ kind = "cluster", by = "area_code" }', '{ kind = "cluster", by = "lad_code", small_sample = "cr3" }', '{ kind = "cluster", by = "lad_code", small_sample = "stata" }', '{ kind = "cluster", by = "population" }'],
    'model.spillover.covariance': ['{ kind = "iid" }', '{ kind = "hc1" }', '{ kind = "hc3" }', '{ kind = "driscoll_kraay", lags = 2 }', '{ kind = "driscoll_kraay", lags = 20 }', '{ kind = "driscoll_kraay" }', '{ kind = "driscoll_kraay", lags = -1 }', '{ kind = "conley", cutoff_km = 5 }', '{ kind = "score_cells", by = "lad_code" }', '{ kind = "two_way", by = ["lad_code", "period"] }', '{ kind = "cluster", by = "region_code" }', '{ kind = "cluster", by = "area_type" }'],
    'correlation': ['[ { parameters = ["s.deadweight","s.displacement"], matrix = [[1,0.5],[0.5,1]] } ]', '[ { parameters = ["s.underspend","s.depreciation"], matrix = [[1,0.5],[0.5,1]] } ]', '[ { parameters = ["s.underspend","s.depreciation"], matrix = [[1,2],[2,1]] } ]', '[ { parameters = ["s.underspend"], matrix = [[1]] } ]', '[ { parameters = ["s.underspend","s.x"], matrix = [[1,0.5],[0.5,1]] } ]', '[ { parameters = ["s.underspend","s.underspend"], matrix = [[1,0.5],[0.5,1]] } ]', '[ { parameters = ["s.underspend","s.depreciation"], matrix = [[1,0.5],[0.4,1]] } ]'],
    'backcast.start': ['2015', '2000', '2018'],
    'backcast.programme': ['"x.csv"'],
    'backcast.model': ['"x"', '"si"'],
    'backcast.places': ['0', '-1'],
    'coverage.worlds': ['1', '0'],
    'coverage.only': ['["x"]'],
    'scenario.s.outcome': ['[ { name = "e" } ]', '[ { name = "e", estimates = { infrastructure = "si/ols" } } ]', '[ { name = "e", spread = "none", estimates = { spillover = "spillover/corrected_score", infrastructure = "si/ols" } } ]', '[ { name = "", estimates = { infrastructure = "si/ols" } } ]', '[ { name = "s", estimates = { infrastructure = "si/2sls" } } ]', '[ { name = "e", estimates = { infrastructure = "si/ols" } }, { name = "e", estimates = { infrastructure = "si/ols" } } ]', '[ { name = "e", estimates = { infrastructure = "si/ols" }, parameters = { amount = 3 } } ]'],
}
PANEL = ["as_published", "within", "within_no_own_lag", "half_panel_jackknife", "corrected_score", "corrected_score_no_own_lag", "corrected_score_second_lags", "double_filter_iv", "analytical", "arellano_bond", "pooled"]
PANEL_KEYS = ["", "area_effects = false", "own_lags = 2", 'predetermined = ["inactivity_rate"]', 'spatial_lag = "none"', 'period_effects = "by_region"', 'missing = "impute"', 'restrict_to = "population"']
SPATIAL = ["qml", "qml_exact", "qml_elhorst", "gs2sls", "gs2sls_wx"]
SPATIAL_KEYS = ["", "durbin = true", "spatial_error = true", "area_effects = false", 'period_effects = "none"\narea_effects = false', 'missing = "impute"', 'missing = "drop_rows"', "window_years = 10"]


def values_of(parameter):
    """What a lever's parameter is given: its bounds, beyond them, each distribution, other kinds."""
    low, high = float(parameter.get("low") or 0), float(parameter.get("high") or 10)
    kind = parameter["kind"]
    if kind == "number":
        of = lambda name, **at: "{ distribution = " + json.dumps(name) + "".join(f", {key} = {value}" for key, value in at.items()) + " }"
        made = ["0", "-1", "1e308", '"x"', "true", "0.5", "[1, 2]", "nan", "inf", "-0.0", '"0.5"', repr(low), repr(high), repr(low - 1e-9), repr(high * (1 + 1e-12)), of("point", value=0.5),
                of("uniform", low=low, high=high), of("uniform", low=low, high=low), of("uniform", low=high, high=low), of("pert", low=low, mode=low, high=high), of("triangular", low=low, mode=high, high=high),
                of("normal", mean=0.3, sd=0.0), of("normal", mean=0.3, sd=0.1), of("normal", mean=low - 1, sd=0.01, low=low, high=high), of("lognormal", median=0.3, sigma=0.0), of("lognormal", median=0.3, sigma=0.5),
                of("beta", a=0.0, b=1.0, low=0.0, high=1.0), of("beta", a=2.0, b=1.0, low=0.1, high=0.4), of("discrete", values=[0.1, 0.4], probabilities=[0.5, 0.5]), of("discrete", values=[0.1], probabilities=[0.0]),
                of("empirical", values=[]), of("empirical", values=[0.3]), "{ value = 0.3 }", '{ value = 0.3, source = "" }', '{ value = 0.3, source = "x", date = 2026-13-01 }']
        return made + (["2026", "2028.5", "2030", "2031", "2025", "2300", "1990", "3", "5", "0.25"] if "year" in parameter["unit"] or "start" in parameter["name"] else [])
    if kind == "word":
        return [json.dumps(word) for word in parameter.get("choices", [])] + ['""', '"x"', "3", '"area_type"', '"population"', '"imd_rank"', '"2024"', '"cash"', '"base"', '"1980"', "2024", '"region_code"']
    if kind == "numbers":
        return ["[]", "[0]", "[0, 0, 1]", "[1e6]", "[-1]", '[1, "x"]', "[0.1, 0.1, 0.1, 0.1, 0.1, 0.1]", "0.5", "[nan]"]
    if kind == "list":
        return ["[]", '["x"]', '[""]', '"x"', '["S12000001"]', '["S12000001", "S12000001"]', '["North West"]', '["doubly_disadvantaged"]', '["other:S12000001"]', "[3]", '["S01000001"]']
    if kind == "target":
        return ['"other"', '"x"', '""', "[]", '{ column = "region_code", equals = "S12000001" }', '{ column = "region_code", equals = "x" }', '{ list = "none.csv" }', '{ type = "other" }', '{ type = "x" }', '{ column = "population", equals = 1797 }',
                '"doubly_disadvantaged:S12000001"', "3", '"everywhere"']
    return ["true", "false", "1", '"true"']


subprocess.run([spillway, "synth", "--areas", "400", "--authorities", "40", "--output", "w"], check=True, capture_output=True)
whole = {lever: BASE.replace("LEVER", lever).replace("PARAMS", own) for lever, own in PARAMETERS.items()}
whole["none"] = re.sub(r"(?s)\[\[scenario\]\].*?(?=\[outcomes\])", "", whole["package"])
cases = []
for lever in PARAMETERS:
    for parameter in json.loads(subprocess.run([spillway, "levers", lever, "--json", "-"], check=True, capture_output=True, text=True).stdout)["parameters"]:
        cases += [(whole[lever], f"{lever}: scenario.s.parameters.{parameter['name']}={value}") for value in values_of(parameter)]
for key, values in KEYS.items():
    at = key.split(".")[0]
    for base in ("community_wealth_fund", "bus_franchising", "none", "employment_support", "fund_consolidation"):
        if base == "community_wealth_fund" or at in ("outcomes", "appraisal") or (at in ("bootstrap", "store", "weights", "areas", "counterfactual") and base in ("bus_franchising", "none")):
            cases += [(whole[base], f"{base}: {key}={value}") for value in values]
random.Random(5).shuffle(cases)
cases = cases[::every]
fund = whole["community_wealth_fund"]
for k, estimator in enumerate(PANEL):
    for own in PANEL_KEYS[:: 1 if every == 1 else 4] if estimator not in ("corrected_score", "arellano_bond") else PANEL_KEYS[:2]:
        text = fund.replace('estimators = ["corrected_score"]', f'estimators = ["corrected_score", "{estimator}"]' if own == "" and estimator not in ("corrected_score", "as_published") else f'estimators = ["{estimator}"]')
        if own and estimator != "as_published":
            text = text.replace('headline = "corrected_score"', f'headline = "{estimator}"').replace("spillover/corrected_score", f"spillover/{estimator}")
        for once in ('spatial_lag = "common"\n', 'period_effects = "common"\n'):
            if own.startswith(once.split()[0]):
                text = text.replace(once, "", 1)
        cases.append((text.replace("rival_weights = []", "rival_weights = []\n" + own), f"panel {estimator} {own}"))
for estimator in SPATIAL:
    for panel in (False, True):
        for own in SPATIAL_KEYS[:: 1 if every == 1 else 3]:
            if estimator == "qml_elhorst" and (not panel or own.startswith("period_effects")):
                continue  # for panels with effects: the run refuses others, and `check` does not yet
            model = f'[[model]]\nname = "sar"\nkind = "spatial_autoregression"\noutcome = "{"growth" if panel else "growth_decade"}"\ncovariates = ["{"inactivity_rate" if panel else "log_population"}"]\n'
            cases.append((fund.replace("[bootstrap]", model + f'estimators = ["{estimator}"]\nheadline = "{estimator}"\ncovariance = {{ kind = "iid" }}\n{own}\n[bootstrap]', 1), f"{'panel' if panel else 'areas'} {estimator} {own}"))
counts, wrong = collections.Counter(), 0
for text, what in cases:
    open("c.toml", "w").write(text)
    own = ["--set", what.split(": ", 1)[1]] if "=" in what and ": " in what else []
    done = [subprocess.run([spillway, *command, "c.toml", *own], capture_output=True, text=True, timeout=300)
            for command in (["check"], ["run", "--dry-run", "--output", "r.h5"], ["run", "--quiet", "--threads", "1", "--output", "r.h5"])]
    codes = tuple(one.returncode for one in done)
    counts[codes] += 1
    faults = [] if codes[0] == codes[1] and (codes[0] == 2) == (codes[2] == 2) and set(codes) <= {0, 2, 3} else [f"check, --dry-run and run end with {codes}: {done[2].stderr[-300:]}"]
    if codes[2] == 0:
        verified = subprocess.run([spillway, "inspect", "r.h5", "--verify"], capture_output=True, text=True)
        if verified.returncode != 0:
            faults.append(f"the result is not whole: {verified.stderr[-300:]}")
        os.remove("r.h5")
    elif os.path.exists("r.h5"):
        faults.append("a result is left of a run that failed")
        os.remove("r.h5")
    if faults:
        wrong += 1
        print(f"FAILED: {what}: {'; '.join(faults)}", flush=True)
    elif "-v" in sys.argv:
        print(f"{what}: {codes}")
print(f"{len(cases)} settings tried, {wrong} otherwise than expected; check, --dry-run, run: " + ", ".join(f"{codes} {n}" for codes, n in counts.most_common()))
sys.exit(wrong > 0)
