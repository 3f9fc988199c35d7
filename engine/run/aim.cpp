#include "engine/run/aim.hpp"

#include <set>
#include <vector>

#include "engine/config/area_target.hpp"

namespace spillway {

Aim aim_of(const ScenarioConfig& scenario) {
  const auto given = [&]<typename Value>(const std::string& name, Value otherwise) {
    const auto found = scenario.parameters.find(name);
    const auto* value = found == scenario.parameters.end() ? nullptr : std::get_if<Value>(&found->second);
    return value == nullptr ? otherwise : *value;
  };
  // Parameters of earlier names count as those of now (sample_parameters).
  std::vector<std::string> levers = {scenario.lever};
  const bool package = scenario.lever == "package";
  if (package)
    levers = given("levers",
                   std::vector<std::string>{"ukspf_ring_fence", "community_wealth_fund", "bus_franchising"});
  Aim aim;
  std::set<std::string> types;
  for (const std::string& lever : levers) {
    const std::string before = package ? lever + "_" : "";
    const AreaTarget target = area_target(
        given(before + "target", given(before + "target_type", std::string("doubly_disadvantaged"))));
    types.insert(target.type);
    aim.narrow = aim.narrow || target.type.empty() || !target.place.empty() ||
                 !given(before + "where", given(before + "combined_authorities", std::vector<std::string>()))
                      .empty() ||
                 (lever == "bus_franchising" && given(before + "eligible", std::string()) == "all");
  }
  if (types.size() == 1)
    aim.type = *types.begin();
  else
    aim.narrow = true;
  return aim;
}

}  // namespace spillway
