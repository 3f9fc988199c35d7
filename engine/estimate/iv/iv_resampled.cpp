#include "engine/estimate/iv/iv_resampled.hpp"

#include <algorithm>
#include <limits>

#include "engine/estimate/gemm.hpp"

namespace spillway {

IvResampled::IvResampled(const IvDesign& design, const CrossSection& data, const Clusters& joint,
                         double kappa)
    : names_(design.names()), kappa_(kappa) {
  std::vector<std::int32_t> cluster;
  cluster.reserve(data.area.size());
  for (const int area : data.area) cluster.push_back(joint.of_area[static_cast<std::size_t>(area)]);
  layout_ = cluster_sums(design, cluster, joint.count());
  statistics_ = layout_.packed.transpose();
  layout_.packed.resize(0, 0);
  // theta holds beta and the coefficients on w of columns that are residuals on w already.
  const Eigen::Index k = design.endogenous, p = design.controls;
  Eigen::MatrixXd back = Eigen::MatrixXd::Identity(k + p, k + p);
  back.bottomLeftCorner(p, k) = -design.s_on_w;
  map_ = design.raw_map() * back;
  offset_ = design.raw(Eigen::VectorXd::Zero(k), design.y_on_w);
}

void IvResampled::evaluate(ReplicateBlock& block) const {
  const Eigen::Index q = map_.rows();
  block.value.resize(q, block.count);
  block.t.setConstant(q, block.count, std::numeric_limits<double>::quiet_NaN());
  block.status.assign(static_cast<std::size_t>(block.count), 0);
  constexpr long step = 128;  // replicates at a time: their cross-products stay in the L2 cache
  Eigen::MatrixXd cross(statistics_.cols(), step), theta(q, step);
  Eigen::VectorXd one(q);
  for (long first = 0; first < block.count; first += step) {
    const long count = std::min(step, block.count - first);
    multiply(statistics_.data(), statistics_.rows(), statistics_.cols(),
             block.weight + first * block.clusters, count, cross.data());
    for (long r = 0; r < count; ++r) {
      const SolveStatus status = k_class_from_cross(layout_, cross.col(r).data(), kappa_, one);
      block.status[static_cast<std::size_t>(first + r)] = static_cast<std::uint8_t>(status);
      if (status == SolveStatus::fine)
        theta.col(r) = one;
      else
        theta.col(r).setConstant(std::numeric_limits<double>::quiet_NaN());
    }
    block.value.middleCols(first, count).noalias() = map_ * theta.leftCols(count);
    block.value.middleCols(first, count).colwise() += offset_;
  }
}

Eigen::MatrixXd IvResampled::partial_leverage() const {
  const Eigen::Index k = layout_.k, l = layout_.l, clusters = statistics_.rows();
  // Cross-products of columns [first, first + count) and [other, other + size) of [y | s | z | w].
  const auto cross = [&](const auto& sums, Eigen::Index first, Eigen::Index count, Eigen::Index other,
                         Eigen::Index size) {
    Eigen::MatrixXd value(count, size);
    for (Eigen::Index a = 0; a < count; ++a)
      for (Eigen::Index b = 0; b < size; ++b) {
        const Eigen::Index i = first + a, j = other + b;
        value(a, b) = sums(layout_.offset(std::max(i, j), std::min(i, j)));
      }
    return value;
  };
  const Eigen::RowVectorXd total = statistics_.colwise().sum();
  const bool predicted = kappa_ != 0.0;
  const Eigen::Index first = predicted ? 1 + k : 1, count = predicted ? l : k;
  Eigen::MatrixXd to_regressors = Eigen::MatrixXd::Identity(k, k);
  if (predicted)
    to_regressors = cross(total, first, l, first, l).ldlt().solve(cross(total, first, l, Eigen::Index(1), k));
  const auto squares = [&](const auto& sums) {
    return Eigen::MatrixXd(to_regressors.transpose() * cross(sums, first, count, first, count) *
                           to_regressors);
  };
  const Eigen::MatrixXd inverse = squares(total).inverse();
  Eigen::MatrixXd share =
      Eigen::MatrixXd::Constant(map_.rows(), clusters, std::numeric_limits<double>::quiet_NaN());
  for (Eigen::Index g = 0; g < clusters; ++g)
    share.col(g).head(k) = (inverse * squares(statistics_.row(g)) * inverse).diagonal();
  for (Eigen::Index j = 0; j < k; ++j) share.row(j) /= share.row(j).sum();
  return share;
}

}  // namespace spillway
