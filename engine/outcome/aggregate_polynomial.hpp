// Aggregates of a scenario of shocks alone as polynomials in rho and phi: many evaluations for the price of
// one.
#pragma once
#include <list>
#include <mutex>
#include <vector>

#include "engine/outcome/outcome.hpp"

namespace spillway {

/// Group means of the uplift, exact, without propagating a draw.
///
/// With A = diag(rho_class) W + phi I the mean of group g in period h is
///
///     g'u(h) = sum_k sum_q amplitude_q(k) sum_j C(h-k, j) phi^(h-k-j) g'(R W)^j s_q ,
///     g'(R W)^j s_q = sum over exponents a of degree j of K_gqa prod_c rho_c^a_c ,
///
/// and the coefficients K depend on W, the classes, the shapes and the weights of groups alone. They are made
/// once (one product with W a monomial: 220 for three classes and ten periods); a draw then costs about a
/// microsecond. Rounding apart (1e-12 relative) it is what propagate_one gives.
class AggregatePolynomial {
 public:
  /// Why scenarios of this form cannot be done so; empty: they can.
  static std::string unsuitable(const Dynamics& dynamics, const OutcomePlan& plan);

  /// @param like  gives W, classes and the longest horizon; its weights must outlive this object
  /// @param plan  gives groupings and rate weights
  /// @throws InputError  unsuitable
  AggregatePolynomial(const Dynamics& like, const OutcomePlan& plan);

  /// Aggregates of `plan`'s outcomes for every draw, as evaluate() makes them.
  ///
  /// Coefficients of shapes not seen before are made on the way and kept. The same bits for any number of
  /// workers. Safe to call from several threads, each with one worker.
  /// @param dynamics  of the same W and classes, and no longer a horizon
  std::vector<AggregateSeries> evaluate(const Dynamics& dynamics, const OutcomePlan& plan,
                                        Parallelism parallelism) const;

  long monomials() const { return static_cast<long>(parent_.size()); }

 private:
  struct Shape {
    Eigen::VectorXd pattern;      ///< areas
    Eigen::MatrixXd coefficient;  ///< monomials x groups
  };
  Shape coefficients(const Eigen::VectorXd& pattern, Parallelism parallelism) const;
  const Eigen::MatrixXd& coefficients_of(const Eigen::VectorXd& pattern, Parallelism parallelism) const;

  const SpatialWeights* weights_;
  std::vector<std::int32_t> row_class_;
  int horizon_;
  std::vector<int> first_;                  ///< [degree] first monomial; one more at the end
  std::vector<std::vector<int>> exponent_;  ///< [monomial][class]
  std::vector<std::vector<int>>
      source_;  ///< [monomial][class] the monomial with one less of the class, -1: none
  std::vector<int> parent_, by_class_;  ///< a monomial is its parent times rho of the class
  Eigen::SparseMatrix<double> group_;   ///< areas x groups of all groupings: weights that sum to one
  std::vector<long> group_offset_;      ///< [grouping] first column of group_
  mutable std::mutex guard_;
  mutable std::list<Shape> shapes_;  ///< those seen so far; entries stay where they are
};

}  // namespace spillway
