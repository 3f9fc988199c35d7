// Whom each policy of a result leaves better or worse off: areas and residents, by group.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"

namespace spillway::studies {

struct WinnersRow {
  std::string scenario, outcome, grouping, group;  ///< grouping "": all areas
  std::array<double, 3> areas{}, residents{};      ///< better off, worse off, not told apart
};

/// Rows of all areas, of area types, of regions and, crossed with types, of combined authorities, by the
/// cumulative outcome, else the first one that the result keeps by area.
/// @param people  set to whether the pack knows residents
/// @throws InputError  the result keeps nothing by area
/// Of draws too few for a band no area is on a side.
std::vector<WinnersRow> winners_of(const RunReader& reader, bool& people);

}  // namespace spillway::studies
