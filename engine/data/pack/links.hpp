// Links between areas (edges, flows): from codes to rows, checked.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/data/csv.hpp"
#include "engine/data/pack/data_pack.hpp"

namespace spillway {

/// Exact look-up of area codes: code -> row of the areas.
class AreaIndex {
 public:
  /// @param codes  text column of the areas; must outlive this. Of equal codes the first counts.
  explicit AreaIndex(const Column& codes);

  /// Row of the area, or -1.
  std::int32_t row(std::string_view code) const;

  /// As row(), for every level of a text column.
  std::vector<std::int32_t> rows(const std::vector<std::string>& levels) const;

  const Column& codes() const { return codes_; }

 private:
  const Column& codes_;
  std::unordered_map<std::string_view, std::int32_t> row_of_;
};

/// A link as listed, and the line it stands in (0: made in memory).
struct ListedLink {
  Edge edge;
  std::int64_t line = 0;
};

/// What a list of links promises.
enum class Listing {
  contiguity,       ///< every pair once, or every pair both ways
  weights,          ///< the same, where directed ones have a format of their own
  both_directions,  ///< every pair both ways
  directed,         ///< flows: one way counts; an area may flow to itself
};

/// Links of a table with columns from, to [, weight]; links to unknown areas and bad weights are appended to
/// `faults` and left out.
std::vector<ListedLink> listed_links(const CsvTable& csv, const AreaIndex& areas, const std::string& file,
                                     std::vector<Fault>& faults);

/// Sort links by (from, to), with both directions of each contiguity.
///
/// @param faults  appended, by line: a link from an area to itself, a link listed twice, a link that lacks
/// its
///                reverse where others have theirs, a negative or missing weight
std::vector<Edge> checked_links(std::vector<ListedLink> links, const Column& codes, Listing listing,
                                const std::string& file, std::vector<Fault>& faults);

/// How many areas at the end no link reaches, where they are so many (three or more, a twentieth of all) that
/// the list looks cut short; else 0.
std::size_t unlinked_tail(const std::vector<Edge>& edges, std::size_t areas);

}  // namespace spillway
