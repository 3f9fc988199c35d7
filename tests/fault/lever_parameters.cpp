// A scenario's parameters: what is refused, in which words, and what a valid one samples.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "engine/base/error.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/parameter_specs.hpp"

using namespace spillway;
using namespace spillway::scenarios;

namespace {
Distribution number(double value) {
  Distribution made;
  made.values["value"] = value;
  return made;
}

struct Case {
  RunConfig config;
  Case() {
    config.file = "run.toml";
    ScenarioConfig scenario;
    scenario.name = "ring";
    scenario.lever = "ukspf_ring_fence";
    scenario.line = 10;
    config.scenarios.push_back(scenario);
  }
  ScenarioConfig& scenario() { return config.scenarios[0]; }
  void set(const std::string& name, ParameterValue value, long line) {
    scenario().parameters[name] = std::move(value);
    scenario().parameter_lines[name] = line;
  }
  Parameters sample(long draws = 100) {
    return sample_parameters(scenario(), lever(scenario().lever), config, draws);
  }
  std::string message() {
    try {
      sample();
    } catch (const InputError& error) {
      return error.what();
    }
    return "(no InputError)";
  }
};
}  // namespace

TEST_CASE("a share above one is refused with file, line and key") {
  Case c;
  c.set("share", number(1.2), 14);
  CHECK(c.message() ==
        "run.toml:14: column 'scenario.ring.parameters.share': value '1.2': it is out of range; expected "
        "from 0 to 1 (share)");
}

TEST_CASE("a distribution that reaches out of range in some draws is refused") {
  Case c;
  Distribution wide;
  wide.kind = "uniform";
  wide.values = {{"low", -0.5}, {"high", 0.5}};
  c.set("share", wide, 14);
  const std::string said = c.message();
  CHECK(
      said.starts_with("run.toml:14: column 'scenario.ring.parameters.share': value 'uniform(high 0.5, low "
                       "-0.5)': its draws reach from -0."));
  CHECK(said.ends_with("that is out of range; expected from 0 to 1 (share)"));
}

TEST_CASE("a negative duration is refused") {
  Case c;
  c.set("fund_years", number(-3), 15);
  CHECK(c.message() ==
        "run.toml:15: column 'scenario.ring.parameters.fund_years': value '-3': it is out of range; expected "
        "from 0 to 50 (years)");
}

TEST_CASE("every fault is listed, not only the first") {
  Case c;
  c.set("shaer", number(0.1), 11);
  c.set("rule", std::string("minimun"), 12);
  c.set("budget_neutral", std::string("yes"), 13);
  c.set("underspend", number(2), 16);
  CHECK(c.message() ==
        "run.toml:11: column 'scenario.ring.parameters.shaer': value '0.1': lever 'ukspf_ring_fence' has no "
        "such parameter; did you mean 'share'?\n"
        "run.toml:12: column 'scenario.ring.parameters.rule': value 'minimun': is not one of top_slice, "
        "minimum; did you mean 'minimum'?\n"
        "run.toml:13: column 'scenario.ring.parameters.budget_neutral': value 'yes': is a word; expected "
        "true or false; did you mean true, without quotes?\n"
        "run.toml:16: column 'scenario.ring.parameters.underspend': value '2': it is out of range; expected "
        "from 0 to 1 (share); did you mean 0.02?");
}

TEST_CASE("a distribution at fault is named by its own rules") {
  Case c;
  Distribution wrong;
  wrong.kind = "pert";
  wrong.values = {{"low", 0.2}, {"mode", 0.1}, {"high", 0.3}};
  c.set("share", wrong, 14);
  CHECK(c.message() ==
        "run.toml:14: column 'scenario.ring.parameters.share': value 'pert(0.2, 0.1, 0.3)': low 0.2 is above "
        "mode 0.1");
}

TEST_CASE("a parameter's old name beside its present one is refused") {
  Case c;
  c.set("target", std::string("other"), 10);
  c.set("target_type", std::string("other"), 11);
  CHECK(c.message() ==
        "run.toml:11: column 'scenario.ring.parameters.target_type': value 'other': lever 'ukspf_ring_fence' "
        "has no such parameter; did you mean 'target'?");
}

TEST_CASE("a name of an old configuration that changed no figure is left out, and what says it now is told") {
  Case c;
  const Parameters plain = c.sample();
  c.set("capital_share", number(0.3), 14);
  CHECK(c.message() == "(no InputError)");
  CHECK(c.sample().names == plain.names);
  CHECK(c.sample().value == plain.value);
  const auto notes = renamed_notes(c.scenario(), lever("ukspf_ring_fence"));
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] ==
        "'capital_share' is left out: it changed a sentence and no figure; which share of public cost is "
        "capital, [appraisal] capital_share says.");
  // In a package under the prefix of its lever.
  c.scenario().parameters.clear();
  c.scenario().lever = "package";
  c.set("levers", std::vector<std::string>{"ukspf_ring_fence"}, 11);
  const Parameters packed = c.sample();
  c.set("ukspf_ring_fence_capital_share", number(0.3), 14);
  CHECK(c.message() == "(no InputError)");
  CHECK(c.sample().value == packed.value);
  // A lever that never had it refuses it.
  c.scenario().parameters.clear();
  c.scenario().lever = "bus_franchising";
  c.set("capital_share", number(0.3), 14);
  CHECK(c.message().find("lever 'bus_franchising' has no such parameter") != std::string::npos);
}

TEST_CASE("a number in words is understood where its thousands are three figures each, and not guessed at") {
  Case c;
  const auto meant = [&](const std::string& text) {
    c.set("amount", text, 14);
    const std::string told = c.message();
    const auto at = told.find("did you mean ");
    return at == std::string::npos ? std::string() : told.substr(at + 13);
  };
  CHECK(meant("2.000.000") == "2e6?");
  CHECK(meant("GBP 2,000,000") == "2e6?");
  for (const char* text : {"1.000.5", "2.000.00", "2.0000.000", "2,5", "2,0000", "2,000,00"}) {
    CAPTURE(text);
    CHECK(meant(text) == "");
  }
}

TEST_CASE("every lever's defaults are valid, and draw the same whatever else a scenario sets") {
  for (const Lever& known : scenarios::catalogue()) {
    CAPTURE(known.name);
    Case c;
    c.scenario().lever = known.name;
    const Parameters before = c.sample(50);
    CHECK(before.value.allFinite());
    CHECK(before.value.rows() == 50);
  }
  Case c;
  const Eigen::VectorXd lag = c.sample()["delivery_lag"];
  c.set("share", number(0.3), 14);
  CHECK(c.sample()["delivery_lag"] == lag);
  CHECK(c.sample()["share"].minCoeff() == 0.3);
}

TEST_CASE("correlated parameters move together, within and across scenarios") {
  Case c;
  ScenarioConfig other;
  other.name = "wealth";
  other.lever = "community_wealth_fund";
  c.config.scenarios.push_back(other);
  const auto rank_correlation = [](const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
    const auto ranks = [](const Eigen::VectorXd& v) {
      std::vector<Eigen::Index> order(static_cast<std::size_t>(v.size()));
      std::iota(order.begin(), order.end(), Eigen::Index{0});
      std::sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index j) { return v(i) < v(j); });
      Eigen::VectorXd rank(v.size());
      for (std::size_t k = 0; k < order.size(); ++k) rank(order[k]) = static_cast<double>(k);
      return Eigen::VectorXd(rank.array() - rank.mean());
    };
    const Eigen::VectorXd x = ranks(a), y = ranks(b);
    return x.dot(y) / std::sqrt(x.squaredNorm() * y.squaredNorm());
  };
  c.config.correlated = {{"ring.share", "ring.underspend"}, {"ring.delivery_lag", "wealth.depreciation"}};
  c.config.correlation = {{1.0, 0.8, 1.0}, {1.0, -0.8, 1.0}};
  const Parameters ring = c.sample(4000);
  const Parameters wealth =
      sample_parameters(c.config.scenarios[1], lever("community_wealth_fund"), c.config, 4000);
  // A Gaussian copula with r = 0.8 has rank correlation 6/pi asin(0.4) = 0.786; its standard error is below
  // 0.008.
  CHECK(std::abs(rank_correlation(ring["share"], ring["underspend"]) - 0.786) < 0.03);
  CHECK(std::abs(rank_correlation(ring["delivery_lag"], wealth["depreciation"]) + 0.786) < 0.03);
  CHECK(std::abs(rank_correlation(ring["share"], ring["persistence"])) < 0.07);
}

TEST_CASE("a package refuses parameters of levers that it does not list, and levers that there are not") {
  Case c;
  c.scenario().lever = "package";
  c.set("levers", std::vector<std::string>{"ukspf_ring_fence", "bus_franchise"}, 12);
  c.set("community_wealth_fund_factor", number(2), 13);
  CHECK(c.message() ==
        "run.toml:12: column 'scenario.ring.parameters.levers': value 'bus_franchise': is not one of "
        "ukspf_ring_fence, "
        "community_wealth_fund, bus_franchising, neighbourhood_renewal, fund_consolidation, "
        "growth_plan_conditionality, "
        "employment_support; did you mean 'bus_franchising'?\n"
        "run.toml:13: column 'scenario.ring.parameters.community_wealth_fund_factor': value '2': belongs to "
        "lever "
        "'community_wealth_fund', which the package does not list; add it to levers");
}

TEST_CASE("correlating what is no number of the lever is refused") {
  Case c;
  c.config.correlated = {{"ring.share", "ring.rule"}};
  c.config.correlation = {{1.0, 0.5, 1.0}};
  CHECK(c.message() ==
        "run.toml:10: column 'scenario.ring.parameters.rule': value 'ring.rule': is correlated but is no "
        "number of its lever; "
        "correlate numbers and distributions only");
}
