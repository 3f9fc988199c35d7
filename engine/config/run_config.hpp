// One run's configuration: the TOML file as plain values, with unit, range and default beside every field.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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
  std::string kind;  ///< iid | hc0..hc3 | cluster | two_way | score_cells | driscoll_kraay | conley
  std::vector<std::string> by;  ///< columns of areas; required for cluster (1), two_way (2), score_cells (1)
  std::string small_sample = "cr1";  ///< none | cr1 | fixest | stata | cr3 (jackknife; cluster only)
  double cutoff_km = 0.0;            ///< conley: kernel cutoff, km, > 0
  std::string kernel = "bartlett";   ///< conley: bartlett | uniform
  int lags = 0;                      ///< driscoll_kraay: Bartlett lags; 0: floor(4 (T/100)^(2/9))
};

struct ModelConfig {
  std::string name;
  std::string kind;  ///< spatial_lag_panel | iv | spatial_autoregression | cross_section
  std::string outcome;
  std::string better = "higher";           ///< higher | lower
  std::vector<std::string> covariates;     ///< panel, spatial_autoregression: exogenous regressors
  std::vector<std::string> predetermined;  ///< panel: regressors that may respond to past errors
  bool area_effects = true;
  std::string period_effects = "common";  ///< none | common | by_type | by_region
  std::string spatial_lag = "by_type";    ///< none | common | by_type
  bool own_lag = true;
  int own_lags = 1;                ///< 1 | 2: y_{t-1} or also y_{t-2}
  std::string missing = "refuse";  ///< refuse | impute | drop: areas with missing outcomes
  std::vector<std::string> estimators;
  std::string headline, headline_fallback;
  CovarianceConfig covariance;
  double level = 0.95;   ///< of intervals, (0.5, 1)
  std::string interval;  ///< "" (the decision table's) | normal | percentile | percentile_t | bca | wre |
                         ///< score_cells | year_clusters | cell_draws
  bool durbin = false;   ///< spatial_autoregression: add W x
  bool spatial_error = false;  ///< spatial_autoregression: errors follow W instead of the outcome
  std::string restrict_to;     ///< column of areas; only rows with a non-zero value are used
  std::string weights_column;  ///< iv: analytic weights
  // iv
  double window_years = 10.0;  ///< years of growth that the outcome covers, > 0
  std::vector<std::string> endogenous, instruments, controls, fixed_effects;
  std::vector<std::string> proxies;  ///< the grid's rows; each takes the place of `endogenous`
  std::vector<std::vector<std::string>>
      instrument_sets;        ///< the grid's columns; each takes the place of `instruments`
  std::string headline_cell;  ///< "proxy:instrument+instrument": feeds the draws
  std::map<std::string, std::string>
      endogenous_units;  ///< from [model.units]: e.g. grants_per_head = "GBP per head"
  long line = 0;
};

struct ScenarioConfig {
  std::string name, lever;
  std::map<std::string, std::string> estimates;      ///< spillover, infrastructure -> "model/estimator"
  std::map<std::string, std::string> estimate_runs;  ///< the same keys -> other run's file, where given
  std::map<std::string, ParameterValue> parameters;
  std::map<std::string, double> convert;  ///< [scenario.convert] factor: outcome units a lever unit
  std::string convert_source;
  long line = 0;
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
  double beta = 0.004;  ///< growth over the window, log points, per GBP a head of social infrastructure
  double confounding = -0.0015;      ///< what makes OLS biased, in the unit of beta
  double instrument_strength = 1.0;  ///< times the instruments' effects on social infrastructure
  std::vector<std::string> models;   ///< [[model]]s to estimate; empty: all
  long line = 0;
};

struct CoverageConfig {
  int worlds = 200;                     ///< of each design, >= 2
  std::vector<CoverageDesign> designs;  ///< those of coverage.only, where it is given
};

struct RunConfig {
  std::filesystem::path file;  ///< where it was read from
  std::string text;            ///< the whole file, as read, with --set lines appended as comments

  std::string name = "run";
  std::uint64_t seed = 20241;
  int threads = 0;            ///< 0: all cores
  double memory_gb = 0.0;     ///< budget; 0: three quarters of the machine's
  bool reproducible = false;  ///< fix the instruction set to x86-64-v2

  std::string pack = "synthetic";  ///< "synthetic" or a folder with a pack.toml
  std::uint64_t synthetic_seed = 20241;
  int synthetic_areas = 33755;

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

  std::string area_type = "area_type";

  std::vector<ModelConfig> models;

  std::string bootstrap_scheme = "cluster_pairs";
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
  bool process_noise = false;              ///< residual uncertainty in scenarios that change W or rho

  std::string rulebook = "green-book-2026";
  int price_base_year = 2024, discount_base_year = 2026, appraisal_years = 10;
  std::string reference_option = "business_as_usual";
  std::string optimism_bias_class;  ///< "" : none applied, said so
  bool distributional_weights = false;
  std::map<std::string, ParameterValue>
      benefits;  ///< [appraisal.benefits] name -> share or value, with source

  CoverageConfig coverage;  ///< for `spillway coverage` alone
};

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
