#include "engine/estimate/iv/iv_cluster_sums.hpp"

#include <cmath>

#include "engine/estimate/collinearity.hpp"

namespace spillway {

ClusterSums cluster_sums(const IvDesign& design, const std::vector<std::int32_t>& cluster,
                         Eigen::Index clusters) {
  ClusterSums sums;
  sums.k = design.endogenous;
  sums.l = design.instruments;
  sums.p = design.controls;
  const Eigen::Index m = sums.columns();
  sums.packed = Eigen::MatrixXd::Zero(sums.entries(), clusters);
  Eigen::VectorXd x(m);
  for (Eigen::Index i = 0; i < design.rows; ++i) {
    const std::int32_t g = cluster[static_cast<std::size_t>(i)];
    if (g < 0) continue;
    x << design.y(i), design.s.row(i).transpose(), design.z.row(i).transpose(), design.w.row(i).transpose();
    double* to = sums.packed.col(g).data();
    for (Eigen::Index b = 0; b < m; ++b)
      for (Eigen::Index a = b; a < m; ++a) *to++ += x(a) * x(b);
  }
  return sums;
}

namespace {

/// In-place Cholesky of an m x m symmetric matrix (lower, leading dimension m). The first `strict` pivots
/// must be positive; a later column without variation left gets a zero column instead.
SolveStatus factorise(double* a, Eigen::Index m, Eigen::Index strict) {
  for (Eigen::Index j = 0; j < m; ++j) {
    double pivot = a[j + j * m];
    const double whole = pivot;
    for (Eigen::Index q = 0; q < j; ++q) pivot -= a[j + q * m] * a[j + q * m];
    if (!(pivot > 1e-10 * whole)) {
      if (j < strict) return SolveStatus::singular;
      for (Eigen::Index i = j; i < m; ++i) a[i + j * m] = 0.0;
      continue;
    }
    const double root = std::sqrt(pivot);
    a[j + j * m] = root;
    for (Eigen::Index i = j + 1; i < m; ++i) {
      double value = a[i + j * m];
      for (Eigen::Index q = 0; q < j; ++q) value -= a[i + q * m] * a[j + q * m];
      a[i + j * m] = value / root;
    }
  }
  return SolveStatus::fine;
}

}  // namespace

SolveStatus k_class_from_cross(const ClusterSums& layout, const double* cross, double kappa,
                               Eigen::VectorXd& theta) {
  const Eigen::Index k = layout.k, l = layout.l, p = layout.p, m = layout.columns();
  // Order [w | z | s | y] so that one Cholesky gives, block by block, everything partialled out of w, then of
  // z: with L the factor, s'M_w s = L_sz L_sz' + L_ss L_ss', s'P_z s (after w) = L_sz L_sz'.
  double storage[24 * 24];
  std::vector<double> heap;
  double* a = storage;
  if (m > 24) {
    heap.resize(static_cast<std::size_t>(m * m));
    a = heap.data();
  }
  const auto source = [&](Eigen::Index q) {  // position in the new order -> column of [y | s | z | w]
    if (q < p) return 1 + k + l + q;
    if (q < p + l) return 1 + k + (q - p);
    if (q < p + l + k) return 1 + (q - p - l);
    return Eigen::Index{0};
  };
  for (Eigen::Index j = 0; j < m; ++j)
    for (Eigen::Index i = j; i < m; ++i) {
      const Eigen::Index u = source(i), v = source(j);
      a[i + j * m] = cross[layout.offset(std::max(u, v), std::min(u, v))];
    }
  if (factorise(a, m, p + l) == SolveStatus::singular) return SolveStatus::singular;
  const auto f = [&](Eigen::Index i, Eigen::Index j) { return a[i + j * m]; };
  const Eigen::Index first_s = p + l, y = m - 1;
  // A = sum over z of L_sz L_sz' + (1 - kappa) sum over s of L_ss L_ss', b likewise with y.
  const auto projected = [&](Eigen::Index i, Eigen::Index row, Eigen::Index j) {
    double by_z = 0.0, rest = 0.0;
    for (Eigen::Index q = p; q < first_s; ++q) by_z += f(first_s + i, q) * f(row, q);
    for (Eigen::Index q = first_s; q <= first_s + j; ++q) rest += f(first_s + i, q) * f(row, q);
    return by_z + (1.0 - kappa) * rest;
  };
  if (k == 1) {
    // Relative to s's: instruments that explain less than 1e-14 of it identify nothing.
    const double large = projected(0, first_s, 0);
    if (!(std::abs(large) > 1e-14 * cross[layout.offset(1, 1)])) return SolveStatus::singular;
    theta(0) = projected(0, y, 0) / large;
  } else if (k > 1) {
    Eigen::MatrixXd large(k, k);
    Eigen::VectorXd right(k);
    for (Eigen::Index i = 0; i < k; ++i) {
      for (Eigen::Index j = 0; j <= i; ++j) large(i, j) = large(j, i) = projected(i, first_s + j, j);
      right(i) = projected(i, y, i);
    }
    Eigen::VectorXd squares(k);
    for (Eigen::Index i = 0; i < k; ++i) squares(i) = cross[layout.offset(1 + i, 1 + i)];
    const Eigen::VectorXd unit = exact_units(squares);
    const Eigen::FullPivLU<Eigen::MatrixXd> lu(unit.asDiagonal() * large * unit.asDiagonal());
    if (!lu.isInvertible()) return SolveStatus::singular;
    theta.head(k) = unit.asDiagonal() * lu.solve(unit.asDiagonal() * right);
  }
  // gamma = (w'w)^-1 w'(y - s beta): back substitution with the leading block of the factor.
  for (Eigen::Index q = p; q-- > 0;) {
    double value = f(y, q);
    for (Eigen::Index i = 0; i < k; ++i) value -= f(first_s + i, q) * theta(i);
    for (Eigen::Index up = q + 1; up < p; ++up) value -= f(up, q) * theta(k + up);
    theta(k + q) = value / f(q, q);
  }
  return SolveStatus::fine;
}

}  // namespace spillway
