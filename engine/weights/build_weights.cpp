// From a configuration and a pack to W: contiguity, nearest neighbours, distances, flows or a file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "engine/data/csv.hpp"
#include "engine/data/pack/coordinates.hpp"
#include "engine/weights/read_weights_file.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

namespace {

using Triplets = std::vector<Eigen::Triplet<double>>;

SpatialWeights::Matrix matrix_of(std::size_t areas, const Triplets& entries) {
  SpatialWeights::Matrix matrix(static_cast<Eigen::Index>(areas), static_cast<Eigen::Index>(areas));
  matrix.setFromTriplets(entries.begin(), entries.end());
  return matrix;
}

/// Points of the areas hashed into square cells, for neighbour searches in expected constant time an area.
class PointGrid {
 public:
  PointGrid(const std::vector<double>& x, const std::vector<double>& y, double cell)
      : x_(x), y_(y), cell_(cell) {
    for (std::size_t i = 0; i < x.size(); ++i)
      cells_[key(index(x[i]), index(y[i]))].push_back(static_cast<int>(i));
  }

  /// Call visit(j, distance) for every other point within `radius` (m) of point i.
  template <typename Visit>
  void within(int i, double radius, Visit visit) const {
    const long reach = static_cast<long>(std::ceil(radius / cell_));
    const long cx = index(x_[i]), cy = index(y_[i]);
    for (long a = cx - reach; a <= cx + reach; ++a)
      for (long b = cy - reach; b <= cy + reach; ++b) {
        const auto found = cells_.find(key(a, b));
        if (found == cells_.end()) continue;
        for (const int j : found->second) {
          const double distance = std::hypot(x_[j] - x_[i], y_[j] - y_[i]);
          if (j != i && distance <= radius) visit(j, distance);
        }
      }
  }

 private:
  long index(double metres) const { return static_cast<long>(std::floor(metres / cell_)); }
  static std::uint64_t key(long a, long b) {
    return (static_cast<std::uint64_t>(a) << 32) ^ (static_cast<std::uint64_t>(b) & 0xffffffffu);
  }
  const std::vector<double>&x_, &y_;
  double cell_;
  std::unordered_map<std::uint64_t, std::vector<int>> cells_;
};

/// The k nearest of each point, ties by index.
std::vector<std::vector<std::pair<double, int>>> nearest(const std::vector<double>& x,
                                                         const std::vector<double>& y, int k) {
  const auto [x0, x1] = std::minmax_element(x.begin(), x.end());
  const auto [y0, y1] = std::minmax_element(y.begin(), y.end());
  const double extent = std::max({*x1 - *x0, *y1 - *y0, 1.0});
  const double cell = std::max(1.0, extent / std::sqrt(static_cast<double>(x.size())));
  const PointGrid grid(x, y, cell);
  std::vector<std::vector<std::pair<double, int>>> result(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto& found = result[i];
    for (double radius = 2.0 * cell; static_cast<int>(found.size()) < k; radius *= 2.0) {
      found.clear();
      grid.within(static_cast<int>(i), radius,
                  [&](int j, double distance) { found.emplace_back(distance, j); });
      if (radius > 4.0 * extent) break;
    }
    std::sort(found.begin(), found.end());
    if (static_cast<int>(found.size()) > k) found.resize(static_cast<std::size_t>(k));
  }
  return result;
}

std::string names_of(const std::vector<int>& rows, const DataPack& pack) {
  const Column& code = pack.areas.at("area_code");
  std::string text;
  for (std::size_t k = 0; k < rows.size() && k < 10; ++k)
    text += (k ? ", " : "") + code.text(static_cast<std::size_t>(rows[k]));
  if (rows.size() > 10) text += fmt::format(" and {} more", rows.size() - 10);
  return text;
}

WeightsFileOptions file_options(const RunConfig& config) {
  return {config.weights_values, config.weights_ids, config.weights_unlisted, config.decay};
}

/// Whether the file of the weights is the pack's own file of edges.
bool names_edges(const RunConfig& config, const DataPack& pack) {
  const std::string path = std::filesystem::path(config.weights_path).lexically_normal().string();
  return path.empty() || std::any_of(pack.inputs.begin(), pack.inputs.end(), [&](const InputFile& input) {
           return input.role == "edges" && std::filesystem::path(input.path).lexically_normal() == path;
         });
}

SpatialWeights::Matrix file_weights(WeightsFile file, std::vector<std::string>& notes) {
  notes = std::move(file.notes);
  Eigen::Index one_way = 0;
  const SpatialWeights::Matrix reverse = file.matrix.transpose();
  for (int i = 0; i < file.matrix.outerSize(); ++i) {
    SpatialWeights::Matrix::InnerIterator back(reverse, i);
    for (SpatialWeights::Matrix::InnerIterator it(file.matrix, i); it; ++it) {
      while (back && back.col() < it.col()) ++back;
      one_way += !(back && back.col() == it.col());
    }
  }
  if (one_way > 0)
    notes.push_back(fmt::format("{} of {} links have no reverse", one_way, file.matrix.nonZeros()));
  return std::move(file.matrix);
}

}  // namespace

std::filesystem::path file_of_weights(const RunConfig& config, const DataPack& pack) {
  std::string what = pack.folder.empty() ? "the pack is made in memory and holds no files"
                                         : fault_of_path(pack.folder, config.weights_path);
  if (what.empty()) return pack.folder / config.weights_path;
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(pack.folder, error))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  if (const std::string near = nearest_word(config.weights_path, names); !near.empty())
    what += fmt::format("; did you mean '{}'?", near);
  throw InputError(
      {Fault{config.file.string(), config.weights_path_line, "weights.path", config.weights_path, what}});
}

SpatialWeights build_weights(const RunConfig& config, const DataPack& pack) {
  const std::size_t n = pack.areas.rows;
  const std::string user = fmt::format("weights kind '{}'", config.weights_kind);
  const auto coordinates = [&](const std::string& needs, double reach) {
    Coordinates found = coordinates_in_metres(pack.areas, needs, reach);
    for (std::size_t i = 0; i < n; ++i)
      if (!std::isfinite(found.easting[i]) || !std::isfinite(found.northing[i]))
        throw InputError(fmt::format("area '{}' has no {} ({} needs coordinates of every area)",
                                     pack.areas.at("area_code").text(i),
                                     std::isfinite(found.easting[i]) ? "northing" : "easting", needs));
    return found;
  };
  SpatialWeights::Matrix raw;
  std::vector<std::string> notes;
  if (config.weights_kind == "contiguity" || (config.weights_kind == "file" && names_edges(config, pack))) {
    if (pack.edges.empty())
      throw InputError(fmt::format(
          "pack '{}' lists no links: it has no edges file, or one without rows (weights kind '{}' "
          "needs them; try kind = \"knn\")",
          pack.name, config.weights_kind));
    if (config.weights_unlisted != "islands") refuse_cut_edges(pack);
    if (config.weights_kind == "file") {
      raw = file_weights(weights_of_edges(pack, file_options(config)), notes);
    } else {
      Triplets entries;
      entries.reserve(pack.edges.size());
      for (const Edge& edge : pack.edges) entries.emplace_back(edge.from, edge.to, 1.0);
      raw = matrix_of(n, entries);
      // A pair listed twice is still one neighbour.
      for (Eigen::Index k = 0; k < raw.nonZeros(); ++k) raw.valuePtr()[k] = 1.0;
    }
  } else if (config.weights_kind == "file") {
    raw = file_weights(parse_weights_file(read_bytes(file_of_weights(config, pack)),
                                          file_of_weights(config, pack).string(), pack, file_options(config)),
                       notes);
  } else if (config.weights_kind == "knn") {
    if (config.knn >= static_cast<int>(n))
      throw InputError(fmt::format(
          "weights k = {} but there are {} areas (needs k below the number of areas)", config.knn, n));
    const Coordinates at = coordinates(user, 0.0);
    const auto found = nearest(at.easting, at.northing, config.knn);
    Triplets entries;
    for (std::size_t i = 0; i < n; ++i)
      for (const auto& [distance, j] : found[i]) entries.emplace_back(static_cast<int>(i), j, 1.0);
    raw = matrix_of(n, entries);
  } else if (config.weights_kind == "distance_band" || config.weights_kind == "inverse_distance") {
    const double radius = 1000.0 * config.cutoff_km;
    const Coordinates at = coordinates(user, radius);
    const auto &x = at.easting, &y = at.northing;
    const PointGrid grid(x, y, std::max(1.0, radius));
    Triplets entries;
    for (std::size_t i = 0; i < n; ++i)
      grid.within(static_cast<int>(i), radius, [&](int j, double distance) {
        if (config.weights_kind == "inverse_distance" && distance == 0.0)
          throw InputError(
              fmt::format("areas '{}' and '{}' have the same coordinates (inverse distance is infinite)",
                          pack.areas.at("area_code").text(i),
                          pack.areas.at("area_code").text(static_cast<std::size_t>(j))));
        entries.emplace_back(
            static_cast<int>(i), j,
            config.weights_kind == "distance_band" ? 1.0 : std::pow(distance / 1000.0, -config.decay));
      });
    raw = matrix_of(n, entries);
  } else if (config.weights_kind == "flows") {
    if (pack.flows.empty())
      throw InputError(
          fmt::format("pack '{}' has no file of role 'flows' (weights kind 'flows' needs one)", pack.name));
    Triplets entries;
    for (const Edge& flow : pack.flows)
      if (flow.from != flow.to && flow.weight > 0.0) entries.emplace_back(flow.from, flow.to, flow.weight);
    raw = matrix_of(n, entries);
  } else {
    throw InputError(fmt::format(
        "weights kind '{}' is unknown (contiguity, knn, distance_band, inverse_distance, file, flows)",
        config.weights_kind));
  }

  // W y would be the mean of all others: with period effects and an own lag nothing of it is left.
  const bool alike = config.weights_kind == "knn" || config.weights_kind == "distance_band";
  if (alike && n > 3 && static_cast<std::size_t>(raw.nonZeros()) == n * (n - 1))
    throw InputError(
        fmt::format("weights {} makes each of {} areas a neighbour of every other: a spatial lag would be "
                    "the mean of all of them, which "
                    "period effects take out (choose a smaller one)",
                    config.weights_kind == "knn" ? fmt::format("k = {}", config.knn)
                                                 : fmt::format("cutoff_km = {:g}", config.cutoff_km),
                    n));

  if (!config.weights_size.empty()) {
    const std::vector<double>& size = pack.areas.numbers(config.weights_size);
    for (std::size_t i = 0; i < n; ++i)
      if (!(size[i] > 0.0 && std::isfinite(size[i])))
        throw InputError(
            fmt::format("area '{}' has {} {} (weights.size needs a value above 0 for every area: neighbours "
                        "count by it)",
                        pack.areas.at("area_code").text(i), config.weights_size, size[i]));
    for (int i = 0; i < raw.rows(); ++i)
      for (SpatialWeights::Matrix::InnerIterator it(raw, i); it; ++it)
        it.valueRef() *= size[static_cast<std::size_t>(it.col())];
  }
  SpatialWeights weights(std::move(raw), config.row_standardise);
  for (auto& note : notes) weights.add_note(std::move(note));
  if (weights.islands().empty() || config.islands == "keep-zero") return weights;
  if (config.islands == "error")
    throw InputError(
        fmt::format("{} areas have no neighbour: {} (weights.islands = \"error\"; use \"keep-zero\" for a "
                    "spatial lag of zero or \"attach-nearest\")",
                    weights.islands().size(), names_of(weights.islands(), pack)));
  const Coordinates at = coordinates("islands = \"attach-nearest\"", 0.0);
  const auto closest = nearest(at.easting, at.northing, 1);
  Triplets entries;
  for (int i = 0; i < weights.matrix().rows(); ++i)
    for (SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i); it; ++it)
      entries.emplace_back(i, static_cast<int>(it.col()), it.value());
  std::vector<int> degree(n, 0);
  for (const auto& entry : entries) ++degree[static_cast<std::size_t>(entry.row())];
  for (const int island : weights.islands())
    for (const auto& [distance, j] : closest[static_cast<std::size_t>(island)]) {
      entries.emplace_back(island, j, 1.0);
      // The neighbour gains a link of its mean weight, so that attaching keeps contiguity symmetric in
      // pattern.
      if (degree[static_cast<std::size_t>(j)] > 0)
        entries.emplace_back(j, island, 1.0 / degree[static_cast<std::size_t>(j)]);
      else
        entries.emplace_back(j, island, 1.0);
    }
  SpatialWeights::Matrix attached(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
  attached.setFromTriplets(entries.begin(), entries.end(), [](double a, double) { return a; });
  SpatialWeights whole(std::move(attached), config.row_standardise);
  for (const auto& note : weights.notes()) whole.add_note(note);
  return whole;
}

std::string describe(const SpatialWeights& weights, const DataPack& pack) {
  std::vector<int> sizes(static_cast<std::size_t>(weights.components()), 0);
  for (const int c : weights.component()) ++sizes[static_cast<std::size_t>(c)];
  std::string parts;
  for (std::size_t k = 0; k < sizes.size() && k < 7; ++k)
    parts += fmt::format("{}{}", k ? ", " : "", sizes[k]);
  if (sizes.size() > 7) parts += ", ...";
  return fmt::format("{} areas, {} links, mean degree {:.2f}; {} component{} ({}); {} island{}{}",
                     weights.areas(), weights.matrix().nonZeros(), weights.mean_degree(),
                     weights.components(), weights.components() == 1 ? "" : "s", parts,
                     weights.islands().size(), weights.islands().size() == 1 ? "" : "s",
                     weights.islands().empty() ? "" : ": " + names_of(weights.islands(), pack)) +
         (weights.notes().empty() ? "" : fmt::format("; {}", fmt::join(weights.notes(), "; ")));
}

}  // namespace spillway
