#include "engine/estimate/spatial/sar_diagnostics.hpp"

#include <cmath>

#include "engine/base/distributions.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/covariance/cluster_support.hpp"

namespace spillway {

namespace {

Diagnostic chi_squared_one(const char* name, double value, const char* definition) {
  return {name, value, chi_squared_upper(value, 1.0), definition};
}

Diagnostic moran(const SarDesign& design, const SpatialWeights::Matrix& w, const Eigen::VectorXd& e,
                 double cross) {
  const double n = static_cast<double>(design.areas), p = static_cast<double>(design.regressors),
               total = w.sum();
  const Eigen::LDLT<Eigen::MatrixXd> xx(design.x.transpose() * design.x);
  // U = (W + W') / 2 has the same quadratic forms.
  const Eigen::MatrixXd ux = 0.5 * (design.wx + w.transpose() * design.x);
  const Eigen::MatrixXd a = xx.solve(design.x.transpose() * ux), b = xx.solve(ux.transpose() * ux);
  const double squares =
      w.squaredNorm() + w.cwiseProduct(SpatialWeights::Matrix(w.transpose())).sum();  // 2 tr U^2
  const double trace = -a.trace(),
               twice = squares - 4.0 * b.trace() + 2.0 * (a * a).trace();  // of MU, 2 (MU)^2
  const double scale = n / total, mean = scale * trace / (n - p);
  const double variance = scale * scale * (twice + trace * trace) / ((n - p) * (n - p + 2.0)) - mean * mean;
  const double value = scale * cross / e.squaredNorm(), z = (value - mean) / std::sqrt(variance);
  return {"moran_i", value, std::erfc(std::abs(z) / std::sqrt(2.0)),
          "Moran's I of the least-squares residuals; p two-sided from (I - E I)/sd (Cliff & Ord 1981)"};
}

}  // namespace

std::vector<Diagnostic> spatial_dependence_tests(const SarData& data, const SarDesign& design) {
  const auto& w = data.weights.matrix();
  const Eigen::LDLT<Eigen::MatrixXd> xx(design.x.transpose() * design.x);
  const Eigen::VectorXd b = xx.solve(design.x.transpose() * design.y), e = design.y - design.x * b;
  if (fits_exactly(e.norm(), std::sqrt(design.y_left), design.y_norm)) {
    std::vector<Diagnostic> none;
    for (const char* name : {"moran_i", "lm_error", "lm_lag", "lm_error_robust", "lm_lag_robust"})
      if (data.shape == SarData::Shape::cross_section || std::string(name) != "moran_i")
        none.push_back(no_test(name, kExactFit));
    return none;
  }
  const double sigma2 = e.squaredNorm() / static_cast<double>(design.observations());
  double cross = 0.0;  // e'We, period by period
  for (Eigen::Index t = 0; t < design.periods; ++t) {
    const auto part = e.segment(t * design.areas, design.areas);
    cross += part.dot(w * part);
  }
  const double traces =
      static_cast<double>(design.periods) *
      (w.squaredNorm() + w.cwiseProduct(SpatialWeights::Matrix(w.transpose())).sum());  // tr(W'W + W^2)
  const Eigen::VectorXd lag = design.wx * b;
  const double lag_squares = (lag - design.x * xx.solve(design.x.transpose() * lag)).squaredNorm();
  const double j = lag_squares / sigma2 + traces, by_error = cross / sigma2,
               by_lag = e.dot(design.wy) / sigma2;
  std::vector<Diagnostic> tests;
  if (data.shape == SarData::Shape::cross_section) tests.push_back(moran(design, w, e, cross));
  tests.push_back(
      chi_squared_one("lm_error", by_error * by_error / traces,
                      "(e'We/s2)^2 / tr(W'W + W^2) on least-squares residuals, chi2(1) (Burridge 1980)"));
  tests.push_back(chi_squared_one("lm_lag", by_lag * by_lag / j,
                                  "(e'Wy/s2)^2 / (|M W X b|^2/s2 + tr(W'W + W^2)), chi2(1) (Anselin 1988)"));
  const double error_only = by_error - traces / j * by_lag, lag_only = by_lag - by_error;
  // |M W X b|^2 = 0 leaves lag and error models indistinguishable.
  if (j > traces * (1.0 + 1e-12)) {
    tests.push_back(
        chi_squared_one("lm_error_robust", error_only * error_only / (traces * (1.0 - traces / j)),
                        "lm_error robust to a spatial lag, chi2(1) (Anselin, Bera, Florax & Yoon 1996)"));
    tests.push_back(chi_squared_one(
        "lm_lag_robust", lag_only * lag_only / (j - traces),
        "lm_lag robust to spatially correlated errors, chi2(1) (Anselin, Bera, Florax & Yoon 1996)"));
  }
  return tests;
}

}  // namespace spillway
