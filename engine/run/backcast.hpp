// A past programme against what happened: the forecast from before it, like places, and placebo programmes.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/backcast_config.hpp"
#include "engine/data/programme.hpp"
#include "engine/run/back_forecast.hpp"
#include "engine/run/estimation.hpp"
#include "engine/run/matched_comparison.hpp"

namespace spillway {

/// A back-cast made ready: data cut at the programme's start.
struct BackcastSetting {
  RunConfig config;  ///< with the forecasting model alone, and no scenarios
  BackcastConfig options;
  Inputs past;                          ///< the pack with its panel up to the last period before the start
  PanelData panel;                      ///< of the past: the areas that are forecast
  std::vector<int> ahead;               ///< labels of the periods from the start to the last observed
  Eigen::MatrixXd observed;             ///< areas of `panel` x ahead
  std::optional<ProgrammeMoney> money;  ///< rows of the pack; none: a study of placebos
  std::optional<BackEffect> effect;     ///< rows of `panel`; effect's draws are filled in later
  std::vector<int> places;              ///< rows of `panel`
  LikeAreas like;                       ///< features are filled in once the past is forecast
  Eigen::MatrixXd match_on;             ///< areas x columns
  std::vector<std::string> notes;       ///< sentences: what was left out
};

/// @throws InputError  a start without enough periods before it, or none from it on; a column
///                     that is not there; covariates, whose future nobody knew; no place that can be
///                     forecast; fewer like areas than twice the places
BackcastSetting backcast_setting(const RunConfig& config, const BackcastConfig& options, DataPack pack);

/// A set of areas, as forecast and as it happened.
struct BackcastGroup {
  std::string name;
  long areas = 0;
  ForecastScore nothing;               ///< of the mean over areas of the sum over the periods ahead
  std::optional<ForecastScore> with;   ///< with the programme's effect
  std::optional<ForecastScore> added;  ///< what the programme was expected to add; `observed` is the error of
                                       ///< the forecast without it
  Eigen::VectorXd observed_path;       ///< sum so far, by period
  Eigen::MatrixXd path, with_path;     ///< periods x (P5, P50, P95)
  /// By area: shares inside the bands, mean absolute error and mean CRPS, and counts of PIT by tenths.
  struct ByArea {
    double within_90 = 0.0, within_50 = 0.0, absolute_error = 0.0, crps = 0.0;
    std::vector<long> pit;
  } by_area, by_area_with;
};

/// What the method finds where nothing was done.
struct Placebo {
  ForecastScore forecast;  ///< of the mean over its places
  MatchedDifference matched;
};

/// Mean, spread and quantiles of one figure over placebos.
struct PlaceboSpread {
  double mean = 0.0, sd = 0.0, p5 = 0.0, p95 = 0.0;
};

struct Backcast {
  std::string model, estimator, outcome, unit;
  int last_seen = 0, start = 0, end = 0;  ///< labels of periods
  std::vector<int> periods;               ///< labels, from the start on
  long draws = 0, failed_replicates = 0;
  double kept = 0.0;  ///< as BackForecast
  std::vector<BackcastGroup> groups;
  std::vector<std::string> code;       ///< of each area
  std::vector<std::uint8_t> place;     ///< areas: 1 in the programme
  Eigen::VectorXd gbp;                 ///< areas
  std::vector<ForecastScore> nothing;  ///< areas; NaN where it was not observed
  std::vector<ForecastScore> with;     ///< areas; empty: no effect is assumed
  Matched matched;
  std::vector<int> places;  ///< rows of areas
  MatchedDifference difference;
  double low = 0.0, high = 0.0;  ///< 90 % interval of the difference: less what placebos find
  double p = 1.0;                ///< share of placebos that find as much, the programme counted in
  std::vector<Placebo> placebos;
  long without_room = 0;  ///< placebos that found no room or no match, beside those above
  PlaceboSpread placebo_error, placebo_matched;
  double placebo_within_90 = 0.0, placebo_crps = 0.0;
  double pairs_reject = 0.0;  ///< share of placebos that a t test of matched pairs takes for an effect at 5 %
  std::vector<long> placebo_pit;  ///< by tenths
  std::vector<std::string> notes;
};

/// Runs the stages of a study under names; see Session::stage.
using StageRunner = std::function<void(const std::string&, const std::function<void()>&)>;

/// Fit and replicate on the past, forecast, compare. The same bits with any `parallelism`.
/// @throws NumericalError  the model cannot be fitted on the past, or its headline is refused
Backcast backcast(BackcastSetting setting, const StageRunner& stage, const UnitWork& work,
                  Parallelism parallelism);

/// What `--dry-run` prints of it.
std::string describe_backcast(const BackcastSetting& setting);

}  // namespace spillway
