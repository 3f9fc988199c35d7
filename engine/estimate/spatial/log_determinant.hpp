// log|I - rho W|: exactly by sparse factorisation, fast by interpolation with a proven bound, and the traces
// that standard errors and impacts need.
#pragma once
#include <Eigen/Dense>
#include <Eigen/Sparse>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// What all factorisations of I - rho W share.
///
/// W is *reversible* where d_i w_ij = d_j w_ji for some d > 0: symmetric W, and symmetric contiguity or
/// distance weights after row-standardisation (d = the row sums before). Then W = D^-1/2 S D^1/2 with S_ij =
/// sqrt(w_ij w_ji) symmetric, so its eigenvalues are real and I - rho S has a Cholesky factor.
struct SpatialStructure {
  enum class Kind { reversible, general };
  Kind kind = Kind::general;
  Eigen::SparseMatrix<double> matrix;  ///< S where reversible, else W
  Eigen::VectorXd scale;               ///< sqrt(d) where reversible, else empty
  double radius = 1.0;                 ///< no eigenvalue of W is larger in modulus; 1 where row-standardised
  double least = -1.0, largest = 1.0;  ///< extreme eigenvalues where reversible, else -radius and radius
  Eigen::Index unit_roots = 0;         ///< components whose largest eigenvalue is known to be 1
  Eigen::Index islands = 0;            ///< areas without links either way: eigenvalue 0
};

/// Extreme eigenvalues by Lanczos' (1950) method from a fixed start, until the residual norm of both is at
/// most 1e-9 of the larger, or 1,000 steps; 1 exactly where W is row-standardised.
SpatialStructure spatial_structure(const SpatialWeights& weights);

/// I - rho W factorised: LDL' of the symmetric form with AMD ordering where W is reversible (Pace & Barry
/// 1997 on sparse determinants), sparse LU otherwise. The ordering is found once and kept from one rho to the
/// next.
class SpatialFactor {
 public:
  explicit SpatialFactor(const SpatialStructure& structure);  ///< `structure` must outlive this
  ~SpatialFactor();

  /// @throws NumericalError  I - rho W is singular or, where W is reversible, not positive definite
  void factorise(double rho);
  double log_determinant() const;
  /// (I - rho W)^-1 b, areas x columns.
  Eigen::MatrixXd solve(const Eigen::MatrixXd& b) const;

 private:
  struct Solvers;
  const SpatialStructure& structure_;
  std::unique_ptr<Solvers> solvers_;
};

/// log|I - rho W| as a function of rho, set up once for all fits on one W.
///
/// Fast form. With r = rho * radius and, for reversible W, r = 2u / (1 + u^2), every eigenvalue l of W /
/// radius gives log(1 - r l) = log(1 - 2 l u + u^2) - log(1 + u^2): analytic in |u| < 1 with coefficients -2
/// T_m(l) / m, at most 2 / m in modulus. (General W: u = r, coefficients -l^m / m.) Known eigenvalues of 1
/// (one a component of a row-standardised W) are taken out exactly as log(1 - r), islands contribute nothing,
/// and the rest is interpolated in u at Chebyshev nodes where the exact determinant is known.
///
/// Whole interval. For reversible W, I - rho W is regular for rho between the reciprocals of the extreme
/// eigenvalues a < 0 < b. With c = (a + b) / 2 and h = (b - a) / 2 an eigenvalue is c + h m, |m| <= 1, and
///     1 - rho (c + h m) = (1 - rho c)(1 - r m),  r = rho h / (1 - rho c),
/// which maps that interval onto -1 < r < 1: the same form and bound in another r (Span::admissible). Of a
/// general W no eigenvalue is known to be real: |rho| * radius < 1 is all that is safe.
///
/// Bound. x^m has Chebyshev coefficients that are the probabilities of a simple random walk S_m, and
/// interpolation through K + 1 nodes errs by at most twice the sum of the coefficients beyond K, so for n'
/// eigenvalues left
///     |error| <= sum_{m > K} (2 n' / m) u_max^m 2 P(|S_m| > K)      (reversible; n' / m otherwise).
/// K is the smallest that brings it below Settings::tolerance. Rounding of the factorisations comes on top
/// (about 1e-15 per area).
class LogDeterminant {
 public:
  enum class Span { radius, admissible };
  struct Settings {
    double reach = 0.0;                ///< fast form for |r| <= reach < 1; 0: 0.99, or 0.9 for general W
    Span span = Span::radius;          ///< r = rho * radius, or r over the whole interval (reversible W only)
    double tolerance = 1e-6;           ///< on the bound, absolute
    Eigen::Index exact_traces = 5000;  ///< tr(G'G) exactly up to this many areas, by probes above
    int probes = 24;                   ///< Rademacher vectors behind tr(G'G) above it
    std::uint64_t seed = 20241;        ///< of the probes
  };
  /// @throws NumericalError  a factorisation failed
  explicit LogDeterminant(const SpatialWeights& weights, Settings settings, Parallelism parallelism);
  explicit LogDeterminant(const SpatialWeights& weights, Parallelism parallelism = {})
      : LogDeterminant(weights, Settings{}, parallelism) {}

  struct Value {
    double value = 0.0, first = 0.0,
           second = 0.0;  ///< and derivatives by rho: first = -tr G, second = -tr G^2
  };
  /// Interpolated; rho within [lower(), upper()].
  Value fast(double rho) const;
  /// By a new factorisation.
  double exact(double rho) const;

  double lower() const noexcept { return rho_of(-reach_); }  ///< ends of the fast form
  double upper() const noexcept { return rho_of(reach_); }
  /// A point of the fast form, x from -1 (lower()) to 1 (upper()); in Span::admissible they crowd at the
  /// ends, where the determinant bends.
  double at(double x) const noexcept;
  struct Interval {
    double lower, upper;
  };
  /// Where I - rho W is regular, 0 within: the reciprocals of the extreme eigenvalues (reversible), else
  /// +-1 / radius.
  Interval admissible() const noexcept { return {1.0 / structure_.least, 1.0 / structure_.largest}; }
  double error_bound() const noexcept { return error_bound_; }  ///< of fast().value, absolute
  int nodes() const noexcept { return static_cast<int>(value_.size()); }
  const SpatialStructure& structure() const noexcept { return structure_; }
  const SpatialWeights::Matrix& weights() const noexcept { return weights_; }

  /// G = W (I - rho W)^-1.
  struct Traces {
    double g = 0.0, g2 = 0.0;  ///< tr G, tr G^2: derivatives of the log-determinant
    double gg = 0.0;           ///< tr G'G
    double gg_error = 0.0;     ///< standard error of gg from its probes; 0: exact
  };
  /// rho within [lower(), upper()].
  Traces traces(double rho) const;

  /// (I - rho W)^-1 b by conjugate gradients (reversible) or BiCGSTAB, or a factorisation where those fail.
  Eigen::MatrixXd solve(double rho, const Eigen::MatrixXd& b) const;

 private:
  double rho_of(double r) const noexcept { return r / (half_ + r * centre_); }
  double r_at(double rho) const noexcept { return rho * half_ / (1.0 - rho * centre_); }
  double roots_at(double r) const noexcept;  ///< what the known eigenvalues of 1 add
  void probe_setup();
  Eigen::VectorXd probe_sums(const SpatialFactor& factor, double rho) const;

  SpatialStructure structure_;
  SpatialWeights::Matrix weights_;
  double reach_ = 0.0, u_max_ = 0.0, error_bound_ = 0.0;
  double centre_ = 0.0, half_ = 1.0;  ///< eigenvalues are centre + half m, |m| <= 1
  double left_ = 0.0;                 ///< n': eigenvalues behind the interpolant
  Settings settings_;
  Parallelism parallelism_;
  std::vector<double> value_;  ///< Chebyshev coefficients in u / u_max
  // tr G'G above Settings::exact_traces: coefficients of (1 - r)^2 (tr G'G - known part), standard errors by
  // node.
  std::vector<double> probe_value_, probe_error_;
  Eigen::MatrixXd probe_, probe_lag_, probe_lag2_;
  double known_11_ = 0.0, known_12_ = 0.0, known_22_ = 0.0;  ///< tr W'W, tr W'W^2, tr W^2'W^2
};

/// Bound of LogDeterminant's interpolation error for K + 1 nodes, one eigenvalue, coefficients at most 2 / m.
std::vector<double> interpolation_bounds(double u_max, int most);

}  // namespace spillway
