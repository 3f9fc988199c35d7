// How levers put a policy together: shocks, closed gaps and new links in; the dynamics that follow, out.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/lever.hpp"

namespace spillway::scenarios {

/// Collects what one or several levers do, then derives the dynamics. A package is several levers on one
/// builder, so that what they do to the same area is combined before the forcing (A' - A) y0 is formed.
class PolicyBuilder {
 public:
  /// @throws InputError  the context lacks draws, types, weights or growth of the right shape
  explicit PolicyBuilder(const LeverContext& context);

  const LeverContext& context() const noexcept { return *context_; }

  /// d_i(h) += amplitude(draw, h) shape_i.
  /// @param shape      areas, outcome a period per unit of amplitude
  /// @param amplitude  draws x periods
  /// @param reach      own: what an area gains or loses itself; else what model B says its neighbours' gain
  ///                   counts for it
  void add_shock(const Eigen::VectorXd& shape, const Eigen::MatrixXd& amplitude, Reach reach = Reach::own);

  /// Areas with a positive entry count as funded.
  void mark_funded(const Eigen::VectorXd& gain);

  /// In `areas`, close the share kappa of the gap between the reference type's rho and the area's own.
  /// Several calls on one area leave the gap times the product of (1 - kappa).
  /// @param kappa  draws x periods, each in [0, 1]
  void close_gap(const std::vector<std::int32_t>& areas, const std::string& reference_type,
                 Eigen::MatrixXd kappa);

  /// Add links: W' = rownorm(W + omega C) in the rows where `links` has entries.
  ///
  /// Rows of `links` are standardised to C. Where W's row sums to one too, (W + omega C) has row sum 1 +
  /// omega, so W' = (1 - lambda) W + lambda C with lambda = omega / (1 + omega), exactly. Where W's row is
  /// empty (an island), W' = C and lambda = 1: such rows form classes of their own.
  /// @param links  areas x areas, no negative entries
  /// @param omega  draws x periods, >= 0
  /// @throws InputError  W is not row-standardised; links were added before (one lever of links a policy)
  void add_links(SpatialWeights::Matrix links, Eigen::MatrixXd omega);

  /// Social infrastructure that is added to (or taken from) areas at its highest, in the regressor's unit,
  /// mean of the draws: held against what the estimate has seen.
  void add_stock(const Eigen::VectorXd& peak);

  void add_cost(const Eigen::MatrixXd& cost);        ///< draws x periods, GBP of the base year
  void add_later_cost(const Eigen::MatrixXd& cost);  ///< draws x periods after the horizon
  void add_transfer(
      const Eigen::VectorXd& pounds);  ///< areas, mean GBP gained (+) or lost (-) over the horizon
  void note(std::string sentence);
  void warn(std::string sentence);

  /// Put before every later sentence: the lever's name within a package; empty: nothing.
  void speak_as(std::string lever) { speaker_ = std::move(lever); }

  /// The policy. Classes are one a type, then one for each treated kind of area.
  Policy finish();

 private:
  struct Gap {
    std::vector<std::uint8_t> treated;  // areas
    std::int32_t reference = 0;
    Eigen::MatrixXd kappa;  // draws x periods
  };
  struct Shock {
    Eigen::VectorXd shape;
    Eigen::MatrixXd amplitude;
    Reach reach = Reach::own;
  };

  /// What finish() says of `stock_`: a warning, and beyond three times the sentence that stands for refusal.
  void hold_against_support();

  const LeverContext* context_;
  std::vector<Shock> shocks_;
  std::vector<Gap> gaps_;
  SpatialWeights::Matrix links_;
  std::vector<std::uint8_t> linked_;
  Eigen::MatrixXd omega_;
  Eigen::VectorXd stock_;  // areas, at the peak; empty: none is added
  Policy policy_;
  std::string speaker_;
};

/// Index of a type by name. @throws InputError  no such type; lists those there are
std::int32_t type_index(const LeverContext& context, const std::string& name);

/// Areas of a type, ascending. @throws InputError  no such type, or no area of it
std::vector<std::int32_t> areas_of_type(const LeverContext& context, const std::string& name);

}  // namespace spillway::scenarios
