#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/config/run_config.hpp"

namespace spillway {

namespace {

const char* const text =
    R"toml(#:schema spillway.schema.json
# The line above lets an editor complete and check this file: spillway schema --output spillway.schema.json
# A run of Spillway, from data to the distribution of outcomes of every neighbourhood.
#   spillway run this.toml --dry-run    shows the plan, its memory and its time
#   spillway run this.toml              runs it
# Any key can be set for one run:  --set run.seed=7  --set scenario.ring_fence_10.parameters.share=0.2
# Keys that are commented out stand at their default.

[run]
name = "my_run"
seed = 20241                     # every random number follows from it; the same seed gives the same file
# threads = 0                    # 0: all cores; changes speed, never results
# memory_gb = 0                  # what the plan keeps to; 0: no limit
# reproducible = false           # true: the same bits on processors of different age

[data]
pack = "synthetic"               # or a folder with a pack.toml; `spillway pack` builds one from published tables
# synthetic_seed = 20241         # of the synthetic England; [run] seed never changes the world
synthetic_areas = 33755          # England's; funds are England's too: give a smaller world a smaller `amount`
# policy_truth = "structural"    # structural | own: whose growth social infrastructure moves in the synthetic England
# strength = "plausible"         # plausible | sharp: how strongly

[weights]
kind = "contiguity"              # contiguity | knn | distance_band | inverse_distance | file | flows
# k = 6                          # knn: how many neighbours
# cutoff_km = 5                  # distance_band, inverse_distance: how far, in km
# decay = 1.0                    # inverse_distance: exponent of distance
# path = "edges.csv"             # file: edges.csv, a .gal or a .gwt of the pack
# values = "weight"              # file: weight | distance (1 / distance^decay) | binary: what its numbers are
# ids = "order"                  # file: its ids count the areas from 1, or are those of this column; default area_code
# unlisted = "refuse"            # refuse | islands: areas that a file of links does not list
# size = "employment"            # a column, measured before the sample: larger neighbours count for more
# row_standardise = true
islands = "keep-zero"            # error | keep-zero | attach-nearest

[areas]
type = "area_type"               # a column of the pack; spatial lags are named lag:<value>

# How growth spills over from neighbours: rho by type of area.
[[model]]
name = "spillover"
kind = "spatial_lag_panel"       # @kind@
outcome = "growth"               # a column of the pack's panel
better = "higher"                # @better@: which direction is good
covariates = []                  # exogenous columns of the panel
# predetermined = []             # columns that may respond to past shocks
# area_effects = true
period_effects = "common"        # @period_effects@
spatial_lag = "by_type"          # @spatial_lag@
own_lag = true
# own_lags = 1                   # 2: also the outcome two periods ago
# rival_weights = ["second_ring", "nearest:6", "size:population"]    # held against W by `estimate`; [] for none
# missing = "refuse"             # @missing@
# restrict_to = "in_sample"      # a column of areas: only rows that are not zero
# level = 0.95                   # of intervals
# interval = "percentile_t"      # the decision table's where left out; @interval@
@panel_estimators@estimators = ["within", "half_panel_jackknife", "corrected_score", "double_filter_iv"]
headline = "corrected_score"     # this one feeds the scenarios
# headline_fallback = "double_filter_iv"   # takes over where the decision table refuses the headline
# kind: @covariance@
# driscoll_kraay has lags, conley has cutoff_km and kernel (@kernel@)
# small_sample: @small_sample@
covariance = { kind = "cluster", by = "lad_code", small_sample = "cr1" }

# What social infrastructure does to growth, by instrumental variables.
[[model]]
name = "social_infrastructure"
kind = "iv"
outcome = "growth_decade"
window_years = 10                # years of growth that the outcome covers
# One cell: endogenous = ["grants_per_head"] and instruments = ["drug_crime_rate", "turnout"]. Or a grid of cells:
proxies = ["grants_per_head", "lottery_per_head", "community_assets_per_1000"]
instrument_sets = [["drug_crime_rate"], ["turnout"], ["drug_crime_rate", "turnout"]]
headline_cell = "grants_per_head:drug_crime_rate+turnout"   # the cell that feeds the scenarios
# lacks = []                        # proxies that count what is missing: the claim of their sign turns round
controls = ["log_population", "industry_mix"]
# fixed_effects = ["region_code"]   # absorbed
# weights_column = "population"     # analytic weights
@iv_estimators@estimators = ["ols", "2sls"]
headline = "2sls"
covariance = { kind = "two_way", by = ["lad_code", "constituency_code"] }

# [model.units]                  # units of the endogenous columns, where the pack does not state them
# grants_per_head = "GBP per head"

# A spatial lag of the same period, in a cross-section or a panel:
# [[model]]
# name = "same_period"
# kind = "spatial_autoregression"
# outcome = "growth_decade"
# covariates = ["log_population"]
# durbin = false                 # add W x
# spatial_error = false          # errors follow W instead of the outcome
@sar_estimators@# estimators = ["qml", "gs2sls"]

# Joint uncertainty of all models: whole clusters are drawn.
[bootstrap]
scheme = "cluster_pairs"         # @scheme@
cluster = "lad_code"             # never guessed
replicates = 999                 # 9999 for a submission
draws = 999                      # at most replicates: draw d uses the d-th successful replicate
# wild_weights = "rademacher"    # rademacher | webb | mammen

[counterfactual]
growth = "shrunk_mean"           # each area's mean growth, shrunk to its type and region; or a column of areas

# A policy. `lever` is one of scenarios/: ukspf_ring_fence, community_wealth_fund, bus_franchising, ...
[[scenario]]
name = "ring_fence_10"
lever = "ukspf_ring_fence"
# spread = "propagated"          # propagated | none | estimated: what of an area's gain reaches others (docs/guide/levers.md)
# extrapolate = "the reason"     # lets a fund build far more a head than any area had when the estimate was made
# effect_is = "total"            # total | impact: what a figure of growth for money holds
[scenario.estimates]             # may be left out: this run's headlines
spillover = "spillover/corrected_score"
infrastructure = "social_infrastructure/2sls"
# spillover = { run = "other.h5", estimate = "spillover/corrected_score" }   # paired by index, as independent
[scenario.parameters]            # what is not set stands at the lever's default, with its source
# point | uniform | triangular | pert (low, mode, high) | normal (mean, sd, low, high) | lognormal (median, sigma) |
# beta (a, b, low, high) | discrete (values, probabilities) | empirical (values)
share = { distribution = "pert", low = 0.05, mode = 0.10, high = 0.20, source = "assumption", date = 2026-11-24 }
# [scenario.convert]             # outcome units a unit of the lever; nothing is converted without a source
# factor = 1.0
# source = "where the factor comes from"
# [[scenario.outcome]]           # the same policy and draws for a further outcome, driven by its own estimates
# name = "employment"            # its result is ring_fence_10.employment
# spread = "none"                # else as the scenario; then estimates.spillover must be named too
# estimates = { infrastructure = "employment/2sls" }
# parameters = { channel = "stock" }   # how money becomes this outcome; all else is the policy's

[[scenario]]
name = "wealth_fund"
lever = "community_wealth_fund"

# [[correlation]]                # rank correlation between parameters, by a Gaussian copula
# parameters = ["ring_fence_10.share", "ring_fence_10.other_parameter"]
# matrix = [[1.0, 0.5], [0.5, 1.0]]

[outcomes]
horizon = 10                     # periods ahead, 1 to 200
# period_years = 4.2             # years a period ahead, where the pack's periods are uneven
area = ["uplift", "cumulative_uplift"]   # and gva_per_head_uplift, discounted_gva_uplift where the outcome is GVA growth;
                                         # cumulative_uplift_split: every area's in three parts (own, neighbours, others)
quantiles = [0.05, 0.25, 0.50, 0.75, 0.95]
groupings = ["nation", "region", "combined_authority", "lad", "area_type"]   # and "list:places.csv": places of one's own
# keep_draws_of = []             # area codes whose every draw is stored

# [store]
# keep = "full"                  # groups: nothing by area; summary: groups' quantiles alone (`check` foretells sizes)

[appraisal]
rulebook = "green-book-2026"     # green-book-2022 | green-book-2026
price_base_year = 2024
discount_base_year = 2026
appraisal_years = 10
# first_year = 2026              # calendar year of the first period; the discount base year where left out
# deflator_series = "gdp-2025-12"        # gdp-2025-12 (1990 to 2024) | gva-england-2023 (1998 to 2023)
# [appraisal.deflators]          # years that the series lacks, on its base
# 2025 = { value = 103.5, source = "where the index comes from" }
reference_option = "business_as_usual"   # business_as_usual | do_minimum
# optimism_bias_class = ""       # none is applied, and the output says so
# capital_share = 0.0            # of public cost: capital (CDEL), which optimism bias is of; the rest is RDEL
# residual_persistence = 0.0     # share of the last year's gain kept each year after the horizon
# lower_rate = false             # the sensitivity schedule, for more than 50 years
# health_rate = false            # health and wellbeing at the health schedule
# department = "dft"             # value-for-money words: dft | mhclg
# envelope = [20, 30, 30]        # GBP m a year from the first: what can be afforded
# distributional_weights = false
# income_column = "gdhi_per_head"   # of areas, what the weights go by
# [appraisal.benefits]           # lines of benefits: share or value, each with its source
# gva_welfare_share = { value = 0.3, source = "where the share comes from" }

# A past programme against what happened, for `spillway backcast`.
# [backcast]
# programme = "programme.csv"    # code, year, gbp; left out: a study of placebos, with start and places
# price_year = "cash"            # of its pounds: cash (each year's own prices), base (price_base_year) or a year
# model = "spillover"            # which [[model]] forecasts from the years before; default the first panel
# effect = { value = 4e-5, source = "where it comes from" }   # outcome a period per GBP a head spent so far
# spread = "propagated"          # propagated | none
# start = 2015                   # first period of a study of placebos
# places = 40                    # of each of its programmes
# patch = 1                      # so many of them lie together
# like = "area_type"             # placebos and matches have a place's value here; "" for any area
# match_on = []                  # columns measured before the start, beside past growth
# matches = 5
# placebos = 199

# Worlds with known truth, for `spillway coverage`: do the estimators recover it, do the intervals cover it?
# Lists have one entry a type: doubly disadvantaged, other deprived, other.
# [coverage]
# worlds = 200                   # of each design
# only = ["shocks"]              # run these designs alone
# [coverage.policy]             # scenarios held against what the worlds' own equation gives
# scenarios = ["wealth_fund"]
# spreads = ["propagated", "none", "estimated"]
# [[coverage.design]]
# name = "shocks"
# areas = 2000
# authorities = 100
# regions = 9
# periods = 10                   # T, regression periods
# rho = [0.3, 0.5, 0.4]          # or one number for all types
# phi = 0.2                      # own lag
# error_correlation = [0.6, 0.6, 0.6]    # spatial, of the errors; or one number
# error_sd = 0.02                # growth a year
# heteroskedasticity = 0.3       # sd over areas of the log error sd
# authority_shock_sd = 0.01      # authority x year shocks, growth a year
# error_serial_correlation = 0.0 # AR(1) of the errors
# period_effect_sd = 0.01        # common shocks, growth a year
# region_shock_sd = 0.0          # region x year shocks, growth a year
# tail_freedom = 0.0             # 5 or more: errors are Student's t with so many degrees of freedom
# type_shares = [0.04, 0.06]     # of areas: doubly disadvantaged, other deprived
# giant_authority = 0.0          # least share of areas in one authority
# missing_share = 0.0            # of outcomes, at random (the model needs missing = "impute" or "drop")
# nearest_weights = 0            # estimated with so many nearest neighbours, while growth follows contiguity
# loading = [0.7, 1.0, 1.0]      # of each type on the common shocks; or one number
# beta = 0.004                   # growth over the window per GBP a head of social infrastructure
# confounding = -0.0015          # what biases OLS, in the unit of beta
# instrument_strength = 1.0      # times the instruments' effects on social infrastructure
# models = ["spillover"]         # [[model]]s to estimate; all where left out
)toml";

void replace(std::string& in, const std::string& token, const std::string& by) {
  const auto at = in.find(token);
  if (at != std::string::npos) in.replace(at, token.size(), by);
}

template <typename Id>
void list(std::string& in, const std::string& token) {
  replace(in, token, fmt::format("{}", fmt::join(names_of<Id>(), " | ")));
}

/// One comment line an estimator: what it is.
std::string lines_of(ModelKind kind) {
  std::string lines;
  for (const Estimator one : estimators_of(kind))
    lines += fmt::format("# {:<28} {}\n", row_of(one).name, row_of(one).help);
  return lines;
}

}  // namespace

std::string commented_config() {
  std::string made = text;
  list<ModelKind>(made, "@kind@");
  list<Better>(made, "@better@");
  list<PeriodEffects>(made, "@period_effects@");
  list<SpatialLag>(made, "@spatial_lag@");
  list<MissingOutcomes>(made, "@missing@");
  list<IntervalKind>(made, "@interval@");
  list<CovarianceKind>(made, "@covariance@");
  list<ConleyKernel>(made, "@kernel@");
  list<SmallSample>(made, "@small_sample@");
  list<BootstrapScheme>(made, "@scheme@");
  replace(made, "@panel_estimators@", lines_of(ModelKind::spatial_lag_panel));
  replace(made, "@iv_estimators@", lines_of(ModelKind::iv));
  replace(made, "@sar_estimators@", lines_of(ModelKind::spatial_autoregression));
  return made;
}

}  // namespace spillway
