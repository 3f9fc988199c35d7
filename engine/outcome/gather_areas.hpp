// What ranks have made of a scenario, brought to the one that writes.
#pragma once
#include <vector>

#include "engine/base/ranks.hpp"
#include "engine/outcome/outcome.hpp"

namespace spillway {

/// The columns of these areas from every rank to rank 0. Collective; nothing in a team of one.
/// @param areas  [outcome] areas whose summaries this rank has made; no two ranks have the same
void gather_areas(std::vector<AreaSummary>& summaries, const OutcomePlan& plan,
                  const std::vector<std::vector<int>>& areas, Ranks& ranks);

}  // namespace spillway
