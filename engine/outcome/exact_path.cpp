#include "engine/outcome/exact_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/base/error.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/shared_work.hpp"

namespace spillway {

namespace {

constexpr long kLanes = kernels::kLanes;
constexpr double kDefaultBytes = 120e6;  // of draws held at once; more buys little, halos being thin by then
constexpr double kScratchBytes = 3e6;    // of a worker: the states of a tile with its halo
constexpr int kMostAreas = 4096, kFewestAreas = 16;

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
    : source_(source), plan_(plan), cells_(cells), result_(result), stride_(padded_draws(source.dynamics())) {
  draws_ = AlignedBuffer(static_cast<std::size_t>(most_areas * stride_) * plan.outcomes.size());
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
    pools_.push_back(std::make_unique<AreaMomentsPool>(plan.quantiles, source.dynamics().draws, plan.better));
}

void ExactTiles::run(const std::vector<int>& areas, AggregateSums* sums, Parallelism parallelism,
                     const std::function<void(int, const float*)>& take) {
  const TimeTile tile(source_, areas, cells_.of_area);
  if (tile.core_rows() == 0) return;
  const auto start = std::chrono::steady_clock::now();
  propagate(tile, sums, parallelism);
  result_.report.seconds_propagate += seconds_since(start);
  const auto summarising = std::chrono::steady_clock::now();
  summarise(tile, parallelism);
  if (take)
    for_each_block(tile.core_rows(), 32, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::ptrdiff_t k = first; k < last; ++k)
        take(tile.visited_area()[static_cast<std::size_t>(k)], rows_of(tile, 0) + k * stride_);
    });
  result_.report.seconds_summarise += seconds_since(summarising);
}

float* ExactTiles::rows_of(const TimeTile& tile, std::size_t outcome) {
  return draws_.data() + outcome * static_cast<std::size_t>(tile.core_rows() * stride_);
}

void ExactTiles::propagate(const TimeTile& tile, AggregateSums* sums, Parallelism parallelism) {
  const Dynamics& dynamics = source_.dynamics();
  const TileFactors factors(tile, plan_, dynamics.horizon);
  const AggregateSums::TilePlan tile_sums =
      sums != nullptr ? sums->plan_tile(tile) : AggregateSums::TilePlan{};
  ScratchPool pool(recursion_scratch(tile));
  for_each_block(stride_ / kLanes, 4, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    auto scratch = pool.borrow();
    BatchCoefficients coefficients(source_);
    BatchSink sink;
    sink.stride = stride_;
    sink.sums = sums;
    sink.tile_sums = &tile_sums;
    for (long batch = first; batch < last; ++batch) {
      long of_lane[kLanes];
      const long begin = batch * kLanes, count = std::min(kLanes, dynamics.draws - begin);
      for (long k = 0; k < count; ++k) of_lane[k] = begin + k;
      coefficients.pack(of_lane, static_cast<int>(count));
      sink.draws.clear();
      for (std::size_t o = 0; o < plan_.outcomes.size(); ++o) sink.draws.push_back(rows_of(tile, o) + begin);
      sink.batch = batch;
      run_batch(tile, factors, plan_, dynamics.horizon, coefficients, scratch.data(), sink);
    }
  });
}

void ExactTiles::summarise(const TimeTile& tile, Parallelism parallelism) {
  if (!plan_.areas) return;
  for_each_block(tile.core_rows(), 32, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::size_t o = 0; o < plan_.outcomes.size(); ++o) {
      auto moments = pools_[o]->take();
      for (std::ptrdiff_t k = first; k < last; ++k)
        keep(result_.areas[o], plan_, tile.visited_area()[static_cast<std::size_t>(k)],
             rows_of(tile, o) + k * stride_, *moments);
      pools_[o]->give_back(std::move(moments));
    }
  });
}

ScenarioOutcome evaluate_exact(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism,
                               SharedWork* shared) {
  ScenarioOutcome result;
  result.areas = empty_summaries(dynamics, plan);
  if (shared == nullptr) {
    result.aggregates = empty_aggregates(plan, dynamics.draws, dynamics.horizon);
  } else {
    result.aggregates = shared->room(plan, dynamics.draws, dynamics.horizon);
    for (AggregateSeries& series : result.aggregates)
      std::fill(series.value.begin(), series.value.end(), 0.0f);
  }
  result.report.path = "exact recursion";
  const AggregateCells cells = aggregate_cells(plan, dynamics.areas());
  AggregateSums sums(plan, cells, dynamics.draws, result.aggregates);
  const TileSource source(dynamics);
  const auto cuts =
      cut_into_tiles(dynamics.weights->matrix(), exact_tile_areas(dynamics, plan, worker_count(parallelism)));
  std::size_t most = 0;
  for (const auto& cut : cuts) most = std::max(most, cut.size());
  ExactTiles tiles(source, plan, cells, static_cast<int>(most), result);
  for (const auto& cut : cuts) tiles.run(cut, plan.groupings.empty() ? nullptr : &sums, parallelism);
  sums.finish(parallelism);
  return result;
}

}  // namespace spillway
