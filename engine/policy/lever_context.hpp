// What a policy is built from: the areas and the draws of the estimates, as a run hands them to a lever.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "engine/data/pack/data_pack.hpp"
#include "engine/policy/prices.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// What a figure of growth for money holds: an area's own persistence and local rounds too, or the first
/// round alone.
enum class EffectIs { total, impact };

/// What beta is in: growth over the window per unit of an area's own stock (model B as it stands), or growth
/// a period in the structural form, in which neighbours share in what the stock does.
enum class BetaIs { own_growth, structural };

/// What a lever may look at: areas, weights, the draws of the estimates (one column a draw), and the horizon.
struct LeverContext {
  const DataPack* pack = nullptr;
  const SpatialWeights* weights = nullptr;
  std::vector<std::int32_t> type;  ///< area -> type
  std::vector<std::string> type_names;
  long draws = 0;
  int horizon = 10;  ///< periods
  double period_years = 1.0;
  Eigen::MatrixXd rho;  ///< types x draws; zero where nothing spreads
  Eigen::VectorXd phi;  ///< draws; likewise
  EffectIs effect_is = EffectIs::total;
  Eigen::VectorXd
      beta;  ///< draws, what drives the scenario, per unit of the endogenous regressor; empty: none
  BetaIs beta_is = BetaIs::own_growth;
  Eigen::VectorXd plain_beta;  ///< draws of model B as it stands, over the window
  Eigen::VectorXd theta;       ///< draws: growth over the window per unit of the neighbours' mean stock where
                               ///< spread = "estimated"; else empty
  std::string beta_name;       ///< the endogenous regressor
  std::string beta_unit;       ///< its unit, for example "GBP per head"
  std::string beta_outcome_unit;  ///< unit of beta's outcome, for example "log points"; empty: not checked
  double window_years = 10.0;     ///< of beta's outcome
  double support =
      std::numeric_limits<double>::quiet_NaN();  ///< 99th percentile over areas of the endogenous
                                                 ///< regressor, in its unit; NaN: not known here
  std::string outcome;                           ///< what is propagated
  std::string outcome_unit;                      ///< its unit, for example "log points a year"
  bool outcome_is_gva_growth = true;
  double better = 1.0;         ///< +1: more of the outcome is good; -1: less is
  Eigen::VectorXd growth;      ///< y0, counterfactual growth a period, by area
  Eigen::VectorXd population;  ///< by area
  Eigen::VectorXd gva;  ///< by area, GBP of the price base year, as it is the year before the first period;
                        ///< empty where the pack has none
  Eigen::VectorXd income;     ///< by area, of the configured column; empty: none is named
  GvaBase gva_base;           ///< what was done to the pack's column to make it so
  double stock_prices = 1.0;  ///< pounds of beta's regressor for a pound of the price base year
  int price_base_year = 2024, first_year = 2026;  ///< first_year: calendar year of the first period
  Deflators deflators = deflator_series().front();
  std::map<std::string, double>
      convert;  ///< sourced factors of the scenario; docs/guide/levers.md names the keys
  /// The estimate whose coefficient is `beta`.
  struct Driver {
    std::string estimate;    ///< "model/estimator"; empty: none drives it
    bool other_run = false;  ///< its draws are those of another file
  } driver;
  std::vector<std::string> provenance;  ///< sentences: which estimates, from which run, how paired
};

}  // namespace spillway
