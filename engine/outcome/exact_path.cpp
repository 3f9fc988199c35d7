#include "engine/outcome/exact_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/base/error.hpp"
#include "engine/outcome/area_moments.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/recursion.hpp"

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
    budget = std::min(budget, plan.memory_gb * 1e9 - workers * kScratchBytes);
  }
  return std::clamp(static_cast<int>(budget / each), kFewestAreas, kMostAreas);
}

ScenarioOutcome evaluate_exact(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism) {
  ScenarioOutcome result = empty_outcome(dynamics, plan);
  result.report.path = "exact recursion";
  const AggregateCells cells = aggregate_cells(plan, dynamics.areas());
  AggregateSums sums(plan, cells, dynamics.draws, result.aggregates);
  const TileSource source(dynamics);
  const auto cuts =
      cut_into_tiles(dynamics.weights->matrix(), exact_tile_areas(dynamics, plan, worker_count(parallelism)));

  const long stride = padded_draws(dynamics), batches = stride / kLanes;
  const std::size_t outcomes = plan.outcomes.size();
  std::size_t most_core = 0;
  for (const auto& cut : cuts) most_core = std::max(most_core, cut.size());
  AlignedBuffer draws(most_core * static_cast<std::size_t>(stride) * outcomes);

  std::vector<std::unique_ptr<AreaMomentsPool>> pools;
  for (std::size_t o = 0; o < outcomes; ++o)
    pools.push_back(std::make_unique<AreaMomentsPool>(plan.quantiles, dynamics.draws, plan.better));

  for (const auto& cut : cuts) {
    auto start = std::chrono::steady_clock::now();
    const TimeTile tile(source, cut, cells.of_area);
    if (tile.core_rows() == 0) continue;
    const TileFactors factors(tile, plan, dynamics.horizon);
    const AggregateSums::TilePlan tile_sums = sums.plan_tile(tile);
    ScratchPool pool(recursion_scratch(tile));
    const auto rows_of = [&](std::size_t o) {
      return draws.data() + o * static_cast<std::size_t>(tile.core_rows()) * static_cast<std::size_t>(stride);
    };
    for_each_block(batches, 4, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      auto scratch = pool.borrow();
      BatchCoefficients coefficients(source);
      BatchSink sink;
      sink.stride = stride;
      if (!plan.groupings.empty()) sink.sums = &sums;
      sink.tile_sums = &tile_sums;
      for (long batch = first; batch < last; ++batch) {
        long of_lane[kLanes];
        const long begin = batch * kLanes, count = std::min(kLanes, dynamics.draws - begin);
        for (long k = 0; k < count; ++k) of_lane[k] = begin + k;
        coefficients.pack(of_lane, static_cast<int>(count));
        sink.draws.clear();
        for (std::size_t o = 0; o < outcomes; ++o) sink.draws.push_back(rows_of(o) + begin);
        sink.batch = batch;
        run_batch(tile, factors, plan, dynamics.horizon, coefficients, scratch.data(), sink);
      }
    });
    result.report.seconds_propagate += seconds_since(start);

    start = std::chrono::steady_clock::now();
    for_each_block(tile.core_rows(), 32, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::size_t o = 0; o < outcomes; ++o) {
        auto moments = pools[o]->take();
        for (std::ptrdiff_t k = first; k < last; ++k) {
          const float* row = rows_of(o) + k * stride;
          const int area = tile.visited_area()[static_cast<std::size_t>(k)];
          AreaSummary& summary = result.areas[o];
          const auto moment = moments->summarise(row, summary.quantile.col(area).data());
          summary.mean[area] = moment.mean;
          summary.sd[area] = moment.sd;
          summary.probability_positive[area] = moment.better;
          for (std::size_t kept = 0; kept < plan.keep_draws_of.size(); ++kept)
            if (plan.keep_draws_of[kept] == area)
              summary.draws.col(static_cast<Eigen::Index>(kept)) =
                  Eigen::Map<const Eigen::VectorXf>(row, dynamics.draws);
        }
        pools[o]->give_back(std::move(moments));
      }
    });
    result.report.seconds_summarise += seconds_since(start);
  }
  sums.finish(parallelism);
  return result;
}

}  // namespace spillway
