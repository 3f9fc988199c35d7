#include "engine/outcome/snapshots.hpp"

#include <algorithm>
#include <numeric>

#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

namespace {

constexpr long kLanes = kernels::kLanes;
constexpr int kSnapshotTile = 4096, kPatchesOfTile = 8;

/// What tells one draw from another: phi, rho and lambda of the last period, first and summed amplitudes; in
/// sds.
Eigen::MatrixXf draw_features(const Dynamics& dynamics) {
  const int classes = dynamics.classes, shapes = dynamics.shapes();
  Eigen::MatrixXd feature(1 + 2 * classes + 2 * shapes, dynamics.draws);
  for (long d = 0; d < dynamics.draws; ++d) {
    Eigen::Index k = 0;
    feature(k++, d) = dynamics.phi[static_cast<std::size_t>(d)];
    for (int c = 0; c < classes; ++c) feature(k++, d) = dynamics.rho_at(d, dynamics.horizon - 1, c);
    for (int c = 0; c < classes; ++c) feature(k++, d) = dynamics.lambda_at(d, dynamics.horizon - 1, c);
    for (int q = 0; q < shapes; ++q) {
      double sum = 0.0;
      for (int h = 0; h < dynamics.horizon; ++h) sum += dynamics.amplitude_at(d, h, q);
      feature(k++, d) = dynamics.amplitude_at(d, 0, q);
      feature(k++, d) = sum;
    }
  }
  feature.colwise() -= feature.rowwise().mean().eval();
  for (Eigen::Index k = 0; k < feature.rows(); ++k) {
    const double size = feature.row(k).norm();
    if (size > 0.0) feature.row(k) /= size;
  }
  return feature.cast<float>();
}

}  // namespace

ChosenDraws choose_draws(const Dynamics& dynamics, int count, int more) {
  const Eigen::MatrixXf feature = draw_features(dynamics);
  Eigen::VectorXf distance = feature.colwise().squaredNorm().transpose();
  std::vector<char> taken(static_cast<std::size_t>(dynamics.draws), 0);
  const auto take = [&](std::vector<long>& into, long draw) {
    if (taken[static_cast<std::size_t>(draw)]) return;
    taken[static_cast<std::size_t>(draw)] = 1;
    into.push_back(draw);
    distance = distance.cwiseMin((feature.colwise() - feature.col(draw)).colwise().squaredNorm().transpose());
  };
  const auto fill = [&](std::vector<long>& into, int wanted, long offset) {
    for (int k = 0; k < wanted / 2; ++k) {
      Eigen::Index far = 0;
      distance.maxCoeff(&far);
      take(into, far);
    }
    for (int k = 0; static_cast<int>(into.size()) < wanted; ++k) {
      long draw = (offset + dynamics.draws * k / (wanted - wanted / 2)) % dynamics.draws;
      while (taken[static_cast<std::size_t>(draw)]) draw = (draw + 1) % dynamics.draws;
      take(into, draw);
    }
  };
  ChosenDraws chosen;
  fill(chosen.basis, static_cast<int>(std::min<long>(count, dynamics.draws / 2)), 0);
  fill(chosen.check, static_cast<int>(std::min<long>(more, dynamics.draws / 4)), 5);
  return chosen;
}

Snapshots run_snapshots(const TileSource& source, const OutcomePlan& plan, const AggregateCells& cells,
                        const std::vector<long>& draws, Parallelism parallelism) {
  const Dynamics& dynamics = source.dynamics();
  const auto cuts = cut_into_tiles(dynamics.weights->matrix(), kSnapshotTile);
  std::vector<std::unique_ptr<TimeTile>> tiles(cuts.size());
  for_each_block(static_cast<std::ptrdiff_t>(cuts.size()), 1, parallelism,
                 [&](std::ptrdiff_t k, std::ptrdiff_t) {
                   tiles[static_cast<std::size_t>(k)] =
                       std::make_unique<TimeTile>(source, cuts[static_cast<std::size_t>(k)], cells.of_area);
                 });
  const long count = static_cast<long>(draws.size()), batches = (count + kLanes - 1) / kLanes;
  Snapshots result;
  result.aggregates = empty_aggregates(plan, count, dynamics.horizon);
  AggregateSums sums(plan, cells, count, result.aggregates);
  std::vector<TileFactors> factors;
  std::vector<AggregateSums::TilePlan> tile_sums;
  std::vector<std::ptrdiff_t> first_area;
  std::size_t scratch_size = 0;
  for (const auto& tile : tiles) {
    factors.emplace_back(*tile, plan, dynamics.horizon);
    tile_sums.push_back(sums.plan_tile(*tile));
    first_area.push_back(static_cast<std::ptrdiff_t>(result.areas.size()));
    result.areas.insert(result.areas.end(), tile->visited_area().begin(), tile->visited_area().end());
    scratch_size = std::max(scratch_size,
                            recursion_scratch(*tile) +
                                static_cast<std::size_t>(tile->core_rows() * kLanes) * plan.outcomes.size());
  }
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
    result.outcome.emplace_back(count, static_cast<Eigen::Index>(result.areas.size()));
  ScratchPool pool(scratch_size);
  for_each_block(batches, 1, parallelism, [&](std::ptrdiff_t batch, std::ptrdiff_t) {
    auto scratch = pool.borrow();
    BatchCoefficients coefficients(source);
    const long begin = batch * kLanes, lanes = std::min(kLanes, count - begin);
    coefficients.pack(draws.data() + begin, static_cast<int>(lanes));
    for (std::size_t t = 0; t < tiles.size(); ++t) {
      const TimeTile& tile = *tiles[t];
      BatchSink sink;
      float* lane_values = scratch.data() + recursion_scratch(tile);
      for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
        sink.draws.push_back(lane_values + o * static_cast<std::size_t>(tile.core_rows() * kLanes));
      sink.stride = kLanes;
      sink.sums = plan.groupings.empty() ? nullptr : &sums;
      sink.tile_sums = &tile_sums[t];
      sink.batch = batch;
      run_batch(tile, factors[t], plan, dynamics.horizon, coefficients, scratch.data(), sink);
      for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
        for (int k = 0; k < tile.core_rows(); ++k)
          std::copy_n(sink.draws[o] + k * kLanes, lanes,
                      result.outcome[o].col(first_area[t] + k).data() + begin);
    }
  });
  sums.finish(parallelism);
  return result;
}

SampleAreas::SampleAreas(const TileSource& source, const OutcomePlan& plan, std::vector<int> areas)
    : plan_(plan), horizon_(source.dynamics().horizon) {
  const std::vector<std::int32_t> one_cell(static_cast<std::size_t>(source.dynamics().areas()), 0);
  for (std::size_t first = 0; first < areas.size(); first += kPatchesOfTile) {
    const std::vector<int> core(
        areas.begin() + static_cast<std::ptrdiff_t>(first),
        areas.begin() + static_cast<std::ptrdiff_t>(std::min(areas.size(), first + kPatchesOfTile)));
    tiles_.emplace_back(source, core, one_cell);
    factors_.emplace_back(tiles_.back(), plan, horizon_);
    areas_.insert(areas_.end(), tiles_.back().visited_area().begin(), tiles_.back().visited_area().end());
  }
}

long SampleAreas::row_periods() const {
  return std::accumulate(tiles_.begin(), tiles_.end(), 0L,
                         [](long sum, const TimeTile& tile) { return sum + tile.row_periods(); });
}

std::size_t SampleAreas::scratch() const {
  std::size_t most = 0;
  for (const auto& tile : tiles_)
    most = std::max(most,
                    recursion_scratch(tile) + static_cast<std::size_t>(tile.core_rows() * horizon_ * kLanes));
  return most;
}

void SampleAreas::run(const BatchCoefficients& coefficients, float* scratch, float* path,
                      float* outcomes) const {
  const std::size_t all = areas_.size() * kLanes;
  std::size_t at = 0;
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const std::size_t size = static_cast<std::size_t>(tiles_[t].core_rows()) * kLanes;
    BatchSink sink;
    sink.stride = kLanes;
    for (std::size_t o = 0; o < plan_.outcomes.size(); ++o) sink.draws.push_back(outcomes + o * all + at);
    sink.path = scratch + recursion_scratch(tiles_[t]);
    run_batch(tiles_[t], factors_[t], plan_, horizon_, coefficients, scratch, sink);
    for (int h = 0; h < horizon_; ++h)
      std::copy_n(sink.path + static_cast<std::size_t>(h) * size, size,
                  path + static_cast<std::size_t>(h) * all + at);
    at += size;
  }
}

}  // namespace spillway
