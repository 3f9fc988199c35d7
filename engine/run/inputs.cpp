#include "engine/run/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/synthetic/synthetic.hpp"

namespace spillway {

DataPack load_pack(const RunConfig& config) {
  if (config.pack != "synthetic") return read_pack(config.pack);
  SyntheticConfig world;
  world.areas = config.synthetic_areas;
  world.seed = config.synthetic_seed;
  return synthetic_england(world);
}

namespace {

/// Whether anything in the configuration reads W: instruments alone, and panels without a spatial lag, do
/// not.
bool reads_weights(const RunConfig& config) {
  if (!config.scenarios.empty() || config.models.empty()) return true;
  return std::any_of(config.models.begin(), config.models.end(), [](const ModelConfig& model) {
    const auto* panel = std::get_if<PanelModel>(&model);
    return panel ? panel->spatial_lag != SpatialLag::none : std::holds_alternative<SarModel>(model);
  });
}

}  // namespace

std::shared_ptr<const LogDeterminant> SharedDeterminant::of(const SpatialWeights& weights,
                                                            Parallelism parallelism) {
  const std::lock_guard lock(mutex_);
  const auto& w = weights.matrix();
  // A copy of the inputs may have been given another W: compared value by value, a fraction of a millisecond.
  const bool same =
      made_ && made_->weights().rows() == w.rows() && made_->weights().nonZeros() == w.nonZeros() &&
      std::equal(w.valuePtr(), w.valuePtr() + w.nonZeros(), made_->weights().valuePtr()) &&
      std::equal(w.innerIndexPtr(), w.innerIndexPtr() + w.nonZeros(), made_->weights().innerIndexPtr()) &&
      std::equal(w.outerIndexPtr(), w.outerIndexPtr() + w.rows() + 1, made_->weights().outerIndexPtr());
  if (!same) made_ = std::make_shared<LogDeterminant>(weights, parallelism);
  return made_;
}

Inputs make_inputs(const RunConfig& config, DataPack pack) {
  Inputs inputs;
  inputs.pack = std::move(pack);
  // Contiguity is the default: it is not demanded of a pack without edges where no model asks for neighbours.
  const bool none =
      !reads_weights(config) && inputs.pack.edges.empty() && config.weights_kind == "contiguity";
  const auto areas = static_cast<Eigen::Index>(inputs.pack.areas.rows);
  inputs.weights =
      none ? SpatialWeights(SpatialWeights::Matrix(areas, areas), true) : build_weights(config, inputs.pack);
  if (const Column* type = inputs.pack.areas.find(config.area_type)) {
    inputs.types = categories(*type);
  } else {
    std::vector<std::string> known;
    for (const Column& column : inputs.pack.areas.columns) known.push_back(column.name);
    const std::string near = nearest_word(config.area_type, known);
    throw InputError(fmt::format("areas.type = '{}' is not a column of pack '{}'{}", config.area_type,
                                 inputs.pack.name,
                                 near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
  }
  std::vector<long> count(inputs.types.names.size(), 0);
  for (const auto type : inputs.types.of_row)
    if (type >= 0) ++count[static_cast<std::size_t>(type)];
  std::string line = "area types: ";
  for (std::size_t k = 0; k < count.size(); ++k)
    line += fmt::format("{}{} {}", k ? ", " : "", count[k], inputs.types.names[k]);
  inputs.description = {
      fmt::format("pack '{}': {}", inputs.pack.name, inputs.pack.description), line,
      none ? std::string("weights: none (the pack has no edges, and no model uses neighbours)")
           : "weights: " + describe(inputs.weights, inputs.pack)};
  return inputs;
}

}  // namespace spillway
