// From gross to net: deadweight, leakage, displacement, substitution and a multiplier.
#pragma once
#include <Eigen/Dense>
#include <utility>
#include <vector>

#include "scenarios/policy_builder.hpp"

namespace spillway::scenarios {

/// The parameters every spending lever shares: deadweight, leakage, substitution, displacement, multiplier,
/// displacement_route.
std::vector<ParameterSpec> additionality_parameters();

/// The same where the effect of a pound is net of deadweight already, so that none is taken by default: model
/// B's beta compares places with and without the money.
std::vector<ParameterSpec> net_of_deadweight(std::vector<ParameterSpec> parameters);

/// Gross to net, one value a draw.
struct Additionality {
  Eigen::VectorXd kept;          ///< (1 - deadweight)(1 - leakage)(1 - substitution) multiplier
  Eigen::VectorXd displacement;  ///< share of what is kept that others lose, [0, 1]
  bool routed = false;           ///< others = the neighbours in W; else nobody in particular (a scalar)
};

/// @throws InputError  a multiplier above 1 in any draw while rho is not zero: the spatial propagation is the
///                     multiplier already, and both together would count the same rounds twice
Additionality additionality(const LeverContext& context, const Parameters& parameters);

/// What others lose per unit of displacement: areas, in the unit of `gain`, with the same sum.
///
/// scalar: `gain` itself, so that i is left with (1 - D) g_i. routed: sum_i g_i w_ij / sum_j w_ij for each j;
/// an area without neighbours keeps its own displacement. Either way the nation is left with (1 - D) sum g,
/// to rounding.
Eigen::VectorXd displaced(const LeverContext& context, const Additionality& net, const Eigen::VectorXd& gain);

/// Add the shock of a gain in pounds, net of additionality: amplitude times kept times (gain - D displaced) /
/// per.
///
/// @param gain       areas, pounds (of a pot: shares of it) per unit of amplitude
/// @param per        areas, what a pound is divided by to become growth: GVA in GBP, or residents
/// @param amplitude  draws x periods, gross
/// @param of_neighbours  draws x periods: the same for each area's neighbours, whose mean it multiplies;
/// empty:
///                       nothing
/// @throws InputError  an area gains or loses but has nothing to divide by; names it
void add_gain(PolicyBuilder& builder, const Additionality& net, const Eigen::VectorXd& gain,
              const Eigen::VectorXd& per, const Eigen::MatrixXd& amplitude,
              const Eigen::MatrixXd& of_neighbours = {});

}  // namespace spillway::scenarios
