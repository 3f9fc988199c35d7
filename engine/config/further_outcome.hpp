// A further outcome of a scenario, [[scenario.outcome]]: read as a scenario of its own, named
// "POLICY.OUTCOME" (no scenario's own name has a dot): the same policy and draws, driven by the estimates of
// another outcome.
#pragma once
#include <algorithm>
#include <string>

#include "engine/config/run_config.hpp"

namespace spillway {

/// The policy whose outcome a scenario of that name is; empty: its own.
inline std::string policy_of(const std::string& scenario) {
  const auto dot = scenario.find('.');
  return dot == std::string::npos ? "" : scenario.substr(0, dot);
}
inline bool is_further(const ScenarioConfig& scenario) { return !policy_of(scenario.name).empty(); }

/// The outcome's name within its policy; empty where the scenario is no further outcome.
inline std::string further_name(const std::string& scenario) {
  const auto dot = scenario.find('.');
  return dot == std::string::npos ? "" : scenario.substr(dot + 1);
}

/// Where a result keeps what a pound brings of a further outcome: with the money, which is its policy's.
inline std::string worth_place(const std::string& further) {
  return "/appraisal/" + policy_of(further) + "/worth_of/" + further_name(further);
}

/// Where the keys of its policy stand in the file: "scenario.NAME".
inline std::string config_path(const ScenarioConfig& scenario) {
  return "scenario." + (is_further(scenario) ? policy_of(scenario.name) : scenario.name);
}

/// Whether `outcome` is that of a model which drives a further outcome of the run: no pounds are asked of it.
inline bool drives_further(const RunConfig& config, const std::string& outcome) {
  return std::any_of(config.scenarios.begin(), config.scenarios.end(), [&](const ScenarioConfig& scenario) {
    if (!is_further(scenario)) return false;
    const auto spillover = scenario.estimates.find("spillover"),
               leads = spillover == scenario.estimates.end() ? scenario.estimates.find("infrastructure")
                                                             : spillover;
    return leads != scenario.estimates.end() &&
           std::any_of(config.models.begin(), config.models.end(), [&](const ModelConfig& model) {
             return common(model).outcome == outcome &&
                    common(model).name == leads->second.substr(0, leads->second.find('/'));
           });
  });
}

}  // namespace spillway
