// Distributions of scenario parameters: closed forms, round trips, correlation, and who shares random
// numbers.
#include "engine/draw/distribution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/lognormal.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/triangular.hpp>
#include <cmath>
#include <functional>
#include <numeric>

#include "engine/base/error.hpp"
#include "engine/draw/correlation.hpp"
#include "engine/draw/score_quantile.hpp"

using namespace spillway;

namespace {

Distribution make(const std::string& kind, std::map<std::string, double> values,
                  std::vector<double> support = {}, std::vector<double> probabilities = {}) {
  Distribution d;
  d.kind = kind;
  d.values = std::move(values);
  d.support = std::move(support);
  d.probabilities = std::move(probabilities);
  return d;
}

struct Case {
  Distribution distribution;
  double mean, variance;  ///< closed forms, worked out here and not by the code under test
};

std::vector<Case> cases() {
  const double pert_a = 1.0 + 4.0 * 0.05 / 0.15, pert_b = 1.0 + 4.0 * 0.10 / 0.15;
  const double pert_variance = 0.15 * 0.15 * pert_a * pert_b / (36.0 * 7.0);
  const double s2 = 0.4 * 0.4, median = 2.0;
  // Standard normal cut to [-1, 2]: Z = Phi(2) - Phi(-1), phi(-1) = 0.2419707245, phi(2) = 0.0539909665.
  const double z = 0.8185946141203637, mass = (0.24197072451914337 - 0.05399096651318806) / z;
  const double cut_variance =
      1.0 + (-1.0 * 0.24197072451914337 - 2.0 * 0.05399096651318806) / z - mass * mass;
  return {
      {make("uniform", {{"low", -1.0}, {"high", 3.0}}), 1.0, 16.0 / 12.0},
      {make("triangular", {{"low", 0.0}, {"mode", 1.0}, {"high", 4.0}}), 5.0 / 3.0,
       (16.0 + 1.0 - 4.0) / 18.0},
      {make("pert", {{"low", 0.05}, {"mode", 0.10}, {"high", 0.20}}), 0.65 / 6.0, pert_variance},
      {make("normal", {{"mean", 5.0}, {"sd", 2.0}}), 5.0, 4.0},
      {make("normal", {{"mean", 10.0}, {"sd", 3.0}, {"low", 7.0}, {"high", 16.0}}), 10.0 + 3.0 * mass,
       9.0 * cut_variance},
      {make("lognormal", {{"median", median}, {"sigma", 0.4}}), median * std::exp(s2 / 2.0),
       median * median * std::exp(s2) * (std::exp(s2) - 1.0)},
      {make("beta", {{"a", 2.0}, {"b", 3.0}}), 0.4, 6.0 / (25.0 * 6.0)},
      {make("beta", {{"a", 0.5}, {"b", 4.0}, {"low", 10.0}, {"high", 20.0}}), 10.0 + 10.0 * 0.5 / 4.5,
       100.0 * 2.0 / (4.5 * 4.5 * 5.5)},
      {make("discrete", {}, {3.0, 1.0, 2.0}, {0.5, 0.2, 0.3}), 2.3, 5.9 - 2.3 * 2.3},
      {make("empirical", {}, {4.0, 1.0, 1.0, 2.0}), 2.0, 1.5},
  };
}

double spearman(const Eigen::VectorXd& x, const Eigen::VectorXd& y) {
  const auto ranks = [](const Eigen::VectorXd& v) {
    std::vector<Eigen::Index> order(static_cast<std::size_t>(v.size()));
    std::iota(order.begin(), order.end(), Eigen::Index{0});
    std::sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index j) { return v(i) < v(j); });
    Eigen::VectorXd rank(v.size());
    for (std::size_t k = 0; k < order.size(); ++k) rank(order[k]) = static_cast<double>(k);
    return Eigen::VectorXd(rank.array() - rank.mean());
  };
  const Eigen::VectorXd a = ranks(x), b = ranks(y);
  return a.dot(b) / std::sqrt(a.squaredNorm() * b.squaredNorm());
}

}  // namespace

TEST_CASE("means equal their closed forms") {
  for (const Case& c : cases()) {
    CAPTURE(c.distribution.kind);
    CHECK(mean(c.distribution) == doctest::Approx(c.mean).epsilon(1e-12));
  }
  CHECK(mean(make("point", {{"value", 0.3}})) == 0.3);
}

TEST_CASE("the mean of a normal cut far out in either tail keeps its digits") {
  // E[X | X > 6] for a standard normal is phi(6) / Q(6) = 6.158428 (Mills ratio); the mirror image has its
  // negative.
  const double upper = mean(make("normal", {{"mean", 0.0}, {"sd", 1.0}, {"low", 6.0}}));
  const double lower = mean(make("normal", {{"mean", 0.0}, {"sd", 1.0}, {"high", -6.0}}));
  CHECK(upper == doctest::Approx(6.0758828498232861e-9 / 9.8658764503769814e-10).epsilon(1e-12));
  CHECK(lower == doctest::Approx(-upper).epsilon(1e-12));
}

TEST_CASE("sampled moments agree with closed forms") {
  // 40,000 draws of seed 20261124, tolerance 4 standard errors of the mean and of the variance (its error
  // from the sample's fourth moment): a correct program fails for 1 in 16,000 of the 20 comparisons. Catches
  // a variance that is scaled by the range instead of its square.
  constexpr long draws = 40'000;
  int k = 0;
  for (const Case& c : cases()) {
    const Eigen::VectorXd x = sample({"p" + std::to_string(k++)}, {c.distribution}, {}, draws, 20261124);
    const Eigen::ArrayXd e = x.array() - c.mean;
    const double variance = e.square().mean(), fourth = e.square().square().mean();
    CAPTURE(c.distribution.kind);
    CHECK(std::abs(e.mean()) < 4.0 * std::sqrt(c.variance / draws));
    CHECK(std::abs(variance - c.variance) < 4.0 * std::sqrt((fourth - variance * variance) / draws));
  }
}

TEST_CASE("quantiles invert the distribution function of an independent implementation") {
  const boost::math::beta_distribution<> beta(2.0, 3.0), pert(1.0 + 4.0 / 3.0, 1.0 + 8.0 / 3.0);
  const boost::math::normal normal(10.0, 3.0);
  const boost::math::triangular_distribution<> triangular(0.0, 1.0, 4.0);
  const boost::math::lognormal lognormal(std::log(2.0), 0.4);
  const double below = cdf(normal, 7.0), inside = cdf(normal, 16.0) - below;
  for (const double u : {1e-9, 1e-4, 0.05, 0.25, 0.5, 0.61803, 0.95, 0.9999, 1.0 - 1e-9}) {
    CAPTURE(u);
    CHECK(cdf(beta, quantile(make("beta", {{"a", 2.0}, {"b", 3.0}}), u)) ==
          doctest::Approx(u).epsilon(1e-12));
    const double p = quantile(make("pert", {{"low", 0.05}, {"mode", 0.10}, {"high", 0.20}}), u);
    CHECK(cdf(pert, (p - 0.05) / 0.15) == doctest::Approx(u).epsilon(1e-7));  // p - 0.05 cancels at u = 1e-9
    CHECK(cdf(triangular, quantile(make("triangular", {{"low", 0.0}, {"mode", 1.0}, {"high", 4.0}}), u)) ==
          doctest::Approx(u).epsilon(1e-12));
    CHECK(cdf(lognormal, quantile(make("lognormal", {{"median", 2.0}, {"sigma", 0.4}}), u)) ==
          doctest::Approx(u).epsilon(1e-12));
    CHECK(cdf(normal, quantile(make("normal", {{"mean", 10.0}, {"sd", 3.0}}), u)) ==
          doctest::Approx(u).epsilon(1e-12));
    const double cut =
        quantile(make("normal", {{"mean", 10.0}, {"sd", 3.0}, {"low", 7.0}, {"high", 16.0}}), u);
    CHECK((cdf(normal, cut) - below) / inside ==
          doctest::Approx(u).epsilon(1e-6));  // the difference cancels at 1e-9
    CHECK(cut >= 7.0);
    CHECK(cut <= 16.0);
  }
}

TEST_CASE("a normal cut eight standard deviations out is still a distribution") {
  const Distribution far = make("normal", {{"mean", 0.0}, {"sd", 1.0}, {"low", 7.5}});
  const boost::math::normal normal;
  const double tail = cdf(complement(normal, 7.5));
  for (const double u : {0.01, 0.5, 0.99})
    CHECK(cdf(complement(normal, quantile(far, u))) / tail == doctest::Approx(1.0 - u).epsilon(1e-9));
}

TEST_CASE("discrete and empirical quantiles are values of the list") {
  const Distribution d = make("discrete", {}, {3.0, 1.0, 2.0}, {0.5, 0.2, 0.3});
  CHECK(quantile(d, 0.1) == 1.0);
  CHECK(quantile(d, 0.2) == 1.0);
  CHECK(quantile(d, 0.2001) == 2.0);
  CHECK(quantile(d, 0.5) == 2.0);
  CHECK(quantile(d, 0.51) == 3.0);
  CHECK(quantile(d, 0.999) == 3.0);
  const Distribution e = make("empirical", {}, {4.0, 1.0, 1.0, 2.0});
  CHECK(quantile(e, 0.5) == 1.0);
  CHECK(quantile(e, 0.75) == 2.0);
  CHECK(quantile(e, 0.76) == 4.0);
  CHECK(quantile(make("discrete", {}, {1.0, 9.0}, {1.0, 0.0}), 0.999999) == 1.0);
}

TEST_CASE("tabulated quantiles are within 1e-11 of the range of the root finder everywhere") {
  for (const auto& shape :
       std::vector<std::pair<double, double>>{{1, 5}, {5, 1}, {3, 3}, {2.33, 3.67}, {1.2, 4.8}, {40, 2}}) {
    const ScoreQuantile at(make("beta", {{"a", shape.first}, {"b", shape.second}}));
    CAPTURE(shape.first);
    CAPTURE(shape.second);
    CHECK(at.tabulated());
    double worst = 0.0;
    for (double z = -6.0; z <= 6.0; z += 0.0037) worst = std::max(worst, std::abs(at(z) - at.exact(z)));
    CHECK(worst < 1e-11);
  }
}

TEST_CASE("a shape too sharp for the table is drawn by the root finder") {
  const ScoreQuantile at(make("beta", {{"a", 0.01}, {"b", 0.01}}));
  CHECK_FALSE(at.tabulated());
  CHECK(at(1.0) == at.exact(1.0));
}

TEST_CASE("a copula gives the rank correlation of its normals whatever the margins") {
  // Spearman's rank correlation is 6/pi asin(rho/2) (Kruskal 1958). Its standard error under dependence is
  // below 1/sqrt(n) here; 4 of them.
  constexpr long draws = 40'000;
  const std::vector<std::string> names = {"a", "b", "c"};
  const std::vector<Distribution> margins = {make("pert", {{"low", 0.0}, {"mode", 1.0}, {"high", 5.0}}),
                                             make("lognormal", {{"median", 1.0}, {"sigma", 1.0}}),
                                             make("uniform", {{"low", 0.0}, {"high", 1.0}})};
  Eigen::MatrixXd rho(3, 3);
  rho << 1.0, 0.7, -0.4, 0.7, 1.0, 0.0, -0.4, 0.0, 1.0;
  const Eigen::MatrixXd x = sample(names, margins, rho, draws, 5);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < i; ++j) {
      const double expected = 6.0 / M_PI * std::asin(rho(i, j) / 2.0);
      CHECK(std::abs(spearman(x.col(i), x.col(j)) - expected) < 4.0 / std::sqrt(draws));
    }
  CHECK(std::abs(x.col(1).array().log().mean()) < 4.0 / std::sqrt(draws));
}

TEST_CASE("perfect correlation is allowed and is perfect") {
  Eigen::MatrixXd rho(3, 3);
  rho << 1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0;
  const Distribution u = make("uniform", {{"low", 0.0}, {"high", 1.0}});
  const Eigen::MatrixXd x = sample({"a", "b", "c"}, {u, u, u}, rho, 500, 1);
  CHECK((x.col(0) - x.col(1)).cwiseAbs().maxCoeff() < 1e-15);
  CHECK((x.col(0).array() + x.col(2).array() - 1.0).abs().maxCoeff() < 1e-14);
}

TEST_CASE("an impossible correlation offers the nearest valid one, which is accepted") {
  Eigen::MatrixXd rho(3, 3);
  rho << 1.0, 0.9, -0.9, 0.9, 1.0, 0.9, -0.9, 0.9, 1.0;
  const Distribution u = make("uniform", {{"low", 0.0}, {"high", 1.0}});
  std::string message;
  try {
    sample({"a", "b", "c"}, {u, u, u}, rho, 10, 1);
  } catch (const InputError& error) {
    message = error.what();
  }
  // By symmetry the nearest matrix is (1, t, -t) with its smallest eigenvalue 1 - 2t at the floor of 3e-4.
  CHECK(message ==
        "no random numbers correlate like this: the matrix of 'a', 'b', 'c' has the eigenvalue -0.8 (none "
        "may be "
        "negative); the nearest valid matrix is [[1.0000, 0.4999, -0.4999], [0.4999, 1.0000, 0.4999], "
        "[-0.4999, 0.4999, "
        "1.0000]]");
  Eigen::MatrixXd near(3, 3);
  near << 1.0, 0.4999, -0.4999, 0.4999, 1.0, 0.4999, -0.4999, 0.4999, 1.0;
  CHECK_NOTHROW(correlation_factor(near, {"a", "b", "c"}));
}

TEST_CASE("the nearest correlation matrix is Higham's") {
  // Higham (2002), section 4: the tridiagonal example, to the four decimals printed there.
  Eigen::MatrixXd matrix(3, 3), expected(3, 3);
  matrix << 1, 1, 0, 1, 1, 1, 0, 1, 1;
  expected << 1.0, 0.7607, 0.1573, 0.7607, 1.0, 0.7607, 0.1573, 0.7607, 1.0;
  CHECK((nearest_correlation(matrix) - expected).cwiseAbs().maxCoeff() < 5e-5);
}

TEST_CASE("a matrix that is no correlation matrix says what is wrong") {
  Eigen::MatrixXd m(2, 2);
  m << 1.0, 0.5, 0.4, 1.0;
  CHECK_THROWS_WITH_AS(correlation_factor(m, {"a", "b"}),
                       "the correlation of 'b' with 'a' is 0.4 but the other way round 0.5; write the same",
                       InputError);
  m << 1.0, 1.5, 1.5, 1.0;
  CHECK_THROWS_WITH_AS(correlation_factor(m, {"a", "b"}),
                       "the correlation of 'b' with 'a' is 1.5; it is from -1 to 1", InputError);
  m << 2.0, 0.5, 0.5, 1.0;
  CHECK_THROWS_WITH_AS(correlation_factor(m, {"a", "b"}), "the correlation of 'a' with itself is 2; it is 1",
                       InputError);
  CHECK_THROWS_WITH_AS(correlation_factor(m, {"a"}),
                       "the correlation matrix is 2 x 2 but there are 1 parameters: 'a'", InputError);
}

TEST_CASE("a parameter's draws do not depend on other parameters or on how many draws are asked for") {
  const Distribution p = make("pert", {{"low", 0.0}, {"mode", 1.0}, {"high", 5.0}});
  const Distribution n = make("normal", {{"mean", 0.0}, {"sd", 1.0}});
  const Eigen::MatrixXd alone = sample({"share"}, {p}, {}, 200, 7);
  const Eigen::MatrixXd among = sample({"lag", "share", "scale"}, {n, p, n}, {}, 300, 7);
  CHECK(among.col(1).head(200) == alone.col(0));
  Eigen::MatrixXd rho = Eigen::MatrixXd::Identity(3, 3);
  rho(0, 2) = rho(2, 0) = 0.5;
  CHECK(sample({"lag", "share", "scale"}, {n, p, n}, rho, 200, 7).col(1) == alone.col(0));
  CHECK(sample({"share"}, {p}, {}, 200, 8) != alone);
  // Independence of two names: correlation of 300 draws within 4 / sqrt(300).
  CHECK(std::abs(spearman(among.col(0), among.col(2))) < 4.0 / std::sqrt(300.0));
}

TEST_CASE("an invalid distribution is refused by sample, quantile and mean alike") {
  const Distribution wrong = make("pert", {{"low", 2.0}, {"mode", 1.0}, {"high", 5.0}});
  CHECK(faults(wrong) == std::vector<std::string>{"low 2 is above mode 1"});
  CHECK_THROWS_WITH_AS(sample({"share"}, {wrong}, {}, 10, 1), "column 'share': low 2 is above mode 1",
                       InputError);
  CHECK_THROWS_AS(quantile(wrong, 0.5), InputError);
  CHECK_THROWS_AS(mean(wrong), InputError);
  CHECK_THROWS_WITH_AS(quantile(make("point", {{"value", 1.0}}), 1.0),
                       "the level 1 of a quantile is not between 0 and 1", InputError);
  const Distribution u = make("uniform", {{"low", 0.0}, {"high", 1.0}});
  CHECK_THROWS_WITH_AS(sample({"a", "a"}, {u, u}, {}, 10, 1),
                       "the parameters 'a' and 'a' would share their random numbers; rename one", InputError);
}

TEST_CASE("every rule of a distribution is told in words") {
  const auto only = [](const Distribution& d) {
    const auto found = faults(d);
    REQUIRE(found.size() == 1);
    return found.front();
  };
  CHECK(only(make("gaussian", {})) ==
        "unknown distribution 'gaussian'; one of point, uniform, triangular, pert, normal, lognormal, beta, "
        "discrete, "
        "empirical");
  CHECK(only(make("prt", {})) == "unknown distribution 'prt'; did you mean 'pert'?");
  CHECK(only(make("uniform", {{"low", 1.0}, {"high", 1.0}})) ==
        "uniform from 1 to 1 has no width; write the number itself");
  CHECK(only(make("uniform", {{"low", 2.0}, {"high", 1.0}})) == "low 2 is above high 1");
  CHECK(only(make("normal", {{"mean", 0.0}, {"sd", 0.0}})) == "sd 0 is not positive");
  CHECK(only(make("normal", {{"mean", 0.0}, {"sd", 1.0}, {"low", 9.0}})) ==
        "the range lies more than 8 sd from the mean 0; move the range or the mean");
  CHECK(only(make("lognormal", {{"median", -1.0}, {"sigma", 1.0}})) == "median -1 is not positive");
  CHECK(only(make("beta", {{"a", 0.0}, {"b", 1.0}})) == "a 0 is outside [0.001, 1e9]");
  CHECK(only(make("discrete", {}, {1.0}, {0.5, 0.5})) == "1 values but 2 probabilities (needs one for each)");
  CHECK(only(make("empirical", {})) == "values is empty; list at least one number");
  CHECK(only(make("point", {{"value", NAN}})) == "value is nan, which is not a finite number");
  CHECK(only(make("point", {{"value", 1.0}, {"low", 0.0}})) == "point has no low; it takes value");
}
