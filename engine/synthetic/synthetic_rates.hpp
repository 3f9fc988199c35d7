// Inactivity and deprivation of the synthetic England, year by year: further outcomes with known truth, which
// nothing else of the world depends on.
#pragma once
#include <array>
#include <string>

#include "engine/synthetic/synthetic.hpp"

namespace spillway {

/// How a rate moves: its change follows model A with coefficients of its own, and social infrastructure moves
/// its mean change as it does growth's (PolicyTruth).
struct SyntheticRate {
  std::string name;                          ///< the panel's column; its change is NAME_change
  std::string unit, change_unit;             ///< of the level; of the change in a year
  std::string description;                   ///< of the level
  std::uint32_t number;                      ///< key of its random numbers
  std::array<double, 3> lag;                 ///< rho by type
  double previous;                           ///< phi
  double error_sd, authority_sd, period_sd;  ///< innovations, authority x year, years; a year
  double idiosyncratic_sd;                   ///< of an area's own mean change, over the window
  double effect;  ///< over the window per GBP a head of social infrastructure, before neighbours share
                  ///< in it; ten times as much where PolicyStrength is sharp
};

/// Inactivity (share of working age) and the IMD score, in this order.
const std::array<SyntheticRate, 2>& synthetic_rates();

/// `effect` at the configured strength.
double effect_of(const SyntheticRate& rate, const SyntheticConfig& config);

/// Change of world `replicate`, areas x (regression_periods + 1):
///
///     x_t = m + z_t,  z_t = diag(rho_type) W z_{t-1} + phi z_{t-1} + tau_t + e_t,  e independent
///                                                                                  + authority x year shock
///
/// with m = (I - A)^-1 effect s / window where the truth is structural, effect s / window where it is own,
/// plus an area's own part, less the nation's mean: the nation moves by tau alone. Its random numbers are of
/// replicates that no world has, so that it takes none of another column's.
/// @param social_infrastructure  s, GBP a head
Eigen::MatrixXd simulate_rate_change(const SyntheticGeography& geography, const SyntheticConfig& config,
                                     const SyntheticRate& rate, const Eigen::VectorXd& social_infrastructure,
                                     std::uint64_t seed, std::uint64_t replicate,
                                     Parallelism parallelism = {1});

/// Add the panel's levels and changes, the areas' NAME_change_decade and the truth of every rate.
/// @param pack  with its periods, inactivity_rate and imd_rank; the last year's level is the former, and a
///              logistic curve of the latter
void add_rates(const SyntheticGeography& geography, const SyntheticConfig& config,
               const Eigen::VectorXd& social_infrastructure, std::uint64_t seed, std::uint64_t replicate,
               Parallelism parallelism, DataPack& pack);

}  // namespace spillway
