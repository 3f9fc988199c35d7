#include "engine/outcome/area_draws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/error.hpp"
#include "engine/outcome/basis_path.hpp"
#include "engine/outcome/cost_model.hpp"
#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/looking_kernels.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/select_kernels.hpp"

namespace spillway {

namespace {

constexpr float kMostSteps = 32767.0f;  // to either side of the middle
constexpr float kLeastStep = 1e-37f;    // draws closer together are not told apart

}  // namespace

AreaDraws::AreaDraws(Eigen::MatrixXf dense)
    : areas_(dense.cols()),
      draws_(dense.rows()),
      columns_(static_cast<std::size_t>(areas_)),
      exact_(std::move(dense)),
      error_(Eigen::VectorXf::Zero(areas_)) {
  std::iota(columns_.begin(), columns_.end(), 0);
  exact_columns_ = columns_;
  cut_into_strips();
}

AreaDraws::AreaDraws(const Dynamics& dynamics, OutcomePlan plan, Parallelism parallelism, Path path)
    : areas_(dynamics.areas()), draws_(dynamics.draws), error_(Eigen::VectorXf::Zero(areas_)) {
  plan.outcomes.resize(1);
  plan.groupings.clear();
  plan.keep_draws_of.clear();
  plan.quantiles = {0.5};
  check(dynamics);
  check(plan, dynamics);
  if (path == Path::automatic) path = estimate_cost(dynamics, plan, worker_count(parallelism)).path;
  if (path == Path::exact || !hold_basis(dynamics, plan, parallelism)) hold_all(dynamics, plan, parallelism);
  cut_into_strips();
}

bool AreaDraws::hold_basis(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism) {
  CheckedBasis checked = checked_basis(dynamics, plan, parallelism);
  if (checked.basis == nullptr) return false;
  const SampledBasis& basis = *checked.basis;
  path_ = "sampled basis";
  std::vector<int> column_of(static_cast<std::size_t>(areas_), -1);
  const auto add_column = [&](int area) {
    column_of[static_cast<std::size_t>(area)] = static_cast<int>(columns_.size());
    columns_.push_back(area);
  };
  if (!basis.areas_of.empty()) {  // else nobody is reached: zeros
    const AreaBasis& one = basis.areas_of.front();
    coordinates_ = BasisCoordinates(one.coordinates.modes(), one.coordinates.stride() / kBlock, draws_);
    for (long k = 0; k < blocks(); ++k) scale_block(one.coordinates, checked.size, k, coordinates_.block(k));
    for (const LocalBasis& local : one.local) {
      Eigen::MatrixXf rows = local.row.transpose();
      for (Eigen::Index k = 0; k < rows.rows(); ++k) {
        const int member = local.members[static_cast<std::size_t>(k)];
        rows.row(k) *= one.size[member];
        const int area = basis.areas[static_cast<std::size_t>(member)];
        add_column(area);
        error_[area] = static_cast<float>(kBasisTolerance * checked.typical) * one.size[member];
      }
      area_groups_.push_back({LaneMatrix(local.from_coordinates), LaneMatrix(rows), rows.rows()});
      most_local_ = std::max(most_local_, area_groups_.back().to_local.rows());
    }
  }
  for (int area = 0; area < areas_; ++area)
    if (column_of[static_cast<std::size_t>(area)] < 0) add_column(area);
  if (checked.repairs.empty()) return true;
  OutcomePlan kept = plan;
  kept.keep_draws_of = checked.repairs;
  ScenarioOutcome result = empty_outcome(dynamics, kept);
  const TileSource source(dynamics);
  ExactTiles(source, kept, aggregate_cells(kept, dynamics.areas()), static_cast<int>(checked.repairs.size()),
             result)
      .run(checked.repairs, nullptr, parallelism);
  exact_ = std::move(result.areas.front().draws);
  for (const int area : checked.repairs) {
    exact_columns_.push_back(column_of[static_cast<std::size_t>(area)]);
    error_[area] = 0.0F;
  }
  return true;
}

void AreaDraws::hold_all(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism) {
  const double bytes =
      sizeof(std::int16_t) * static_cast<double>(areas_) * static_cast<double>(blocks() * kBlock);
  if (plan.memory_gb > 0.0 && bytes > plan.memory_gb * 1e9)
    throw InputError(
        fmt::format("outcomes: memory of {} GB has no room for {} draws of {} areas (needs {:.3f} GB; lower "
                    "the draws or raise the memory)",
                    plan.memory_gb, draws_, areas_, bytes * 1e-9));
  steps_.assign(static_cast<std::size_t>(blocks() * areas_ * kBlock), 0);
  middle_ = step_ = Eigen::VectorXf::Zero(areas_);
  const auto tiles =
      cut_into_tiles(dynamics.weights->matrix(), exact_tile_areas(dynamics, plan, worker_count(parallelism)));
  std::vector<long> column_of(static_cast<std::size_t>(areas_));
  std::size_t most = 0;
  for (const std::vector<int>& tile : tiles) {
    most = std::max(most, tile.size());
    for (const int area : tile) {
      column_of[static_cast<std::size_t>(area)] = static_cast<long>(columns_.size());
      columns_.push_back(area);
    }
  }
  OutcomePlan bare = plan;
  bare.areas = false;  // nothing but draws
  ScenarioOutcome none = empty_outcome(dynamics, bare);
  const AggregateCells cells = aggregate_cells(bare, dynamics.areas());
  const TileSource source(dynamics);
  ExactTiles exact(source, bare, cells, static_cast<int>(most), none);
  const kernels::LookKernels& kernel = kernels::look_kernels();
  const auto hold = [&](int area, const float* draws) {
    constexpr long kEach = kernels::kBoundsDraws;
    std::vector<float> least(static_cast<std::size_t>((draws_ + kEach - 1) / kEach)), largest(least);
    kernels::select_kernels().bounds(draws, draws_, least.data(), largest.data());
    const float low = *std::min_element(least.begin(), least.end()),
                high = *std::max_element(largest.begin(), largest.end()), half = 0.5f * high - 0.5f * low,
                middle = 0.5f * low + 0.5f * high, step = half / kMostSteps;
    const long column = column_of[static_cast<std::size_t>(area)];
    middle_[column] = middle;
    // Half a step, and the rounding of floats of this size.
    if (half > 0.0f)
      error_[area] =
          (step > kLeastStep ? 0.501f * step : half) + 2e-7f * std::max(std::abs(low), std::abs(high));
    if (!(step > kLeastStep)) return;
    step_[column] = step;
    kernel.hold(draws, draws_, middle, 1.0f / step, steps_.data() + column * kBlock, areas_ * kBlock);
  };
  for (const std::vector<int>& tile : tiles) exact.run(tile, nullptr, parallelism, nullptr, hold);
}

std::size_t AreaDraws::room() const {
  // The last area group's product is padded to whole calls of the kernel.
  return static_cast<std::size_t>((areas_ + kernels::kExpandRows) * kBlock);
}

void AreaDraws::block(long k, float* out) const {
  const long first = k * kBlock, count = std::min(kBlock, draws_ - first);
  if (!steps_.empty()) {
    kernels::look_kernels().widen(steps_.data() + k * areas_ * kBlock, areas_, middle_.data(), step_.data(),
                                  out);
    for (long column = 0; count < kBlock && column < areas_; ++column)
      std::fill(out + column * kBlock + count, out + (column + 1) * kBlock, 0.0f);
    return;
  }
  float* end = out;
  if (!area_groups_.empty()) {
    AlignedBuffer local(static_cast<std::size_t>(most_local_ * kBlock));
    for (const AreaGroup& one : area_groups_) {  // each over what the one before it padded
      one.to_local.product(1, coordinates_.block(k), 0, local.data(), 0);
      one.to_areas.product(1, local.data(), 0, end, 0);
      end += one.areas * kBlock;
    }
  }
  std::fill(end, out + areas_ * kBlock, 0.0f);
  for (std::size_t at = 0; at < exact_columns_.size(); ++at) {
    float* to = out + exact_columns_[at] * kBlock;
    std::copy_n(exact_.col(static_cast<Eigen::Index>(at)).data() + first, count, to);
    std::fill(to + count, to + kBlock, 0.0f);
  }
}

void AreaDraws::cut_into_strips() {
  static_assert(kStripColumns % kernels::kExpandRows == 0);
  long column = 0;
  const auto cut = [&](long group, long columns) {
    for (long row = 0; row < columns; row += kStripColumns)
      strips_.push_back({column + row, std::min(kStripColumns, columns - row), group, row});
    column += columns;
  };
  for (std::size_t k = 0; k < area_groups_.size(); ++k) cut(static_cast<long>(k), area_groups_[k].areas);
  cut(-1, areas_ - column);
}

void AreaDraws::strip(const Strip& which, float* out) const {
  if (!steps_.empty()) {
    for (long k = 0; k < blocks(); ++k)
      kernels::look_kernels().widen(steps_.data() + (k * areas_ + which.first) * kBlock, which.columns,
                                    middle_.data() + which.first, step_.data() + which.first,
                                    out + k * kStripStride);
    return;
  }
  if (which.group >= 0) {
    const AreaGroup& one = area_groups_[static_cast<std::size_t>(which.group)];
    float* local = out + blocks() * kStripStride;
    const long each = most_local_ * kBlock;
    one.to_local.product(blocks(), coordinates_.data(), coordinates_.stride(), local, each);
    one.to_areas.product(which.row, which.columns, blocks(), local, each, out, kStripStride);
  } else {
    std::fill(out, out + blocks() * kStripStride, 0.0f);
  }
  for (std::size_t at = 0; at < exact_columns_.size(); ++at) {
    const long column = exact_columns_[at] - which.first;
    if (column < 0 || column >= which.columns) continue;
    const float* from = exact_.col(static_cast<Eigen::Index>(at)).data();
    for (long k = 0; k < blocks(); ++k)
      std::copy_n(from + k * kBlock, std::min(kBlock, draws_ - k * kBlock),
                  out + k * kStripStride + column * kBlock);
  }
}

}  // namespace spillway
