#include "engine/run/rival_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "engine/base/error.hpp"
#include "engine/estimate/panel/encompassing.hpp"

namespace spillway {

namespace {

constexpr Eigen::Index kMostCells = 50'000;  // areas x periods that rivals are fitted for unasked

/// Rivals worth the name where none are named.
std::vector<std::string> cheap_rivals(const PanelData& data, const RunConfig& config, const Inputs& inputs) {
  std::vector<std::string> names;
  if (data.y.size() > kMostCells) return names;
  const Table& areas = inputs.pack.areas;
  if (config.weights_kind != "contiguity" && !inputs.pack.edges.empty()) names.emplace_back("contiguity");
  names.emplace_back("second_ring");
  if (config.weights_kind != "knn" && areas.find("easting") && areas.find("northing"))
    names.emplace_back("nearest:6");
  if (config.weights_size.empty() && areas.find("population")) names.emplace_back("size:population");
  return names;
}

SpatialWeights made(const std::string& name, const PanelData& data, RunConfig config, const Inputs& inputs) {
  if (name == "second_ring") return second_ring(data.weights);
  const std::string nearest = "nearest:", size = "size:";
  if (name.starts_with(size)) {
    config.weights_size = name.substr(size.size());
  } else {
    config.weights_kind = name.starts_with(nearest) ? "knn" : "contiguity";
    config.weights_size.clear();
    if (name.starts_with(nearest)) config.knn = std::stoi(name.substr(nearest.size()));
  }
  SpatialWeights all = build_weights(config, inputs.pack);
  std::vector<int> every(static_cast<std::size_t>(all.areas()));
  std::iota(every.begin(), every.end(), 0);
  return data.area == every ? std::move(all) : all.restricted(data.area);
}

}  // namespace

SpatialWeights second_ring(const SpatialWeights& weights) {
  const auto& w = weights.matrix();
  std::vector<Eigen::Triplet<double>> entries;
  std::vector<int> seen(static_cast<std::size_t>(w.rows()), -1);
  for (Eigen::Index i = 0; i < w.rows(); ++i) {
    const int own = static_cast<int>(i);
    seen[static_cast<std::size_t>(i)] = own;
    for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it)
      seen[static_cast<std::size_t>(it.col())] = own;
    for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it)
      for (SpatialWeights::Matrix::InnerIterator next(w, it.col()); next; ++next)
        if (seen[static_cast<std::size_t>(next.col())] != own) {
          seen[static_cast<std::size_t>(next.col())] = own;
          entries.emplace_back(own, static_cast<int>(next.col()), 1.0);
        }
  }
  SpatialWeights::Matrix ring(w.rows(), w.cols());
  ring.setFromTriplets(entries.begin(), entries.end());
  return {std::move(ring), true};
}

std::vector<std::pair<std::string, SpatialWeights>> rival_weights(const PanelModel& model,
                                                                  const PanelData& data,
                                                                  const RunConfig& config,
                                                                  const Inputs& inputs) {
  std::vector<std::pair<std::string, SpatialWeights>> rivals;
  const auto& own = data.weights.matrix();
  for (const std::string& name : model.rival_weights.value_or(cheap_rivals(data, config, inputs))) {
    std::optional<SpatialWeights> built;
    try {
      built = made(name, data, config, inputs);
    } catch (const InputError&) {
      if (model.rival_weights) throw;  // asked for by name
      continue;                        // the pack does not allow it: degrees, an area without people
    }
    SpatialWeights& rival = *built;
    const auto& other = rival.matrix();
    if (other.nonZeros() == 0) continue;
    // A rival that is W itself says nothing.
    if (other.nonZeros() == own.nonZeros() && (SpatialWeights::Matrix(other - own)).norm() < 1e-12) continue;
    rivals.emplace_back(name, std::move(rival));
  }
  return rivals;
}

void require_rivals(const RunConfig& config, const Inputs& inputs) {
  std::vector<Fault> faults;
  for (const ModelConfig& model : config.models) {
    const auto* panel = std::get_if<PanelModel>(&model);
    if (panel == nullptr || !panel->rival_weights) continue;
    try {
      rival_weights(*panel, panel_data(*panel, config, inputs.pack, inputs.weights), config, inputs);
    } catch (const InputError& error) {
      for (Fault fault : error.faults()) {
        if (fault.file.empty() && fault.line == 0) {
          fault.file = config.file.string();
          fault.line = panel->line;
          fault.column = fmt::format("model.{}.rival_weights", panel->name);
        }
        faults.push_back(std::move(fault));
      }
    }
  }
  if (!faults.empty()) throw InputError(std::move(faults));
}

void hold_weights_against_rivals(std::vector<ModelFits>& models, const RunConfig& config,
                                 const Inputs& inputs, Parallelism parallelism) {
  for (ModelFits& fits : models) {
    const auto* model = std::get_if<PanelModel>(&fits.config);
    const Fit* headline = model && fits.panel ? fits.headline() : nullptr;
    if (headline == nullptr || headline->estimate.estimator != name_of(Estimator::corrected_score) ||
        model->spatial_lag == SpatialLag::none || model->own_lags > 1)
      continue;
    Fit& fit = fits.fits[static_cast<std::size_t>(headline - fits.fits.data())];
    try {
      hold_against_rivals(*fits.panel, *model, fit_context(*model, config, inputs, parallelism),
                          rival_weights(*model, *fits.panel, config, inputs), fit.estimate);
    } catch (const NumericalError& error) {
      fit.estimate.notes.push_back(fmt::format("W could not be held against rivals: {}", error.what()));
    }
  }
}

}  // namespace spillway
