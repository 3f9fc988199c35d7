// Which scenarios of a configuration a study is asked for.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/config/run_config.hpp"
#include "engine/store/run_store.hpp"

namespace spillway::studies {

/// The scenario of that name, or every one where no name is given.
/// @param what_for  ends the sentence where there is none at all: "to analyse"
/// @throws InputError  no scenario, or none of that name; names the nearest and lists all
std::vector<const ScenarioConfig*> chosen_scenarios(const RunConfig& config, const std::string& wanted,
                                                    const std::string& what_for);

/// "'FILE' has no scenario 'NAME', did you mean ...? (it has: ...)".
InputError no_scenario(const std::string& file, const std::string& wanted,
                       const std::vector<std::string>& names);

/// Whether less of the outcome of this scenario of a run is better.
bool lower_is_better(const RunReader& reader, const std::string& scenario);

}  // namespace spillway::studies
