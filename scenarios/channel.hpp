// How a pound becomes growth: as a flow (GVA per pound) or through the stock of social infrastructure (model
// B).
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "scenarios/additionality.hpp"
#include "scenarios/policy_builder.hpp"
#include "scenarios/spending.hpp"

namespace spillway::scenarios {

/// start: a calendar year, which sample_parameters turns into start_years.
ParameterSpec start_parameter();
/// In which period a policy with a `start` begins; empty: it has none. @throws InputError  after the horizon
std::string start_note(const LeverContext& context, const Parameters& parameters);
/// start, start_years, delivery_lag, underspend, carried_over.
std::vector<ParameterSpec> delivery_parameters(Distribution underspend);
/// The underspend that UKSPF's first year suggests.
Distribution ukspf_underspend();
/// channel: flow | stock.
ParameterSpec channel_parameter(const std::string& fallback);
/// gva_per_pound, persistence.
std::vector<ParameterSpec> flow_parameters();
/// depreciation, effect.
std::vector<ParameterSpec> stock_parameters();

/// Shares of a programme of `years` spent in each period, with the sampled delivery: draws x periods.
/// @param price  as SpendingPlan::price
Eigen::MatrixXd delivered(const LeverContext& context, const Parameters& parameters,
                          const Eigen::VectorXd& years, const std::vector<double>& price = {});

/// The same for the periods after the horizon, until all is spent: draws x periods, no columns where nothing
/// is left.
Eigen::MatrixXd delivered_later(const LeverContext& context, const Parameters& parameters,
                                const Eigen::VectorXd& years, const std::vector<double>& price = {});

/// The shocks that make an area alone grow by `growth` (draws x periods) where that is the total effect:
/// d(h) = g(h) - phi g(h-1); `growth` itself where it is the first round.
Eigen::MatrixXd first_round(const LeverContext& context, Eigen::MatrixXd growth);

/// How a pound of spending becomes growth: amplitude(draw, h) / per_i in area i, before additionality.
struct PoundEffect {
  Eigen::VectorXd per;        ///< areas, what a pound is divided by: GVA in GBP, or residents
  Eigen::MatrixXd amplitude;  ///< draws x periods
  /// draws x periods, of the neighbours' mean: what model B estimates for them; empty: nothing
  Eigen::MatrixXd of_neighbours = {};
};

/// As a flow of GVA. @throws InputError  as add_flow
PoundEffect flow_effect(const LeverContext& context, const Parameters& parameters,
                        const Eigen::MatrixXd& spent);
/// Through the stock of social infrastructure. @throws InputError  as add_stock
PoundEffect stock_effect(const LeverContext& context, const Parameters& parameters,
                         const Eigen::MatrixXd& spent);
/// As the parameter `channel` says; through the stock where the lever has no such parameter.
PoundEffect pound_effect(const LeverContext& context, const Parameters& parameters,
                         const Eigen::MatrixXd& spent);

/// Add what spending does as a flow: amplitude r (E(h) - E(h-1)), see flow_growth.
///
/// @param gain   areas, share of each pound of `spent` that reaches (or leaves) the area
/// @param spent  draws x periods, GBP of the base year
/// @throws InputError  the pack has no GVA; the outcome is not GVA growth and no convert.gva_growth is given
void add_flow(PolicyBuilder& builder, const Parameters& parameters, const Additionality& net,
              const Eigen::VectorXd& gain, const Eigen::MatrixXd& spent);

/// Add what spending does through the stock: amplitude beta times stock_years over the window (over the
/// period where beta is structural), gain in pounds a resident.
///
/// @throws InputError  no estimate of model B; its regressor is not in GBP per head and no
/// convert.gbp_per_head is
///                     given; its outcome's unit differs and no convert.outcome is given
void add_stock(PolicyBuilder& builder, const Parameters& parameters, const Additionality& net,
               const Eigen::VectorXd& gain, const Eigen::MatrixXd& spent);

/// add_flow or add_stock, as the parameter `channel` says.
void add_spending(PolicyBuilder& builder, const Parameters& parameters, const Additionality& net,
                  const Eigen::VectorXd& gain, const Eigen::MatrixXd& spent);

/// Outcome units per log point of GVA: 1 where the outcome is GVA growth, else convert.gva_growth.
/// @throws InputError  neither
double gva_growth_factor(const LeverContext& context);

}  // namespace spillway::scenarios
