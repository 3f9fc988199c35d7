// The matrices of a spatial autoregression after its effects are taken off.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/estimate/spatial/sar_data.hpp"

namespace spillway {

/// When spatial lags are taken, which matters with period effects.
///
/// before_effects: W y is taken, then its effects: least squares on these columns is least squares with a
/// dummy variable for each effect, whatever W. after_effects: lags of what the effects leave, as Elhorst
/// (2003, 2010) and splm: the same with area effects alone, but W of a demeaned y is not demeaned unless the
/// columns of W add up to 1 too.
enum class LagOrder { before_effects, after_effects };
enum class DurbinTerms { none, all };

/// y, W y, X and W X with area and period effects partialled out; rows are areas within periods (t n + i).
struct SarDesign {
  LagOrder order = LagOrder::before_effects;
  Eigen::Index areas = 0, periods = 1;
  Eigen::Index regressors = 0;        ///< columns of x
  Eigen::VectorXd y, wy;              ///< n T
  double y_left = 0.0, y_norm = 0.0;  ///< sum of squares of y about its mean, and its norm before effects
  Eigen::MatrixXd x;   ///< n T x k: "(Intercept)" first where no effect absorbs it, covariates, Durbin terms
  Eigen::MatrixXd wx;  ///< W x, n T x k
  std::vector<std::string> names;       ///< of x; "lag_x:NAME" are Durbin terms
  std::vector<std::string> covariates;  ///< names of those with an impact, in order
  std::vector<Eigen::Index> own;        ///< covariate -> its column of x
  std::vector<Eigen::Index>
      durbin;  ///< covariate -> column of its W x, -1: left out; empty without Durbin terms
  /// Means taken off the columns of x beside a constant (times W 1 off those of wx), so that a regressor far
  /// from zero loses no digits: the constant of x as it was is this one less means'b. Empty: no constant.
  Eigen::VectorXd means;
  std::vector<std::string> notes;  ///< Durbin terms that are left out, and why
  double kept_share = 1.0;  ///< (T - 1) / T with area effects: what their removal leaves of the variance

  Eigen::Index observations() const { return areas * periods; }
};

/// @throws InputError      fewer observations than coefficients
/// @throws NumericalError  a covariate that is a combination of the ones before it, by name; Durbin terms
/// that
///                         are one are left out
SarDesign sar_design(const SarData& data, DurbinTerms durbin, LagOrder order, Parallelism parallelism);

/// Take the effects off an n x T variable: area means and means of each group and period.
void remove_effects(const SarData& data, Eigen::Ref<Eigen::MatrixXd> value);

}  // namespace spillway
