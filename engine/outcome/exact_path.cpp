#include "engine/outcome/exact_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <numeric>
#include <span>

#include "engine/base/error.hpp"
#include "engine/outcome/gather_areas.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/shared_work.hpp"

namespace spillway {

namespace {

constexpr double kDefaultBytes = 120e6;  // of draws held at once; more buys little, halos being thin by then
constexpr double kScratchBytes = 3e6;    // of a worker: the states of a tile with its halo
constexpr int kMostAreas = 4096, kFewestAreas = 16;
constexpr long kPartBatches = 4, kPartDraws = kPartBatches * kLanes;  // of a task, in memory of their own
constexpr long kRowsTogether = 8;  // put together from their parts at a time: runs of 2 kB

long padded_draws(const Dynamics& dynamics) { return (dynamics.draws + kLanes - 1) / kLanes * kLanes; }

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int exact_tile_areas(const Dynamics& dynamics, const OutcomePlan& plan, int workers) {
  const double outcomes = static_cast<double>(std::max<std::size_t>(1, plan.outcomes.size()));
  const double each = static_cast<double>(padded_draws(dynamics)) * 4.0 * outcomes;
  double budget = std::max(kDefaultBytes, kFewestAreas * each);
  if (plan.memory_gb > 0.0) {
    const double least = kFewestAreas * each + workers * kScratchBytes;
    if (plan.memory_gb * 1e9 < least)
      throw InputError(
          fmt::format("outcomes: memory of {} GB has no room for the draws of {} areas with {} workers "
                      "(needs {:.3f} GB; lower the draws or raise the memory)",
                      plan.memory_gb, kFewestAreas, workers, least * 1e-9));
    // Up to kBudgetWorkers the tiles, and with them the order of sums, do not depend on the workers.
    const double left = plan.memory_gb * 1e9 - std::max(workers, kBudgetWorkers) * kScratchBytes;
    budget =
        std::min(budget, left >= kFewestAreas * each ? left : plan.memory_gb * 1e9 - workers * kScratchBytes);
  }
  return std::clamp(static_cast<int>(budget / each), kFewestAreas, kMostAreas);
}

ExactTiles::ExactTiles(const TileSource& source, const OutcomePlan& plan, const AggregateCells& cells,
                       int most_areas, ScenarioOutcome& result)
    : source_(source),
      plan_(plan),
      cells_(cells),
      most_areas_(most_areas),
      result_(result),
      stride_(padded_draws(source.dynamics())),
      parts_(static_cast<std::size_t>((stride_ + kPartDraws - 1) / kPartDraws)),
      rows_(static_cast<std::size_t>(kRowsTogether * stride_)) {
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
    pools_.push_back(std::make_unique<AreaMomentsPool>(plan.quantiles, source.dynamics().draws, plan.better));
}

void ExactTiles::run(const std::vector<int>& areas, AggregateSums* sums, Parallelism parallelism,
                     AggregateSums::Recorded* recorded, const std::function<void(int, const float*)>& take) {
  const TimeTile tile(source_, areas, cells_.of_area);
  if (tile.core_rows() == 0) return;
  const auto start = std::chrono::steady_clock::now();
  if (sums != nullptr && recorded != nullptr) {
    recorded->cells = tile.cells();
    recorded->sum = AlignedBuffer(static_cast<std::size_t>(sums->recorded_size(tile.cells().size())));
    sums->record(recorded);
  }
  propagate(tile, sums, plan_.areas || take, parallelism);
  if (sums != nullptr) sums->record(nullptr);
  result_.report.seconds_propagate += seconds_since(start);
  const auto summarising = std::chrono::steady_clock::now();
  if (plan_.areas) summarise(tile, parallelism);
  if (take)
    for_each_block(tile.core_rows(), 32, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      visit_rows(tile, 0, first, last, take);
    });
  result_.report.seconds_summarise += seconds_since(summarising);
}

float* ExactTiles::part(const TimeTile& tile, std::size_t outcome, long of) {
  AlignedBuffer& draws = parts_[static_cast<std::size_t>(of)];
  if (draws.size() == 0)
    draws = AlignedBuffer(static_cast<std::size_t>(most_areas_ * kPartDraws) * plan_.outcomes.size());
  return draws.data() + outcome * static_cast<std::size_t>(tile.core_rows() * kPartDraws);
}

void ExactTiles::visit_rows(const TimeTile& tile, std::size_t outcome, long first, long last,
                            const std::function<void(int area, const float* draws)>& visit) {
  auto rows = rows_.borrow();
  for (; first < last; first += kRowsTogether) {
    const long count = std::min(kRowsTogether, last - first);
    for (long of = 0, begin = 0; begin < stride_; ++of, begin += kPartDraws) {
      const float* from = part(tile, outcome, of) + first * kPartDraws;
      for (long k = 0; k < count; ++k)
        std::copy_n(from + k * kPartDraws, std::min(kPartDraws, stride_ - begin),
                    rows.data() + k * stride_ + begin);
    }
    for (long k = 0; k < count; ++k)
      visit(tile.visited_area()[static_cast<std::size_t>(first + k)], rows.data() + k * stride_);
  }
}

void ExactTiles::propagate(const TimeTile& tile, AggregateSums* sums, bool keep, Parallelism parallelism) {
  const Dynamics& dynamics = source_.dynamics();
  const TileFactors factors(tile, plan_, dynamics.horizon);
  const AggregateSums::TilePlan tile_sums =
      sums != nullptr ? sums->plan_tile(tile.cells()) : AggregateSums::TilePlan{};
  ScratchPool pool(recursion_scratch(tile));
  for_each_block(stride_ / kLanes, kPartBatches, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    auto scratch = pool.borrow();
    BatchCoefficients coefficients(source_);
    BatchSink sink;
    sink.stride = kPartDraws;
    sink.sums = sums;
    sink.tile_sums = &tile_sums;
    for (long batch = first; batch < last; ++batch) {
      long of_lane[kLanes];
      const long begin = batch * kLanes, count = std::min(kLanes, dynamics.draws - begin);
      for (long k = 0; k < count; ++k) of_lane[k] = begin + k;
      coefficients.pack(of_lane, static_cast<int>(count));
      sink.draws.clear();
      for (std::size_t o = 0; keep && o < plan_.outcomes.size(); ++o)
        sink.draws.push_back(part(tile, o, batch / kPartBatches) + batch % kPartBatches * kLanes);
      sink.batch = batch;
      run_batch(tile, factors, plan_, dynamics.horizon, coefficients, scratch.data(), sink);
    }
  });
}

void ExactTiles::summarise(const TimeTile& tile, Parallelism parallelism) {
  for_each_block(tile.core_rows(), 32, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::size_t o = 0; o < plan_.outcomes.size(); ++o) {
      auto moments = pools_[o]->take();
      visit_rows(tile, o, first, last,
                 [&](int area, const float* draws) { keep(result_.areas[o], plan_, area, draws, *moments); });
      pools_[o]->give_back(std::move(moments));
    }
  });
}

namespace {

/// The tiles of each rank: contiguous, in the order of ranks, the areas that ever move as even as may be.
std::vector<Share> tiles_of_ranks(const std::vector<std::vector<int>>& cuts, const TileSource& source,
                                  int ranks) {
  std::vector<double> weight;
  for (const auto& cut : cuts)
    weight.push_back(static_cast<double>(std::count_if(cut.begin(), cut.end(), [&](int area) {
      return source.reached(area) <= source.dynamics().horizon;
    })));
  const double all = std::accumulate(weight.begin(), weight.end(), 0.0);
  std::vector<Share> shares;
  long next = 0;
  double before = 0.0;
  for (int rank = 0; rank < ranks; ++rank) {
    const long first = next;
    while (next < static_cast<long>(cuts.size())) {
      const double here = weight[static_cast<std::size_t>(next)];
      if (rank + 1 < ranks && (before + 0.5 * here) * ranks >= all * (rank + 1)) break;
      before += here;
      ++next;
    }
    shares.push_back({first, next});
  }
  return shares;
}

/// What the others noted, tile by tile, to rank 0, which adds it.
void gather_sums(std::vector<AggregateSums::Recorded>& recorded, const std::vector<Share>& tiles,
                 AggregateSums& sums, Parallelism parallelism, Ranks& ranks) {
  if (!ranks.writes()) {
    for (AggregateSums::Recorded& one : recorded) {
      ranks.send(0, std::as_bytes(std::span(one.cells)));
      ranks.send(0, std::as_bytes(std::span(one.sum.data(), one.sum.size())));
      one = {};
    }
    return;
  }
  for (int from = 1; from < ranks.size(); ++from)
    for (long t = 0; t < tiles[static_cast<std::size_t>(from)].size(); ++t) {
      AggregateSums::Recorded one;
      const std::vector<std::byte> cells = ranks.receive(from), sum = ranks.receive(from);
      if (cells.empty()) continue;  // nobody in the tile moves
      one.cells.resize(cells.size() / sizeof(std::int32_t));
      std::memcpy(one.cells.data(), cells.data(), cells.size());
      one.sum = AlignedBuffer(sum.size() / sizeof(float));
      std::memcpy(one.sum.data(), sum.data(), sum.size());
      sums.add(one, parallelism);
    }
}

}  // namespace

ScenarioOutcome evaluate_exact(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism,
                               SharedWork* shared, Ranks& ranks) {
  ScenarioOutcome result;
  result.areas = empty_summaries(dynamics, plan);
  if (!ranks.writes()) {
    // Rank 0 alone has the aggregates.
  } else if (shared == nullptr) {
    result.aggregates = empty_aggregates(plan, dynamics.draws, dynamics.horizon);
  } else {
    result.aggregates = shared->room(plan, dynamics.draws, dynamics.horizon);
    for (AggregateSeries& series : result.aggregates)
      std::fill(series.value.begin(), series.value.end(), 0.0f);
  }
  result.report.path = "exact recursion";
  const AggregateCells cells = aggregate_cells(plan, dynamics.areas());
  AggregateSums sums(plan, cells, dynamics.draws, dynamics.horizon, result.aggregates);
  const TileSource source(dynamics);
  const auto cuts = cut_into_tiles(dynamics.weights->matrix(),
                                   exact_tile_areas(dynamics, plan, ranks.most(worker_count(parallelism))));
  std::size_t most = 0;
  for (const auto& cut : cuts) most = std::max(most, cut.size());
  const std::vector<Share> of_ranks = tiles_of_ranks(cuts, source, ranks.size());
  const Share mine = of_ranks[static_cast<std::size_t>(ranks.rank())];
  ExactTiles tiles(source, plan, cells, static_cast<int>(most), result);
  std::vector<AggregateSums::Recorded> recorded(
      static_cast<std::size_t>(ranks.writes() || plan.groupings.empty() ? 0 : mine.size()));
  std::vector<int> areas;  // of this rank
  for (long t = mine.first; t < mine.last; ++t) {
    const auto& cut = cuts[static_cast<std::size_t>(t)];
    tiles.run(cut, plan.groupings.empty() ? nullptr : &sums, parallelism,
              recorded.empty() ? nullptr : &recorded[static_cast<std::size_t>(t - mine.first)]);
    std::copy_if(cut.begin(), cut.end(), std::back_inserter(areas),
                 [&](int area) { return source.reached(area) <= dynamics.horizon; });
  }
  if (!plan.groupings.empty()) gather_sums(recorded, of_ranks, sums, parallelism, ranks);
  sums.finish(parallelism);
  gather_areas(result.areas, plan, std::vector(plan.outcomes.size(), areas), ranks);
  return result;
}

}  // namespace spillway
