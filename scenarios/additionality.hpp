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

/// Gross to net, one value a draw. Of a pound that is kept, L leaks to people of other areas and D displaces
/// what others have: the nation is left with 1 - D, wherever it leaks to.
struct Additionality {
  Eigen::VectorXd kept;     ///< (1 - deadweight)(1 - substitution) multiplier: net for the nation, before D
  Eigen::VectorXd leakage;  ///< L, share of what is kept that neighbours gain, [0, 1]
  Eigen::VectorXd displacement;  ///< D, share of what is kept that others lose, [0, 1]
  bool routed = false;           ///< others = the neighbours in W; else nobody in particular (a scalar)

  Eigen::VectorXd own() const;        ///< of a gross pound, what the area itself is left with
  Eigen::VectorXd elsewhere() const;  ///< likewise its neighbours in W; below 0: they lose
};

/// @throws InputError  a multiplier above 1 in any draw while rho is not zero: the spatial propagation is the
///                     multiplier already, and both together would count the same rounds twice
Additionality additionality(const LeverContext& context, const Parameters& parameters);

/// What the neighbours in W get of each area's `gain`: sum_i g_i w_ij / sum_j w_ij for each j, with the same
/// sum; an area without neighbours keeps its own.
Eigen::VectorXd to_neighbours(const LeverContext& context, const Eigen::VectorXd& gain);

/// Add the shock of a gain in pounds, net of additionality: amplitude times (own gain + elsewhere
/// to_neighbours(gain)) / per.
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
