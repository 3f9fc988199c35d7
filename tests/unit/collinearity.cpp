// What counts as nothing left of a column, in every estimator, whatever the units.
#include "engine/estimate/collinearity.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/covariance/cluster_support.hpp"
#include "engine/estimate/near_fit.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "tests/support/panel_world.hpp"
#include "tests/support/sar_cases.hpp"

using namespace spillway;

TEST_CASE("a column is dropped where others explain it, with the set, and kept where it is merely small") {
  Eigen::MatrixXd x(6, 5);
  x.col(0) << 1, -1, 2, -2, 3, -3;
  x.col(1) << 1, 1, -2, -2, 1, 1;
  x.col(2) = 1e8 * (x.col(0) - 0.5 * x.col(1));
  x.col(3).setConstant(1e-9);                     // what is left of a column of size 1
  x.col(4) << 1e-9, 2e-9, 0, -1e-9, -2e-9, 1e-9;  // as small, and that is its own size
  Eigen::VectorXd size(5);
  for (int j = 0; j < 5; ++j) size(j) = x.col(j).norm();
  size(3) = 1.0;
  const IndependentColumns found = independent_columns(x.transpose() * x, size);
  CHECK(found.kept == std::vector<Eigen::Index>{0, 1, 4});
  REQUIRE(found.dropped.size() == 2);
  CHECK(found.dropped[0].column == 2);
  CHECK(found.dropped[0].others == std::vector<Eigen::Index>{0, 1});
  CHECK(found.dropped[1].column == 3);
  CHECK(found.dropped[1].others.empty());
  const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
  CHECK(describe_dependence(found.dropped[0], names, "covariate", "area effects") ==
        "covariates 'a', 'b' and 'c' are collinear beside area effects");
  CHECK(describe_dependence(found.dropped[1], names, "covariate", "area effects") ==
        "covariate 'd' is explained by area effects");
}

TEST_CASE("digits lost to a large mean are not variation") {
  Eigen::VectorXd far(4);
  far << 1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3;
  CHECK(column_size(far) == doctest::Approx(2e3).epsilon(1e-3));  // a millionth of 2e9, not sqrt(5)
  CHECK(column_size(far) == doctest::Approx(column_size(4.0, far.sum(), far.squaredNorm())).epsilon(1e-6));
  far.array() -= 1e9;
  CHECK(column_size(far) == doctest::Approx(std::sqrt(5.0)));
}

TEST_CASE("units of outcome and covariate do not move a t value of a panel or a spatial autoregression") {
  const test::World world = test::make_world({.side = 12, .block = 3, .periods = 8});
  const PanelModel model =
      test::world_model({"within", "half_panel_jackknife", "corrected_score", "double_filter_iv"});
  const SarData sar = test::sar_world(test::lattice(9, 9), {});
  const SarModel spatial = test::sar_model({"qml", "gs2sls"});
  const auto t_values = [](const std::vector<Fit>& fits) {
    std::vector<double> t;
    for (const auto& fit : fits)
      for (Eigen::Index k = 0; k < fit.estimate.coefficients.size(); ++k)
        t.push_back(fit.estimate.coefficients(k) / fit.estimate.standard_error(k));
    return t;
  };
  const auto panel_t = t_values(fit_panel(world.data, model, world.context)),
             sar_t = t_values(fit_spatial_autoregression(sar, spatial, {}));
  for (const double unit : {1e-12, 1e-8, 1e8, 1e12}) {
    PanelData data = world.data;
    data.y *= unit;
    data.x[0] /= unit;
    const auto scaled = t_values(fit_panel(data, model, world.context));
    REQUIRE(scaled.size() == panel_t.size());
    for (std::size_t k = 0; k < scaled.size(); ++k)
      CHECK(scaled[k] == doctest::Approx(panel_t[k]).epsilon(1e-6));
    SarData other = sar;
    other.y *= unit;
    other.x[0] /= unit;
    const auto scaled_sar = t_values(fit_spatial_autoregression(other, spatial, {}));
    REQUIRE(scaled_sar.size() == sar_t.size());
    for (std::size_t k = 0; k < scaled_sar.size(); ++k)
      CHECK(scaled_sar[k] == doctest::Approx(sar_t[k]).epsilon(1e-6));
  }
}

TEST_CASE("one estimator that fails does not take the others with it, and its failure is named") {
  const test::World world = test::make_world({.side = 6, .block = 2, .periods = 6, .beta = 0.5});
  PanelData data = world.data;
  for (Eigen::Index t = 0; t < 3; ++t) data.x[0].col(t) = data.x[0].col(0);  // constant in the first half
  const PanelModel model = test::world_model({"within", "half_panel_jackknife"});
  const auto fits = fit_panel(data, model, world.context);
  REQUIRE(fits.size() == 3);
  CHECK(fits[1].estimate.coefficients.allFinite());
  CHECK(fits[1].estimate.find("x") >= 0);
  CHECK(fits[2].estimate.refused);
  CHECK(fits[2].estimate.names.empty());
  CHECK(fits[2].estimate.warnings ==
        std::vector<std::string>{"half_panel_jackknife failed: regressor 'x' is explained by area and period "
                                 "effects (leave it out)"});
}

TEST_CASE("an outcome that effects and covariates determine has an estimate and no test of rounding") {
  const test::World world = test::make_world({.side = 6, .block = 2, .periods = 6, .beta = 0.5});
  PanelData data = world.data;
  data.y = 3.0 * data.x[0];
  for (Eigen::Index i = 0; i < data.y.rows(); ++i) data.y.row(i).array() += 7.0 * static_cast<double>(i);
  PanelModel model = test::world_model({"within"});
  model.spatial_lag = SpatialLag::none;
  model.own_lag = false;
  for (const auto kind : {CovarianceKind::iid, CovarianceKind::hc1, CovarianceKind::cluster}) {
    model.covariance.kind = kind;
    const Estimate e = fit_panel(data, model, world.context)[1].estimate;
    CHECK(e.coefficients(0) == doctest::Approx(3.0).epsilon(1e-10));
    CHECK(std::isnan(e.standard_error(0)));
    CHECK(std::isnan(e.diagnostic("morans_i")));
    CHECK(e.warnings.front().rfind("the model fits without residual", 0) == 0);
  }
}

TEST_CASE("clusters that carry a coefficient are counted") {
  Eigen::MatrixXd squares(3, 4);
  squares << 1, 1, 1, 1, 5e-20, 0, 0, 0, 1e9, 1e9, 0, 0;
  CHECK(effective_clusters(squares) == Eigen::Vector3d(4.0, 1.0, 2.0));
}

TEST_CASE("the log-determinant over the whole admissible interval is that of the eigenvalues") {
  // A lattice, by its row sums and as given; a symmetric W of unequal weights.
  std::vector<SpatialWeights> all = {test::lattice(8, 7)};
  all.emplace_back(SpatialWeights::Matrix(test::lattice(8, 7).matrix())
                       .cwiseProduct(SpatialWeights::Matrix(test::lattice(8, 7).matrix().transpose())),
                   false);
  for (const auto& weights : all) {
    LogDeterminant::Settings wide;
    wide.reach = 0.9998;
    wide.span = LogDeterminant::Span::admissible;
    const LogDeterminant determinant(weights, wide, {});
    REQUIRE(determinant.structure().kind == SpatialStructure::Kind::reversible);
    const Eigen::VectorXd values =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(Eigen::MatrixXd(determinant.structure().matrix))
            .eigenvalues();
    CHECK(determinant.admissible().lower == doctest::Approx(1.0 / values.minCoeff()).epsilon(1e-9));
    CHECK(determinant.admissible().upper == doctest::Approx(1.0 / values.maxCoeff()).epsilon(1e-9));
    for (const double x : {-1.0, -0.95, -0.5, 0.0, 0.4, 0.9, 1.0}) {
      const double rho = determinant.at(x);
      CHECK(rho > determinant.admissible().lower);
      CHECK(rho < determinant.admissible().upper);
      const Eigen::ArrayXd left = 1.0 - rho * values.array(), slope = values.array() / left;
      const auto found = determinant.fast(rho);
      CHECK(found.value == doctest::Approx(left.log().sum()).epsilon(2e-6));
      CHECK(found.first == doctest::Approx(-slope.sum()).epsilon(1e-4));
      CHECK(found.second == doctest::Approx(-slope.square().sum()).epsilon(1e-3));
    }
  }
}

TEST_CASE("a maximum anywhere in the admissible interval is found, by both determinants") {
  const SpatialWeights weights = test::lattice(10, 10);
  for (const double rho : {-1.6, -1.2, -0.995, 0.6}) {
    test::SarWorld world;
    world.rho = rho;
    world.beta = {2.0, -1.0};
    const SarData data = test::sar_world(weights, world);
    const auto fits = fit_spatial_autoregression(data, test::sar_model({"qml", "qml_exact"}), {});
    for (const auto& fit : fits) {
      CHECK(std::abs(fit.estimate.coefficients(0) - rho) < 5.0 * fit.estimate.standard_error(0));
      CHECK(fit.estimate.find("impact_total:x1") > 0);
    }
    CHECK(fits[0].estimate.coefficients(0) ==
          doctest::Approx(fits[1].estimate.coefficients(0)).epsilon(1e-6));
  }
}

TEST_CASE("an outcome is called a copy where regressors make it up, not where effects leave its last digit") {
  const auto warnings = [](double squares, double largest) {
    Estimate estimate;
    estimate.outcome = "rate";
    tell_near_fit(squares, 1.0, largest, 0.1, estimate);
    return estimate.warnings.size();
  };
  CHECK(warnings(1e-7, 1.0) == 1);    // next to nothing is left
  CHECK(warnings(1e-3, 0.05) == 1);   // its last digit is left
  CHECK(warnings(0.999, 0.05) == 0);  // the regressors explain nothing of it
  CHECK(warnings(1e-3, 0.3) == 0);
}
