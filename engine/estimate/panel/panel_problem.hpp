// What the estimators of one panel model share: cut once, used by each.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/estimate/panel/panel_bootstrap.hpp"
#include "engine/estimate/panel/panel_covariance.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "engine/estimate/panel/within.hpp"

namespace spillway {

/// One specification transformed and fitted by least squares.
struct PanelBase {
  PanelSpecification specification;
  TransformedPanel panel;
  LeastSquares least_squares;
};

class PanelProblem {
 public:
  PanelProblem(const PanelData& data, const PanelModel& model, const FitContext& context);

  const PanelData& data;
  const PanelModel& model;
  const FitContext& context;
  PanelVariables variables;
  Eigen::Index periods = 0;         ///< T
  std::vector<std::int32_t> joint;  ///< row -> joint cluster
  Eigen::Index joint_clusters = 0;  ///< 0: no joint clusters, nothing is replicated

  /// The specification that the configuration asks for.
  PanelSpecification specification() const;
  /// Full panel under a specification; the last ones are kept.
  std::shared_ptr<const PanelBase> base(const PanelSpecification& specification);
  /// Part of the panel: regression periods [first, first + count).
  PanelBase part(const PanelSpecification& specification, Eigen::Index first, Eigen::Index count) const;
  /// Each type's lag against the reference type's ("other", else the type of most areas).
  std::vector<std::pair<int, int>> contrasts(const TransformedPanel& panel) const;
  /// An estimate with names, counts and outcome filled in.
  Estimate blank(Estimator estimator, const TransformedPanel& panel) const;
  /// "area and period effects", for the echo line.
  std::string effects(const TransformedPanel& panel) const;
  std::string echo(const std::string& what, const TransformedPanel& panel,
                   const std::string& covariance) const;

 private:
  std::vector<std::shared_ptr<const PanelBase>> bases_;
};

/// The type that others are compared with: "other", else the type of most areas.
int reference_type(const PanelData& data);

/// Covariance by the model's choice, put into `estimate` (covariance, clusters, normal interval, echo);
/// coefficients on centred regressors become raw ones.
void finish_with_covariance(const PanelProblem& problem, const PanelScores& scores, const std::string& what,
                            const std::function<Eigen::MatrixXd(const Clusters&)>& leave_one_out,
                            Estimate& estimate);

/// The same for estimators that give the influence of each cell on the estimate, [(t n + i) p]; cr3 is
/// refused.
/// @param iid_shape  covariance under iid errors of variance one
void finish_with_influence(const PanelProblem& problem, const TransformedPanel& panel,
                           const std::vector<double>& influence, const std::vector<double>& residual,
                           const Eigen::MatrixXd& iid_shape, const std::string& what, Estimate& estimate);

/// Fill low and high with estimate +- z standard errors.
void normal_interval(Estimate& estimate);

/// as_published, within, within_no_own_lag, pooled: least squares on the transformed panel.
Fit fit_within(PanelProblem& problem, Estimator estimator, const PanelSpecification& specification);
Fit fit_corrected_score(PanelProblem& problem, Estimator estimator, const PanelSpecification& specification);
Fit fit_half_panel_jackknife(PanelProblem& problem, const PanelSpecification& specification);
Fit fit_double_filter_iv(PanelProblem& problem, const PanelSpecification& specification);
Fit fit_arellano_bond(PanelProblem& problem, const PanelSpecification& specification);
Fit fit_analytical(PanelProblem& problem, const PanelSpecification& specification);

}  // namespace spillway
