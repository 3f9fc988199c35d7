// What a policy of money is worth as one of its parameters moves, every other draw held: the frontier.
#pragma once
#include <Eigen/Dense>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/outcome/aggregate_polynomial.hpp"
#include "scenarios/appraisal.hpp"
#include "scenarios/lever.hpp"

namespace spillway::scenarios {

/// A policy's headlines, one value a draw.
struct PolicyValue {
  Eigen::VectorXd npsv_local, npsv_national, npsv_weighted;  ///< GBP; weighted: empty where weights are off
  Eigen::VectorXd gva;   ///< present value of GVA gained in all areas before additionality to the nation, GBP
  Eigen::VectorXd cost;  ///< present value of public cost, GBP
  Eigen::VectorXd target, nation;  ///< cumulative uplift of the target type and of all areas, outcome units
  Eigen::VectorXd gap;  ///< by how much the target's gap to all other areas closes: above 0, it narrows
};

/// Values policies of shocks alone, all on the same draws, exactly: groups answer by AggregatePolynomial and
/// the appraisal is the run's own (without switching values).
class PolicyValuer {
 public:
  /// @param context      must outlive this
  /// @param rate_weight  areas: weights of means of rates, as in OutcomePlan
  /// @param target       a type, or the first group of `own`
  /// @param own          a grouping of the areas that the policy acts on and of the others, where they are no
  ///                     type
  /// @throws InputError  unknown; or a horizon too long for the polynomial
  PolicyValuer(const LeverContext& context, AppraisalSettings settings, double better,
               Eigen::VectorXd rate_weight, std::string target, Grouping own = {});

  /// @throws InputError  the policy changes rho or W
  PolicyValue value(const Policy& policy, Parallelism parallelism);

  /// The gap of the target type to all other areas that the counterfactual opens over the horizon (positive:
  /// it falls behind), in outcome units.
  double counterfactual_gap() const;

 private:
  const LeverContext& context_;
  AppraisalSettings settings_;
  double better_;
  OutcomePlan plan_;
  std::size_t grouping_;  ///< of plan_: the one whose group the target is
  std::int32_t target_;
  Eigen::VectorXd weight_of_group_;  ///< sums of rate weights
  Eigen::VectorXd period_value_;
  Dynamics like_;
  AggregatePolynomial polynomial_;
};

/// One point of a frontier.
struct FrontierPoint {
  double at = 0.0;  ///< the parameter
  PolicyValue value;
  double moved = 0.0;  ///< mean GBP that areas gain over the horizon (what others lose, where budget-neutral)
};

/// All points of a frontier: each computed, or had from where an earlier call kept it or another rank made
/// it.
using PointUnits = std::function<std::vector<FrontierPoint>(
    std::size_t count, const std::function<FrontierPoint(std::size_t k)>& compute)>;

/// The lever at each value of one numeric parameter, every other parameter and estimate as drawn: common
/// random numbers. Every point is built and propagated for itself, so nothing is assumed to be linear in the
/// parameter.
/// @param units  asked for the points; empty: each is computed
/// @throws InputError  no such numeric parameter, a value outside its range, or a lever that changes rho or W
std::vector<FrontierPoint> frontier(PolicyValuer& valuer, const LeverContext& context, const Lever& lever,
                                    const Parameters& drawn, const std::string& parameter,
                                    const std::vector<double>& values, Parallelism parallelism,
                                    const PointUnits& units = {});

}  // namespace spillway::scenarios
