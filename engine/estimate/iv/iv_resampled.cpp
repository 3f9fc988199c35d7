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

}  // namespace spillway
