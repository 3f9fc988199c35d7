// Quantiles as functions of a standard normal score, the form in which a Gaussian copula asks for them.
#pragma once
#include <vector>

#include "engine/config/run_config.hpp"

namespace spillway {

/// x(z) = F^-1(Phi(z)) of one valid distribution, made ready once and then cheap.
///
/// Beta and PERT, whose quantile needs a root finder, are tabulated: 193 nodes on [-5, 5], between them the
/// quintic Hermite polynomial through values and two derivatives, beyond them the root finder. The table is
/// checked against the root finder between nodes when it is made, and not used where it is off by more than
/// 1e-11 of the range.
class ScoreQuantile {
 public:
  /// @param distribution  valid: distribution_faults() is empty
  explicit ScoreQuantile(const Distribution& distribution);

  double operator()(double z) const;

  /// The same without the table.
  double exact(double z) const;

  /// F^-1(u), u in (0, 1), without the table.
  double at_level(double u) const;

  bool tabulated() const noexcept { return !table_.empty(); }
  bool constant() const noexcept { return kind_ == Kind::point; }

 private:
  enum class Kind { point, uniform, triangular, beta, normal, lognormal, step };
  struct Node {
    double value, first, second;  ///< x, h x', h^2 x'' / 2
  };

  void tabulate();
  double from_score(double z) const;            ///< normal, lognormal
  double from_tails(double u, double v) const;  ///< u below, v = 1 - u above, each with its own digits
  bool by_score() const noexcept {
    return kind_ == Kind::lognormal ||
           (kind_ == Kind::normal && at_low_.below == 0.0 && at_high_.above == 0.0);
  }

  Kind kind_ = Kind::point;
  double low_ = 0.0, high_ = 0.0;  ///< range; +-inf where there is none
  double a_ = 0.0, b_ = 0.0;  ///< point: value; triangular: mode; beta: shapes; normal: mean, sd; lognormal
  struct Tails {
    double below, above;
  };
  Tails at_low_{0.0, 1.0},
      at_high_{1.0, 0.0};  ///< normal: probability on either side of each bound, before the cut
  std::vector<double> support_, cumulative_;
  std::vector<Node> table_;
};

}  // namespace spillway
