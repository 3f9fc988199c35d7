// The covariance of sums of scores under the dependence a model assumes: iid, hc*, clusters, two ways,
// Conley.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/estimate/covariance/conley.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

/// One way of clustering the rows of a cross-section; clusters without rows are not counted.
struct RowClusters {
  std::string column;
  std::vector<std::int32_t> of_row;
  Eigen::Index count = 0;
  double effective = 0.0;  ///< (sum n_g)^2 / sum n_g^2
  double largest_share = 0.0;
};

/// Number the clusters of `areas` that the rows of `data` meet, in order of their number in `areas`.
RowClusters row_clusters(const CrossSection& data, const Clusters& areas);

/// A "meat" matrix, and whether negative eigenvalues had to be cut off (two-way and uniform-kernel sums
/// only).
struct Meat {
  Eigen::MatrixXd value;
  enum class Definite { as_is, cut } definite = Definite::as_is;
};

/// Variance of sum_i score_i, for any scores of the rows of one cross-section.
class MomentCovariance {
 public:
  /// @throws InputError      a kind that a cross-section cannot have; clusters or coordinates that are
  /// missing
  /// @throws NumericalError  fewer than two clusters
  MomentCovariance(const CrossSection& data, const CovarianceConfig& config, const FitContext& context);

  /// Variance of vec(x'e): entry j * cols(x) + l belongs to e_j and x_l. Under iid, (e'e / n) kron (x'x); hc1
  /// to hc3 are as hc0 here, small-sample factors and leverages being the business of coefficients.
  Meat meat(const Eigen::MatrixXd& x, const Eigen::MatrixXd& e) const;

  /// Variance of the sum of rows of `scores` (not for iid).
  Meat of_scores(const Eigen::MatrixXd& scores) const;

  /// ivreg2's factor of Wald F statistics: (N - L) / N, or (N - L) / (N - 1) (G - 1) / G where clustered.
  double f_factor(double all_instruments) const;
  /// Second degrees of freedom of F and t statistics: G - 1 where clustered (the smaller G of two), else N -
  /// K.
  double residual_df(double parameters) const;
  /// Factor of a coefficient's covariance by `small_sample`; parameters count absorbed effects.
  double small_sample_factor(double parameters) const;

  bool clustered() const { return !ways_.empty(); }
  const std::vector<RowClusters>& ways() const { return ways_; }
  /// Fewest clusters of the ways; 0 where not clustered.
  Eigen::Index clusters() const;
  /// Cells: clusters, or intersections of two ways; row -> cell, cell -> cluster of a way.
  Eigen::Index cells() const { return cells_; }
  const std::vector<std::int32_t>& cell_of_row() const { return cell_; }
  const std::vector<std::int32_t>& way_of_cell(std::size_t way) const { return way_of_cell_[way]; }
  const CovarianceConfig& config() const { return config_; }
  /// "two-way clusters lad_code (309) x constituency_code (533), cr1".
  std::string describe() const;

 private:
  Eigen::MatrixXd clustered_meat(const Eigen::MatrixXd& cell_sums, Eigen::VectorXd& one_way_diagonal) const;

  CovarianceConfig config_;
  Eigen::Index rows_ = 0;
  std::vector<RowClusters> ways_;
  std::vector<std::int32_t> cell_;  ///< row -> cell (cluster, or intersection of two)
  std::vector<std::vector<std::int32_t>> way_of_cell_;
  Eigen::Index cells_ = 0;
  double nested_effects_ = 0.0;  ///< degrees of effects nested in a cluster (fixest does not count them)
  Eigen::VectorXd easting_, northing_;  ///< m, by row (conley)
  Parallelism parallelism_;
};

}  // namespace spillway
