#include "engine/weights/spatial_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace spillway {

namespace {

/// Root of a node with path halving: union-find for the components.
int root_of(std::vector<int>& parent, int node) {
  while (parent[node] != node) node = parent[node] = parent[parent[node]];
  return node;
}

}  // namespace

SpatialWeights::SpatialWeights(Matrix raw, bool row_standardise)
    : matrix_(std::move(raw)), row_standardised_(row_standardise) {
  if (matrix_.rows() != matrix_.cols())
    throw InputError(fmt::format("spatial weights are {} x {} (need one row and one column per area)",
                                 matrix_.rows(), matrix_.cols()));
  matrix_.prune([](const auto&, const auto&, double weight) { return weight != 0.0; });
  matrix_.makeCompressed();
  const int n = static_cast<int>(matrix_.rows());
  std::vector<int> parent(n);
  std::iota(parent.begin(), parent.end(), 0);
  for (int i = 0; i < n; ++i) {
    double sum = 0.0;
    for (Matrix::InnerIterator it(matrix_, i); it; ++it) {
      if (!(it.value() > 0.0) || !std::isfinite(it.value()))
        throw InputError(fmt::format("weight from area {} to area {} is {} (needs to be positive and finite)",
                                     i, it.col(), it.value()));
      if (it.col() == i)
        throw InputError(
            fmt::format("area {} neighbours itself with weight {} (drop the self-loop)", i, it.value()));
      sum += it.value();
      parent[root_of(parent, static_cast<int>(it.col()))] = root_of(parent, i);
    }
    if (matrix_.outerIndexPtr()[i] == matrix_.outerIndexPtr()[i + 1]) islands_.push_back(i);
    if (row_standardise)
      for (Matrix::InnerIterator it(matrix_, i); it; ++it) it.valueRef() /= sum;
  }
  std::vector<int> size(n, 0), order;
  for (int i = 0; i < n; ++i) {
    const int root = root_of(parent, i);
    if (size[root]++ == 0) order.push_back(root);
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return size[a] > size[b]; });
  std::vector<int> number(n);
  for (std::size_t k = 0; k < order.size(); ++k) number[order[k]] = static_cast<int>(k);
  component_.resize(n);
  for (int i = 0; i < n; ++i) component_[i] = number[root_of(parent, i)];
  components_ = static_cast<int>(order.size());
}

double SpatialWeights::mean_degree() const noexcept {
  return areas() ? static_cast<double>(matrix_.nonZeros()) / static_cast<double>(areas()) : 0.0;
}

SpatialWeights SpatialWeights::restricted(const std::vector<int>& kept) const {
  std::vector<int> position(static_cast<std::size_t>(areas()), -1);
  for (std::size_t k = 0; k < kept.size(); ++k)
    position[static_cast<std::size_t>(kept[k])] = static_cast<int>(k);
  std::vector<Eigen::Triplet<double>> entries;
  for (std::size_t k = 0; k < kept.size(); ++k)
    for (Matrix::InnerIterator it(matrix_, kept[k]); it; ++it)
      if (position[static_cast<std::size_t>(it.col())] >= 0)
        entries.emplace_back(static_cast<int>(k), position[static_cast<std::size_t>(it.col())], it.value());
  Matrix part(static_cast<Eigen::Index>(kept.size()), static_cast<Eigen::Index>(kept.size()));
  part.setFromTriplets(entries.begin(), entries.end());
  return SpatialWeights(std::move(part), row_standardised_);
}

Eigen::MatrixXd spatial_lag(const SpatialWeights& weights, const Eigen::MatrixXd& y,
                            Parallelism parallelism) {
  if (y.rows() != weights.areas())
    throw InputError(
        fmt::format("y has {} rows but weights cover {} areas (needs one row per area, in the same order)",
                    y.rows(), weights.areas()));
  Eigen::MatrixXd lag(y.rows(), y.cols());
  for_each_block(y.rows(), 4096, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    const auto& w = weights.matrix();
    for (std::ptrdiff_t i = first; i < last; ++i) {
      lag.row(i).setZero();
      for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it)
        lag.row(i) += it.value() * y.row(it.col());
    }
  });
  return lag;
}

}  // namespace spillway
