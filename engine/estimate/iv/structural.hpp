// Model B in its structural form: social infrastructure stands in the growth equation, and neighbours share
// in what it does.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/iv/spread_expansion.hpp"
#include "engine/estimate/iv/structural_forms.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

/// What the structural form reads beside model B's rows.
struct StructuralData {
  CrossSection rows;  ///< model B's cell as it stands
  /// Over all areas, for (I - A)^-1 reaches through areas that model B leaves out: the regressor and each
  /// instrument; a missing value stands at the column's mean.
  Eigen::VectorXd regressor;
  Eigen::MatrixXd instruments;
  Eigen::VectorXd outcome;     ///< for the spatial lag of y
  Eigen::MatrixXd controls;    ///< likewise, for its instruments
  long filled = 0;             ///< areas with a value that was filled
  double window_years = 10.0;  ///< of the outcome
  double period_years = 1.0;   ///< of a period of A
};

/// @throws InputError  more than one endogenous regressor; a column that holds texts
StructuralData structural_data(const IvModel& model, const std::vector<std::string>& endogenous,
                               const std::vector<std::string>& instruments, const DataPack& pack,
                               double period_years);

/// Terms of (I - A)^-1 over all areas: of the regressor to kRegressorOrder, of each instrument to
/// kInstrumentOrder.
struct StructuralTerms {
  Eigen::MatrixXd regressor;
  std::vector<Eigen::MatrixXd> instruments;
};
StructuralTerms structural_terms(const StructuralData& data, const SpreadExpansion& spread);

/// Fit
///
///     y_i n / w = b [(I - A)^-1 s]_i + controls ,   instruments z and (I - A)^-1 (z - mean)
///
/// by 2SLS ("structural"), or by OLS where `ols` ("structural_ols"): growth a period on the left, w years of
/// window and n years a period, so b is growth a period per unit of s before neighbours share in it. Its own
/// interval holds A at the point of `spread`. Its Resampled needs the spread of each replicate: there s's
/// response is expanded to second order and the instruments' to first.
/// @throws NumericalError  as fit_instrumental
Fit fit_structural(const StructuralData& data, const StructuralTerms& terms, const IvModel& model,
                   const FitContext& context, const SpreadExpansion& spread, bool ols);
Fit fit_structural(const StructuralData& data, const IvModel& model, const FitContext& context,
                   const SpreadExpansion& spread, bool ols);

/// A cell of model B whose structural form is wanted for its draws alone.
struct StructuralCell {
  const StructuralData* data;
  const StructuralTerms* terms;
  bool ols = false;
};

struct DrawnForm {
  std::shared_ptr<const StructuralResampled> resampled;  ///< all of the same StructuralForms; null: why_not
  std::string why_not;
};
/// Structural forms of cells with the same rows and controls, as fit_structural replicates each of them but
/// without its tests and intervals; one a cell.
std::vector<DrawnForm> structural_forms(const std::vector<StructuralCell>& cells, const Clusters& joint,
                                        const SpreadExpansion& spread, Parallelism parallelism);

/// Replicates of fit_structural as its Resampled evaluates them, and with them what the instruments say of y
/// and of the regressor, each under the A of its own replicate.
/// @param reduced  set to 2 l x count: coefficients on the l instruments in the reduced form of y, then of
///                 (I - A)^-1 s; NaN where the replicate failed
void evaluate_structural(const Resampled& resampled, ReplicateBlock& block, Eigen::MatrixXd& reduced);
/// Rows of `reduced`: 2 l.
Eigen::Index structural_moments(const Resampled& resampled);

/// Replace the Anderson-Rubin and CLR sets of a structural estimate, which take A as known, by those whose
/// covariance is that of the reduced forms over replicates, A's own uncertainty and its covariance with the
/// moments included (what Murphy & Topel 1985 add in closed form): AR(b) = g'V(b)^-1 g / l with g = y's
/// coefficients less b times the regressor's, against F(l, clusters - 1).
///
/// @param reduced  of all replicates, as evaluate_structural
/// @return         whether there were enough of them (ten a moment)
bool widen_weak_robust_sets(Fit& structural, const Eigen::MatrixXd& reduced, Eigen::Index clusters);

/// SLX: y on s and W s, instruments z and W z, over the window ("slx"); coefficients s and "W s".
/// @throws NumericalError  as fit_instrumental
Fit fit_slx(const StructuralData& data, const IvModel& model, const FitContext& context,
            const SpatialWeights& weights);

/// Is the structural form enough? y n / w on (I - A)^-1 s and W s, instruments z, (I - A)^-1 (z - mean) and
/// W z ("structural_lag"): the coefficient of W s is 0 if neighbours share in nothing beyond A.
/// @throws NumericalError  as fit_instrumental
Fit fit_structural_lag(const StructuralData& data, const StructuralTerms& terms, const IvModel& model,
                       const FitContext& context, const SpatialWeights& weights);

/// Spatial-lag IV: y on s and W y, instruments z, W z and W of the controls ("spatial_lag_iv"; Kelejian &
/// Prucha 1998 with an endogenous regressor). At rest the coefficient of W y is about rho / (1 - phi).
/// @throws NumericalError  as fit_instrumental
Fit fit_spatial_lag_iv(const StructuralData& data, const IvModel& model, const FitContext& context,
                       const SpatialWeights& weights);

/// The coefficient that SLX has on W s in a world where the structural form holds with this b (growth a
/// period).
double implied_theta(const StructuralData& data, const StructuralTerms& terms, const IvModel& model,
                     const SpatialWeights& weights, double b);

}  // namespace spillway
