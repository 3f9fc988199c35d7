#include "engine/outcome/aggregate_sums.hpp"

#include <algorithm>
#include <map>

#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

namespace {}

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

AggregateSums::AggregateSums(const OutcomePlan& plan, const AggregateCells& cells, long draws, int horizon,
                             std::vector<AggregateSeries>& series)
    : cells_(cells), draws_(draws), groupings_(plan.groupings.size()), series_(series), first_step_(1, 0) {
  for (const AreaOutcome outcome : plan.outcomes)
    first_step_.push_back(first_step_.back() + (outcome == AreaOutcome::uplift ? horizon : 1));
  for (const auto& one : series_) {
    weight_.push_back(
        group_weight(plan, one.outcome, plan.groupings[static_cast<std::size_t>(one.grouping)]));
    tail_.emplace_back(draws % kLanes == 0 ? 0 : static_cast<std::size_t>(one.periods * one.groups * kLanes));
    std::fill_n(tail_.back().data(), tail_.back().size(), 0.0f);
  }
}

AggregateSums::TilePlan AggregateSums::plan_tile(const std::vector<std::int32_t>& tile_cells) const {
  TilePlan plan(series_.size());
  for (std::size_t s = 0; s < series_.size(); ++s) {
    for (std::size_t k = 0; k < tile_cells.size(); ++k) {
      const auto group =
          cells_
              .group[static_cast<std::size_t>(series_[s].grouping)][static_cast<std::size_t>(tile_cells[k])];
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
  if (recorded_ != nullptr) {
    const long size = static_cast<long>(recorded_->cells.size()) * kLanes;
    std::copy_n(cell_sum, size,
                recorded_->sum.data() + (batch * first_step_.back() + step_of(outcome, period)) * size);
    return;
  }
  for (std::size_t s = outcome * groupings_; s < (outcome + 1) * groupings_; ++s) {
    if (tile[s].empty()) continue;
    const long a_period = series_[s].groups * kLanes;
    kernels::tile_kernels().merge({static_cast<int>(tile[s].size()), tile[s].data(), cell_sum,
                                   values(s, batch) + period * a_period,
                                   period + 1 < series_[s].periods ? a_period : 0});
  }
}

void AggregateSums::record(Recorded* tile) { recorded_ = tile; }

long AggregateSums::recorded_size(std::size_t cells) const {
  return (draws_ + kLanes - 1) / kLanes * first_step_.back() * static_cast<long>(cells) * kLanes;
}

void AggregateSums::add(const Recorded& tile, Parallelism parallelism) {
  const TilePlan plan = plan_tile(tile.cells);
  const long steps = first_step_.back(), size = static_cast<long>(tile.cells.size()) * kLanes;
  for_each_block((draws_ + kLanes - 1) / kLanes, 4, parallelism,
                 [&](std::ptrdiff_t first, std::ptrdiff_t last) {
                   for (long batch = first; batch < last; ++batch)
                     for (std::size_t o = 0; o + 1 < first_step_.size(); ++o)
                       for (long step = first_step_[o]; step < first_step_[o + 1]; ++step)
                         add(plan, batch, o, static_cast<int>(step - first_step_[o]),
                             tile.sum.data() + (batch * steps + step) * size);
                 });
}

void AggregateSums::finish(Parallelism parallelism) {
  const long batches = (draws_ + kLanes - 1) / kLanes;
  if (series_.empty()) return;
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
