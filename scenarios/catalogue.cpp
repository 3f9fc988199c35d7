// All levers, by name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/lever.hpp"
#include "scenarios/levers.hpp"
#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

const std::vector<LeverSource>& lever_sources() {
  static const std::vector<LeverSource> all = {ukspf_ring_fence(), community_wealth_fund(), bus_franchising()};
  return all;
}

const std::vector<Lever>& catalogue() {
  static const std::vector<Lever> all = [] {
    std::vector<Lever> levers;
    for (const LeverSource& source : lever_sources())
      levers.push_back({source.name, source.summary, page(source.name, source.mechanism, source.parameters, source.left_out),
                        source.parameters, [add = source.add](const LeverContext& context, const Parameters& parameters) {
                          PolicyBuilder builder(context);
                          add(builder, parameters);
                          return builder.finish();
                        }});
    return levers;
  }();
  return all;
}

const Lever& lever(const std::string& name) {
  std::vector<std::string> names;
  for (const Lever& known : catalogue()) {
    if (known.name == name) return known;
    names.push_back(known.name);
  }
  const std::string near = nearest_word(name, names);
  throw InputError(fmt::format("no lever '{}'{}; the levers are {}", name,
                               near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), fmt::join(names, ", ")));
}

}  // namespace spillway::scenarios
