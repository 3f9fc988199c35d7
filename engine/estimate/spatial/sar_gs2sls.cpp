#include "engine/estimate/spatial/sar_gs2sls.hpp"

#include <fmt/format.h>

#include <cmath>

#include "engine/base/distributions.hpp"
#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"

namespace spillway {

namespace {

/// X and the spatial lags of its covariates that add something to it, effects taken off.
Eigen::MatrixXd instruments(const SarData& data, const SarDesign& design, int lags,
                            const FitContext& context) {
  const Eigen::Index n = design.areas, periods = design.periods, rows = n * periods, k = design.regressors;
  const int first = design.durbin.empty() ? 1 : 2, last = first + lags - 1;
  const auto wanted = static_cast<Eigen::Index>(data.x.size()) * lags;
  const bool constant = k > 0 && design.names[0] == "(Intercept)";
  Eigen::MatrixXd h(rows, k + wanted);
  Eigen::VectorXd size(k + wanted);
  h.leftCols(k) = design.x;
  for (Eigen::Index j = 0; j < k; ++j) size(j) = column_size(design.x.col(j));
  std::vector<Eigen::MatrixXd> power = data.x;
  Eigen::Index column = k;
  for (int order = 1; order <= last; ++order)
    for (auto& x : power) {
      x = spatial_lag(data.weights, x, context.parallelism);
      if (order < first) continue;
      size(column) = column_size(Eigen::Map<const Eigen::VectorXd>(x.data(), rows));
      Eigen::MatrixXd tilde = x;
      remove_effects(data, tilde);
      h.col(column++) = Eigen::Map<const Eigen::VectorXd>(tilde.data(), rows);
    }
  Eigen::MatrixXd centred = h;
  if (constant)
    for (Eigen::Index j = 1; j < h.cols(); ++j) centred.col(j).array() -= centred.col(j).mean();
  const auto kept = independent_columns(centred.transpose() * centred, size).kept;
  return centred(Eigen::all, kept);
}

/// Sum over clusters of (sum of scores)(.)'; each row its own cluster where `cluster` is empty.
Eigen::MatrixXd score_squares(const Eigen::MatrixXd& scores, const std::vector<std::int32_t>& cluster,
                              Eigen::Index clusters) {
  if (cluster.empty()) return scores.transpose() * scores;
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(clusters, scores.cols());
  for (Eigen::Index row = 0; row < scores.rows(); ++row)
    sums.row(cluster[static_cast<std::size_t>(row) % cluster.size()]) += scores.row(row);
  return sums.transpose() * sums;
}

}  // namespace

SarTwoStage spatial_two_stage(const SarData& data, const SarDesign& design, int lags,
                              const CovarianceConfig& covariance, const FitContext& context) {
  if (data.x.empty())
    throw InputError(fmt::format(
        "model '{}': gs2sls instruments W y by W x, and there is no covariate (name some, or use qml)",
        data.model));
  const CovarianceKind kind = covariance.kind;
  if (kind != CovarianceKind::iid && kind != CovarianceKind::hc0 && kind != CovarianceKind::hc1 &&
      kind != CovarianceKind::cluster)
    throw InputError(
        fmt::format("model '{}': covariance kind '{}' is not offered for gs2sls (iid, hc0, hc1 or cluster)",
                    data.model, name_of(kind)));
  const Eigen::Index rows = design.observations(), k = design.regressors + 1;
  const Eigen::MatrixXd h = instruments(data, design, lags, context);
  SarTwoStage fit;
  fit.instruments = h.cols() - design.regressors;
  if (fit.instruments == 0)
    throw NumericalError(
        fmt::format("model '{}': no spatial lag of the covariates adds anything to them, so rho is not "
                    "identified by gs2sls",
                    data.model));
  // Beside a constant both sides are what they are about their means; it takes them back below.
  const bool constant = design.means.size() > 0;
  const double y_mean = constant ? design.y.mean() : 0.0, wy_mean = constant ? design.wy.mean() : 0.0;
  const Eigen::VectorXd y = design.y.array() - y_mean, wy = design.wy.array() - wy_mean;
  const Eigen::LDLT<Eigen::MatrixXd> xx(design.x.transpose() * design.x);
  const double without = (wy - design.x * xx.solve(design.x.transpose() * wy)).squaredNorm();
  if (std::sqrt(without) <= 1e-12 * wy.norm() || std::sqrt(without) <= 1e-13 * design.wy.norm())
    throw NumericalError(
        fmt::format("model '{}': the regressors explain the neighbours' '{}' too, so rho is not identified",
                    data.model, data.outcome));
  Eigen::MatrixXd z(rows, k);
  z << wy, design.x;
  const Eigen::LDLT<Eigen::MatrixXd> hh(h.transpose() * h);
  const Eigen::MatrixXd z_hat = h * hh.solve(h.transpose() * z);
  const Eigen::LDLT<Eigen::MatrixXd> cross(z_hat.transpose() * z_hat);
  const Eigen::VectorXd theta = cross.solve(z_hat.transpose() * y);
  fit.rho = theta[0];
  fit.beta = theta.tail(k - 1);
  fit.residual = y - z * theta;
  const Eigen::MatrixXd bread = cross.solve(Eigen::MatrixXd::Identity(k, k));
  const double count = static_cast<double>(rows),
               kept = covariance.small_sample == SmallSample::stata ? 1.0 : design.kept_share,
               freed = count * kept - static_cast<double>(k);
  const double squares = fit.residual.squaredNorm();
  fit.exact = fits_exactly(std::sqrt(squares), std::sqrt(design.y_left), design.y_norm);
  const bool small = covariance.small_sample != SmallSample::none;
  fit.sigma2 = squares / (small ? freed : count);
  if (kind == CovarianceKind::iid) {
    fit.covariance = fit.sigma2 * bread;
    fit.covariance_words =
        small ? kept < 1.0 ? "iid, sigma2 = e'e/(n (T - 1) - k)" : "iid, sigma2 = e'e/(N - k)"
              : "iid, sigma2 = e'e/N";
  } else {
    const Eigen::MatrixXd scores = fit.residual.asDiagonal() * z_hat;
    std::vector<std::int32_t> cluster;
    Eigen::Index clusters = 0;
    double factor = kind == CovarianceKind::hc1 ? count / freed : 1.0;
    fit.covariance_words = name_of(kind);
    if (kind == CovarianceKind::cluster) {
      if (context.by.size() != 1)
        throw InputError(
            fmt::format("model '{}': covariance kind cluster needs one column of clusters", data.model));
      std::vector<std::int32_t> number(context.by[0].names.size(), -1);
      for (const int area : data.area) {
        const auto of = context.by[0].of_area[static_cast<std::size_t>(area)];
        if (of < 0)
          throw InputError(
              fmt::format("model '{}': an area has no value of '{}'", data.model, context.by[0].column));
        auto& known = number[static_cast<std::size_t>(of)];
        if (known < 0) known = static_cast<std::int32_t>(clusters++);
        cluster.push_back(known);
      }
      if (clusters < 2)
        throw InputError(fmt::format("model '{}': '{}' makes {} cluster (needs at least 2)", data.model,
                                     context.by[0].column, clusters));
      const double g = static_cast<double>(clusters);
      if (small) factor = g / (g - 1.0) * (count - 1.0) / (count - static_cast<double>(k));
      fit.clusters = static_cast<long>(clusters);
      fit.covariance_words = fmt::format("cluster by {} ({}), {}", context.by[0].column, clusters,
                                         small ? "CR1 = G/(G-1) (N-1)/(N-k)" : "CR0");
    }
    fit.covariance = factor * bread * score_squares(scores, cluster, clusters) * bread;
    const Eigen::MatrixXd of_rows = (bread * z_hat.transpose()).cwiseAbs2();
    if (cluster.empty()) {
      fit.support = {effective_clusters(of_rows), "rows", count};
    } else {
      Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(k, clusters);
      for (Eigen::Index row = 0; row < rows; ++row)
        sums.col(cluster[static_cast<std::size_t>(row) % cluster.size()]) += of_rows.col(row);
      fit.support = {effective_clusters(sums), context.by[0].column, static_cast<double>(clusters)};
    }
  }
  if (constant) {  // the constant of W y and y as they are: less their means
    fit.beta[0] += y_mean - fit.rho * wy_mean;
    Eigen::MatrixXd back = Eigen::MatrixXd::Identity(k, k);
    back(1, 0) = -wy_mean;
    fit.covariance = back * fit.covariance * back.transpose();
  }

  // Strength and validity of the excluded instruments, both in their iid form.
  const double with = (wy - z_hat.col(0)).squaredNorm();
  const double l1 = static_cast<double>(fit.instruments),
               left = count * design.kept_share - static_cast<double>(h.cols());
  if (left > 0.0 && with > 0.0) {
    const double f = (without - with) / l1 / (with / left);
    fit.diagnostics.push_back(
        {"first_stage_f", f, f_upper(f, l1, left),
         fmt::format("F({:.0f}, {:.0f}) that the {} spatial lags of the covariates do not move W y, iid", l1,
                     left, fit.instruments)});
  }
  if (fit.instruments > 1 && fit.exact) {
    fit.diagnostics.push_back(no_test("sargan_j", kExactFit));
  } else if (fit.instruments > 1) {
    const Eigen::VectorXd moment = h.transpose() * fit.residual;
    const double j = moment.dot(hh.solve(moment)) / (squares / count);
    fit.diagnostics.push_back(
        {"sargan_j", j, chi_squared_upper(j, l1 - 1.0),
         fmt::format(
             "e'H(H'H)^-1 H'e / (e'e/N) ~ chi2({:.0f}): the spatial lags are valid instruments (Sargan 1958)",
             l1 - 1.0)});
  }
  return fit;
}

}  // namespace spillway
