// The headline of a scenario under every reasonable choice of its estimates, horizon and rulebook.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/run/scenario_job.hpp"

namespace spillway::studies {

/// What a curve varies beside the estimators and cells that the configuration lists.
struct CurveOptions {
  /// "contiguity", "knn:6", "inverse_distance:5", "distance_band:5" (km), or "configured"; empty: the
  /// configuration's, and of contiguity, six nearest neighbours and inverse distance those that the pack
  /// allows.
  std::vector<std::string> weights;
  std::vector<int> horizons;           ///< periods; empty: the configuration's and half of it
  std::vector<std::string> rulebooks;  ///< empty: every edition
  std::function<void(const std::string& stage, const std::string& detail)> progress;
  std::function<bool()> interrupted;
};

/// What the decision table says of a specification: it stands; it stands with a caution; it is shown but
/// decides nothing; it is refused; it has no draws, or the lever cannot use it.
enum class Standing { accepted, caution, shown, refused, impossible };
std::string to_string(Standing standing);

/// Quantiles of one headline over the draws of one specification; NaN where it has none.
struct HeadlineValue {
  double p5, p50, p95;
  double better;  ///< share of draws on the good side of zero
};

/// One cell of the grid of choices.
struct Specification {
  std::vector<std::string> choice;                                 ///< one an axis
  enum class Is { alternative, configured } is = Is::alternative;  ///< configured: what `spillway run` does
  Standing standing = Standing::accepted;
  std::vector<std::string> reasons;  ///< sentences, unless accepted
  long draws = 0;                    ///< successful ones used
  double rho = 0.0, phi = 0.0,
         beta = 0.0;                 ///< point estimates: rho of the target type; NaN where there is none
  std::vector<HeadlineValue> value;  ///< one a headline
};

struct SpecificationCurve {
  std::string scenario, target;  ///< target: the area type that the second headline is for
  std::vector<std::string>
      axes;  ///< weights, estimator, own_lag, proxy, instruments, iv_estimator, horizon, rulebook
  std::vector<std::string> headlines, units;
  std::vector<Specification> specifications;  ///< in the order of the grid, the last axis fastest
  std::vector<std::string> notes;
  double better = 1.0;  ///< +1: more uplift is good; -1: less is
  long panel_fits = 0, infrastructure_fits = 0;

  /// Rows for one headline: those that differ in something it depends on, by falling median; impossible ones
  /// last.
  /// @throws InputError  no such headline; names the nearest
  std::vector<std::size_t> sorted_by(const std::string& headline) const;
};

/// Every specification of one scenario. Data, weights, fits and replicates are made once each and shared; so
/// are the scenario's parameters, so that rows differ by their choices alone and not by luck.
///
/// Where the lever moves shocks alone, group means come from AggregatePolynomial; else every specification is
/// propagated.
/// @throws InputError  the scenario takes estimates of another run; unknown weights, rulebook or horizon; no
/// model
SpecificationCurve specification_curve(const ScenarioConfig& scenario, const RunConfig& config,
                                       const RunHooks& hooks, const CurveOptions& options);

}  // namespace spillway::studies
