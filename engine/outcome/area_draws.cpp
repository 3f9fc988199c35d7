#include "engine/outcome/area_draws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/base/error.hpp"
#include "engine/outcome/basis_path.hpp"
#include "engine/outcome/cost_model.hpp"
#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

AreaDraws::AreaDraws(Eigen::MatrixXf dense)
    : areas_(dense.cols()),
      draws_(dense.rows()),
      exact_(std::move(dense)),
      exact_areas_(static_cast<std::size_t>(areas_)),
      error_(Eigen::VectorXf::Zero(areas_)) {
  std::iota(exact_areas_.begin(), exact_areas_.end(), 0);
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
  if (path != Path::exact) hold_basis(dynamics, plan, parallelism);
  if (basis_ == nullptr) hold_all(dynamics, plan, parallelism);
}

void AreaDraws::hold_basis(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism) {
  CheckedBasis checked = checked_basis(dynamics, plan, parallelism);
  if (checked.basis == nullptr) return;
  basis_ = std::move(checked.basis);
  size_ = std::move(checked.size);
  path_ = "sampled basis";
  if (basis_->areas_of.empty()) return;  // nobody is reached: zeros
  const AreaBasis& one = basis_->areas_of.front();
  for (const LocalBasis& local : one.local) {
    Eigen::MatrixXf rows = local.row.transpose();
    Gathering gathering;
    for (Eigen::Index k = 0; k < rows.rows(); ++k) {
      const int member = local.members[static_cast<std::size_t>(k)];
      rows.row(k) *= one.size[member];
      const int area = basis_->areas[static_cast<std::size_t>(member)];
      gathering.areas.push_back(area);
      error_[area] = static_cast<float>(kBasisTolerance * checked.typical) * one.size[member];
    }
    gathering.to_local = LaneMatrix(local.from_coordinates);
    gathering.to_areas = LaneMatrix(rows);
    most_local_ = std::max(most_local_, gathering.to_local.rows());
    most_areas_ = std::max(most_areas_, gathering.to_areas.rows());
    gatherings_.push_back(std::move(gathering));
  }
  if (checked.repairs.empty()) return;
  OutcomePlan kept = plan;
  kept.keep_draws_of = exact_areas_ = checked.repairs;
  ScenarioOutcome result = empty_outcome(dynamics, kept);
  const TileSource source(dynamics);
  ExactTiles(source, kept, aggregate_cells(kept, dynamics.areas()), static_cast<int>(exact_areas_.size()),
             result)
      .run(exact_areas_, nullptr, parallelism);
  exact_ = std::move(result.areas.front().draws);
  for (const int area : exact_areas_) error_[area] = 0.0F;
}

void AreaDraws::hold_all(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism) {
  const double bytes = 4.0 * static_cast<double>(areas_) * static_cast<double>(draws_);
  if (plan.memory_gb > 0.0 && bytes > plan.memory_gb * 1e9)
    throw InputError(
        fmt::format("outcomes: memory of {} GB has no room for {} draws of {} areas (needs {:.3f} GB; lower "
                    "the draws or raise the memory)",
                    plan.memory_gb, draws_, areas_, bytes * 1e-9));
  OutcomePlan kept = plan;
  kept.keep_draws_of.resize(static_cast<std::size_t>(areas_));
  std::iota(kept.keep_draws_of.begin(), kept.keep_draws_of.end(), 0);
  exact_areas_ = kept.keep_draws_of;
  exact_ = std::move(evaluate_exact(dynamics, kept, parallelism).areas.front().draws);
}

void AreaDraws::block(long k, Eigen::MatrixXf& out) const {
  out.setZero(kBlock, areas_);
  const long first = k * kBlock, count = std::min(kBlock, draws_ - first);
  if (!gatherings_.empty()) {
    const Coordinates& coordinates = basis_->areas_of.front().coordinates;
    AlignedBuffer sized(static_cast<std::size_t>(coordinates.stride())),
        local(static_cast<std::size_t>(most_local_ * kBlock)),
        made(static_cast<std::size_t>(most_areas_ * kBlock));
    scale_block(coordinates, size_, k, sized.data());
    for (const Gathering& one : gatherings_) {
      one.to_local.product(1, sized.data(), 0, local.data(), 0);
      one.to_areas.product(1, local.data(), 0, made.data(), 0);
      for (std::size_t member = 0; member < one.areas.size(); ++member)
        std::copy_n(made.data() + static_cast<long>(member) * kBlock, kBlock,
                    out.col(one.areas[member]).data());
    }
  }
  for (std::size_t at = 0; at < exact_areas_.size(); ++at)
    out.col(exact_areas_[at]).head(count) = exact_.col(static_cast<Eigen::Index>(at)).segment(first, count);
}

}  // namespace spillway
