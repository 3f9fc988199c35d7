// One run's configuration: the TOML file as plain values, with unit, range and default beside every field.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/config/catalogue.hpp"

namespace spillway {

/// A parameter as a distribution; sampled by engine/draw/distribution.hpp.
/// kind and its values: point(value) | uniform(low, high) | triangular(low, mode, high) | pert(low, mode,
/// high) | normal(mean, sd[, low, high]) | lognormal(median, sigma) | beta(a, b[, low, high]) |
/// discrete(values, probabilities) | empirical(values)
struct Distribution {
  std::string kind = "point";
  std::map<std::string, double> values;        ///< value, low, mode, high, mean, sd, median, sigma, a, b
  std::vector<double> support, probabilities;  ///< discrete, empirical
  std::string source, date;                    ///< where the numbers come from; kept in the result file
  long line = 0;                               ///< line in the configuration, for messages; 0: a default
};

/// A lever's parameter: a number or distribution, a text, a flag, or a list of texts or numbers.
using ParameterValue =
    std::variant<Distribution, std::string, bool, std::vector<std::string>, std::vector<double>>;

struct CovarianceConfig {
  CovarianceKind kind = CovarianceKind::iid;
  std::vector<std::string> by;  ///< columns of areas; required for cluster (1), two_way (2), score_cells (1)
  SmallSample small_sample = SmallSample::cr1;
  double cutoff_km = 0.0;                        ///< conley: kernel cutoff, km, > 0
  ConleyKernel kernel = ConleyKernel::bartlett;  ///< conley
  int lags = 0;                                  ///< driscoll_kraay: Bartlett lags; 0: floor(4 (T/100)^(2/9))
};

/// What every kind of model has.
struct ModelCommon {
  std::string name, outcome;
  Better better = Better::higher;
  std::vector<Estimator> estimators;
  std::optional<Estimator> headline, headline_fallback;
  CovarianceConfig covariance;
  double level = 0.95;  ///< of intervals, (0.5, 1)
  IntervalKind interval = IntervalKind::decided;
  std::string restrict_to;  ///< column of areas; only rows with a non-zero value are used
  long line = 0;
};

struct PanelModel : ModelCommon {
  std::vector<std::string> covariates;     ///< exogenous regressors
  std::vector<std::string> predetermined;  ///< regressors that may respond to past errors
  bool area_effects = true;
  PeriodEffects period_effects = PeriodEffects::common;
  SpatialLag spatial_lag = SpatialLag::by_type;
  bool own_lag = true;
  int own_lags = 1;  ///< 1 | 2: y_{t-1} or also y_{t-2}
  MissingOutcomes missing = MissingOutcomes::refuse;
  std::optional<std::vector<std::string>> rival_weights;  ///< absent: those that the pack allows cheaply
};

struct IvModel : ModelCommon {
  double window_years = 10.0;  ///< years of growth that the outcome covers, > 0
  std::vector<std::string> endogenous, instruments, controls, fixed_effects;
  std::vector<std::string> proxies;  ///< the grid's rows; each takes the place of `endogenous`
  std::vector<std::string> lacks;    ///< of these, what counts something missing: more of it is worse
  std::vector<std::vector<std::string>>
      instrument_sets;        ///< the grid's columns; each takes the place of `instruments`
  std::string headline_cell;  ///< "proxy:instrument+instrument": feeds the draws
  std::map<std::string, std::string>
      endogenous_units;        ///< from [model.units]: e.g. grants_per_head = "GBP per head"
  std::string weights_column;  ///< analytic weights
};

struct SarModel : ModelCommon {
  std::vector<std::string> covariates;  ///< exogenous regressors
  bool area_effects = true;
  PeriodEffects period_effects = PeriodEffects::common;
  MissingOutcomes missing = MissingOutcomes::refuse;
  bool durbin = false;         ///< add W x
  bool spatial_error = false;  ///< errors follow W instead of the outcome
};

/// In the order of ModelKind.
using ModelConfig = std::variant<PanelModel, IvModel, SarModel>;

inline ModelKind kind_of(const ModelConfig& model) { return static_cast<ModelKind>(model.index()); }
inline const ModelCommon& common(const ModelConfig& model) {
  return std::visit([](const auto& one) -> const ModelCommon& { return one; }, model);
}
inline ModelCommon& common(ModelConfig& model) {
  return std::visit([](auto& one) -> ModelCommon& { return one; }, model);
}

/// A cell of a grid of instruments: "proxy:instrument+instrument", "a+b:..." for several regressors.
std::string cell_name(const std::vector<std::string>& endogenous,
                      const std::vector<std::string>& instruments);
/// The cell that feeds the draws: the one named, else the only one, else the first proxy with the last set.
std::string headline_cell(const IvModel& model);

struct ScenarioConfig {
  std::string name, lever;
  std::map<std::string, std::string> estimates;      ///< spillover, infrastructure -> "model/estimator"
  std::map<std::string, std::string> estimate_runs;  ///< the same keys -> other run's file, where given
  std::map<std::string, ParameterValue> parameters;
  std::string spread =
      "propagated";                 ///< propagated | none | estimated: how what an area gains reaches others
  std::string effect_is = "total";  ///< total | impact: what a figure of growth a pound (or beta) holds
  std::string extrapolate;  ///< why it may go far beyond what its estimate has seen; empty: it may not
  std::map<std::string, double> convert;  ///< [scenario.convert] factor: outcome units a lever unit
  std::string convert_source;
  long line = 0, spread_line = 0;
  std::map<std::string, long> parameter_lines;
};

/// One family of worlds whose truth is known, for `spillway coverage`: the synthetic England with this size
/// and process. Lists have one entry a type: doubly disadvantaged, other deprived, other.
struct CoverageDesign {
  std::string name;
  int areas = 2000, authorities = 100, regions = 9;
  int periods = 10;  ///< T, regression periods, >= 3
  std::vector<double> rho = {0.3, 0.5, 0.4};
  double phi = 0.2;                                         ///< own lag
  std::vector<double> loading = {1.0, 1.0, 1.0};            ///< of each type on the common shocks
  std::vector<double> error_correlation = {0.0, 0.0, 0.0};  ///< SAR coefficient of the errors, (-1, 1)
  double error_sd = 0.02;                                   ///< innovations, growth a year
  double heteroskedasticity = 0.3;                          ///< sd over areas of the log innovation sd
  double authority_shock_sd = 0.0;                          ///< authority x year shocks, growth a year
  double error_serial_correlation = 0.0;                    ///< AR(1) of the errors, (-1, 1)
  double period_effect_sd = 0.01;                           ///< common shocks, growth a year
  double region_shock_sd = 0.0;                             ///< region x year shocks, growth a year
  int tail_freedom = 0;             ///< > 4: innovations are Student's t with so many degrees; 0: normal
  std::vector<double> type_shares;  ///< of areas: doubly disadvantaged, other deprived; empty: published
  double giant_authority = 0.0;     ///< least share of areas in the first authority, [0, 1)
  double missing_share = 0.0;       ///< of outcome cells, at random, [0, 0.5)
  int nearest_weights = 0;  ///< > 0: estimated with so many nearest neighbours; growth follows contiguity
  double beta = 0.004;      ///< growth over the window, log points, per GBP a head of social infrastructure
  double confounding = -0.0015;      ///< what makes OLS biased, in the unit of beta
  double instrument_strength = 1.0;  ///< times the instruments' effects on social infrastructure
  std::string policy_truth = "own";  ///< structural | own: whose growth social infrastructure moves; own:
                                     ///< model B as it stands has a truth
  std::string strength = "sharp";    ///< plausible | sharp: how strongly
  std::vector<std::string> models;   ///< [[model]]s to estimate; empty: all
  long line = 0;
};

/// [coverage.policy]: scenarios run in every world, against what the world's own equation gives for the same
/// money.
struct CoveragePolicy {
  std::vector<std::string> scenarios;  ///< names of [[scenario]]s; empty: no scenario coverage
  std::vector<std::string> spreads = {"propagated", "none", "estimated"};
  long line = 0;
};

struct CoverageConfig {
  int worlds = 200;                     ///< of each design, >= 2
  std::vector<CoverageDesign> designs;  ///< those of coverage.only, where it is given
  CoveragePolicy policy;
};

/// Where a key of a configuration stands.
struct KeyPlace {
  long line = 0;
  std::string origin;  ///< empty: the file; else the override, "--set run.seed=7"
};

struct RunConfig {
  std::filesystem::path file;  ///< where it was read from
  std::string text;            ///< the whole file, as read, with --set lines appended as comments

  /// By dotted path, "model.spillover.covariates"; an entry of a list that stands on a line of its own by
  /// "model.spillover.covariates:income" too.
  std::map<std::string, KeyPlace> places;

  std::string name = "run";
  std::uint64_t seed = 20241;
  int threads = 0;            ///< 0: all cores
  double memory_gb = 0.0;     ///< budget; 0: three quarters of the machine's
  bool reproducible = false;  ///< one way to compute on all processors: engine/base/reproducible.hpp

  std::string pack = "synthetic";  ///< "synthetic" or a folder with a pack.toml
  std::uint64_t synthetic_seed = 20241;
  int synthetic_areas = 33755;
  std::string synthetic_policy_truth = "structural";  ///< structural | own
  std::string synthetic_strength = "plausible";       ///< plausible | sharp

  std::string weights_kind =
      "contiguity";  ///< contiguity | knn | distance_band | inverse_distance | file | flows
  bool row_standardise = true;
  std::string islands = "keep-zero";  ///< error | keep-zero | attach-nearest
  int knn = 6;
  double cutoff_km = 0.0;                   ///< distance_band, inverse_distance: > 0
  double decay = 1.0;                       ///< inverse_distance, values = distance: exponent, > 0
  std::string weights_path;                 ///< kind = file: a file of the pack
  long weights_path_line = 0;               ///< of this file; 0: not written there
  std::string weights_values;               ///< kind = file: "" | weight | distance | binary
  std::string weights_ids;                  ///< kind = file: "" | order | a column of areas
  std::string weights_unlisted = "refuse";  ///< kind = file: refuse | islands
  std::string weights_size;                 ///< column of areas: neighbours count by it; empty: all alike

  std::string area_type = "area_type";

  std::vector<ModelConfig> models;

  BootstrapScheme bootstrap_scheme = BootstrapScheme::cluster_pairs;
  std::string bootstrap_cluster;            ///< required; "lad_code" is suggested
  int replicates = 9999;                    ///< >= 1
  int draws = 9999;                         ///< <= replicates
  std::string wild_weights = "rademacher";  ///< rademacher | webb | mammen

  std::string counterfactual_growth = "shrunk_mean";  ///< or a column of areas

  std::vector<ScenarioConfig> scenarios;
  std::vector<std::vector<std::string>> correlated;  ///< [[correlation]] parameters = [...]
  std::vector<std::vector<double>> correlation;      ///< lower triangles, row by row, of each [[correlation]]

  int horizon = 10;           ///< periods, 1..200
  double period_years = 0.0;  ///< years a period ahead, > 0: for packs of uneven periods; 0: the pack's own
  std::vector<std::string> area_outcomes = {"uplift", "cumulative_uplift"};
  std::vector<double> quantiles = {0.05, 0.25, 0.50, 0.75, 0.95};
  std::vector<std::string> groupings = {"nation", "region", "combined_authority", "lad", "area_type"};
  std::vector<std::string> keep_draws_of;  ///< area codes whose full draws are stored

  std::string rulebook = "green-book-2026";
  int price_base_year = 2024, discount_base_year = 2026, appraisal_years = 10;
  int first_year = 0;  ///< calendar year of the first period; 0: the discount base year
  std::string deflator_series = "gdp-2025-12";  ///< of engine/policy/prices.hpp
  std::map<int, Distribution> deflators;        ///< years added to the series: value and source
  std::string reference_option = "business_as_usual";
  std::string optimism_bias_class;  ///< "" : none applied, said so
  double capital_share = 0.0;       ///< of public cost: capital (CDEL), what optimism bias is of; [0, 1]
  double residual_persistence =
      0.0;                         ///< share of the last year's gain kept each year after the horizon, [0, 1]
  bool lower_rate = false;         ///< discount at the sensitivity schedule, beyond 50 years
  bool health_rate = false;        ///< discount lines of health and wellbeing at the health schedule
  std::string department = "dft";  ///< whose value-for-money words: dft | mhclg
  std::vector<double> envelope;    ///< GBP m of the price base year, a year from the first; empty: none
  bool distributional_weights = false;
  std::string income_column;  ///< of areas, a head or a household: what distributional weights go by
  std::map<std::string, ParameterValue>
      benefits;  ///< [appraisal.benefits] name -> share or value, with source

  CoverageConfig coverage;  ///< for `spillway coverage` alone

  std::string keep = "full";  ///< [store] full | groups | summary: what a result holds (Kept, run_store.hpp)

  int starts_in() const { return first_year > 0 ? first_year : discount_base_year; }  ///< the first period
};

/// A fault of what a key says, or of one entry of the list that it holds, with file and line.
Fault fault_of_key(const RunConfig& config, const std::string& path, const std::string& value,
                   const std::string& what);

/// Read a configuration and apply `--set key=value` overrides, in order.
///
/// Overrides address models, scenarios by name: scenario.NAME.parameters.share=0.1, model.NAME.key=value,
/// run.seed=7. Values are TOML; a bare word is a string.
/// @throws InputError  every fault: unknown keys with line and nearest known key, wrong types, values out of
///                     range, names used twice, draws > replicates, references to models or estimators that
///                     the file does not define, clustering not named (suggests "lad_code").
/// @throws StoreError  the file cannot be read
RunConfig read_config(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// As read_config, from text (`file` is used in messages only).
RunConfig parse_config(const std::string& text, const std::filesystem::path& file = "configuration",
                       const std::vector<std::string>& overrides = {});

/// A commented configuration to start from: what `spillway init` writes.
std::string commented_config();

}  // namespace spillway
