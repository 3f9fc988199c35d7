#include "engine/outcome/aggregate_sums.hpp"

#include <algorithm>
#include <map>

#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

namespace {
constexpr long kLanes = kernels::kLanes;
}

AggregateCells aggregate_cells(const OutcomePlan& plan, long areas) {
  AggregateCells cells;
  cells.group.resize(plan.groupings.size());
  std::map<std::vector<std::int32_t>, std::int32_t> known;
  std::vector<std::int32_t> key(plan.groupings.size());
  for (long i = 0; i < areas; ++i) {
    for (std::size_t g = 0; g < key.size(); ++g)
      key[g] = plan.groupings[g].of_area[static_cast<std::size_t>(i)];
    const auto [at, fresh] = known.emplace(key, static_cast<std::int32_t>(known.size()));
    if (fresh)
      for (std::size_t g = 0; g < key.size(); ++g) cells.group[g].push_back(key[g]);
    cells.of_area.push_back(at->second);
  }
  return cells;
}

AggregateSums::AggregateSums(const OutcomePlan& plan, const AggregateCells& cells, long draws,
                             std::vector<AggregateSeries>& series)
    : cells_(cells), draws_(draws), groupings_(plan.groupings.size()), series_(series) {
  for (const auto& one : series_) {
    weight_.push_back(
        group_weight(plan, one.outcome, plan.groupings[static_cast<std::size_t>(one.grouping)]));
    tail_.emplace_back(draws % kLanes == 0 ? 0 : static_cast<std::size_t>(one.periods * one.groups * kLanes));
    std::fill_n(tail_.back().data(), tail_.back().size(), 0.0f);
  }
}

AggregateSums::TilePlan AggregateSums::plan_tile(const TimeTile& tile) const {
  TilePlan plan(series_.size());
  for (std::size_t s = 0; s < series_.size(); ++s) {
    for (std::size_t k = 0; k < tile.cells().size(); ++k) {
      const auto group = cells_.group[static_cast<std::size_t>(series_[s].grouping)]
                                     [static_cast<std::size_t>(tile.cells()[k])];
      if (group < 0 || !(weight_[s][static_cast<std::size_t>(group)] > 0.0)) continue;
      plan[s].push_back({static_cast<std::uint32_t>(static_cast<long>(k) * kLanes),
                         static_cast<std::uint32_t>(group * kLanes),
                         static_cast<float>(1.0 / weight_[s][static_cast<std::size_t>(group)])});
    }
    // A group's cells one after the other, in their own order: its sum is read and written once.
    std::stable_sort(plan[s].begin(), plan[s].end(),
                     [](const auto& a, const auto& b) { return a.group < b.group; });
  }
  return plan;
}

float* AggregateSums::values(std::size_t series, long batch) {
  const bool whole = (batch + 1) * kLanes <= draws_;
  const AggregateSeries& one = series_[series];
  return whole ? series_[series].value.data() + batch * kLanes * one.periods * one.groups
               : tail_[series].data();
}

void AggregateSums::add(const TilePlan& tile, long batch, std::size_t outcome, int period,
                        const float* cell_sum) {
  for (std::size_t s = outcome * groupings_; s < (outcome + 1) * groupings_; ++s) {
    if (tile[s].empty()) continue;
    kernels::tile_kernels().merge({static_cast<int>(tile[s].size()), tile[s].data(), cell_sum,
                                   values(s, batch) + period * series_[s].groups * kLanes});
  }
}

void AggregateSums::finish(Parallelism parallelism) {
  const long batches = (draws_ + kLanes - 1) / kLanes;
  for_each_block(batches, 4, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::vector<float> copy;
    for (std::size_t s = 0; s < series_.size(); ++s) {
      const long each = series_[s].periods * series_[s].groups;
      for (long batch = first; batch < last; ++batch) {
        const float* from = values(s, batch);
        copy.assign(from, from + each * kLanes);
        const long count = std::min(kLanes, draws_ - batch * kLanes);
        float* to = series_[s].value.data() + batch * kLanes * each;
        for (long lane = 0; lane < count; ++lane)
          for (long k = 0; k < each; ++k)
            to[lane * each + k] = copy[static_cast<std::size_t>(k * kLanes + lane)];
      }
    }
  });
}

}  // namespace spillway
