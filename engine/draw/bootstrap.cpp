#include "engine/draw/bootstrap.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "engine/draw/resample.hpp"

namespace spillway {

namespace {
/// Counts of one block, handed on from block to block: of 33,755 clusters they are 35 MB, and fresh pages
/// would cost as much as the drawing.
class CountsPool {
 public:
  explicit CountsPool(Eigen::Index clusters) : clusters_(clusters) {}
  Eigen::MatrixXd take(long replicates) {
    Eigen::MatrixXd counts;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        counts = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (counts.cols() < replicates) counts.resize(clusters_, replicates);
    return counts;
  }
  void give_back(Eigen::MatrixXd counts) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(counts));
  }

 private:
  Eigen::Index clusters_;
  std::mutex mutex_;
  std::vector<Eigen::MatrixXd> idle_;
};
}  // namespace

std::vector<Replicates> joint_bootstrap(const std::vector<const Fit*>& fits, const BootstrapPlan& plan) {
  std::vector<Replicates> result(fits.size());
  for (std::size_t k = 0; k < fits.size(); ++k) {
    if (!fits[k]->resampled) continue;
    const auto parameters = static_cast<Eigen::Index>(fits[k]->resampled->parameters().size());
    result[k].value.resize(parameters, plan.replicates);
    result[k].t.resize(parameters, plan.replicates);
    result[k].status.assign(static_cast<std::size_t>(plan.replicates), 0);
  }
  constexpr std::ptrdiff_t block = 128;  // of 309 clusters, counts of a block stay in the second-level cache
  CountsPool pool(plan.clusters);
  for_each_block(plan.replicates, block, plan.parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    const long count = static_cast<long>(last - first);
    Eigen::MatrixXd counts = pool.take(count);
    cluster_counts(counts.leftCols(count), plan.first + first, plan.seed);
    for (std::size_t k = 0; k < fits.size(); ++k) {
      if (!fits[k]->resampled) continue;
      ReplicateBlock part;
      part.first = plan.first + static_cast<long>(first);
      part.count = count;
      part.weight = counts.data();
      part.clusters = plan.clusters;
      const auto parameters = result[k].value.rows();
      part.value.setConstant(parameters, count, std::numeric_limits<double>::quiet_NaN());
      part.t.setConstant(parameters, count, std::numeric_limits<double>::quiet_NaN());
      part.status.assign(static_cast<std::size_t>(count), 0);
      fits[k]->resampled->evaluate(part);
      result[k].value.middleCols(first, count) = part.value;
      result[k].t.middleCols(first, count) = part.t;
      std::copy(part.status.begin(), part.status.end(), result[k].status.begin() + first);
    }
    pool.give_back(std::move(counts));
  });
  return result;
}

DrawSet draw_set(const std::vector<const Fit*>& fits, const std::vector<const Replicates*>& replicates,
                 const std::vector<bool>& decides) {
  DrawSet draws;
  Eigen::Index rows = 0, count = 0;
  for (const Replicates* part : replicates) {
    rows += part->value.rows();
    count = std::max(count, part->value.cols());
  }
  draws.value.resize(rows, count);
  draws.status.assign(static_cast<std::size_t>(count), 0);
  Eigen::Index row = 0;
  for (std::size_t k = 0; k < fits.size(); ++k) {
    if (replicates[k]->value.size() == 0) continue;
    const Estimate& estimate = fits[k]->estimate;
    for (const auto& name : fits[k]->resampled->parameters())
      draws.parameter.push_back(estimate.model + "/" + estimate.estimator + "/" + name);
    draws.value.middleRows(row, replicates[k]->value.rows()) = replicates[k]->value;
    row += replicates[k]->value.rows();
    for (std::size_t b = 0; decides[k] && b < draws.status.size(); ++b)
      draws.status[b] = std::max(draws.status[b], replicates[k]->status[b]);
  }
  return draws;
}

}  // namespace spillway
