// Model B against brute force: every shortcut is compared with the plain computation it replaces.
#include <doctest/doctest.h>

#include "engine/base/distributions.hpp"
#include "engine/base/error.hpp"
#include "engine/estimate/covariance/conley.hpp"
#include "engine/estimate/iv/iv_absorb.hpp"
#include "engine/estimate/iv/iv_estimators.hpp"
#include "engine/estimate/iv/iv_exclusion.hpp"
#include "engine/estimate/iv/iv_strength.hpp"
#include "engine/estimate/iv/iv_verdicts.hpp"
#include "engine/estimate/iv/iv_weak_robust.hpp"
#include "tests/support/iv_world.hpp"

using namespace spillway;

namespace {

/// Plain 2SLS on raw columns [s, w1, w2, 1].
Eigen::VectorXd plain_two_stage(const CrossSection& data) {
  const Eigen::Index n = data.y.size();
  Eigen::MatrixXd x(n, 4), z(n, 3 + data.instruments.cols());
  x << data.endogenous, data.controls, Eigen::VectorXd::Ones(n);
  z << data.instruments, data.controls, Eigen::VectorXd::Ones(n);
  const Eigen::MatrixXd fitted = z * z.colPivHouseholderQr().solve(x);
  return (fitted.transpose() * x).partialPivLu().solve(fitted.transpose() * data.y);
}

CrossSection repeated(const CrossSection& data, const std::vector<int>& times_of_row) {
  CrossSection more = data;
  more.area.clear();
  Eigen::Index n = 0;
  for (const int times : times_of_row) n += times;
  more.y.resize(n);
  more.endogenous.resize(n, data.endogenous.cols());
  more.instruments.resize(n, data.instruments.cols());
  more.controls.resize(n, data.controls.cols());
  Eigen::Index to = 0;
  for (Eigen::Index i = 0; i < data.y.size(); ++i)
    for (int copy = 0; copy < times_of_row[static_cast<std::size_t>(i)]; ++copy, ++to) {
      more.area.push_back(static_cast<int>(i));
      more.y(to) = data.y(i);
      more.endogenous.row(to) = data.endogenous.row(i);
      more.instruments.row(to) = data.instruments.row(i);
      more.controls.row(to) = data.controls.row(i);
    }
  return more;
}

}  // namespace

TEST_CASE("partialling out leaves the coefficients of plain 2SLS") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  const auto fits = fit_instrumental(data, test::model_of("cluster", {"2sls"}), test::context_of(world, 1));
  CHECK((fits[0].estimate.coefficients - plain_two_stage(data)).cwiseAbs().maxCoeff() < 1e-11);
  CHECK(fits[0].estimate.names == std::vector<std::string>{"s", "w1", "w2", "(Intercept)"});
}

TEST_CASE("a just-identified model has the same LIML and GMM as 2SLS, and no Hansen J") {
  test::IvWorld world;
  world.instruments = 1;
  const auto fits = fit_instrumental(test::cross_section_of(world),
                                     test::model_of("cluster", {"2sls", "liml", "gmm", "gmm_iterated"}),
                                     test::context_of(world, 1));
  for (std::size_t f = 1; f < fits.size(); ++f)
    CHECK((fits[f].estimate.coefficients - fits[0].estimate.coefficients).cwiseAbs().maxCoeff() < 1e-9);
  CHECK(std::isnan(fits[0].estimate.diagnostic("hansen_j")));
  const Estimate& two = fits[0].estimate;
  CHECK(two.diagnostic("effective_f") == doctest::Approx(two.diagnostic("kleibergen_paap_f")).epsilon(1e-10));
  CHECK(two.diagnostic("first_stage_f") ==
        doctest::Approx(two.diagnostic("kleibergen_paap_f")).epsilon(1e-10));
  // Montiel Olea & Pflueger (2013), table 1: 23.1 for one instrument and tau = 10 %.
  CHECK(two.diagnostic("effective_f_critical") == doctest::Approx(23.1085).epsilon(1e-5));
  // What the decision reads is what is printed.
  const auto& found = std::get<IvFindings>(two.findings);
  REQUIRE(found.effective_f);
  REQUIRE(found.effective_f_critical);
  CHECK(*found.effective_f == two.diagnostic("effective_f"));
  CHECK(*found.effective_f_critical == two.diagnostic("effective_f_critical"));
}

TEST_CASE("Fuller lies between LIML and OLS, and moves towards OLS with weak instruments") {
  test::IvWorld world;
  world.strength = 0.1;
  const auto fits =
      fit_instrumental(test::cross_section_of(world), test::model_of("hc1", {"ols", "liml", "fuller"}),
                       test::context_of(world, 0));
  const double ols = fits[0].estimate.coefficients(0), liml = fits[1].estimate.coefficients(0),
               fuller = fits[2].estimate.coefficients(0);
  CHECK(std::min(ols, liml) < fuller);
  CHECK(fuller < std::max(ols, liml));
}

TEST_CASE("replicates under cluster counts equal refits on repeated rows") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  const FitContext context = test::context_of(world, 1);
  const auto fits = fit_instrumental(data, test::model_of("cluster", {"ols", "2sls"}), context);
  Eigen::MatrixXd counts(world.clusters, 3);
  Stream stream(3, Purpose::cluster_counts, 0);
  for (Eigen::Index b = 0; b < counts.cols(); ++b)
    for (Eigen::Index g = 0; g < counts.rows(); ++g) counts(g, b) = static_cast<double>(stream.below(3));
  counts.col(2).setZero();
  for (const auto& fit : fits) {
    ReplicateBlock block;
    block.count = 3;
    block.weight = counts.data();
    block.clusters = world.clusters;
    fit.resampled->evaluate(block);
    CHECK(block.status[2] == 1);  // no rows at all: singular, and said so
    CHECK(std::isnan(block.t(0, 0)));
    for (Eigen::Index b = 0; b < 2; ++b) {
      std::vector<int> times;
      for (const int area : data.area)
        times.push_back(static_cast<int>(counts(context.joint.of_area[static_cast<std::size_t>(area)], b)));
      const CrossSection again = repeated(data, times);
      IvModel model = test::model_of("hc0", {fit.estimate.estimator});
      const auto refit = fit_instrumental(again, model, test::context_of(world, 0));
      CHECK((block.value.col(b) - refit[0].estimate.coefficients).cwiseAbs().maxCoeff() < 1e-10);
      CHECK(block.status[static_cast<std::size_t>(b)] == 0);
    }
  }
}

TEST_CASE("the cluster jackknife equals leaving clusters out one by one") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  const FitContext context = test::context_of(world, 1);
  IvModel model = test::model_of("cluster", {"2sls"});
  model.covariance.small_sample = SmallSample::cr3;
  const Estimate full = fit_instrumental(data, model, context)[0].estimate;
  Eigen::MatrixXd variance = Eigen::MatrixXd::Zero(4, 4);
  for (std::int32_t g = 0; g < world.clusters; ++g) {
    std::vector<int> times;
    for (const int area : data.area)
      times.push_back(context.joint.of_area[static_cast<std::size_t>(area)] != g);
    const Eigen::VectorXd move = plain_two_stage(repeated(data, times)) - full.coefficients;
    variance += move * move.transpose() * (static_cast<double>(world.clusters) - 1.0) /
                static_cast<double>(world.clusters);
  }
  CHECK((full.covariance - variance).cwiseAbs().maxCoeff() < 1e-10 * variance.cwiseAbs().maxCoeff());
}

TEST_CASE("two-way clusters are the sum of both ways less their intersection") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  FitContext context = test::context_of(world, 2);
  IvModel model = test::model_of("two_way", {"2sls"});
  model.covariance.small_sample = SmallSample::none;
  const Eigen::MatrixXd both = fit_instrumental(data, model, context)[0].estimate.covariance;
  Clusters cells = context.by[0];
  for (std::size_t i = 0; i < cells.of_area.size(); ++i)
    cells.of_area[i] = cells.of_area[i] * 100 + context.by[1].of_area[i];
  cells.names.assign(static_cast<std::size_t>(world.clusters * 100), "cell");
  model.covariance.kind = CovarianceKind::cluster;
  Eigen::MatrixXd expected = Eigen::MatrixXd::Zero(4, 4);
  for (const auto& [clusters, sign] :
       std::vector<std::pair<Clusters, double>>{{context.by[0], 1.0}, {context.by[1], 1.0}, {cells, -1.0}}) {
    FitContext one = context;
    one.by = {clusters};
    expected += sign * fit_instrumental(data, model, one)[0].estimate.covariance;
  }
  CHECK((both - expected).cwiseAbs().maxCoeff() < 1e-12 * expected.cwiseAbs().maxCoeff());
}

TEST_CASE("Conley sums over grid cells equal the double loop, for both kernels") {
  Stream stream(5, Purpose::diagnostics, 0);
  const Eigen::Index n = 300;
  Eigen::MatrixXd x(n, 2);
  Eigen::VectorXd east(n), north(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    x(i, 0) = stream.normal();
    x(i, 1) = stream.normal();
    east(i) = 400'000 + 90'000 * stream.uniform();
    north(i) = 300'000 + 50'000 * stream.uniform();
  }
  for (const auto kernel : {SpatialKernel::bartlett, SpatialKernel::uniform}) {
    Eigen::MatrixXd plain = Eigen::MatrixXd::Zero(2, 2);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        const double km = std::hypot(east(i) - east(j), north(i) - north(j)) / 1000.0;
        if (km < 12.5)
          plain +=
              (kernel == SpatialKernel::uniform ? 1.0 : 1.0 - km / 12.5) * x.row(i).transpose() * x.row(j);
      }
    const Eigen::MatrixXd fast = conley_sum(x, east, north, 12.5, kernel, {1});
    CHECK((fast - plain).cwiseAbs().maxCoeff() < 1e-10 * plain.cwiseAbs().maxCoeff());
    CHECK(fast == conley_sum(x, east, north, 12.5, kernel, {2}));
  }
}

TEST_CASE("absorbing two crossing effects equals dummies among the controls") {
  const test::IvWorld world;
  CrossSection data = test::cross_section_of(world);
  CrossSection dummies = data;
  data.fixed_effects.resize(2);
  data.fixed_effect_names = {"a", "b"};
  for (Eigen::Index i = 0; i < world.rows; ++i) {
    data.fixed_effects[0].push_back(static_cast<std::int32_t>(i % 7));
    data.fixed_effects[1].push_back(static_cast<std::int32_t>((i * i) % 11 % 5));
  }
  dummies.controls = Eigen::MatrixXd::Zero(world.rows, 2 + 7 + 5);
  dummies.controls.leftCols(2) = data.controls;
  for (Eigen::Index i = 0; i < world.rows; ++i) {
    dummies.controls(i, 2 + data.fixed_effects[0][static_cast<std::size_t>(i)]) = 1.0;
    dummies.controls(i, 9 + data.fixed_effects[1][static_cast<std::size_t>(i)]) = 1.0;
  }
  for (int j = 0; j < 12; ++j) dummies.control_names.push_back("d" + std::to_string(j));
  IvModel model = test::model_of("hc1", {"2sls"});
  const Estimate absorbed = fit_instrumental(data, model, test::context_of(world, 0))[0].estimate;
  const Estimate plain = fit_instrumental(dummies, model, test::context_of(world, 0))[0].estimate;
  for (const char* name : {"s", "w1", "w2"}) {
    CHECK(absorbed.coefficients(absorbed.find(name)) ==
          doctest::Approx(plain.coefficients(plain.find(name))).epsilon(1e-11));
    CHECK(absorbed.standard_error(absorbed.find(name)) ==
          doctest::Approx(plain.standard_error(plain.find(name))).epsilon(1e-10));
  }
  CHECK(absorbed.find("(Intercept)") == -1);
  CHECK(absorbed.diagnostic("kleibergen_paap_f") ==
        doctest::Approx(plain.diagnostic("kleibergen_paap_f")).epsilon(1e-10));
  // One dummy of each effect is collinear, and d9 has no row: all are named, the sets too.
  std::string notes;
  for (const auto& note : plain.notes) notes += note + "\n";
  CHECK(notes.find("controls 'd0', 'd1', 'd2', 'd3', 'd4', 'd5' and 'd6' are collinear beside the constant: "
                   "'d6' is dropped\n") != std::string::npos);
  CHECK(notes.find("control 'd9' does not vary: 'd9' is dropped\n") != std::string::npos);
  CHECK(notes.find("'d11' is dropped\n") != std::string::npos);
}

TEST_CASE("designs that cannot be estimated are refused by name") {
  const test::IvWorld world;
  CrossSection data = test::cross_section_of(world);
  const FitContext context = test::context_of(world, 1);
  data.instruments.col(1) = data.controls.col(0);
  const auto fits = fit_instrumental(data, test::model_of("cluster", {"2sls"}), context);
  bool named = false;
  for (const auto& note : fits[0].estimate.notes)
    named = named || note == "instrument 'z2' is explained by control 'w1': 'z2' is dropped";
  CHECK(named);
  data.instruments.col(0) = data.controls.col(1);
  CHECK_THROWS_WITH_AS(fit_instrumental(data, test::model_of("cluster", {"2sls"}), context),
                       "model 'world', cell s:z: 0 instruments with variation for 1 endogenous regressors "
                       "(needs at least as many); "
                       "instrument 'z1' is explained by control 'w2': 'z1' is dropped; "
                       "instrument 'z2' is explained by control 'w1': 'z2' is dropped",
                       NumericalError);
  data.endogenous.col(0) = data.controls.col(0) + data.controls.col(1);
  CHECK_THROWS_WITH_AS(fit_instrumental(data, test::model_of("cluster", {"ols"}), context),
                       "model 'world', cell s:z: endogenous regressor 's' is explained by controls 'w1' and "
                       "'w2'; its coefficient is not identified",
                       NumericalError);
  CHECK_THROWS_WITH_AS(
      fit_instrumental(test::cross_section_of(world), test::model_of("cluster", {"2slss"}), context),
      "'2slss' is no estimator (did you mean '2sls'?)", InputError);
}

TEST_CASE("accepted sets on the circle: bounded, unbounded, disjoint, empty and the whole line") {
  const auto quadratic = [](double a, double b, double c) {  // a x^2 + b x + c <= 0 in homogeneous form
    return [=](double phi) {
      return a * std::sin(phi) * std::sin(phi) + b * std::sin(phi) * std::cos(phi) +
             c * std::cos(phi) * std::cos(phi);
    };
  };
  const std::vector<double> breaks = {-1.2, -0.6, 0.0, 0.5, 0.9, 1.3};
  const ConfidenceSet bounded = accepted_set(quadratic(1, -3, 2), breaks);
  REQUIRE(bounded.size() == 1);
  CHECK(bounded[0].first == doctest::Approx(1.0).epsilon(1e-12));
  CHECK(bounded[0].second == doctest::Approx(2.0).epsilon(1e-12));
  const ConfidenceSet two_rays = accepted_set(quadratic(-1, 0, 1), breaks);
  REQUIRE(two_rays.size() == 2);
  CHECK(describe(two_rays) == "(-inf, -1] or [1, inf)");
  CHECK(describe(accepted_set(quadratic(1, 0, 1), breaks)) == "empty");
  CHECK(describe(accepted_set(quadratic(-1, 0, -1), breaks)) == "the whole line");
}

TEST_CASE(
    "the Anderson-Rubin set ends exactly where its test's p-value is 5 %, and is unbounded without "
    "instruments' force") {
  for (const double strength : {0.5, 0.02}) {
    test::IvWorld world;
    world.strength = strength;
    world.seed = 11;
    CrossSection data = test::cross_section_of(world);
    const IvModel model = test::model_of("cluster", {"2sls"});
    const FitContext context = test::context_of(world, 1);
    const Estimate estimate = fit_instrumental(data, model, context)[0].estimate;
    REQUIRE(estimate.has_anderson_rubin_set);
    for (const auto& [low, high] : estimate.anderson_rubin_set)
      for (const double end : {low, high}) {
        if (std::isinf(end)) continue;
        CrossSection moved = data;  // H0: beta = end is H0: 0 for y - end s
        moved.y -= end * data.endogenous.col(0);
        const Estimate at = fit_instrumental(moved, model, context)[0].estimate;
        for (const auto& one : at.diagnostics)
          if (one.name == "anderson_rubin") CHECK(*one.p == doctest::Approx(0.05).epsilon(1e-7));
      }
    const bool unbounded =
        estimate.anderson_rubin_set.empty() || std::isinf(estimate.anderson_rubin_set.front().first);
    CHECK(unbounded == (strength < 0.1));
    bool said = false;
    for (const auto& warning : estimate.warnings)
      said = said || warning.find("the instruments are weak") != std::string::npos;
    CHECK(said == (strength < 0.1));
  }
}

TEST_CASE(
    "the conditional likelihood ratio has its two limits: chi-squared(1) when strong, chi-squared(l) when "
    "irrelevant") {
  for (const double statistic : {0.5, 3.84, 9.0})
    for (const Eigen::Index l : {2, 3, 6}) {
      CHECK(clr_p_value(statistic, 1e9, l) ==
            doctest::Approx(chi_squared_upper(statistic, 1.0)).epsilon(1e-4));
      CHECK(clr_p_value(statistic, 1e-9, l) ==
            doctest::Approx(chi_squared_upper(statistic, static_cast<double>(l))).epsilon(1e-4));
    }
}

TEST_CASE("at the switching value the union of intervals just meets zero") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  const FitContext context = test::context_of(world, 1);
  const IvModel model = test::model_of("cluster", {"2sls"});
  const IvDesign design = iv_design(data);
  const MomentCovariance moments(data, model.covariance, context);
  const double value = exclusion_switching_value(design, moments, 0.95);
  REQUIRE(value > 0);
  CHECK(exclusion_bounds(design, moments, 0.95, 0.999 * value).first > 0);
  CHECK(exclusion_bounds(design, moments, 0.95, 1.001 * value).first < 0);
  // With a known direct effect taken off y, plain 2SLS is an end of the union.
  const auto [low, high] = exclusion_bounds(design, moments, 0.95, 0.0);
  const Estimate estimate = fit_instrumental(data, test::model_of("cluster", {"liml"}), context)[0].estimate;
  CHECK(low < high);
  CHECK(estimate.diagnostic("exclusion_switching_value") == doctest::Approx(value));
}

TEST_CASE("verdicts tell supported from not supported and from not detectable") {
  const auto fit = [](const char* estimator, double beta, double low, double high, double kp, double dwh_p,
                      double j_p) {
    Fit one;
    one.estimate.model = "m";
    one.estimate.cell = "s:z";
    one.estimate.names = {"s"};
    one.estimate.estimator = estimator;
    one.estimate.coefficients = Eigen::VectorXd::Constant(1, beta);
    one.estimate.low = Eigen::VectorXd::Constant(1, low);
    one.estimate.high = Eigen::VectorXd::Constant(1, high);
    if (std::string(estimator) == "ols") return one;
    IvFindings found;
    found.kleibergen_paap_f = found.effective_f = kp;
    found.effective_f_critical = 23.1;
    found.durbin_wu_hausman = Test{5.0, dwh_p};
    found.hansen_j = Test{1.0, j_p};
    one.estimate.findings = found;
    return one;
  };
  const auto strong = iv_verdicts({fit("2sls", 2, 1, 3, 40, 0.01, 0.4), fit("ols", 1, 0.9, 1.1, 0, 1, 1)});
  REQUIRE(strong.size() == 5);
  for (const auto& sentence : strong) CHECK(sentence.find(": supported (") != std::string::npos);
  const auto weak = iv_verdicts({fit("2sls", 2, -1, 5, 4, 0.3, 0.4), fit("ols", 1, 0.9, 1.1, 0, 1, 1)});
  for (const std::size_t claim : {0U, 1U, 3U, 4U})
    CHECK(weak[claim].find("not detectable") != std::string::npos);
  CHECK(weak[2].find("Kleibergen-Paap F above 10: not supported (in 0 of 1 cells; from 4.00 to 4.00)") == 0);
  const auto against =
      iv_verdicts({fit("2sls", -2, -3, -1, 40, 0.01, 0.001), fit("ols", 1, 0.9, 1.1, 0, 1, 1)});
  for (const std::size_t claim : {0U, 1U, 4U})
    CHECK(against[claim].find(": not supported") != std::string::npos);
  CHECK(iv_verdicts({fit("ols", 1, 0, 2, 0, 1, 1)}).empty());
  // Cells that do not reject and are weak are counted among those that do not reject.
  CHECK(iv_verdicts({fit("2sls", 2, 1, 3, 4, 0.01, 0.4), fit("2sls", 1, -1, 3, 4, 0.3, 0.4),
                     fit("2sls", 1, -1, 3, 40, 0.3, 0.4)})[3] ==
        "Durbin-Wu-Hausman rejects exogeneity: not supported (at 5 % in 1 of 3 cells; 1 of the other 2 has "
        "weak instruments, where the test has no power)");
  // Of these one has no test at all, which is not weakness.
  std::vector<Fit> untested = {fit("2sls", 2, 1, 3, 40, 0.01, 0.4), fit("2sls", 1, -1, 3, 4, 0.3, 0.4),
                               fit("2sls", 1, -1, 3, 40, 0.3, 0.4)};
  std::get<IvFindings>(untested[2].estimate.findings).durbin_wu_hausman.reset();
  CHECK(iv_verdicts(untested)[3] ==
        "Durbin-Wu-Hausman rejects exogeneity: not detectable with these data (at 5 % in 1 of 3 cells; 1 of "
        "the other 2 has weak instruments, where the test has no power; 1 has no test)");
  // The counts in the sentence are those of the cells.
  CHECK(iv_verdicts({fit("2sls", 2, 1, 3, 40, 0.01, 0.4), fit("2sls", 1, 0.5, 3, 40, 0.01, 0.4),
                     fit("2sls", 1, -1, 3, 4, 0.3, 0.4), fit("2sls", -1, -3, 1, 4, 0.3, 0.4)})
            .front() ==
        "all IV cells positive: not detectable with these data (in the claimed direction 3 of 4; 2 exclude "
        "zero, "
        "none against; 2 weak)");
  CHECK(iv_verdicts({fit("2sls", 2, 1, 3, 40, 0.01, 0.4), fit("2sls", -2, -3, -1, 40, 0.01, 0.4)}).front() ==
        "all IV cells positive: not supported (in the claimed direction 1 of 2; 1 excludes zero, 1 against; "
        "none "
        "weak)");
}

TEST_CASE("verdicts on signs follow what is good in the outcome, and turn round for a proxy that is a lack") {
  const auto fit = [](const char* name, const char* estimator, double beta, double half) {
    Fit one;
    one.estimate.model = "m";
    one.estimate.cell = std::string(name) + ":z";
    one.estimate.names = {name};
    one.estimate.estimator = estimator;
    one.estimate.coefficients = Eigen::VectorXd::Constant(1, beta);
    one.estimate.low = Eigen::VectorXd::Constant(1, beta - half);
    one.estimate.high = Eigen::VectorXd::Constant(1, beta + half);
    IvFindings found;
    found.kleibergen_paap_f = found.effective_f = 40;
    found.effective_f_critical = 23.1;
    found.durbin_wu_hausman = Test{5.0, 0.01};
    if (std::string(estimator) == "2sls") one.estimate.findings = found;
    return one;
  };
  // Deprivation: grants take 2 off it (OLS 1), where assets lack it is 3 higher (OLS 1).
  const std::vector<Fit> deprivation = {fit("grants", "2sls", -2, 1), fit("grants", "ols", -1, 0.1),
                                        fit("assets_lack", "2sls", 3, 1), fit("assets_lack", "ols", 1, 0.1)};
  IvModel model;
  model.better = Better::lower;
  model.lacks = {"assets_lack"};
  const auto right = iv_verdicts(deprivation, model);
  CHECK(right[0] ==
        "all IV cells in the claimed direction (negative; positive for assets_lack): supported (in the "
        "claimed direction 2 of 2; 2 exclude zero, none against; none weak)");
  CHECK(right[1].find("IV larger than OLS: supported (larger in the claimed direction in 2 of 2 cells") == 0);
  model.lacks.clear();
  const auto blind = iv_verdicts(deprivation, model);
  CHECK(
      blind[0].find("all IV cells negative: not supported (in the claimed direction 1 of 2; 1 excludes zero, "
                    "1 against") == 0);
  CHECK(blind[1].find("IV larger than OLS: not supported (larger in the claimed direction in 1 of 2") == 0);
  // Growth: more is good, and fewer assets are bad for it.
  model.better = Better::higher;
  CHECK(iv_verdicts(deprivation, model)[0].find("all IV cells positive: not supported (in the claimed "
                                                "direction 1 of 2") == 0);
  model.lacks = {"grants", "assets_lack"};
  CHECK(iv_verdicts({fit("grants", "2sls", -2, 1)}, model)[0].find("all IV cells negative: supported") == 0);
}

TEST_CASE("Romano-Wolf with one hypothesis is its own test, and more hypotheses only raise p") {
  test::IvWorld world;
  world.beta = 0.15;
  const FitContext context = test::context_of(world, 1);
  const IvModel model = test::model_of("cluster", {"2sls"});
  std::vector<Fit> fits = fit_instrumental(test::cross_section_of(world), model, context);
  world.seed = 2;
  world.beta = 0.0;
  const auto second = fit_instrumental(test::cross_section_of(world), model, context);
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(world.clusters, 999);
  for (Eigen::Index b = 0; b < 999; ++b) {
    Stream stream(1, Purpose::cluster_counts, static_cast<std::uint64_t>(b));
    for (Eigen::Index g = 0; g < world.clusters; ++g)
      counts(stream.below(static_cast<std::uint32_t>(world.clusters)), b) += 1.0;
  }
  const double alone = romano_wolf({fits[0]}, counts)[0];
  const auto both = romano_wolf({fits[0], second[0]}, counts);
  CHECK(alone >= 1.0 / 1000.0);
  CHECK(both[0] >= alone);
  CHECK(both[1] >= romano_wolf({second[0]}, counts)[0]);
  CHECK_THROWS_AS(romano_wolf({Fit{}}, counts), NumericalError);
}

TEST_CASE("absorbed effects use up the rank of their dummies, in any order and however nested") {
  const auto degrees = [](std::vector<std::vector<std::int32_t>> effects) {
    // The rank of all dummies, dense.
    Eigen::Index columns = 0;
    for (const auto& effect : effects) columns += *std::max_element(effect.begin(), effect.end()) + 1;
    Eigen::MatrixXd dummies = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(effects[0].size()), columns);
    Eigen::Index first = 0;
    for (const auto& effect : effects) {
      for (std::size_t i = 0; i < effect.size(); ++i)
        dummies(static_cast<Eigen::Index>(i), first + effect[i]) = 1.0;
      first += *std::max_element(effect.begin(), effect.end()) + 1;
    }
    const auto rank = static_cast<double>(Eigen::FullPivLU<Eigen::MatrixXd>(dummies).rank());
    std::vector<std::size_t> order(effects.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    do {
      std::vector<std::vector<std::int32_t>> turned;
      for (const auto f : order) turned.push_back(effects[f]);
      CHECK(absorbed_degrees(turned) == rank);
    } while (std::next_permutation(order.begin(), order.end()));
    return rank;
  };
  const std::vector<std::int32_t> a = {0, 0, 1, 1, 2, 2, 0, 1}, b = {0, 1, 0, 1, 0, 1, 1, 0};
  std::vector<std::int32_t> both;
  for (std::size_t i = 0; i < a.size(); ++i) both.push_back(2 * a[i] + b[i]);
  CHECK(degrees({a}) == 3.0);
  CHECK(degrees({a, b}) == 4.0);
  CHECK(degrees({a, b, both}) == 6.0);  // their interaction holds them
  CHECK(degrees({a, a, b}) == 4.0);
  // Latin squares, single members, components apart, four ways: against dense ranks.
  std::uint32_t state = 7;
  for (int world = 0; world < 40; ++world) {
    std::vector<std::vector<std::int32_t>> effects(2 + world % 3);
    for (auto& effect : effects) {
      const std::uint32_t levels = 2 + (state = state * 1664525u + 1013904223u) / 65536u % 9;
      for (int i = 0; i < 24; ++i)
        effect.push_back(
            static_cast<std::int32_t>((state = state * 1664525u + 1013904223u) / 65536u % levels));
    }
    if (world % 2) effects.back()[3] = 9;  // a level of its own
    degrees(effects);
  }
}

TEST_CASE("an outcome that is a function of the regressor has an estimate and no test of rounding") {
  const test::IvWorld world;
  CrossSection data = test::cross_section_of(world);
  data.y = 2.0 * data.endogenous.col(0).array() + 1.0;
  for (const char* kind : {"iid", "hc1", "cluster"}) {
    for (const auto& fit :
         fit_instrumental(data, test::model_of(kind, {"ols", "2sls", "liml", "fuller", "gmm"}),
                          test::context_of(world, 1))) {
      const Estimate& e = fit.estimate;
      CHECK(e.coefficients(0) == doctest::Approx(2.0).epsilon(1e-12));
      CHECK(std::isnan(e.standard_error(0)));
      CHECK(std::isnan(e.low(0)));
      bool said = false;
      for (const auto& warning : e.warnings)
        said = said || warning.rfind("the model fits without residual", 0) == 0;
      CHECK(said);
      if (e.estimator == "ols") continue;
      for (const char* name : {"hansen_j", "durbin_wu_hausman", "endogeneity_c", "anderson_rubin"}) {
        bool empty = false;
        for (const auto& one : e.diagnostics)
          empty = empty || (one.name == name && std::isnan(one.value) &&
                            one.definition == "not computed: the model fits without residual");
        CHECK_MESSAGE(empty, name);
      }
      REQUIRE(e.anderson_rubin_set.size() == 1);
      CHECK(e.anderson_rubin_set[0].first == doctest::Approx(2.0));
      CHECK(e.anderson_rubin_set[0].second == e.anderson_rubin_set[0].first);
      CHECK(e.diagnostic("first_stage_f") > 0.0);
    }
  }
  CHECK(
      iv_verdicts(fit_instrumental(data, test::model_of("iid", {"2sls"}), test::context_of(world, 1))) ==
      std::vector<std::string>{"no verdict is defined: 2sls failed or fits without residual in every cell"});
}

TEST_CASE("units of outcome, regressor, instruments and controls do not move a t value") {
  const test::IvWorld world;
  const CrossSection data = test::cross_section_of(world);
  for (const char* kind : {"hc1", "cluster"}) {
    const auto plain = fit_instrumental(data, test::model_of(kind, {"ols", "2sls", "liml", "gmm"}),
                                        test::context_of(world, 1));
    for (const double unit : {1e-12, 1e-8, 1e8, 1e12}) {
      CrossSection other = data;
      other.y *= unit;
      other.endogenous /= unit;
      other.instruments.col(0) *= unit;
      other.controls.col(0) /= unit;
      const auto scaled = fit_instrumental(other, test::model_of(kind, {"ols", "2sls", "liml", "gmm"}),
                                           test::context_of(world, 1));
      for (std::size_t f = 0; f < plain.size(); ++f) {
        const Estimate &a = plain[f].estimate, &b = scaled[f].estimate;
        REQUIRE(a.names == b.names);
        for (Eigen::Index k = 0; k < a.coefficients.size(); ++k)
          CHECK(b.coefficients(k) / b.standard_error(k) ==
                doctest::Approx(a.coefficients(k) / a.standard_error(k)).epsilon(1e-6));
        if (a.estimator == "ols") continue;
        for (const char* test : {"kleibergen_paap_f", "hansen_j", "durbin_wu_hausman", "anderson_rubin"})
          CHECK(b.diagnostic(test) == doctest::Approx(a.diagnostic(test)).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("two endogenous regressors may differ in size by any factor") {
  test::IvWorld world;
  world.instruments = 3;
  CrossSection data = test::cross_section_of(world);
  Stream stream(world.seed, Purpose::coverage_world, 2, 3);
  data.endogenous.conservativeResize(Eigen::NoChange, 2);
  for (Eigen::Index i = 0; i < world.rows; ++i)
    data.endogenous(i, 1) = data.instruments(i, 2) - 0.5 * data.instruments(i, 0) + stream.normal();
  data.endogenous_names.emplace_back("share");
  const auto model = test::model_of("cluster", {"ols", "2sls", "liml", "gmm"});
  const FitContext context = test::context_of(world, 1);
  const auto plain = fit_instrumental(data, model, context);
  Eigen::MatrixXd counts(world.clusters, 1);
  for (Eigen::Index g = 0; g < world.clusters; ++g) counts(g, 0) = static_cast<double>(stream.below(3));
  const auto replicate = [&](const Fit& fit) {
    ReplicateBlock block;
    block.count = 1;
    block.weight = counts.data();
    block.clusters = world.clusters;
    fit.resampled->evaluate(block);
    CHECK(block.status[0] == 0);
    return Eigen::VectorXd(block.value.col(0));
  };
  for (const double unit : {1e-12, 1e-9, 1e9, 1e12}) {
    CrossSection other = data;
    other.endogenous.col(1) *= unit;
    const auto scaled = fit_instrumental(other, model, context);
    for (std::size_t f = 0; f < plain.size(); ++f) {
      const Estimate &a = plain[f].estimate, &b = scaled[f].estimate;
      Eigen::VectorXd factor = Eigen::VectorXd::Ones(a.coefficients.size());
      factor(1) = unit;
      for (Eigen::Index k = 0; k < factor.size(); ++k) {
        CHECK(b.coefficients(k) * factor(k) == doctest::Approx(a.coefficients(k)).epsilon(1e-8));
        CHECK(b.standard_error(k) * factor(k) == doctest::Approx(a.standard_error(k)).epsilon(1e-8));
      }
      if (!plain[f].resampled) continue;
      const Eigen::VectorXd here = replicate(plain[f]), there = replicate(scaled[f]);
      for (Eigen::Index k = 0; k < factor.size(); ++k)
        CHECK(there(k) * factor(k) == doctest::Approx(here(k)).epsilon(1e-8));
    }
  }
}

TEST_CASE("an instrument that is the regressor is said to be, and nothing is tested with it") {
  const test::IvWorld world;
  CrossSection data = test::cross_section_of(world);
  data.instruments.col(0) = data.endogenous.col(0) + 3.0 * data.controls.col(0);
  const auto fits =
      fit_instrumental(data, test::model_of("cluster", {"ols", "2sls"}), test::context_of(world, 1));
  CHECK(fits[1].estimate.coefficients(0) == doctest::Approx(fits[0].estimate.coefficients(0)).epsilon(1e-10));
  CHECK(std::isnan(fits[1].estimate.diagnostic("first_stage_f")));
  CHECK(std::isnan(fits[1].estimate.diagnostic("durbin_wu_hausman")));
  CHECK(std::isnan(fits[1].estimate.diagnostic("anderson_rubin")));
  bool said = false;
  for (const auto& warning : fits[1].estimate.warnings)
    said = said || warning.find("it instruments itself") != std::string::npos;
  CHECK(said);
}

TEST_CASE(
    "an instrument that is the regressor in another unit, far from zero or cut to fewer digits, is said to "
    "be") {
  const test::IvWorld world;
  const auto said = [&](const auto& made) {
    CrossSection data = test::cross_section_of(world);
    for (Eigen::Index i = 0; i < data.y.size(); ++i) data.instruments(i, 0) = made(data.endogenous(i, 0));
    const auto fits =
        fit_instrumental(data, test::model_of("cluster", {"ols", "2sls"}), test::context_of(world, 1));
    CHECK(std::isnan(fits[1].estimate.diagnostic("first_stage_f")));
    CHECK(std::isnan(fits[1].estimate.diagnostic("effective_f")));
    CHECK(std::isnan(fits[1].estimate.diagnostic("anderson_rubin")));
    CHECK(fits[1].estimate.coefficients(0) ==
          doctest::Approx(fits[0].estimate.coefficients(0)).epsilon(1e-4));
    for (const auto& warning : fits[1].estimate.warnings)
      if (warning.find("it instruments itself") != std::string::npos) return warning;
    return std::string("nothing");
  };
  CHECK(said([](double s) { return s / 1e9 + 7.0; }).rfind("the instruments", 0) == 0);
  CHECK(said([](double s) { return 1e6 - 3e-4 * s; }).rfind("the instruments", 0) == 0);
  CHECK(said([](double s) { return std::round(1e4 * s) / 1e4; })
            .rfind("instrument 'z1' is endogenous regressor 's' but for its "
                   "last digits (1 - r2 = ",
                   0) == 0);
}

TEST_CASE("a control of one cluster has no clustered standard error, one of a row none under hc1") {
  const test::IvWorld world;
  CrossSection data = test::cross_section_of(world);
  const FitContext context = test::context_of(world, 1);
  data.controls.col(0).setZero();
  for (std::size_t i = 0; i < data.area.size(); ++i)
    if (context.by[0].of_area[static_cast<std::size_t>(data.area[i])] == 3)
      data.controls(static_cast<Eigen::Index>(i), 0) = 1.0;
  const auto at = [&](const Estimate& e, const char* name) { return e.standard_error(e.find(name)); };
  for (const auto& fit : fit_instrumental(data, test::model_of("cluster", {"ols", "2sls", "gmm"}), context)) {
    CHECK(std::isnan(at(fit.estimate, "w1")));
    CHECK(std::isnan(fit.estimate.low(fit.estimate.find("w1"))));
    CHECK(at(fit.estimate, "s") > 0.0);
    bool said = false;
    for (const auto& warning : fit.estimate.warnings)
      said = said || warning.rfind("w1 rests on 1 cluster by", 0) == 0;
    CHECK(said);
  }
  data.controls.col(0).setZero();
  data.controls(5, 0) = 1.0;
  const Estimate one = fit_instrumental(data, test::model_of("hc1", {"ols"}), context)[0].estimate;
  CHECK(std::isnan(at(one, "w1")));
  CHECK(at(one, "s") > 0.0);
  CHECK(at(fit_instrumental(data, test::model_of("iid", {"ols"}), context)[0].estimate, "w1") > 0.0);
}
