#include "engine/estimate/iv/iv_tests.hpp"

#include <fmt/format.h>

#include "engine/base/constants.hpp"
#include "engine/base/distributions.hpp"
#include "engine/estimate/iv/iv_estimators.hpp"

namespace spillway {

namespace {

/// min over beta of (a - B beta)' S^-1 (a - B beta); NaN where S is singular.
double least_objective(const Eigen::VectorXd& a, const Eigen::MatrixXd& b, const Eigen::MatrixXd& s) {
  Eigen::MatrixXd right(a.size(), 1 + b.cols());
  right << a, b;
  const SymmetricSolve solved = solve_symmetric(s, right);
  if (solved.status == SymmetricSolve::Status::singular) return nan;
  const Eigen::VectorXd wa = solved.value.col(0);
  const Eigen::MatrixXd wb = solved.value.rightCols(b.cols());
  const Eigen::VectorXd ba = b.transpose() * wa;
  return a.dot(wa) - ba.dot((b.transpose() * wb).ldlt().solve(ba));
}

}  // namespace

std::vector<Diagnostic> specification_tests(const IvDesign& design, const MomentCovariance& moments,
                                            const ReducedForm& form, const Eigen::VectorXd& two_stage,
                                            IvFindings& found) {
  std::vector<Diagnostic> all;
  const Eigen::Index l = design.instruments, k = design.endogenous;
  const std::string few = " (not computed: the moments' covariance is singular, fewer clusters than moments)";

  const std::string j_rule =
      moments.config().kind == CovarianceKind::iid
          ? "Sargan: objective at 2SLS, u'u/N variance"
          : "two-step efficient GMM objective, moments weighted by 2SLS residuals, no small-sample factor";
  if (l > k) {
    const double j = least_objective(form.y_on_z, form.s_on_z,
                                     moments.meat(form.z, design.y - design.s * two_stage).value);
    found.hansen_j = computed(j, chi_squared_upper(j, static_cast<double>(l - k)));
    all.push_back({"hansen_j", j, chi_squared_upper(j, static_cast<double>(l - k)),
                   fmt::format("{}, chi-squared({}) (ivreg2){}", j_rule, l - k, std::isnan(j) ? few : "")});
  } else {
    all.push_back({"hansen_j", nan, nan, "just identified: there is nothing to test"});
  }

  // C: the efficient model adds s to the instruments, so its first step is OLS. Both objectives use its
  // moments.
  const Eigen::VectorXd ols = design.ss.ldlt().solve(design.sy);
  const Eigen::LLT<Eigen::MatrixXd> root(design.ss);
  Eigen::MatrixXd instruments(design.rows, l + k), on_s(l + k, k);
  instruments << form.z, root.matrixL().solve(design.s.transpose()).transpose();
  Eigen::VectorXd on_y(l + k);
  on_y << form.y_on_z, root.matrixL().solve(design.sy);
  on_s << form.s_on_z, Eigen::MatrixXd(root.matrixL().solve(design.ss));
  const Eigen::MatrixXd s = moments.meat(instruments, design.y - design.s * ols).value;
  const double c =
      least_objective(on_y, on_s, s) - least_objective(form.y_on_z, form.s_on_z, s.topLeftCorner(l, l));
  all.push_back({"endogeneity_c", c, chi_squared_upper(c, static_cast<double>(k)),
                 fmt::format("difference of two J statistics on the moments of the model with exogenous "
                             "regressors, chi-squared({}) (ivreg2 endog()){}",
                             k, std::isnan(c) ? few : "")});

  // Control function: y on s and the first-stage residuals v; the test is that v's coefficients are 0.
  const Eigen::MatrixXd v = form.residuals.rightCols(k);
  Eigen::MatrixXd x(design.rows, 2 * k);
  x << design.s, v;
  const Eigen::MatrixXd xx = x.transpose() * x;
  const SymmetricSolve inverse = solve_symmetric(xx, Eigen::MatrixXd::Identity(2 * k, 2 * k));
  double f = nan;
  const double parameters = design.parameters() + static_cast<double>(k);
  const double df2 = moments.residual_df(parameters);
  if (inverse.status == SymmetricSolve::Status::fine) {
    const Eigen::VectorXd b = inverse.value * (x.transpose() * design.y);
    const Eigen::MatrixXd variance =
        moments.small_sample_factor(parameters) *
        (inverse.value * moments.meat(x, design.y - x * b).value * inverse.value);
    const SymmetricSolve wald = solve_symmetric(variance.bottomRightCorner(k, k), b.tail(k));
    if (wald.status == SymmetricSolve::Status::fine)
      f = b.tail(k).dot(wald.value.col(0)) / static_cast<double>(k);
  }
  found.durbin_wu_hausman = computed(f, f_upper(f, static_cast<double>(k), df2));
  all.push_back({"durbin_wu_hausman", f, f_upper(f, static_cast<double>(k), df2),
                 fmt::format("robust control-function form: F({}, {:g}) of the first-stage residuals added "
                             "to OLS, under this model's covariance{}",
                             k, df2, std::isnan(f) ? " (not computed: singular)" : "")});
  return all;
}

}  // namespace spillway
