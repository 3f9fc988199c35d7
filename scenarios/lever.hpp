// The interface of every lever: areas and the parameters of the draws in; shocks, changed weights or changed
// rho, and costs out.
#pragma once
#include <Eigen/Dense>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/propagate/dynamics.hpp"

namespace spillway::scenarios {

/// One parameter of a lever: what a user may set, and what stands where he does not.
struct ParameterSpec {
  std::string name, unit, description;
  ParameterValue fallback;  ///< default, with its source; a Distribution of kind "" means: must be given
  double low, high;         ///< allowed range of every draw (numbers only)
  std::vector<std::string> choices = {};  ///< texts, lists: the words allowed; empty: any
  std::string part = {};  ///< of a package: the lever it belongs to; used only where `levers` lists it
};

/// What a lever may look at: areas, weights, the draws of the estimates, and the horizon.
struct LeverContext {
  const DataPack* pack = nullptr;
  const SpatialWeights* weights = nullptr;
  std::vector<std::int32_t> type;  ///< area -> type
  std::vector<std::string> type_names;
  long draws = 0;
  int horizon = 10;  ///< periods
  double period_years = 1.0;
  Eigen::MatrixXd rho;   ///< types x draws
  Eigen::VectorXd phi;   ///< draws
  Eigen::VectorXd beta;  ///< draws: outcome over the window per unit of the endogenous regressor; empty: none
  std::string beta_unit;          ///< unit of the regressor, for example "GBP per head"
  std::string beta_outcome_unit;  ///< unit of beta's outcome, for example "log points"; empty: not checked
  double window_years = 10.0;     ///< of beta's outcome
  std::string outcome_unit;       ///< of the propagated outcome, for example "log points a year"
  bool outcome_is_gva_growth = true;
  Eigen::VectorXd growth;                 ///< y0, counterfactual growth a period, by area
  Eigen::VectorXd population, gva;        ///< by area; gva in GBP, empty where the pack has none
  std::map<std::string, double> convert;  ///< sourced factors of the scenario; docs/levers.md names the keys
};

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
  Dynamics dynamics;               ///< the engine fills rho, phi of classes left empty from the estimates
  Eigen::MatrixXd cost;            ///< draws x periods, GBP of the base year, whole area; public cost
  Eigen::MatrixXd transfer;        ///< areas x 1: mean GBP a head gained (+) or lost (-) over the horizon
  std::vector<std::string> notes;  ///< sentences: who pays, who loses, what was assumed
  std::vector<std::string> warnings;
  std::string shock_unit;  ///< must be the outcome's unit, else the engine refuses
};

/// A named lever: its page, its parameters, and how it becomes a policy.
struct Lever {
  std::string name, summary, page;  ///< page: mechanism, equation, parameters, what it leaves out
  std::vector<ParameterSpec> parameters;
  std::function<Policy(const LeverContext&, const Parameters&)> build;
};

/// All levers, by name.
const std::vector<Lever>& catalogue();

/// docs/levers.md: what levers share, the funds with their sources, the conversion factors, and every lever's
/// page.
std::string levers_document();
/// @throws InputError  unknown: names the nearest and lists all
const Lever& lever(const std::string& name);

/// The levers of a package, each with its own parameters out of the package's, so that the parts can be run
/// on the same draws and the package compared with their sum.
std::vector<std::pair<std::string, Parameters>> package_parts(const Parameters& package);

/// Check a scenario's parameters against its lever and sample them.
/// @throws InputError  unknown names, wrong types, values out of range (all of them, with lines)
Parameters sample_parameters(const ScenarioConfig& scenario, const Lever& lever, const RunConfig& config,
                             long draws);

}  // namespace spillway::scenarios
