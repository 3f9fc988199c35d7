#include "tools/studies/chosen.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/error.hpp"
#include "engine/config/further_outcome.hpp"

namespace spillway::studies {

InputError no_scenario(const std::string& file, const std::string& wanted,
                       const std::vector<std::string>& names) {
  const std::string near = nearest_word(wanted, names);
  return InputError(fmt::format("'{}' has no scenario '{}'{} (it has: {})", file, wanted,
                                near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                                fmt::join(names, ", ")));
}

std::vector<const ScenarioConfig*> chosen_scenarios(const RunConfig& config, const std::string& wanted,
                                                    const std::string& what_for) {
  std::vector<const ScenarioConfig*> chosen;
  std::vector<std::string> names;
  for (const ScenarioConfig& scenario : config.scenarios) {
    names.push_back(scenario.name);
    if (wanted.empty() ? !is_further(scenario) : wanted == scenario.name) chosen.push_back(&scenario);
  }
  if (!chosen.empty()) return chosen;
  if (names.empty())
    throw InputError(fmt::format("'{}' has no [[scenario]] {}", config.file.string(), what_for));
  throw no_scenario(config.file.string(), wanted, names);
}

bool lower_is_better(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/scenarios/" + scenario;
  return reader.has_attribute(group, "better") &&
         reader.attribute_as<std::string>(group, "better") == "lower";
}

}  // namespace spillway::studies
