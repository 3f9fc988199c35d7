// Model B's cross-section made ready: weighted, effects absorbed, controls partialled out, collinear columns
// dropped.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/estimate/model_data.hpp"

namespace spillway {

/// y, s, z with controls partialled out (Frisch, Waugh & Lovell), and what leads back to raw coefficients.
///
/// Every column is centred (or its effects absorbed), then multiplied by the root of its analytic weight,
/// whose sum is scaled to the number of rows (as Stata's aweights). Controls w are centred too; the constant
/// is their last column, orthogonal to the others.
struct IvDesign {
  Eigen::Index rows = 0, endogenous = 0, instruments = 0,
               controls = 0;       ///< n, k, l, p (p counts the constant)
  double effects = 0.0;            ///< degrees of freedom that absorbed effects use
  Eigen::VectorXd root_weight;     ///< n; ones without weights
  Eigen::VectorXd y;               ///< n, residual on w
  Eigen::MatrixXd s, z, w;         ///< n x k, n x l residuals on w; n x p
  Eigen::VectorXd y_on_w;          ///< p: coefficients of the centred y on w
  Eigen::MatrixXd s_on_w, z_on_w;  ///< p x k, p x l
  Eigen::MatrixXd w_inverse;       ///< (w'w)^-1
  Eigen::MatrixXd zz, zs, ss;      ///< cross-products of the residuals
  Eigen::VectorXd zy, sy;
  double yy = 0.0;
  double y_norm = 0.0;             ///< of y times the root weight, before anything is taken out
  Eigen::VectorXd s_size, z_size;  ///< column_size() of each before anything is taken out
  double y_mean = 0.0;             ///< weighted means taken out; 0 where effects are absorbed
  Eigen::VectorXd s_mean, w_mean;  ///< w_mean without the constant's
  enum class Constant { present, absorbed } constant = Constant::present;
  std::vector<std::string> endogenous_names, instrument_names;
  std::vector<std::string> control_names;  ///< kept ones in order; "(Intercept)" last where present
  std::vector<std::string> notes;          ///< dropped columns, by name and why

  Eigen::Index coefficients() const { return endogenous + controls; }
  double parameters() const { return static_cast<double>(coefficients()) + effects; }               ///< K
  double all_instruments() const { return static_cast<double>(instruments + controls) + effects; }  ///< L
  std::vector<std::string> names() const;  ///< endogenous, controls, "(Intercept)"

  /// Raw coefficients from those on the centred columns: value = map * centred + offset of the intercept.
  Eigen::MatrixXd raw_map() const;
  /// Raw coefficients of beta (k) and the controls' coefficients on the centred columns (p).
  Eigen::VectorXd raw(const Eigen::VectorXd& beta, const Eigen::VectorXd& gamma) const;
};

/// @throws NumericalError  an endogenous regressor is a combination of the controls or of another (named);
/// no more rows than parameters
IvDesign iv_design(const CrossSection& data);

/// @throws NumericalError  fewer instruments with variation than endogenous regressors
void check_identified(const CrossSection& data, const IvDesign& design);

}  // namespace spillway
