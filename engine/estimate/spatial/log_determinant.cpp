#include "engine/estimate/spatial/log_determinant.hpp"

#include <fmt/format.h>

#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCholesky>
#include <Eigen/SparseLU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"

namespace spillway {

namespace {

constexpr double pi = 3.14159265358979323846;

/// d of reversibility by walking each component from its first area; empty where the walk or the check fails.
Eigen::VectorXd reversing_measure(const SpatialWeights::Matrix& w) {
  const Eigen::Index n = w.rows();
  const SpatialWeights::Matrix transposed = w.transpose();
  Eigen::VectorXd d = Eigen::VectorXd::Zero(n);
  std::vector<int> queue;
  for (int start = 0; start < n; ++start) {
    if (d[start] != 0.0) continue;
    d[start] = 1.0;
    queue.assign(1, start);
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const int i = queue[head];
      SpatialWeights::Matrix::InnerIterator back(transposed, i);
      for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it, ++back) {
        // Row i of W and of W' must name the same areas.
        if (!back || back.col() != it.col()) return {};
        const double dj = d[i] * it.value() / back.value();
        double& known = d[it.col()];
        if (known == 0.0) {
          known = dj;
          queue.push_back(static_cast<int>(it.col()));
        } else if (!(std::abs(known - dj) <= 1e-9 * known)) {
          return {};
        }
      }
      if (back) return {};
    }
  }
  return d;
}

/// Upper bound of the largest eigenvalue of a matrix without negative entries: max_i (Wx)_i / x_i for any x >
/// 0 (Collatz 1942, Wielandt 1950), with x from the power method on I + W.
double spectral_bound(const SpatialWeights::Matrix& w) {
  Eigen::VectorXd x = Eigen::VectorXd::Ones(w.rows());
  double bound = std::numeric_limits<double>::infinity();
  for (int step = 0; step < 2000; ++step) {
    const Eigen::VectorXd next = x + w * x;
    const double now = next.cwiseQuotient(x).maxCoeff() - 1.0;
    const bool settled = now > bound * (1.0 - 1e-7);
    bound = std::min(bound, now);
    if (settled) break;
    x = next / next.maxCoeff();
  }
  return bound;
}

/// Least and largest eigenvalue of a symmetric matrix. Without reorthogonalisation copies of converged ones
/// appear, but the extremes stay right (Paige 1976).
std::pair<double, double> extreme_eigenvalues(const Eigen::SparseMatrix<double>& matrix) {
  const Eigen::Index n = matrix.rows();
  Eigen::VectorXd v(n), before = Eigen::VectorXd::Zero(n);
  Stream stream(20241, Purpose::diagnostics, 0, 0x1a2);
  for (Eigen::Index i = 0; i < n; ++i) v(i) = static_cast<double>(stream.next()) / 4294967296.0 - 0.5;
  v.normalize();
  std::vector<double> diagonal, beside;
  std::pair<double, double> found{0.0, 0.0};
  constexpr int most = 1000, every = 20;
  for (int step = 1; step <= most; ++step) {
    Eigen::VectorXd next = matrix * v;
    const double alpha = v.dot(next);
    next -= alpha * v;
    if (step > 1) next -= beside.back() * before;
    diagonal.push_back(alpha);
    const double beta = next.norm();
    const bool last = step == most || step >= 2 * n || !(beta > 1e-13 * std::abs(alpha) && beta > 0.0);
    if (last || step % every == 0) {
      const auto k = static_cast<Eigen::Index>(diagonal.size());
      const Eigen::Map<const Eigen::VectorXd> d(diagonal.data(), k), e(beside.data(), k - 1);
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> small;
      small.computeFromTridiagonal(d, e);
      found = {small.eigenvalues()(0), small.eigenvalues()(k - 1)};
      const double residual = beta * std::max(std::abs(small.eigenvectors()(k - 1, 0)),
                                              std::abs(small.eigenvectors()(k - 1, k - 1)));
      if (last || residual <= 1e-9 * std::max(-found.first, found.second)) break;
    }
    beside.push_back(beta);
    before = std::move(v);
    v = next / beta;
  }
  return found;
}

/// Derivatives by r of u, where r = 2u / (1 + u^2) or r = u.
struct Map {
  double u = 0.0, first = 1.0, second = 0.0;
};
Map map_to_u(SpatialStructure::Kind kind, double r) {
  if (kind == SpatialStructure::Kind::general) return {r, 1.0, 0.0};
  const double u = r / (1.0 + std::sqrt(1.0 - r * r)), a = 1.0 + u * u, b = 1.0 - u * u;
  return {u, a * a / (2.0 * b), u * a * a * a * (3.0 - u * u) / (2.0 * b * b * b)};
}

double r_of(SpatialStructure::Kind kind, double u) {
  return kind == SpatialStructure::Kind::general ? u : 2.0 * u / (1.0 + u * u);
}

double node(std::size_t j, std::size_t count) {
  return std::cos(pi * (static_cast<double>(j) + 0.5) / static_cast<double>(count));
}

/// Coefficients of the polynomial through values at the Chebyshev nodes.
std::vector<double> chebyshev_coefficients(const std::vector<double>& at_node) {
  const std::size_t count = at_node.size();
  std::vector<double> coefficient(count);
  for (std::size_t k = 0; k < count; ++k) {
    double sum = 0.0;
    for (std::size_t j = 0; j < count; ++j)
      sum += at_node[j] * std::cos(pi * static_cast<double>(k) * (static_cast<double>(j) + 0.5) /
                                   static_cast<double>(count));
    coefficient[k] = sum * (k == 0 ? 1.0 : 2.0) / static_cast<double>(count);
  }
  return coefficient;
}

/// Value and derivatives by x of a Chebyshev series.
LogDeterminant::Value chebyshev(const std::vector<double>& coefficient, double x) {
  double t0 = 1.0, t1 = x, d0 = 0.0, d1 = 1.0, c0 = 0.0, c1 = 0.0;
  LogDeterminant::Value sum{coefficient[0], 0.0, 0.0};
  for (std::size_t k = 1; k < coefficient.size(); ++k) {
    sum.value += coefficient[k] * t1;
    sum.first += coefficient[k] * d1;
    sum.second += coefficient[k] * c1;
    const double t2 = 2.0 * x * t1 - t0, d2 = 2.0 * t1 + 2.0 * x * d1 - d0, c2 = 4.0 * d1 + 2.0 * x * c1 - c0;
    t0 = t1, t1 = t2, d0 = d1, d1 = d2, c0 = c1, c1 = c2;
  }
  return sum;
}

constexpr int width = 8;  // right-hand sides that go through a triangular factor together

}  // namespace

SpatialStructure spatial_structure(const SpatialWeights& weights) {
  SpatialStructure structure;
  const auto& w = weights.matrix();
  const Eigen::Index n = w.rows();
  structure.radius = weights.row_standardised() ? 1.0 : spectral_bound(w);
  if (!(structure.radius > 0.0)) structure.radius = 1.0;
  std::vector<Eigen::Index> size(static_cast<std::size_t>(weights.components()), 0);
  for (const int component : weights.component()) ++size[static_cast<std::size_t>(component)];
  for (const auto areas : size) structure.islands += areas == 1;
  const Eigen::VectorXd d = reversing_measure(w);
  if (d.size() == n && n > 0) {
    structure.kind = SpatialStructure::Kind::reversible;
    structure.scale = d.cwiseSqrt();
    SpatialWeights::Matrix s = w;
    for (Eigen::Index i = 0; i < n; ++i)
      for (SpatialWeights::Matrix::InnerIterator it(s, i); it; ++it)
        it.valueRef() *= structure.scale[i] / structure.scale[it.col()];
    structure.matrix = s;
    // Links go both ways, so a component of two areas or more has no row of zeros: W 1 = 1 on it.
    if (weights.row_standardised()) structure.unit_roots = weights.components() - structure.islands;
    std::tie(structure.least, structure.largest) = extreme_eigenvalues(structure.matrix);
    if (structure.unit_roots > 0) structure.largest = 1.0;
    // The trace is zero, so the least is below 0 unless there is no link at all.
    if (!(structure.least < 0.0 && structure.largest > 0.0))
      structure.least = -structure.radius, structure.largest = structure.radius;
  } else {
    structure.least = -structure.radius;
    structure.largest = structure.radius;
    structure.matrix = w;
  }
  return structure;
}

struct SpatialFactor::Solvers {
  Eigen::SparseMatrix<double> identity, system;
  Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>, Eigen::Lower, Eigen::AMDOrdering<int>> symmetric;
  Eigen::SparseLU<Eigen::SparseMatrix<double>, Eigen::COLAMDOrdering<int>> general;
};

SpatialFactor::SpatialFactor(const SpatialStructure& structure)
    : structure_(structure), solvers_(std::make_unique<Solvers>()) {
  solvers_->identity.resize(structure.matrix.rows(), structure.matrix.rows());
  solvers_->identity.setIdentity();
  // Diagonal and W together, so that every rho has the same pattern.
  solvers_->system = solvers_->identity - 0.5 / structure.radius * structure.matrix;
  solvers_->system.makeCompressed();
  if (structure.kind == SpatialStructure::Kind::reversible)
    solvers_->symmetric.analyzePattern(solvers_->system);
  else
    solvers_->general.analyzePattern(solvers_->system);
}

SpatialFactor::~SpatialFactor() = default;

void SpatialFactor::factorise(double rho) {
  solvers_->system = solvers_->identity - rho * structure_.matrix;
  solvers_->system.makeCompressed();
  bool good = false;
  if (structure_.kind == SpatialStructure::Kind::reversible) {
    solvers_->symmetric.factorize(solvers_->system);
    good = solvers_->symmetric.info() == Eigen::Success && solvers_->symmetric.vectorD().minCoeff() > 0.0;
  } else {
    solvers_->general.factorize(solvers_->system);
    good = solvers_->general.info() == Eigen::Success;
  }
  if (!good) throw NumericalError(fmt::format("I - rho W is singular at rho = {:.6g}", rho));
}

double SpatialFactor::log_determinant() const {
  if (structure_.kind == SpatialStructure::Kind::reversible)
    return solvers_->symmetric.vectorD().array().log().sum();
  return solvers_->general.logAbsDeterminant();
}

Eigen::MatrixXd SpatialFactor::solve(const Eigen::MatrixXd& b) const {
  if (structure_.kind == SpatialStructure::Kind::general) return solvers_->general.solve(b);
  const auto& ldlt = solvers_->symmetric;
  const auto& l =
      ldlt.matrixL().nestedExpression();  // strictly lower, by columns; the diagonal of ones is not kept
  const auto& place = ldlt.permutationP().indices();
  const Eigen::VectorXd d = ldlt.vectorD();
  const Eigen::Index n = b.rows();
  const int* start = l.outerIndexPtr();
  const int* row = l.innerIndexPtr();
  const double* value = l.valuePtr();
  Eigen::MatrixXd x(n, b.cols());
  using Row = Eigen::Matrix<double, 1, width>;
  Eigen::Matrix<double, Eigen::Dynamic, width, Eigen::RowMajor> block(n, width);
  for (Eigen::Index first = 0; first < b.cols(); first += width) {
    const Eigen::Index count = std::min<Eigen::Index>(width, b.cols() - first);
    block.setZero();
    for (Eigen::Index i = 0; i < n; ++i)
      block.row(place[i]).leftCols(count) = structure_.scale[i] * b.row(i).middleCols(first, count);
    for (Eigen::Index j = 0; j < n; ++j) {
      const Row known = block.row(j);
      for (int p = start[j]; p < start[j + 1]; ++p) block.row(row[p]) -= value[p] * known;
    }
    for (Eigen::Index j = n; j-- > 0;) {
      Row sum = block.row(j) / d[j];
      for (int p = start[j]; p < start[j + 1]; ++p) sum -= value[p] * block.row(row[p]);
      block.row(j) = sum;
    }
    for (Eigen::Index i = 0; i < n; ++i)
      x.row(i).middleCols(first, count) = block.row(place[i]).leftCols(count) / structure_.scale[i];
  }
  return x;
}

std::vector<double> interpolation_bounds(double u_max, int most) {
  // P(S_m = j) by stepping the walk; only j of the parity of m are reached.
  int terms = most + 1;
  while (std::pow(u_max, terms) > 1e-22 && terms < 20000) ++terms;
  std::vector<double> chance(static_cast<std::size_t>(most) + 2, 0.0),
      bound(static_cast<std::size_t>(most) + 1, 0.0);
  chance[0] = 1.0;  // chance[j] = P(|S_m| = j) for j <= most; the rest is beyond
  double beyond = 0.0, power = 1.0;
  for (int m = 1; m <= terms; ++m) {
    std::vector<double> next(chance.size(), 0.0);
    for (std::size_t j = 0; j + 1 < chance.size(); ++j) {
      next[j + 1] += (j == 0 ? 1.0 : 0.5) * chance[j];
      if (j > 0) next[j - 1] += 0.5 * chance[j];
    }
    // What walks past `most` may come back; counting it as beyond keeps the bound an upper one.
    beyond += next[chance.size() - 1];
    next[chance.size() - 1] = 0.0;
    chance = std::move(next);
    power *= u_max;
    double tail = beyond;
    for (std::size_t k = bound.size(); k-- > 0;) {
      if (static_cast<std::size_t>(m) > k) bound[k] += 2.0 / m * power * 2.0 * std::min(1.0, tail);
      tail += chance[k];
    }
  }
  return bound;
}

LogDeterminant::LogDeterminant(const SpatialWeights& weights, Settings settings, Parallelism parallelism)
    : structure_(spatial_structure(weights)),
      weights_(weights.matrix()),
      settings_(settings),
      parallelism_(parallelism) {
  const bool reversible = structure_.kind == SpatialStructure::Kind::reversible;
  const Eigen::Index n = weights_.rows();
  reach_ = settings.reach > 0.0 ? settings.reach : reversible ? 0.99 : 0.9;
  u_max_ = map_to_u(structure_.kind, reach_).u;
  const bool whole = reversible && settings.span == Span::admissible;
  centre_ = whole ? 0.5 * (structure_.least + structure_.largest) : 0.0;
  half_ = whole ? 0.5 * (structure_.largest - structure_.least) : structure_.radius;
  left_ = static_cast<double>(n - structure_.islands - structure_.unit_roots);
  const double eigenvalues = reversible ? left_ : 0.5 * left_;
  const auto bounds = interpolation_bounds(u_max_, 400);
  std::size_t count = 2;
  while (count < bounds.size() && eigenvalues * bounds[count - 1] > settings.tolerance) ++count;
  error_bound_ = eigenvalues * bounds[count - 1];

  if (n > settings.exact_traces) probe_setup();
  std::vector<double> at_node(count);
  const bool smooth = probe_.cols() > 0 && !whole;  // tr G'G by interpolation too
  Eigen::MatrixXd sums(probe_.cols(), static_cast<Eigen::Index>(count));
  // Few blocks, because each finds the ordering anew; their edges do not depend on the workers.
  const auto nodes = static_cast<std::ptrdiff_t>(count);
  for_each_block(nodes, (nodes + 3) / 4, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    SpatialFactor factor(structure_);
    for (std::ptrdiff_t j = begin; j < end; ++j) {
      const double u = u_max_ * node(static_cast<std::size_t>(j), count), r = r_of(structure_.kind, u);
      const double rho = rho_of(r);
      factor.factorise(rho);
      at_node[static_cast<std::size_t>(j)] = factor.log_determinant() - roots_at(whole ? rho : r) -
                                             (whole ? left_ * std::log1p(-rho * centre_) : 0.0) +
                                             (reversible ? left_ * std::log1p(u * u) : 0.0);
      if (smooth) sums.col(j) = probe_sums(factor, rho);
    }
  });
  value_ = chebyshev_coefficients(at_node);
  if (!smooth) return;
  const double probes = static_cast<double>(probe_.cols());
  std::vector<double> mean(count);
  probe_error_.resize(count);
  for (std::size_t j = 0; j < count; ++j) {
    const double r = r_of(structure_.kind, u_max_ * node(j, count)), pole = (1.0 - r) * (1.0 - r);
    const auto column = sums.col(static_cast<Eigen::Index>(j));
    mean[j] = pole * column.mean();
    probe_error_[j] =
        pole * std::sqrt((column.array() - column.mean()).square().sum() / (probes * (probes - 1.0)));
  }
  probe_value_ = chebyshev_coefficients(mean);
  probe_error_ = chebyshev_coefficients(probe_error_);
  probe_ = probe_lag_ = probe_lag2_ = Eigen::MatrixXd();
}

void LogDeterminant::probe_setup() {
  const Eigen::Index n = weights_.rows();
  probe_.resize(n, settings_.probes);
  for (Eigen::Index k = 0; k < probe_.cols(); ++k) {
    Stream stream(settings_.seed, Purpose::diagnostics, static_cast<std::uint64_t>(k), 0x5a5);
    for (Eigen::Index i = 0; i < n; i += 32) {
      const std::uint32_t bits = stream.next();
      for (Eigen::Index b = 0; b < 32 && i + b < n; ++b) probe_(i + b, k) = (bits >> b) & 1u ? 1.0 : -1.0;
    }
  }
  probe_lag_ = weights_ * probe_;
  known_11_ = weights_.squaredNorm();
  // The next terms of the series are known too, where W^2 is cheap.
  double products = 0.0;
  const int* start = weights_.outerIndexPtr();
  for (Eigen::Index p = 0; p < weights_.nonZeros(); ++p) {
    const int column = weights_.innerIndexPtr()[p];
    products += start[column + 1] - start[column];
  }
  if (products > 3e7) return;
  const SpatialWeights::Matrix square = weights_ * weights_;
  known_12_ = weights_.cwiseProduct(square).sum();
  known_22_ = square.squaredNorm();
  probe_lag2_ = weights_ * probe_lag_;
}

/// |G z|^2 less |(W + rho W^2) z|^2, whose expectation is known, for every probe z.
Eigen::VectorXd LogDeterminant::probe_sums(const SpatialFactor& factor, double rho) const {
  const Eigen::MatrixXd g = weights_ * factor.solve(probe_);
  Eigen::VectorXd sums = g.colwise().squaredNorm();
  if (probe_lag2_.size() > 0)
    sums -= (probe_lag_ + rho * probe_lag2_).colwise().squaredNorm().transpose();
  else
    sums -= probe_lag_.colwise().squaredNorm().transpose();
  return sums;
}

double LogDeterminant::roots_at(double r) const noexcept {
  // Without such eigenvalues r may be above 1, where the logarithm does not exist.
  return structure_.unit_roots > 0 ? static_cast<double>(structure_.unit_roots) * std::log1p(-r) : 0.0;
}

double LogDeterminant::at(double x) const noexcept {
  return settings_.span == Span::admissible ? rho_of(r_of(structure_.kind, u_max_ * x)) : upper() * x;
}

LogDeterminant::Value LogDeterminant::fast(double rho) const {
  const double r = r_at(rho);
  if (!(rho * centre_ < 1.0 && std::abs(r) <= reach_ * (1.0 + 1e-12)))
    throw NumericalError(
        fmt::format("rho = {:.6g} lies outside [{:.6g}, {:.6g}], where the log-determinant was interpolated",
                    rho, lower(), upper()));
  const Map map = map_to_u(structure_.kind, r);
  const Value inner = chebyshev(value_, map.u / u_max_);
  double by_u = inner.first / u_max_, by_u2 = inner.second / (u_max_ * u_max_), value = inner.value;
  if (structure_.kind == SpatialStructure::Kind::reversible) {
    const double a = 1.0 + map.u * map.u;
    value -= left_ * std::log(a);
    by_u -= left_ * 2.0 * map.u / a;
    by_u2 -= left_ * 2.0 * (1.0 - map.u * map.u) / (a * a);
  }
  const double roots = static_cast<double>(structure_.unit_roots);
  if (centre_ == 0.0) {
    const double scale = half_;
    return {value + roots_at(r), scale * (by_u * map.first - roots / (1.0 - r)),
            scale * scale *
                (by_u2 * map.first * map.first + by_u * map.second - roots / ((1.0 - r) * (1.0 - r)))};
  }
  const double d = 1.0 - rho * centre_, slope = half_ / (d * d), bend = 2.0 * half_ * centre_ / (d * d * d),
               by_r = by_u * map.first, by_r2 = by_u2 * map.first * map.first + by_u * map.second,
               shift = centre_ / d, pole = roots > 0.0 ? 1.0 / (1.0 - rho) : 0.0;
  return {value + left_ * std::log(d) + roots_at(rho), by_r * slope - left_ * shift - roots * pole,
          by_r2 * slope * slope + by_r * bend - left_ * shift * shift - roots * pole * pole};
}

double LogDeterminant::exact(double rho) const {
  SpatialFactor factor(structure_);
  factor.factorise(rho);
  return factor.log_determinant();
}

LogDeterminant::Traces LogDeterminant::traces(double rho) const {
  const Value f = fast(rho);
  Traces traces{-f.first, -f.second, 0.0, 0.0};
  const Eigen::Index n = weights_.rows();
  if (n <= settings_.exact_traces) {
    SpatialFactor factor(structure_);
    factor.factorise(rho);
    constexpr Eigen::Index columns = 8 * width;
    std::vector<double> part(static_cast<std::size_t>((n + columns - 1) / columns), 0.0);
    for_each_block(n, columns, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      Eigen::MatrixXd unit = Eigen::MatrixXd::Zero(n, end - begin);
      for (std::ptrdiff_t j = begin; j < end; ++j) unit(j, j - begin) = 1.0;
      const Eigen::MatrixXd g = weights_ * factor.solve(unit);
      part[static_cast<std::size_t>(begin / columns)] = g.squaredNorm();
    });
    for (const double sum : part) traces.gg += sum;
    return traces;
  }
  if (settings_.span == Span::admissible) {
    SpatialFactor factor(structure_);
    factor.factorise(rho);
    const Eigen::VectorXd sums = probe_sums(factor, rho);
    const double probes = static_cast<double>(sums.size());
    traces.gg = sums.mean() + known_11_ + 2.0 * rho * known_12_ + rho * rho * known_22_;
    traces.gg_error = std::sqrt((sums.array() - sums.mean()).square().sum() / (probes * (probes - 1.0)));
    return traces;
  }
  const double r = rho * structure_.radius, pole = (1.0 - r) * (1.0 - r),
               x = map_to_u(structure_.kind, r).u / u_max_;
  traces.gg =
      chebyshev(probe_value_, x).value / pole + known_11_ + 2.0 * rho * known_12_ + rho * rho * known_22_;
  traces.gg_error = std::abs(chebyshev(probe_error_, x).value) / pole;
  return traces;
}

Eigen::MatrixXd LogDeterminant::solve(double rho, const Eigen::MatrixXd& b) const {
  Eigen::SparseMatrix<double> system(weights_.rows(), weights_.rows());
  system.setIdentity();
  system = Eigen::SparseMatrix<double>(system - rho * structure_.matrix);
  constexpr double tolerance = 1e-14;
  if (structure_.kind == SpatialStructure::Kind::reversible) {
    Eigen::ConjugateGradient<Eigen::SparseMatrix<double>, Eigen::Lower | Eigen::Upper,
                             Eigen::IdentityPreconditioner>
        cg;
    cg.setTolerance(tolerance);
    cg.setMaxIterations(500);
    cg.compute(system);
    const Eigen::MatrixXd x = cg.solve(Eigen::MatrixXd(structure_.scale.asDiagonal() * b));
    if (cg.info() == Eigen::Success) return structure_.scale.cwiseInverse().asDiagonal() * x;
  } else {
    Eigen::BiCGSTAB<Eigen::SparseMatrix<double>, Eigen::IdentityPreconditioner> bicg;
    bicg.setTolerance(tolerance);
    bicg.setMaxIterations(500);
    bicg.compute(system);
    const Eigen::MatrixXd x = bicg.solve(b);
    if (bicg.info() == Eigen::Success) return x;
  }
  SpatialFactor factor(structure_);
  factor.factorise(rho);
  return factor.solve(b);
}

}  // namespace spillway
