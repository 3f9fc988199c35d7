#include "engine/estimate/iv/iv_strength.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "engine/base/constants.hpp"
#include "engine/base/distributions.hpp"
#include "engine/estimate/iv/iv_estimators.hpp"

namespace spillway {

namespace {

/// d'V^-1 d, NaN where V is singular.
double quadratic(const Eigen::VectorXd& d, const Eigen::MatrixXd& v) {
  const SymmetricSolve solved = solve_symmetric(v, d);
  return solved.status == SymmetricSolve::Status::fine ? d.dot(solved.value.col(0)) : nan;
}

/// Kleibergen & Paap (2006) rk statistic for rank k - 1 of the l x k matrix theta of normalised coefficients
/// whose vec has covariance v. The test matrices A_perp, B_perp of the paper differ from these singular
/// vectors by orthogonal factors, which leave the statistic as it is.
double rank_statistic(const Eigen::MatrixXd& theta, const Eigen::MatrixXd& v) {
  const Eigen::Index l = theta.rows(), k = theta.cols();
  Eigen::JacobiSVD<Eigen::MatrixXd> svd(theta, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const Eigen::MatrixXd u = svd.matrixU().rightCols(l - k + 1);
  const Eigen::VectorXd b = svd.matrixV().col(k - 1);
  Eigen::MatrixXd map(l - k + 1, l * k);
  for (Eigen::Index j = 0; j < k; ++j) map.middleCols(j * l, l) = b(j) * u.transpose();
  return quadratic(u.transpose() * theta * b, map * v * map.transpose());
}

std::string covariance_word(const MomentCovariance& moments) {
  const CovarianceKind kind = moments.config().kind;
  if (kind == CovarianceKind::iid) return "iid";
  if (kind == CovarianceKind::cluster) return "cluster-robust";
  if (kind == CovarianceKind::two_way) return "two-way cluster-robust";
  return kind == CovarianceKind::conley ? "Conley" : "heteroskedasticity-robust";
}

}  // namespace

ReducedForm reduced_form(const IvDesign& design, const MomentCovariance& moments) {
  ReducedForm form;
  const Eigen::LLT<Eigen::MatrixXd> factor(design.zz);
  const auto lower = factor.matrixL();
  form.z = lower.solve(design.z.transpose()).transpose();
  form.y_on_z = lower.solve(design.zy);
  form.s_on_z = lower.solve(design.zs);
  Eigen::MatrixXd both(design.rows, 1 + design.endogenous), on_z(design.instruments, 1 + design.endogenous);
  both << design.y, design.s;
  on_z << form.y_on_z, form.s_on_z;
  form.residuals = both - form.z * on_z;
  form.covariance = moments.meat(form.z, form.residuals).value;
  return form;
}

double effective_f_critical(const Eigen::MatrixXd& covariance, double tau) {
  const double x = 1.0 / tau, trace = covariance.trace();
  const double squares = (covariance.transpose() * covariance).trace();
  const double largest = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(covariance, Eigen::EigenvaluesOnly)
                             .eigenvalues()
                             .tail(1)(0);
  const double degrees = trace * trace * (1.0 + 2.0 * x) / (squares + 2.0 * x * trace * largest);
  return non_central_chi_squared_quantile(0.95, degrees, x * degrees) / degrees;
}

std::vector<Diagnostic> strength_diagnostics(const IvDesign& design, const MomentCovariance& moments,
                                             const ReducedForm& form, IvFindings& found) {
  std::vector<Diagnostic> all;
  const Eigen::Index l = design.instruments, k = design.endogenous;
  const auto df1 = static_cast<double>(l);
  const double factor = moments.f_factor(design.all_instruments());
  const double df2 = moments.residual_df(design.all_instruments());
  const std::string robust = covariance_word(moments);
  const std::string f_rule =
      moments.clustered() ? "Wald/L1 * (N-L)/(N-1) * (G-1)/G (ivreg2)" : "Wald/L1 * (N-L)/N (ivreg2)";

  Eigen::VectorXd first(k), partial(k);
  for (Eigen::Index j = 0; j < k; ++j) {
    first(j) =
        quadratic(form.s_on_z.col(j), form.covariance.block((1 + j) * l, (1 + j) * l, l, l)) / df1 * factor;
    partial(j) = form.s_on_z.col(j).squaredNorm() / design.ss(j, j);
  }
  Eigen::Index weakest = 0;
  if (k > 1) first.minCoeff(&weakest);
  const auto f_definition = [&](Eigen::Index j) {
    return fmt::format("F of the excluded instruments in the first stage of {}, {}: {}",
                       design.endogenous_names[static_cast<std::size_t>(j)], robust, f_rule);
  };
  all.push_back({"first_stage_f", first(weakest), f_upper(first(weakest), df1, df2), f_definition(weakest)});
  all.push_back({"partial_r2",
                 partial(weakest),
                 {},
                 fmt::format("share of {} left by the controls that the instruments explain",
                             design.endogenous_names[static_cast<std::size_t>(weakest)])});
  if (k > 1) {
    const Eigen::MatrixXd explained = (form.s_on_z.transpose() * form.s_on_z).inverse(),
                          whole = design.ss.inverse();
    for (Eigen::Index j = 0; j < k; ++j) {
      const std::string& name = design.endogenous_names[static_cast<std::size_t>(j)];
      all.push_back({"first_stage_f:" + name, first(j), f_upper(first(j), df1, df2), f_definition(j)});
      all.push_back(
          {"partial_r2:" + name, partial(j), {}, "share left by the controls that the instruments explain"});
      all.push_back(
          {"shea_r2:" + name,
           whole(j, j) / explained(j, j),
           {},
           "Shea's (1997) partial R2: the other endogenous regressors' projections partialled out"});
      // s_j less what 2SLS makes of the other endogenous regressors: how far z moves s_j on its own.
      const Eigen::Index rest = l - k + 1;
      Eigen::MatrixXd others(l, k - 1), their_residuals(design.rows, k - 1);
      for (Eigen::Index other = 0, at = 0; other < k; ++other) {
        if (other == j) continue;
        others.col(at) = form.s_on_z.col(other);
        their_residuals.col(at++) = form.residuals.col(1 + other);
      }
      const Eigen::VectorXd on_others = others.colPivHouseholderQr().solve(form.s_on_z.col(j));
      const Eigen::VectorXd left = form.s_on_z.col(j) - others * on_others,
                            residual = form.residuals.col(1 + j) - their_residuals * on_others;
      const double conditional = rest > 0 ? quadratic(left, moments.meat(form.z, residual).value) /
                                                static_cast<double>(rest) * factor
                                          : std::numeric_limits<double>::quiet_NaN();
      if (const auto f = computed(conditional)) found.sanderson_windmeijer_f[name] = *f;
      all.push_back({"sanderson_windmeijer_f:" + name, conditional,
                     f_upper(conditional, static_cast<double>(rest), df2),
                     fmt::format("conditional F of the instruments in the first stage of {}, the other "
                                 "endogenous regressors taken off by 2SLS, {}, L1-k+1 degrees (Sanderson & "
                                 "Windmeijer 2016)",
                                 name, robust)});
    }
  }

  const double n = static_cast<double>(design.rows);
  const Eigen::MatrixXd vv = form.residuals.rightCols(k).transpose() * form.residuals.rightCols(k);
  Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> eigen(form.s_on_z.transpose() * form.s_on_z, vv,
                                                                  Eigen::EigenvaluesOnly);
  all.push_back(
      {"cragg_donald_f",
       eigen.eigenvalues()(0) * (n - design.all_instruments()) / df1,
       {},
       "(N-L)/L1 * least eigenvalue of (v'v)^-1 s'P_z s; assumes iid errors (Cragg & Donald 1993)"});

  // Normalise s so that s's = I: with several endogenous regressors the rk statistic depends on it
  // (ranktest's choice).
  const Eigen::LLT<Eigen::MatrixXd> root(design.ss);
  const auto normalise = [&](const Eigen::MatrixXd& columns) -> Eigen::MatrixXd {
    return root.matrixL().solve(columns.transpose()).transpose();
  };
  const Eigen::MatrixXd theta = normalise(form.s_on_z);
  // The same change of basis turns the reduced form's covariance into that of theta.
  const Eigen::MatrixXd turn = root.matrixL().solve(Eigen::MatrixXd::Identity(k, k));
  Eigen::MatrixXd turned(l * k, l * k);
  for (Eigen::Index a = 0; a < k; ++a)
    for (Eigen::Index b = 0; b < k; ++b) {
      Eigen::MatrixXd block = Eigen::MatrixXd::Zero(l, l);
      for (Eigen::Index c = 0; c < k; ++c)
        for (Eigen::Index d = 0; d < k; ++d)
          block += turn(a, c) * turn(b, d) * form.covariance.block((1 + c) * l, (1 + d) * l, l, l);
      turned.block(a * l, b * l, l, l) = block;
    }
  const double wald = rank_statistic(theta, turned);
  const double lm = rank_statistic(theta, moments.meat(form.z, normalise(design.s)).value);
  const double lm_p = chi_squared_upper(lm, static_cast<double>(l - k + 1));
  found.kleibergen_paap_f = computed(wald / df1 * factor);
  found.kleibergen_paap_lm = computed(lm, lm_p);
  all.push_back(
      {"kleibergen_paap_f",
       wald / df1 * factor,
       {},
       fmt::format(
           "rk Wald F for rank {}, {}: {} (Kleibergen & Paap 2006); compare with 10 or, iid only, Stock-Yogo",
           k - 1, robust, f_rule)});
  all.push_back(
      {"kleibergen_paap_lm", lm, lm_p,
       fmt::format("rk LM test that the rank is {}, {}, chi-squared({}); p above 0.05: not identified", k - 1,
                   robust, l - k + 1)});

  if (k == 1) {
    const Eigen::MatrixXd v = form.covariance.bottomRightCorner(l, l);
    const double effective = form.s_on_z.squaredNorm() / v.trace() * factor,
                 critical = effective_f_critical(v, 0.10);
    found.effective_f = computed(effective);
    found.effective_f_critical = computed(critical);
    all.push_back({"effective_f",
                   effective,
                   {},
                   fmt::format("s'P_z s / tr(robust variance), {}, same factor as the first-stage F (Montiel "
                               "Olea & Pflueger 2013)",
                               robust)});
    all.push_back({"effective_f_critical",
                   critical,
                   {},
                   "5 % critical value of the effective F for a worst-case bias of 10 % (Patnaik, simplified "
                   "conservative)"});
    // Stock & Yogo (2005), one endogenous regressor, 2SLS, by number of instruments from 1; they hold under
    // iid errors only.
    struct Size {
      int percent;
      std::array<double, 10> value;
    };  // 0: not sourced
    static constexpr Size sizes[] = {
        {10, {16.38, 19.93, 22.30, 24.58, 26.87, 29.18, 31.50, 33.84, 36.19, 38.54}},
        {15, {8.96, 11.59, 12.83, 13.96, 15.09, 16.23, 17.38, 18.54, 19.71, 20.88}},
        {20, {6.66, 8.75, 9.54, 10.26, 10.98, 11.72, 12.48, 13.24, 14.01, 14.78}},
        {25, {5.53, 7.25, 7.80}}};
    for (const auto& size : sizes)
      if (l <= 10 && size.value[static_cast<std::size_t>(l - 1)] > 0.0)
        all.push_back({fmt::format("stock_yogo_size_{}", size.percent),
                       size.value[static_cast<std::size_t>(l - 1)],
                       {},
                       fmt::format("Stock & Yogo (2005) critical value of the Cragg-Donald F, 2SLS, iid "
                                   "errors only: 5 % test of size at most {} %",
                                   size.percent)});
    if (l == 3)
      all.push_back({"stock_yogo_bias_5",
                     13.91,
                     {},
                     "Stock & Yogo (2005), 2SLS, iid errors only: bias at most 5 % of OLS's (10 %: 9.08; 20 "
                     "%: 6.46; 30 %: 5.39)"});
  }
  return all;
}

}  // namespace spillway
