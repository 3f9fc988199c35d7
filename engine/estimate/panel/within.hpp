// The regressors of one panel specification, the within transform, and least squares on it.
#pragma once
#include <Eigen/Dense>
#include <memory>
#include <string>
#include <vector>

#include "engine/estimate/model_data.hpp"
#include "engine/estimate/panel/unbalanced.hpp"

namespace spillway {

/// Which regressors and effects a panel estimator uses.
struct PanelSpecification {
  enum class Lag { none, common, by_type };
  enum class AreaEffects { removed, absent };
  enum class PeriodEffects { none, common, by_group };
  Lag lag = Lag::by_type;
  int own_lags = 1;  ///< 0, 1 or 2: y_{t-1}, y_{t-2}
  enum class SecondLag { absent, present };
  SecondLag second_lag = SecondLag::absent;  ///< W y_{t-2} too, by type as `lag`
  AreaEffects area_effects = AreaEffects::removed;
  PeriodEffects period_effects = PeriodEffects::common;
};

/// Columns of a matrix that stands elsewhere.
using PanelView = Eigen::Map<const Eigen::MatrixXd>;

/// What every specification is cut from: spatial lags are computed once, and what is lagged in time is the
/// outcome's own columns, in the data.
struct PanelVariables {
  PanelView outcome;                ///< n x T
  Eigen::MatrixXd spatial_lag;      ///< n x T: W y_{t-1}; empty where the weights are
  Eigen::MatrixXd spatial_lag_2;    ///< n x T: W y_{t-2}; empty where there is one initial period
  std::vector<PanelView> previous;  ///< y_{t-1} and, where the data have it, y_{t-2}: n x T each
};

/// First columns of `data.y` that are not regression periods: as many as the longest lag has, none where
/// nothing is lagged.
int initial_periods(const PanelModel& model);

/// Positions of the covariates that areas' means, periods of the groups, or else a constant, and the
/// covariates before them do not explain, on the rows that are seen; the others get a note by name.
/// @param group  empty: no period effects
std::vector<std::size_t> identified_covariates(const PanelData& data, AreaMeans area,
                                               const std::vector<std::int32_t>& group,
                                               const std::string& beside, std::vector<std::string>& notes);

/// @param data  must outlive what is returned
PanelVariables panel_variables(const PanelData& data, int initial_periods, Parallelism parallelism);

/// X~ and y~ of one specification: area means and period (group) means removed.
///
/// tilde[(t n + i) (p + 1) + f] is regressor f of area i in period t; f = p is the outcome. A lag by type has
/// one column a type, zero for areas of other types before the transform.
struct TransformedPanel {
  Eigen::Index areas = 0, periods = 0;
  int lags = 0, own_lags = 0, second_lags = 0;  ///< columns: lags, own lags, second lags, the rest
  int dynamic() const { return lags + own_lags + second_lags; }
  PanelSpecification specification;
  std::vector<std::string>
      names;  ///< p regressors; "(Intercept)" first of the rest where no effect absorbs it
  std::vector<double> tilde;
  Eigen::VectorXd size;             ///< p + 1: column_size() of each column before the transform
  double outcome_norm = 0.0;        ///< of the outcome before the transform
  std::vector<std::int32_t> type;   ///< area -> column of its spatial lag
  std::vector<std::int32_t> group;  ///< area -> group of its period effects
  Eigen::Index groups = 0;          ///< 0: no period effects
  std::vector<std::string> group_names;
  std::vector<double>
      period_mean;  ///< [(group T + t)(p + 1) + f]: what the period effects took off; empty: none
  /// Where some cells are not seen: their rows are zero here, and effects were taken out by it. Null:
  /// balanced.
  std::shared_ptr<const UnbalancedEffects> unbalanced;
  /// Means taken off the regressors beside "(Intercept)"; empty: there is none. Without it, a column far from
  /// zero would lose its variation in cross-products with the constant.
  Eigen::VectorXd centre;

  /// Rows that take part: areas x periods, or the cells seen.
  Eigen::Index rows() const { return unbalanced ? unbalanced->rows() : areas * periods; }
  /// Periods with a row that takes part.
  Eigen::Index periods_seen() const { return unbalanced ? unbalanced->periods() : periods; }
  /// Raw coefficients from those of the centred regressors: p x p; empty: they are the same.
  Eigen::MatrixXd raw_map() const;
  int regressors() const { return static_cast<int>(names.size()); }
  int stride() const { return regressors() + 1; }
  const double* row(Eigen::Index t, Eigen::Index i) const {
    return tilde.data() + (t * areas + i) * stride();
  }
  /// Parameters that the effects use up: area effects and period (group) effects.
  Eigen::Index absorbed() const;
};

/// @param first, count  regression periods used: a half panel is a part of the full one
/// Cells that `data` does not see are zero in every column, before and after.
TransformedPanel transform(const PanelData& data, const PanelVariables& variables,
                           const PanelSpecification& specification, Eigen::Index first, Eigen::Index count,
                           Parallelism parallelism);

/// Least squares of y~ on X~.
struct LeastSquares {
  Eigen::MatrixXd cross;        ///< H = X~'X~, p x p
  Eigen::VectorXd target;       ///< b = X~'y~
  double outcome_square = 0.0;  ///< y~'y~
  Eigen::VectorXd coefficients;
};

/// @throws NumericalError  X~ has not full rank: each column that others explain is named with them
LeastSquares least_squares(const TransformedPanel& panel, Parallelism parallelism);

/// e = y~ - X~ theta; residual[t n + i].
std::vector<double> residuals(const TransformedPanel& panel, const Eigen::VectorXd& coefficients,
                              Parallelism parallelism);
/// As above, into storage that is kept from call to call.
void residuals(const TransformedPanel& panel, const Eigen::VectorXd& coefficients, Parallelism parallelism,
               std::vector<double>& e);

}  // namespace spillway
