// All levers, by name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/lever.hpp"
#include "scenarios/levers.hpp"
#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

const std::vector<LeverSource>& lever_sources() {
  static const std::vector<LeverSource> all = {
      ukspf_ring_fence(),   community_wealth_fund(),      bus_franchising(),   neighbourhood_renewal(),
      fund_consolidation(), growth_plan_conditionality(), employment_support()};
  return all;
}

namespace {
/// The parameters that a lever's own page lists: a package's parts have pages of their own.
std::vector<ParameterSpec> paged(std::vector<ParameterSpec> parameters) {
  std::erase_if(parameters, [](const ParameterSpec& spec) { return !spec.part.empty(); });
  return parameters;
}
}  // namespace

const std::vector<Lever>& catalogue() {
  static const std::vector<Lever> all = [] {
    std::vector<Lever> levers;
    std::vector<LeverSource> sources = lever_sources();
    sources.push_back(package());
    for (const LeverSource& source : sources)
      levers.push_back({source.name, source.summary,
                        page(source.name, source.mechanism, paged(source.parameters), source.left_out),
                        source.parameters,
                        [add = source.add](const LeverContext& context, const Parameters& parameters) {
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
                               near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                               fmt::join(names, ", ")));
}

}  // namespace spillway::scenarios
