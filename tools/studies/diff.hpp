// Two results against each other: what is equal, what moved, by how much and where.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/store/run_store.hpp"

namespace spillway::studies {

/// One place of a dataset where two results differ.
struct Difference {
  double size = 0.0, a = 0.0, b = 0.0;
  /// Axis and name on it: {"area", "E01000001 (City of London 001A)"}.
  std::vector<std::pair<std::string, std::string>> where;
};

/// A dataset that is not equal in both.
struct Moved {
  std::string path, unit;
  std::string what;  ///< in words: other axes, texts for numbers, attributes; empty where values alone moved
  std::size_t values = 0, differing = 0;  ///< compared, and of those beyond the tolerance
  double scale = 0.0;                     ///< largest size of a value in either
  Difference absolute, relative;          ///< the largest; relative: of the larger of the two, at most 2
  double share_of_scale() const { return scale > 0.0 ? absolute.size / scale : absolute.size; }
  std::vector<std::string> texts;  ///< of texts that differ: "<where>: 'a', 'b'", the first few
};

struct ResultDiff {
  std::string a, b;                                   ///< files, with name, seed and version
  std::vector<std::string> world, version, settings;  ///< what differs before any result does, in words
  std::size_t datasets = 0, equal = 0;                ///< in either result; in both and equal
  std::vector<Moved> moved;                           ///< largest share of the dataset's scale first
  std::vector<std::string> only_a, only_b;            ///< paths of datasets
  bool same() const { return moved.empty() && only_a.empty() && only_b.empty(); }
};

/// Every dataset and attribute of both outside /run (but for /run/truth), matched by name: scenarios,
/// outcomes, groupings and estimates by their paths, areas by code, groups, coefficients and parameters by
/// name; axes without names by place.
///
/// @param tolerance  values a, b are equal where |a - b| <= tolerance max(|a|, |b|, s), s a hundredth of the
///                   dataset's largest value (what rounding leaves over of sums near zero); two NaN are
/// @throws StoreError  a file is damaged
ResultDiff diff(const RunReader& a, const RunReader& b, double tolerance = 0.0);

/// @param most  differences that are listed
std::string diff_text(const ResultDiff& diff, std::size_t most = 12);
nlohmann::ordered_json diff_json(const ResultDiff& diff);

}  // namespace spillway::studies
