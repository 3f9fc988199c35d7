// What the panel model expected from data up to a date, draw by draw: the forecast of a back-cast.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

/// A and how sure it is: rho by type of the panel's areas, and phi; zero where the model has none.
struct BackSpread {
  Eigen::VectorXd rho;  ///< types
  double phi = 0.0;
  Eigen::MatrixXd rho_draws;  ///< types x draws
  Eigen::VectorXd phi_draws;
};

/// A programme's money, as the forecast with it needs it.
struct BackEffect {
  Eigen::MatrixXd stock;   ///< areas x periods ahead, GBP a head spent so far
  Eigen::VectorXd effect;  ///< draws: outcome a period per GBP a head
  enum class Spread { propagated, none } spread = Spread::propagated;
};

/// Sums of the outcome from the start to the last period, for every area and draw.
struct BackForecast {
  Eigen::MatrixXf nothing;  ///< draws x areas: as if nothing had been done
  Eigen::MatrixXf added;  ///< draws x areas: what the programme adds to it; no columns: no effect is assumed
  std::vector<Eigen::MatrixXd> path,
      added_path;        ///< a set of areas each: mean of the sum so far, draws x periods
  Eigen::VectorXd mean;  ///< areas: expected outcome a period, at rest
  double kept = 0.0;     ///< share of an area's own deviation from its group's mean that `mean` keeps
};

/// Forecast `ahead` periods after the last of `past`.
///
///     y_t = m + z_t,    z_t = A z_{t-1} + e_t
///
/// from the last y seen. e: whole periods of residuals (common shocks are among them, and what areas share),
/// drawn with replacement and scaled, one scale a draw, by sqrt(T / chi2_{T-1}): their variance is known from
/// T periods only. m: the area's mean, shrunk towards its group's by what is noise in it; its error is that
/// of the mean of as many periods simulated from the same process: in full for a group, by `kept` within it,
/// with what shrinking leaves out. A is that of the draw.
///
/// @param group  areas: number of the group whose mean m is shrunk towards
/// @param sets   rows of areas whose mean path is kept
/// @return the same bits with any `parallelism`
BackForecast back_forecast(const PanelData& past, const BackSpread& spread,
                           const std::vector<std::int32_t>& group, int ahead, const BackEffect* programme,
                           const std::vector<std::vector<int>>& sets, std::uint64_t seed,
                           Parallelism parallelism);

/// How well draws of a quantity foretold it.
struct ForecastScore {
  double observed, mean, p5, p25, p50, p75, p95;
  double pit;   ///< share of draws below what was observed, ties by half
  double crps;  ///< continuous ranked probability score (Gneiting & Raftery 2007), in the quantity's unit
  double error() const { return observed - mean; }
  bool within_90() const { return p5 <= observed && observed <= p95; }
  bool within_50() const { return p25 <= observed && observed <= p75; }
};

/// @param draws  in any order, none NaN; sorted in place
ForecastScore score(std::vector<double>& draws, double observed);

}  // namespace spillway
