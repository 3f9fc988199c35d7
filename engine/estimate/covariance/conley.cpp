#include "engine/estimate/covariance/conley.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace spillway {

Eigen::MatrixXd conley_sum(const Eigen::MatrixXd& x, const Eigen::VectorXd& easting,
                           const Eigen::VectorXd& northing, double cutoff_km, SpatialKernel kernel,
                           Parallelism parallelism) {
  const Eigen::Index n = x.rows(), m = x.cols();
  if (n == 0) return Eigen::MatrixXd::Zero(m, m);
  // A cell a third of the cutoff wide wastes less search than one of the whole cutoff: 7 x 7 cells are looked
  // at.
  constexpr int reach = 3;
  const double cutoff = 1000.0 * cutoff_km, width = cutoff / reach;
  const double west = easting.minCoeff(), south = northing.minCoeff();
  const double span_x = (easting.maxCoeff() - west) / width, span_y = (northing.maxCoeff() - south) / width;
  // Cells far smaller than the spacing of places would only cost memory: cap their number.
  const double most = 4096.0;
  const double coarse = std::max({1.0, span_x / most, span_y / most});
  const double side = width * coarse;
  const auto cells_x = static_cast<Eigen::Index>((easting.maxCoeff() - west) / side) + 1;
  const auto cells_y = static_cast<Eigen::Index>((northing.maxCoeff() - south) / side) + 1;
  std::vector<Eigen::Index> cell(static_cast<std::size_t>(n)), order(static_cast<std::size_t>(n));
  for (Eigen::Index i = 0; i < n; ++i)
    cell[static_cast<std::size_t>(i)] = static_cast<Eigen::Index>((northing(i) - south) / side) * cells_x +
                                        static_cast<Eigen::Index>((easting(i) - west) / side);
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return cell[static_cast<std::size_t>(a)] < cell[static_cast<std::size_t>(b)];
  });
  std::vector<Eigen::Index> start(static_cast<std::size_t>(cells_x * cells_y) + 1, 0);
  for (const auto c : cell) ++start[static_cast<std::size_t>(c) + 1];
  for (std::size_t c = 1; c < start.size(); ++c) start[c] += start[c - 1];
  std::vector<double> east(static_cast<std::size_t>(n)), north(static_cast<std::size_t>(n));
  Eigen::MatrixXd sorted(m, n);  // one place's columns together
  for (Eigen::Index q = 0; q < n; ++q) {
    const Eigen::Index i = order[static_cast<std::size_t>(q)];
    east[static_cast<std::size_t>(q)] = easting(i);
    north[static_cast<std::size_t>(q)] = northing(i);
    sorted.col(q) = x.row(i).transpose();
  }
  // For each place: the kernel-weighted sum of its neighbours, then one product.
  Eigen::MatrixXd smooth(m, n);
  const double inverse = 1.0 / cutoff;
  for_each_block(n, 256, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    Eigen::VectorXd sum(m);
    for (Eigen::Index q = first; q < last; ++q) {
      const double e = east[static_cast<std::size_t>(q)], nn = north[static_cast<std::size_t>(q)];
      const auto cx = static_cast<Eigen::Index>((e - west) / side),
                 cy = static_cast<Eigen::Index>((nn - south) / side);
      sum.setZero();
      for (Eigen::Index row = std::max<Eigen::Index>(0, cy - reach); row <= std::min(cells_y - 1, cy + reach);
           ++row) {
        const Eigen::Index left = std::max<Eigen::Index>(0, cx - reach),
                           right = std::min(cells_x - 1, cx + reach);
        const Eigen::Index from = start[static_cast<std::size_t>(row * cells_x + left)],
                           to = start[static_cast<std::size_t>(row * cells_x + right) + 1];
        for (Eigen::Index other = from; other < to; ++other) {
          const double dx = east[static_cast<std::size_t>(other)] - e,
                       dy = north[static_cast<std::size_t>(other)] - nn;
          const double squared = dx * dx + dy * dy;
          if (squared >= cutoff * cutoff) continue;
          const double weight = kernel == SpatialKernel::uniform ? 1.0 : 1.0 - std::sqrt(squared) * inverse;
          sum.noalias() += weight * sorted.col(other);
        }
      }
      smooth.col(q) = sum;
    }
  });
  Eigen::MatrixXd total = sorted * smooth.transpose();
  return 0.5 * (total + total.transpose());
}

}  // namespace spillway
