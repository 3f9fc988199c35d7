// What a lever answers: sampled parameters in, a policy ready to propagate out.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/propagate/dynamics.hpp"

namespace spillway {

/// Whom a shock comes from, for the area that has it.
enum class Reach : std::uint8_t { own, from_funded, from_others };

/// Sampled parameters of one scenario.
struct Parameters {
  std::vector<std::string> names;  ///< of the numeric ones
  Eigen::MatrixXd value;           ///< draws x names
  std::map<std::string, std::string> texts;
  std::map<std::string, bool> flags;
  std::map<std::string, std::vector<std::string>> lists;

  /// Column of a numeric parameter. @throws std::logic_error  the lever asked for a name it never declared
  Eigen::VectorXd operator[](const std::string& name) const;
};

/// What a policy does: the dynamics that follow, its cost, and what must be said about it.
struct Policy {
  Dynamics dynamics;     ///< shocks, and the classes of areas with their rho and lambda
  Eigen::MatrixXd cost;  ///< draws x periods, GBP of the base year, whole area; public cost
  Eigen::MatrixXd
      later_cost;  ///< draws x periods after the horizon: money that is spent only then; empty: none
  Eigen::VectorXd
      transfer;  ///< by area: mean GBP a head gained (+) or lost (-) over the horizon; empty: none
  std::vector<std::uint8_t> funded;  ///< areas: 1 where money arrives (or the policy acts); empty: nowhere
  std::vector<Reach> reach;          ///< of each shape of the dynamics
  bool changes_dynamics = false;     ///< rho or W change, beside any shocks
  std::vector<std::string> notes;    ///< sentences: who pays, who loses, what was assumed
  std::vector<std::string> warnings;
  bool outside_support = false;  ///< more is added a head somewhere than 99 % of the estimate's areas had
  std::string beyond_support;    ///< a sentence where more is added a head than three times what the estimate
                                 ///< has seen; empty: it is not
  std::string shock_unit;        ///< must be the outcome's unit, else the policy is refused
  Parameters parameters;         ///< that it was built from: set by who prepares a scenario, not by levers
  std::map<std::string, double> sizes;  ///< parameters that all of it is in proportion to, and up to how many
                                        ///< times their value (scenarios/sizes.hpp); set likewise
  std::string unsized;                  ///< where there are none: why
};

}  // namespace spillway
