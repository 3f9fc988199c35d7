// What a pound is worth where it is spent: the adjoint of the propagation, area by area, with its
// uncertainty.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/base/parallel.hpp"
#include "scenarios/appraisal.hpp"
#include "scenarios/channel.hpp"
#include "scenarios/lever.hpp"

namespace spillway::scenarios {

/// A pound of a scenario's budget on its way to growth, with the scenario's own delivery, channel and
/// additionality.
struct PoundOfBudget {
  PoundEffect effect;
  Additionality net;
  Eigen::MatrixXd cost;        ///< draws x periods: public cost of a pound of the budget, when it is spent
  Eigen::MatrixXd later_cost;  ///< likewise in the periods after the horizon
  Eigen::VectorXd amount;      ///< draws: the scenario's whole budget, GBP of the base year
};

/// @throws InputError  the lever spends no fund in areas (ukspf_ring_fence, community_wealth_fund and
///                     neighbourhood_renewal do); or as pound_effect and additionality
PoundOfBudget pound_of_budget(const LeverContext& context, const std::string& lever,
                              const Parameters& parameters);

/// What is counted as worth having: sum over areas and periods of weight_i table(h, type of i) factor_d
/// u_i(h).
struct Worth {
  std::string name, unit, words;
  Eigen::VectorXd weight;  ///< areas
  Eigen::MatrixXd table;   ///< periods x types
  Eigen::VectorXd factor;  ///< draws
};

/// Present value of GVA gained in all areas, per GBP: what the appraisal's line counts before any of it is
/// called not additional, at the margin of no policy. @throws InputError  the outcome is not growth of GVA,
/// or there is no GVA
Worth worth_of_gva(const LeverContext& context, const AppraisalSettings& settings);
/// Residents times the uplift summed over the horizon, better counted as positive.
Worth worth_of_outcome(const LeverContext& context, double better);
/// By how much the gap of the target type to all other areas closes (mean uplift summed over the horizon),
/// per GBP million. @param rate_weight  areas: weights of the means. @throws InputError  no area is outside
/// the target
Worth worth_of_gap(const LeverContext& context, double better, const Eigen::VectorXd& rate_weight,
                   const std::string& target);

/// Dynamics of the estimates without a policy: one class a type, no shocks.
Dynamics dynamics_of_estimates(const LeverContext& context);

/// Worth of one more pound in each area, net of additionality, where the money is displaced counted as lost
/// there. One draw, in double precision by adjoint_one: the reference.
Eigen::VectorXd marginal_value_of_draw(const LeverContext& context, const PoundOfBudget& pound,
                                       const Worth& worth, long draw);

struct MarginalValues {
  std::vector<double> levels;
  Eigen::MatrixXf quantile;  ///< levels x areas, type 7 of Hyndman & Fan (1996)
  Eigen::VectorXf mean, sd, probability_positive;
  long draws = 0;  ///< the first draws of the run
};

/// The same for the first `draws` draws of every area. Holds areas x draws as floats: 135 MB for 33,755 x
/// 1,000.
MarginalValues marginal_values(const LeverContext& context, const PoundOfBudget& pound, const Worth& worth,
                               long draws, const std::vector<double>& levels, Parallelism parallelism);

/// A way to share a budget among areas: shares of it, summing to one.
struct BudgetRule {
  std::string name, words;
  Eigen::VectorXd share;
};

/// How much an area may and must get, GBP a head; a cap of 0 stands for what the target areas would get if
/// the whole budget were shared among their residents, so that the best areas are as many people as the
/// target areas.
struct BudgetLimits {
  double cap = 0.0, floor = 0.0;
};

/// Equal a head over all areas; by need over all areas (`need_column`, left out where the pack has none); the
/// target type by head; and by marginal value: from the highest `value` down, each area to its cap, until the
/// budget is spent.
/// @param value  areas: worth of a pound. @throws InputError  caps that cannot hold the budget, floors above
/// it or cap
std::vector<BudgetRule> budget_rules(const LeverContext& context, const Eigen::VectorXd& value, double budget,
                                     BudgetLimits limits, const std::string& need_column,
                                     const std::string& target, std::vector<std::int32_t> chosen = {});

/// The policy of spending `budget` (draws, GBP) by a rule: its shocks and its public cost.
Policy budget_policy(const LeverContext& context, const PoundOfBudget& pound, const BudgetRule& rule,
                     const Eigen::VectorXd& budget);

}  // namespace spillway::scenarios
