// The synthetic England: its shape, its published marginals, and that the truth stored with it is what made
// it.
#include "engine/synthetic/synthetic.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/data/csv.hpp"
#include "engine/synthetic/synthetic_rates.hpp"

using namespace spillway;

namespace {

/// Mean of a column by area type.
std::map<std::string, double> mean_by_type(const DataPack& pack, const std::string& column) {
  const Column& type = pack.areas.at("area_type");
  const auto& value = pack.areas.numbers(column);
  std::map<std::string, double> sum, count;
  for (std::size_t a = 0; a < value.size(); ++a) {
    sum[type.text(a)] += value[a];
    count[type.text(a)] += 1.0;
  }
  for (auto& [name, total] : sum) total /= count[name];
  return sum;
}

/// Within a relative tolerance (doctest's Approx adds 1 to the scale, which hides faults of small numbers).
bool near(double value, double expected, double relative) {
  return std::abs(value - expected) <= relative * std::abs(expected);
}

double mean(const std::vector<double>& value) {
  double sum = 0.0;
  for (const double v : value) sum += v;
  return sum / static_cast<double>(value.size());
}

/// Sizes of the connected parts of each group of areas that share a label.
std::map<std::int32_t, std::vector<int>> parts_of(const SyntheticGeography& g,
                                                  const std::vector<std::int32_t>& label) {
  std::map<std::int32_t, std::vector<int>> parts;
  std::vector<std::uint8_t> seen(g.areas(), 0);
  for (std::size_t start = 0; start < g.areas(); ++start) {
    if (seen[start]) continue;
    int size = 0;
    std::vector<std::size_t> stack = {start};
    seen[start] = 1;
    while (!stack.empty()) {
      const std::size_t a = stack.back();
      stack.pop_back();
      ++size;
      for (auto k = g.first[a]; k < g.first[a + 1]; ++k) {
        const auto b = static_cast<std::size_t>(g.neighbour[static_cast<std::size_t>(k)]);
        if (seen[b] || label[b] != label[a]) continue;
        seen[b] = 1;
        stack.push_back(b);
      }
    }
    parts[label[start]].push_back(size);
  }
  return parts;
}

/// W y, dense by lists, written apart from the generator.
Eigen::VectorXd lag(const SyntheticGeography& g, const Eigen::VectorXd& y) {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(y.size());
  for (std::size_t a = 0; a < g.areas(); ++a) {
    const int degree = g.first[a + 1] - g.first[a];
    for (auto k = g.first[a]; k < g.first[a + 1]; ++k)
      result[static_cast<Eigen::Index>(a)] += y[g.neighbour[static_cast<std::size_t>(k)]] / degree;
  }
  return result;
}

Eigen::VectorXd by_type(const SyntheticGeography& g, double doubly, double deprived, double other) {
  Eigen::VectorXd result(static_cast<Eigen::Index>(g.areas()));
  for (std::size_t a = 0; a < g.areas(); ++a)
    result[static_cast<Eigen::Index>(a)] = g.type[a] == 0 ? doubly : g.type[a] == 1 ? deprived : other;
  return result;
}

/// Long-run change for a pound of s where everybody's s stands in the equation of a rate.
Eigen::VectorXd long_run_of(const SyntheticGeography& g, const SyntheticRate& rate,
                            const Eigen::VectorXd& s) {
  SyntheticConfig process;
  process.rho_doubly_disadvantaged = rate.lag[0];
  process.rho_other_deprived = rate.lag[1];
  process.rho_other = rate.lag[2];
  process.phi = rate.previous;
  return long_run_response(g, process, s);
}

SyntheticConfig small() {
  SyntheticConfig config;
  config.areas = 2000;
  config.authorities = 100;
  return config;
}

}  // namespace

TEST_CASE("the default world has England's numbers of areas, authorities, regions, types and neighbours") {
  const SyntheticConfig config;
  const SyntheticGeography g = synthetic_geography(config);
  CHECK(g.areas() == 33'755);
  CHECK(std::set<std::int32_t>(g.authority.begin(), g.authority.end()).size() == 309);
  CHECK(std::set<std::int32_t>(g.region.begin(), g.region.end()).size() == 9);
  CHECK(std::set<std::string>(g.region_names.begin(), g.region_names.end()).size() == 9);
  CHECK(std::set<std::int32_t>(g.constituency.begin(), g.constituency.end()).size() == 533);
  CHECK(std::count(g.type.begin(), g.type.end(), 0) == 1'350);  // 4 %
  CHECK(std::count(g.type.begin(), g.type.end(), 1) == 2'025);  // with the first, the bottom decile
  CHECK(near(static_cast<double>(g.neighbour.size()) / 33'755, 5.8, 1e-4));

  int islands = 0, shared_seats = 0, combined = 0;
  std::map<std::int32_t, int> sizes;
  std::map<std::int32_t, std::set<std::int32_t>> authorities_of_seat, regions_of_authority;
  for (std::size_t a = 0; a < g.areas(); ++a) {
    islands += g.first[a] == g.first[a + 1];
    ++sizes[g.authority[a]];
    authorities_of_seat[g.constituency[a]].insert(g.authority[a]);
    regions_of_authority[g.authority[a]].insert(g.region[a]);
    combined += g.combined_authority[a] >= 0;
  }
  CHECK(islands == 2);
  for (const auto& [authority, size] : sizes) CHECK((size >= 25 && size <= 450));
  for (const auto& [authority, regions] : regions_of_authority) CHECK(regions.size() == 1);
  for (const auto& [seat, authorities] : authorities_of_seat) shared_seats += authorities.size() > 1;
  CHECK((shared_seats > 100 && shared_seats < 400));  // constituencies cross authorities
  CHECK(near(combined / 33'755.0, 0.60, 0.05));
  CHECK((g.combined_authorities >= 8 && g.combined_authorities <= 13));

  // One main component, and authorities in one piece (an island apart is allowed).
  const auto whole = parts_of(g, std::vector<std::int32_t>(g.areas(), 0));
  CHECK(*std::max_element(whole.at(0).begin(), whole.at(0).end()) > 33'000);
  int in_pieces = 0;
  for (const auto& [authority, parts] : parts_of(g, g.authority)) in_pieces += parts.size() > 1;
  CHECK(in_pieces <= 2);
}

TEST_CASE("doubly disadvantaged areas cluster, on the edges of towns and by the sea") {
  const SyntheticGeography g = synthetic_geography({});
  double neighbours = 0, alike = 0, near_sea = 0, all_near_sea = 0, central = 0, all_central = 0;
  for (std::size_t a = 0; a < g.areas(); ++a) {
    all_near_sea += g.coast[a] < 3.0;
    all_central += g.urban[a];
    if (g.type[a] != 0) continue;
    near_sea += g.coast[a] < 3.0;
    central += g.urban[a];
    for (auto k = g.first[a]; k < g.first[a + 1]; ++k) {
      neighbours += 1;
      alike += g.type[static_cast<std::size_t>(g.neighbour[static_cast<std::size_t>(k)])] == 0;
    }
  }
  CHECK(alike / neighbours > 0.3);  // 0.04 if scattered
  CHECK(near_sea / 1'350 > 2.0 * all_near_sea / 33'755);
  CHECK(central / 1'350 < all_central / 33'755);
}

TEST_CASE("marginals by type follow the report, and the pack is whole") {
  const DataPack pack = synthetic_england({});
  CHECK(validate(pack).empty());
  const std::string doubly = "doubly_disadvantaged", other = "other";
  // Breaking the cycle, chapter 1: growth over the decade 17 % against 24 % on average. Sampling sd of the
  // mean of 1,350 clustered areas is about 0.006; tolerance 4 of them.
  auto growth = mean_by_type(pack, "growth_decade");
  CHECK(std::abs(std::exp(growth[doubly]) - 1.17) < 0.024);
  CHECK(std::abs(std::exp(mean(pack.areas.numbers("growth_decade"))) - 1.24) < 0.015);
  auto gva = mean_by_type(pack, "gva_per_head");
  CHECK(gva[doubly] / gva[other] < 0.5);
  auto jobs = mean_by_type(pack, "job_density");
  CHECK(near(jobs[doubly] / jobs[other], 0.5, 0.1));
  auto idle = mean_by_type(pack, "inactivity_rate");
  CHECK(near(idle[doubly], 0.45, 0.03));
  CHECK(near(idle[other], 0.25, 0.03));
  const auto& people = pack.areas.numbers("population");
  CHECK(near(mean(people), 1675.0, 0.01));
  CHECK(*std::min_element(people.begin(), people.end()) >= 1000.0);
  CHECK(*std::max_element(people.begin(), people.end()) <= 3000.0);

  // The types are what the two bottom deciles say they are.
  const auto &imd = pack.areas.numbers("imd_rank"), &cni = pack.areas.numbers("cni_rank");
  const Column& type = pack.areas.at("area_type");
  int wrong = 0;
  for (std::size_t a = 0; a < imd.size(); ++a) {
    const bool first = imd[a] <= 3375, second = cni[a] <= 3375;
    wrong += type.text(a) != (first && second ? doubly : first ? "other_deprived" : other);
  }
  CHECK(wrong == 0);

  // growth_decade is the panel's growth, and growth is the log difference of GVA (to its last printed pound).
  const auto &rate = pack.panel.at("growth").value, &level = pack.panel.at("gva").value;
  REQUIRE(rate.cols() == 12);
  CHECK(rate.col(0).array().isNaN().all());
  const auto& decade = pack.areas.numbers("growth_decade");
  const Eigen::VectorXd sum = rate.rightCols(10).rowwise().sum();
  CHECK((sum - Eigen::Map<const Eigen::VectorXd>(decade.data(), sum.size())).cwiseAbs().maxCoeff() < 1e-8);
  CHECK((level.rightCols(11).array().log() - level.leftCols(11).array().log() - rate.rightCols(11).array())
            .abs()
            .maxCoeff() < 1e-6);
  CHECK(pack.truth[3] == std::pair<std::string, double>{"spillover/previous", 0.10});
}

TEST_CASE("the innovations taken back out of growth are white: model A is run as written") {
  // u_t = (I - diag(a) W)(y_t - m - A (y_{t-1} - m)) / (sd x scale) must be independent standard normal. With
  // n T = 20,000 values its mean square has sd sqrt(2 / nT), its products with an independent unit variable
  // sd 1 / sqrt(nT). Catches a lag of the wrong type, own lag left out, errors without space or with a shock
  // too many.
  SyntheticConfig config = small();
  config.authority_shock_sd = 0.0;
  config.period_effect_sd = 0.0;
  config.phi = 0.2;
  // Far apart, so that a lag or a correlation given to the wrong type shows.
  config.rho_doubly_disadvantaged = -0.5;
  config.rho_other_deprived = 0.1;
  config.rho_other = 0.6;
  config.error_correlation_doubly_disadvantaged = 0.8;
  config.error_correlation_other = 0.1;
  const SyntheticGeography g = synthetic_geography(config);
  const Eigen::VectorXd m = simulate_cross_section(g, config, 7).mean_growth;
  const Eigen::MatrixXd y = simulate_growth(g, config, 7);
  const Eigen::VectorXd rho =
      by_type(g, config.rho_doubly_disadvantaged, config.rho_other_deprived, config.rho_other);
  const Eigen::VectorXd a = by_type(g, config.error_correlation_doubly_disadvantaged,
                                    config.error_correlation_other_deprived, config.error_correlation_other);
  const Eigen::VectorXd scale =
      config.error_sd * Eigen::Map<const Eigen::VectorXd>(g.error_scale.data(), m.size());
  const auto innovations = [&](Eigen::Index t) -> Eigen::VectorXd {
    const Eigen::VectorXd before = y.col(t - 1) - m;
    const Eigen::VectorXd e = y.col(t) - m - rho.cwiseProduct(lag(g, before)) - config.phi * before;
    return (e - a.cwiseProduct(lag(g, e))).cwiseQuotient(scale);
  };
  double square = 0, space = 0, space_square = 0, time = 0, start = 0, start_square = 0;
  Eigen::VectorXd previous;
  for (Eigen::Index t = 1; t < y.cols(); ++t) {
    const Eigen::VectorXd u = innovations(t), wu = lag(g, u), before = y.col(t - 1) - m;
    square += u.squaredNorm();
    space += u.dot(wu);
    space_square += wu.squaredNorm();
    start += u.dot(before);
    start_square += before.squaredNorm();
    if (previous.size()) time += u.dot(previous);
    previous = u;
  }
  const double count = 2000.0 * 10.0;
  CHECK(std::abs(square / count - 1.0) < 4.0 * std::sqrt(2.0 / count));
  CHECK(std::abs(space) <
        4.0 * std::sqrt(2.0 * space_square));  // u and Wu share pairs: variance at most twice
  CHECK(std::abs(start) < 4.0 * std::sqrt(start_square));
  CHECK(std::abs(time) < 4.0 * std::sqrt(0.9 * count));
}

TEST_CASE("authority shocks and serial correlation have the size asked for") {
  SyntheticConfig config = small();
  config.error_correlation_doubly_disadvantaged = config.error_correlation_other_deprived =
      config.error_correlation_other = 0.0;
  config.rho_doubly_disadvantaged = config.rho_other_deprived = config.rho_other = config.phi =
      config.period_effect_sd = 0.0;
  config.authority_shock_sd = 0.01;
  config.error_serial_correlation = 0.4;
  const SyntheticGeography g = synthetic_geography(config);
  const Eigen::VectorXd m = simulate_cross_section(g, config, 3).mean_growth;
  const Eigen::MatrixXd e = simulate_growth(g, config, 3).colwise() - m;  // no dynamics: growth is m + e
  double product = 0, square = 0;
  for (Eigen::Index t = 1; t < e.cols(); ++t) {
    product += e.col(t).dot(e.col(t - 1));
    square += e.col(t).squaredNorm();
  }
  // Shocks are shared by 100 authorities over 10 years: about 1,000 independent values with a fifth of the
  // variance.
  CHECK(near(product / square, 0.4, 0.1));
  CHECK(near(square / (2000.0 * 10.0), 0.02 * 0.02 + 0.01 * 0.01, 0.05));
  Eigen::VectorXd total = Eigen::VectorXd::Zero(100), size = total;
  double between = 0;
  for (std::size_t i = 0; i < g.areas(); ++i) size[g.authority[i]] += 1.0;
  for (Eigen::Index t = 0; t < e.cols(); ++t) {
    total.setZero();
    for (std::size_t i = 0; i < g.areas(); ++i) total[g.authority[i]] += e(static_cast<Eigen::Index>(i), t);
    // E (mean of an authority)^2 = shock^2 + sd^2 / size; scales within an authority differ, hence the
    // tolerance.
    between += (total.cwiseQuotient(size).array().square() - 0.0004 / size.array()).sum();
  }
  CHECK(near(between / (100.0 * 11.0), 0.0001, 0.25));
}

TEST_CASE("two-stage least squares recovers the stored effect of every proxy; least squares does not") {
  // Mean over 40 worlds on one geography against the truth, within 4 of its own standard errors. Catches an
  // instrument that also moves growth by another way, and a proxy whose scale is not what the truth says.
  SyntheticConfig config;
  config.policy_truth = PolicyTruth::own;
  config.be(PolicyStrength::sharp);
  config.areas = 4000;
  config.authorities = 120;
  const SyntheticGeography g = synthetic_geography(config);
  constexpr int worlds = 40;
  Eigen::ArrayXXd two_stage(worlds, 3);
  Eigen::ArrayXd least_squares(worlds);
  Eigen::Vector3d truth;
  double least_f = 1e300;
  for (int w = 0; w < worlds; ++w) {
    const auto x = simulate_cross_section(g, config, config.seed, static_cast<std::uint64_t>(w));
    const Eigen::VectorXd y =
        simulate_growth(g, config, x.mean_growth, config.seed, static_cast<std::uint64_t>(w))
            .rightCols(10)
            .rowwise()
            .sum();
    truth = x.proxy_truth;
    const Eigen::Index n = y.size();
    Eigen::MatrixXd z(n, 4), exogenous(n, 2);
    exogenous << Eigen::VectorXd::Ones(n), x.log_population;
    z << exogenous, x.drug_crime_rate, x.turnout;
    const Eigen::MatrixXd zz = (z.transpose() * z).inverse();
    const std::vector<const Eigen::VectorXd*> proxies = {&x.grants_per_head, &x.lottery_per_head,
                                                         &x.community_assets_per_1000};
    for (std::size_t k = 0; k < 3; ++k) {
      Eigen::MatrixXd design(n, 3);
      design << exogenous, *proxies[k];
      const Eigen::MatrixXd zx = z.transpose() * design;
      const Eigen::VectorXd b =
          (zx.transpose() * zz * zx).ldlt().solve(zx.transpose() * zz * (z.transpose() * y));
      two_stage(w, static_cast<Eigen::Index>(k)) = b[2];
      if (k > 0) continue;
      least_squares[w] = (design.transpose() * design).ldlt().solve(design.transpose() * y)[2];
      // First-stage F of the two instruments, clustered by authority (CR0 meat on partialled instruments).
      const Eigen::MatrixXd inner = exogenous.transpose() * exogenous;
      const Eigen::MatrixXd q =
          z.rightCols(2) - exogenous * inner.ldlt().solve(exogenous.transpose() * z.rightCols(2));
      const Eigen::VectorXd s =
          *proxies[0] - exogenous * inner.ldlt().solve(exogenous.transpose() * *proxies[0]);
      const Eigen::Vector2d pi = (q.transpose() * q).ldlt().solve(q.transpose() * s);
      const Eigen::VectorXd v = s - q * pi;
      Eigen::MatrixXd score = Eigen::MatrixXd::Zero(g.authorities, 2);
      for (Eigen::Index i = 0; i < n; ++i)
        score.row(g.authority[static_cast<std::size_t>(i)]) += v[i] * q.row(i);
      const Eigen::Matrix2d bread = (q.transpose() * q).inverse();
      const Eigen::Matrix2d covariance = bread * (score.transpose() * score) * bread;
      least_f = std::min(least_f, pi.dot(covariance.ldlt().solve(pi)) / 2.0);
    }
  }
  for (Eigen::Index k = 0; k < 3; ++k) {
    const double average = two_stage.col(k).mean();
    const double error = std::sqrt((two_stage.col(k) - average).square().sum() / (worlds - 1.0) / worlds);
    CHECK(std::abs(average - truth[k]) < 4.0 * error);
    CHECK(average / error > 15.0);  // and it is a sharp test
  }
  CHECK(least_squares.mean() < 0.5 * truth[0]);
  CHECK(least_f > 10.0);
}

namespace {
/// 2SLS of y on one regressor, controls 1, log population and industry mix.
double two_stage(const SyntheticCrossSection& x, const Eigen::VectorXd& y, const Eigen::VectorXd& regressor,
                 const Eigen::MatrixXd& instruments) {
  const Eigen::Index n = y.size();
  Eigen::MatrixXd exogenous(n, 3), design(n, 4), z(n, 3 + instruments.cols());
  exogenous << Eigen::VectorXd::Ones(n), x.log_population, x.industry_mix;
  design << regressor / regressor.mean(), exogenous;
  for (Eigen::Index j = 0; j < instruments.cols(); ++j)
    z.col(j) = (instruments.col(j).array() - instruments.col(j).mean()).matrix();
  z.rightCols(3) = exogenous;
  const Eigen::MatrixXd zx = z.transpose() * design, first = (z.transpose() * z).ldlt().solve(zx);
  return (zx.transpose() * first).ldlt().solve(first.transpose() * (z.transpose() * y))[0] / regressor.mean();
}
}  // namespace

TEST_CASE(
    "where social infrastructure stands in the growth equation the structural form finds b, and model B as "
    "it "
    "stands does not; where it moves its own area alone model B does") {
  // Means over 30 worlds on one geography within 4 of their standard errors, both strengths. Catches
  // instruments that are not valid beside industry_mix (their means differ by type), and a truth that is not
  // the one stored.
  for (const auto strength : {PolicyStrength::sharp, PolicyStrength::plausible})
    for (const auto truth : {PolicyTruth::structural, PolicyTruth::own}) {
      SyntheticConfig config;
      config.policy_truth = truth;
      config.be(strength);
      config.areas = 3000;
      config.authorities = 120;
      const SyntheticGeography g = synthetic_geography(config);
      SyntheticConfig structural = config;
      structural.policy_truth = PolicyTruth::structural;
      constexpr int worlds = 30;
      Eigen::ArrayXd response(worlds), plain(worlds);
      for (int w = 0; w < worlds; ++w) {
        const auto number = static_cast<std::uint64_t>(w);
        const auto x = simulate_cross_section(g, config, config.seed, number);
        const Eigen::VectorXd y =
            simulate_growth(g, config, x.mean_growth, config.seed, number).rightCols(10).rowwise().sum();
        const auto m = [&](const Eigen::VectorXd& v) { return long_run_response(g, structural, v); };
        Eigen::MatrixXd z(y.size(), 4);
        z << x.drug_crime_rate, x.turnout, m(x.drug_crime_rate), m(x.turnout);
        response[w] = two_stage(x, y, m(x.grants_per_head), z);
        plain[w] = two_stage(x, y, x.grants_per_head, z.leftCols(2));
      }
      const auto error = [&](const Eigen::ArrayXd& v) {
        return std::sqrt((v - v.mean()).square().sum() / (worlds - 1.0) / worlds);
      };
      const std::string what = to_string(truth) + " " + to_string(strength);
      const Eigen::ArrayXd& right = truth == PolicyTruth::structural ? response : plain;
      const Eigen::ArrayXd& wrong = truth == PolicyTruth::structural ? plain : response;
      CHECK_MESSAGE(std::abs(right.mean() - config.beta) < 4.0 * error(right), what, ": ", right.mean(),
                    " +- ", error(right), " for ", config.beta);
      if (strength == PolicyStrength::sharp)
        CHECK_MESSAGE(std::abs(wrong.mean() - config.beta) > 8.0 * error(wrong), what, ": ", wrong.mean(),
                      " +- ", error(wrong), " for ", config.beta);
    }
}

TEST_CASE(
    "a plausible world: grants are spread as they really are, and a pound brings GBP 2 to 8 over ten years") {
  const SyntheticConfig config;
  REQUIRE(config.strength == PolicyStrength::plausible);
  const DataPack pack = synthetic_england(config);
  const SyntheticGeography g = synthetic_geography(config);
  const auto x = simulate_cross_section(g, config, config.seed);
  std::vector<double> s(x.social_infrastructure.begin(), x.social_infrastructure.end());
  std::sort(s.begin(), s.end());
  CHECK(near(s[static_cast<std::size_t>(0.99 * static_cast<double>(s.size()))], 476.0, 0.3));
  CHECK((s.back() > 2000.0 && s.back() < 20000.0));
  // A pound a head that stands for ten years in every doubly disadvantaged area: growth of its long-run
  // response a year, so GVA over ten years of GVA a head x response x (1 + 2 + ... + 10), before the own lag
  // has caught up.
  double response = 0.0;
  for (const auto& [name, value] : pack.truth)
    if (name == "policy/response:doubly_disadvantaged") response = value;
  const double gva = mean_by_type(pack, "gva_per_head")["doubly_disadvantaged"];
  const double brings = gva * response * 55.0;
  CHECK_MESSAGE((brings > 2.0 && brings < 12.0), brings);
}

TEST_CASE("workers never change a bit of the world, and the seed changes all of it") {
  SyntheticConfig config = small();
  const auto text = [](const DataPack& pack) {
    std::string result = format_csv(pack.areas);
    for (const auto& variable : pack.panel.variables)
      for (const double value : variable.value.reshaped()) append_number(result += ' ', value);
    for (const auto& edge : pack.edges) result += std::to_string(edge.from) + ">" + std::to_string(edge.to);
    return result;
  };
  const std::string serial = text(synthetic_england(config, {1}));
  for (const int workers : {2, 3, 8}) CHECK(text(synthetic_england(config, {workers})) == serial);
  config.seed += 1;
  const DataPack other = synthetic_england(config, {2});
  CHECK(text(other) != serial);
  CHECK(validate(other).empty());
}

TEST_CASE("worlds of other sizes are whole") {
  for (const int areas : {50, 333, 1000, 5000}) {
    SyntheticConfig config;
    config.areas = areas;
    config.regression_periods = areas == 333 ? 4 : 10;
    const DataPack pack = synthetic_england(config);
    CHECK(validate(pack).empty());
    CHECK(pack.areas.rows == static_cast<std::size_t>(areas));
    CHECK(pack.areas.at("lad_code").levels.size() == static_cast<std::size_t>(std::min(309, areas / 10)));
    CHECK(pack.panel.periods.size() == static_cast<std::size_t>(config.regression_periods + 2));
  }
}

TEST_CASE("a world that cannot be is refused with its value") {
  SyntheticConfig config = small();
  config.rho_other = 0.9;
  config.phi = 0.2;
  CHECK_THROWS_WITH_AS(
      synthetic_england(config),
      "synthetic England: |rho| + |phi| of other is 1.1 (needs less than 1, or growth never settles)",
      InputError);
  config = small();
  config.areas = 20;
  CHECK_THROWS_WITH_AS(synthetic_england(config), "synthetic England: 20 areas (needs 50 or more)",
                       InputError);
  config = small();
  config.regions = 12;
  CHECK_THROWS_WITH_AS(synthetic_england(config), "synthetic England: 12 regions (needs 1 to 9)", InputError);
  config = small();
  config.error_correlation_other = 1.0;
  CHECK_THROWS_WITH_AS(
      synthetic_england(config),
      "synthetic England: the error correlation of other is 1 (needs to lie between -1 and 1)", InputError);
}

TEST_CASE("inactivity and deprivation follow their own equation, on numbers that no other column has") {
  // Without shocks a rate stands at its mean change m, so u_t = x_t - m - A (x_{t-1} - m) is what the world
  // added: independent normal of error_sd x scale. n T = 20,000 values as above. Catches a lag of growth's, a
  // shock too many, a stream that growth or the other rate has too.
  SyntheticConfig config = small();
  const SyntheticGeography g = synthetic_geography(config);
  const Eigen::VectorXd s = simulate_cross_section(g, config, 7).social_infrastructure;
  const Eigen::MatrixXd growth = simulate_growth(g, config, 7);
  std::vector<Eigen::MatrixXd> added;
  for (const SyntheticRate& rate : synthetic_rates()) {
    SyntheticRate bare = rate, quiet = rate, idle = rate;
    bare.authority_sd = bare.period_sd = 0.0;
    quiet.error_sd = quiet.authority_sd = quiet.period_sd = 0.0;
    idle = quiet;
    idle.effect = 0.0;
    const auto of = [&](const SyntheticRate& one) { return simulate_rate_change(g, config, one, s, 7, 0); };
    const Eigen::MatrixXd x = of(bare), mean = of(quiet);
    const Eigen::VectorXd m = mean.col(5), rho = by_type(g, rate.lag[0], rate.lag[1], rate.lag[2]);
    CHECK(std::abs(m.mean()) < 1e-12);
    const Eigen::VectorXd scale =
        rate.error_sd * Eigen::Map<const Eigen::VectorXd>(g.error_scale.data(), m.size());
    Eigen::MatrixXd u(m.size(), x.cols() - 1);
    double space = 0, start = 0, start_square = 0, space_square = 0;
    for (Eigen::Index t = 1; t < x.cols(); ++t) {
      const Eigen::VectorXd before = x.col(t - 1) - m;
      u.col(t - 1) =
          (x.col(t) - m - rho.cwiseProduct(lag(g, before)) - rate.previous * before).cwiseQuotient(scale);
      const Eigen::VectorXd wu = lag(g, u.col(t - 1)), unit = before / rate.error_sd;
      space += u.col(t - 1).dot(wu);
      space_square += wu.squaredNorm();
      start += u.col(t - 1).dot(unit);
      start_square += unit.squaredNorm();
    }
    const double count = 2000.0 * 10.0;
    CHECK(std::abs(u.squaredNorm() / count - 1.0) < 4.0 * std::sqrt(2.0 / count));
    CHECK(std::abs(space) < 4.0 * std::sqrt(2.0 * space_square));
    CHECK(std::abs(start) < 4.0 * std::sqrt(start_square));
    // No year of it is a year of growth's or of the other rate's: of independent normals the correlation over
    // 2,000 areas has sd 0.022, more where growth is correlated over space; shared numbers give 0.8 and more.
    const auto unit_columns = [](const Eigen::MatrixXd& raw) -> Eigen::MatrixXd {
      const Eigen::MatrixXd centred = raw.rowwise() - raw.colwise().mean();
      return centred * centred.colwise().norm().cwiseInverse().asDiagonal();
    };
    for (const Eigen::MatrixXd& other : added)
      CHECK((unit_columns(u).transpose() * unit_columns(other)).cwiseAbs().maxCoeff() < 0.2);
    CHECK((unit_columns(u).transpose() * unit_columns(growth)).cwiseAbs().maxCoeff() < 0.2);
    added.push_back(u);

    // A pound of s: (I - A) of what it adds is effect / window, less one constant's (the nation stands).
    const Eigen::VectorXd effect = m - of(idle).col(5);
    const Eigen::VectorXd whole =
        effect.array() + effect_of(rate, config) / 10.0 * long_run_of(g, rate, s).mean();
    const Eigen::VectorXd first = whole - rho.cwiseProduct(lag(g, whole)) - rate.previous * whole;
    CHECK((first - effect_of(rate, config) / 10.0 * s).cwiseAbs().maxCoeff() <
          1e-9 * std::abs(effect_of(rate, config)) * s.maxCoeff());
  }
}

TEST_CASE("levels, changes and the decade of a rate agree, and end at the areas' own columns") {
  const SyntheticConfig config = small();
  const DataPack pack = synthetic_england(config);
  CHECK(validate(pack).empty());
  for (const SyntheticRate& rate : synthetic_rates()) {
    const auto &level = pack.panel.at(rate.name).value, &change = pack.panel.at(rate.name + "_change").value;
    REQUIRE(level.cols() == 12);
    CHECK(change.col(0).array().isNaN().all());
    CHECK((level.rightCols(11) - level.leftCols(11) - change.rightCols(11)).cwiseAbs().maxCoeff() < 1e-8);
    CHECK(level.minCoeff() > 0.0);
    const auto& decade = pack.areas.numbers(rate.name + "_change_decade");
    const Eigen::VectorXd sum = change.rightCols(10).rowwise().sum();
    CHECK((sum - Eigen::Map<const Eigen::VectorXd>(decade.data(), sum.size())).cwiseAbs().maxCoeff() < 1e-8);
  }
  const auto& last = pack.panel.at("inactivity_rate").value.col(11);
  const auto& idle = pack.areas.numbers("inactivity_rate");
  CHECK((last - Eigen::Map<const Eigen::VectorXd>(idle.data(), last.size())).cwiseAbs().maxCoeff() == 0.0);
  const auto& score = pack.panel.at("imd_score").value.col(11);
  const auto& rank = pack.areas.numbers("imd_rank");
  for (Eigen::Index a = 0; a < score.size(); ++a)
    for (Eigen::Index b = a % 97; b < score.size(); b += 97)
      if (rank[static_cast<std::size_t>(a)] < rank[static_cast<std::size_t>(b)])
        REQUIRE(score[a] >= score[b]);
  CHECK(score.maxCoeff() < 100.0);
}
