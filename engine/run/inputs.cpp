#include "engine/run/inputs.hpp"

#include <fmt/format.h>

#include "engine/data/synthetic.hpp"

namespace spillway {

DataPack load_pack(const RunConfig& config) {
  if (config.pack != "synthetic") return read_pack(config.pack);
  SyntheticConfig world;
  world.areas = config.synthetic_areas;
  world.seed = config.synthetic_seed;
  return synthetic_england(world);
}

Inputs make_inputs(const RunConfig& config, DataPack pack) {
  Inputs inputs;
  inputs.pack = std::move(pack);
  inputs.weights = build_weights(config, inputs.pack);
  if (const Column* type = inputs.pack.areas.find(config.area_type)) {
    inputs.types = categories(*type);
  } else {
    std::vector<std::string> known;
    for (const Column& column : inputs.pack.areas.columns) known.push_back(column.name);
    const std::string near = nearest_word(config.area_type, known);
    throw InputError(fmt::format("areas.type = '{}' is not a column of pack '{}'{}", config.area_type, inputs.pack.name,
                                 near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
  }
  std::vector<long> count(inputs.types.names.size(), 0);
  for (const auto type : inputs.types.of_row)
    if (type >= 0) ++count[static_cast<std::size_t>(type)];
  std::string line = "area types: ";
  for (std::size_t k = 0; k < count.size(); ++k)
    line += fmt::format("{}{} {}", k ? ", " : "", count[k], inputs.types.names[k]);
  inputs.description = {fmt::format("pack '{}': {}", inputs.pack.name, inputs.pack.description), line,
                        "weights: " + describe(inputs.weights, inputs.pack)};
  return inputs;
}

}  // namespace spillway
