// Structural forms that share rows and A, replicated together.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/iv/iv_cluster_sums.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/spread_expansion.hpp"

namespace spillway {

/// How far the columns of a structural form are expanded in A's move.
constexpr int kRegressorOrder = 2, kInstrumentOrder = 1;

/// Monomials of some variables by degree, those of a degree in the order of SpreadExpansion::terms.
class Monomials {
 public:
  Monomials(Eigen::Index variables, int degree);
  Eigen::Index count(int degree) const { return first_[static_cast<std::size_t>(degree) + 1]; }  ///< up to it
  Eigen::Index product(Eigen::Index i,
                       Eigen::Index j) const;  ///< of two whose degrees add up to at most `degree`
  void values(const Eigen::VectorXd& at, Eigen::VectorXd& made) const;

 private:
  std::vector<Eigen::Index> first_;                 ///< [degree] its first monomial; one more at the end
  std::vector<std::vector<Eigen::Index>> factors_;  ///< [monomial] its variables, rising
  std::vector<Eigen::Index> parent_;                ///< [monomial] the one without its last variable
};

/// b of several structural forms again under cluster weights and another A.
///
/// Every column of a form is a polynomial in A's move: y, the instruments and the controls of degree 0, the
/// regressor's response of degree 2, the instruments' of degree 1. So is every cross-product of two columns
/// summed over a cluster, and only its coefficients are kept: of a replicate they are added up under its
/// weights and evaluated at its move.
class StructuralForms {
 public:
  /// A column over the rows: 1 + parameters (+ pairs) terms, or one.
  using Column = Eigen::MatrixXd;
  struct Form {
    std::string parameter;                 ///< what its coefficient is called
    std::size_t regressor;                 ///< column
    std::vector<std::size_t> instruments;  ///< columns
    double kappa = 1.0;                    ///< 0: OLS, 1: 2SLS
  };

  /// @param design   of one of the forms: its rows, weights and controls, which all share
  /// @param columns  as the data have them; the first is y
  StructuralForms(const IvDesign& design, const CrossSection& rows, const Clusters& joint,
                  const SpreadExpansion& spread, std::vector<Column> columns, std::vector<Form> forms,
                  Parallelism parallelism);

  const std::vector<Form>& forms() const { return forms_; }
  /// Estimates and statuses (as ReplicateBlock), forms x replicates.
  ///
  /// @param weight   clusters x replicates, column-major;  @param spread  (types + 1) x replicates
  /// @param reduced  [form] set to 2 l x replicates: coefficients on the form's l instruments in the reduced
  /// form
  ///                 of y, then of the regressor's response; NaN where the replicate failed; may be null
  void evaluate(const double* weight, const Eigen::MatrixXd& spread, Eigen::MatrixXd& value,
                Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic>& status,
                std::vector<Eigen::MatrixXd>* reduced = nullptr) const;
  Eigen::Index clusters() const { return statistics_.rows(); }
  const SpreadPoint& point() const { return spread_.point(); }

 private:
  struct Pair {
    std::size_t one, other;      ///< columns, one >= other
    Eigen::Index first, length;  ///< of its coefficients
  };
  std::size_t pair_of(std::size_t one, std::size_t other) const;

  SpreadExpansion spread_;
  Monomials monomials_;
  std::vector<Form> forms_;
  std::vector<ClusterSums> layout_;               ///< [form] shapes only
  std::vector<std::vector<std::size_t>> packed_;  ///< [form][packed entry] pair
  std::vector<Pair> pairs_;
  Eigen::MatrixXd statistics_;  ///< clusters x coefficients
};

/// One of them.
class StructuralResampled : public Resampled {
 public:
  StructuralResampled(std::shared_ptr<const StructuralForms> forms, std::size_t form)
      : forms_(std::move(forms)), form_(form), names_{forms_->forms()[form].parameter} {}
  const std::vector<std::string>& parameters() const override { return names_; }
  bool needs_spread() const override { return true; }
  void evaluate(ReplicateBlock& block) const override { evaluate_with(block, nullptr); }
  /// @param reduced  as StructuralForms::evaluate, of this form
  void evaluate_with(ReplicateBlock& block, Eigen::MatrixXd* reduced) const;
  /// Reduced forms at the estimate: every cluster once, A at the point.
  Eigen::VectorXd reduced_at_point() const;
  /// All that are replicated together, and which of them this is.
  const std::shared_ptr<const StructuralForms>& together() const { return forms_; }
  std::size_t form() const { return form_; }
  Eigen::Index instruments() const {
    return static_cast<Eigen::Index>(forms_->forms()[form_].instruments.size());
  }

 private:
  std::shared_ptr<const StructuralForms> forms_;
  std::size_t form_;
  std::vector<std::string> names_;
};

}  // namespace spillway
