#include "engine/run/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/data/csv.hpp"
#include "engine/data/pack/checksum.hpp"
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
    return model.kind == "spatial_autoregression" ||
           (model.kind == "spatial_lag_panel" && model.spatial_lag != "none");
  });
}

/// "missing: 9 of 80 areas have no lad_code": of the columns of areas that the configuration names.
std::string missing_line(const RunConfig& config, const Table& areas) {
  std::vector<std::string> names = {config.area_type, config.bootstrap_cluster};
  const auto add = [&](const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  for (const ModelConfig& model : config.models) {
    for (const auto* list : {&model.covariates, &model.predetermined, &model.endogenous, &model.instruments,
                             &model.controls, &model.fixed_effects, &model.proxies, &model.covariance.by})
      add(*list);
    for (const auto& set : model.instrument_sets) add(set);
    add({model.outcome, model.restrict_to, model.weights_column});
  }
  std::set<std::string> seen;
  std::string line;
  for (const auto& name : names) {
    const Column* column = areas.find(name);
    if (column == nullptr || !seen.insert(name).second) continue;
    if (const std::size_t rows = rows_without_value(*column); rows > 0)
      line += fmt::format("{}{} of {} areas have no {}", line.empty() ? "missing: " : ", ", rows, areas.rows,
                          name);
  }
  return line;
}

/// A file of weights that the manifest does not list is an input like the others.
void note_weights_file(const RunConfig& config, DataPack& pack) {
  if (config.weights_kind != "file" || config.weights_path.empty() || pack.folder.empty()) return;
  const auto file = file_of_weights(config, pack);
  for (const InputFile& input : pack.inputs)
    if (input.role != "source" && (pack.folder / input.path).lexically_normal() == file.lexically_normal())
      return;
  pack.inputs.push_back({config.weights_path, "weights", sha256(read_bytes(file)), "", "", ""});
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
  note_weights_file(config, inputs.pack);
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
    line += fmt::format("{}{} {}", k ? ", " : "", count[k],
                        inputs.types.names[k].empty() ? "without one" : inputs.types.names[k]);
  inputs.description = {
      fmt::format("pack '{}': {}", inputs.pack.name, inputs.pack.description), line,
      none ? std::string("weights: none (the pack has no edges, and no model uses neighbours)")
           : "weights: " + describe(inputs.weights, inputs.pack)};
  if (std::string missing = missing_line(config, inputs.pack.areas); !missing.empty())
    inputs.description.push_back(std::move(missing));
  return inputs;
}

}  // namespace spillway
