#include "engine/run/matched_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/base/streams.hpp"

namespace spillway {

std::vector<std::vector<int>> neighbours_of(const SpatialWeights& weights) {
  const auto& w = weights.matrix();
  std::vector<std::vector<int>> result(static_cast<std::size_t>(w.rows()));
  for (int i = 0; i < w.outerSize(); ++i)
    for (SpatialWeights::Matrix::InnerIterator entry(w, i); entry; ++entry) {
      result[static_cast<std::size_t>(i)].push_back(static_cast<int>(entry.col()));
      result[static_cast<std::size_t>(entry.col())].push_back(i);
    }
  for (auto& list : result) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return result;
}

Eigen::MatrixXd standardised(const Eigen::MatrixXd& value) {
  Eigen::MatrixXd result(value.rows(), value.cols());
  Eigen::Index kept = 0;
  for (Eigen::Index k = 0; k < value.cols(); ++k) {
    const Eigen::VectorXd off = value.col(k).array() - value.col(k).mean();
    const double sd = std::sqrt(off.squaredNorm() / static_cast<double>(value.rows()));
    if (sd > 0.0) result.col(kept++) = off / sd;
  }
  return result.leftCols(kept);
}

Matched match(const LikeAreas& areas, const std::vector<int>& places, int count) {
  std::vector<std::uint8_t> barred = areas.touched;
  for (const int i : places) {
    barred[static_cast<std::size_t>(i)] = 1;
    for (const int j : areas.neighbours[static_cast<std::size_t>(i)]) barred[static_cast<std::size_t>(j)] = 1;
  }
  std::set<std::int32_t> strata;
  for (const int i : places) strata.insert(areas.stratum[static_cast<std::size_t>(i)]);
  Matched result;
  result.with.resize(places.size());
  for (const std::int32_t stratum : strata) {
    std::vector<int> donors;
    for (std::size_t j = 0; j < barred.size(); ++j)
      if (!barred[j] && areas.stratum[j] == stratum) donors.push_back(static_cast<int>(j));
    std::vector<std::pair<double, int>> near(donors.size());
    for (std::size_t p = 0; p < places.size(); ++p) {
      if (areas.stratum[static_cast<std::size_t>(places[p])] != stratum) continue;
      for (std::size_t k = 0; k < donors.size(); ++k)
        near[k] = {(areas.feature.row(donors[k]) - areas.feature.row(places[p])).squaredNorm(), donors[k]};
      const auto wanted = static_cast<std::ptrdiff_t>(std::min<std::size_t>(near.size(), count));
      std::partial_sort(near.begin(), near.begin() + wanted, near.end());
      for (std::ptrdiff_t k = 0; k < wanted; ++k)
        result.with[p].push_back(near[static_cast<std::size_t>(k)].second);
    }
  }
  return result;
}

MatchedDifference matched_difference(const Matched& matched, const std::vector<int>& places,
                                     const Eigen::VectorXd& error) {
  std::vector<double> difference;
  for (std::size_t p = 0; p < places.size(); ++p) {
    if (matched.with[p].empty()) continue;
    double mean = 0.0;
    for (const int j : matched.with[p]) mean += error[j] / static_cast<double>(matched.with[p].size());
    difference.push_back(error[places[p]] - mean);
  }
  MatchedDifference result;
  result.places = static_cast<long>(difference.size());
  const auto n = static_cast<double>(difference.size());
  for (const double one : difference) result.mean += one / n;
  for (const double one : difference)
    result.pairs_error += (one - result.mean) * (one - result.mean) / (n * (n - 1.0));
  result.pairs_error = std::sqrt(result.pairs_error);
  return result;
}

std::vector<std::vector<int>> patches_of(const LikeAreas& areas, const std::vector<int>& places) {
  std::vector<std::uint8_t> waiting(areas.stratum.size(), 0);
  for (const int i : places) waiting[static_cast<std::size_t>(i)] = 1;
  std::vector<std::vector<int>> patches;
  for (const int first : places) {
    if (!waiting[static_cast<std::size_t>(first)]) continue;
    waiting[static_cast<std::size_t>(first)] = 0;
    std::vector<int> patch = {first};
    for (std::size_t k = 0; k < patch.size(); ++k)
      for (const int j : areas.neighbours[static_cast<std::size_t>(patch[k])])
        if (waiting[static_cast<std::size_t>(j)] &&
            areas.stratum[static_cast<std::size_t>(j)] == areas.stratum[static_cast<std::size_t>(first)]) {
          waiting[static_cast<std::size_t>(j)] = 0;
          patch.push_back(j);
        }
    patches.push_back(std::move(patch));
  }
  return patches;
}

std::vector<int> placebo_places(const LikeAreas& areas, const std::vector<std::vector<int>>& patches,
                                std::uint64_t seed, std::uint64_t number) {
  constexpr std::uint32_t placebo = 3;  // beside the parts of back_forecast.cpp
  Stream stream(seed, Purpose::backcast, number, placebo);
  std::vector<std::uint8_t> taken = areas.touched;
  std::vector<int> places;
  for (const std::vector<int>& patch : patches) {
    const std::int32_t stratum = areas.stratum[static_cast<std::size_t>(patch.front())];
    const auto open = [&](int j) {
      return !taken[static_cast<std::size_t>(j)] && areas.stratum[static_cast<std::size_t>(j)] == stratum;
    };
    std::vector<int> grown;
    for (std::size_t next = 0; grown.size() < patch.size();) {
      if (next == grown.size()) {
        std::vector<int> room;
        for (std::size_t j = 0; j < taken.size(); ++j)
          if (open(static_cast<int>(j))) room.push_back(static_cast<int>(j));
        if (room.empty()) return {};
        grown.push_back(room[stream.below(static_cast<std::uint32_t>(room.size()))]);
        taken[static_cast<std::size_t>(grown.back())] = 1;
        continue;
      }
      for (const int j : areas.neighbours[static_cast<std::size_t>(grown[next])])
        if (grown.size() < patch.size() && open(j)) {
          taken[static_cast<std::size_t>(j)] = 1;
          grown.push_back(j);
        }
      ++next;
    }
    places.insert(places.end(), grown.begin(), grown.end());
  }
  return places;
}

}  // namespace spillway
