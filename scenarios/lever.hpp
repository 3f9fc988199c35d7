// The interface of every lever: a LeverContext and the parameters of the draws in; a Policy (shocks, changed
// weights or changed rho, and costs) out.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/policy/lever_context.hpp"
#include "engine/policy/policy.hpp"

namespace spillway::scenarios {

/// One parameter of a lever: what a user may set, and what stands where he does not.
struct ParameterSpec {
  std::string name, unit, description;
  ParameterValue fallback;  ///< default, with its source; a Distribution of kind "" means: must be given
  double low, high;         ///< allowed range of every draw (numbers only)
  std::vector<std::string> choices = {};  ///< texts, lists: the words allowed; empty: any
  std::string part = {};  ///< of a package: the lever it belongs to; used only where `levers` lists it
  double smallest = 0.0;  ///< money: an amount above 0 and below it was meant in millions or thousands
};

/// A named lever: its page, its parameters, and how it becomes a policy.
struct Lever {
  std::string name, summary, page;  ///< page: mechanism, equation, parameters, what it leaves out
  std::vector<ParameterSpec> parameters;
  std::function<Policy(const LeverContext&, const Parameters&)> build;
};

/// All levers, by name.
const std::vector<Lever>& catalogue();

/// docs/guide/levers.md: what levers share, the funds with their sources, the conversion factors, and every
/// lever's page.
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
