#include "scenarios/spread.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.hpp"
#include "engine/config/further_outcome.hpp"
#include "scenarios/levers.hpp"

namespace spillway::scenarios {

namespace {

const ParameterValue* value_of(const ScenarioConfig& scenario, const std::string& name,
                               const ParameterSpec& spec) {
  const auto given = scenario.parameters.find(name);
  return given == scenario.parameters.end() ? &spec.fallback : &given->second;
}

/// One lever; `prefix` stands before its parameters in a package.
void add_lever(const LeverSource& source, const ScenarioConfig& scenario, const std::string& prefix,
               ActsThrough& acts) {
  if (source.changes == Changes::dynamics) {
    acts.dynamics = true;
    return;
  }
  bool stock = false, choice = false;
  for (const ParameterSpec& spec : source.parameters) {
    if (spec.name == "depreciation") stock = true;
    if (spec.name != "channel") continue;
    const auto* word = std::get_if<std::string>(value_of(scenario, prefix + spec.name, spec));
    choice = word == nullptr || *word != "stock";
  }
  (stock && !choice ? acts.stock : acts.figure) = true;
}

}  // namespace

ActsThrough acts_through(const ScenarioConfig& scenario) {
  ActsThrough acts;
  const auto add = [&](const std::string& name, const std::string& prefix) {
    for (const LeverSource& source : lever_sources())
      if (source.name == name) add_lever(source, scenario, prefix, acts);
  };
  const Lever& chosen = lever(scenario.lever);
  if (chosen.name != "package") {
    add(chosen.name, "");
    return acts;
  }
  const auto* listed = std::get_if<std::vector<std::string>>(
      value_of(scenario, chosen.parameters.front().name, chosen.parameters.front()));
  if (listed)
    for (const std::string& name : *listed) add(name, name + "_");
  return acts;
}

void check_spreads(const RunConfig& config) {
  std::vector<Fault> faults;
  for (const ScenarioConfig& scenario : config.scenarios) {
    if (scenario.spread == "propagated") continue;
    const ActsThrough acts = acts_through(scenario);
    Fault fault;
    fault.file = config.file.string();
    fault.line = scenario.spread_line;
    fault.column = config_path(scenario) + ".spread";
    fault.value = scenario.spread;
    if (acts.dynamics)
      fault.what = fmt::format(
          "{} '{}' changes rho or W, whose effect is what spreads; leave spread out, or write "
          "\"propagated\"",
          scenario.lever == "package" ? "a lever of the" : "lever", scenario.lever);
    else if (scenario.spread == "estimated" && acts.figure)
      fault.what = fmt::format(
          "is for levers that work through social infrastructure, whose effect on neighbours model B "
          "estimates; {} '{}' does not{}; choose \"propagated\" or \"none\"",
          scenario.lever == "package" ? "a lever of the" : "lever", scenario.lever,
          lever(scenario.lever).parameters.end() !=
                  std::find_if(lever(scenario.lever).parameters.begin(),
                               lever(scenario.lever).parameters.end(),
                               [](const ParameterSpec& spec) { return spec.name == "channel"; })
              ? " (channel = \"flow\")"
              : "");
    if (!fault.what.empty()) faults.push_back(std::move(fault));
  }
  if (!faults.empty()) throw InputError(std::move(faults));
}

}  // namespace spillway::scenarios
