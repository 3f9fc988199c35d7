// How much money a programme has, when it is spent and who pays: amounts, profiles, funds, starts, match.
#include <doctest/doctest.h>

#include "engine/base/error.hpp"
#include "scenarios/funds.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/parameter_specs.hpp"
#include "tests/support/lever_world.hpp"
#include "tests/support/message.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::message;

namespace {

Distribution number(double value) {
  Distribution made;
  made.values["value"] = value;
  return made;
}

/// A scenario as a configuration would give it, sampled.
struct Scenario {
  RunConfig config;
  ScenarioConfig scenario;
  explicit Scenario(const std::string& lever_) {
    config.file = "run.toml";
    config.discount_base_year = 2026;
    scenario.name = "fund";
    scenario.lever = lever_;
    scenario.line = 10;
  }
  Scenario& set(const std::string& name, ParameterValue value) {
    scenario.parameters[name] = std::move(value);
    scenario.parameter_lines[name] = 20;
    return *this;
  }
  Parameters sample() const { return sample_parameters(scenario, lever(scenario.lever), config, 3); }
  /// Delivered at once and in full, so that costs are the plan's.
  Policy build(const test::LeverWorld& world) const {
    Scenario plain = *this;
    for (const auto& [name, value] : test::plain({}))
      if (name != "start_years" && !plain.scenario.parameters.contains(name))
        for (const ParameterSpec& spec : lever(scenario.lever).parameters)
          if (spec.name == name) plain.set(name, number(value));
    try {
      return lever(scenario.lever).build(world.context, plain.sample());
    } catch (const InputError& error) {
      throw placed(error, scenario, config);
    }
  }
  std::string told(const test::LeverWorld& world) const {
    return message([&] { build(world); });
  }
};

bool says(const std::vector<std::string>& sentences, const std::string& what) {
  for (const std::string& one : sentences)
    if (one.find(what) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("a profile is the programme's money, its length and its years") {
  const auto world = lever_world(8, 4, 3, 5);
  Scenario fund("community_wealth_fund");
  fund.set("profile", std::vector<double>{400, 700, 1500});
  const Policy policy = fund.build(*world);
  const Eigen::RowVectorXd cost = policy.cost.row(0) / 1e6;
  for (const auto& [h, expected] : {std::pair{0, 400.0}, {1, 700.0}, {2, 1500.0}, {3, 0.0}})
    CHECK(cost(h) == doctest::Approx(expected).epsilon(1e-12));
  CHECK(says(policy.notes, "GBP 2600.0m over 3 years (means of the draws), 15, 27, 58 % of it year by year"));
  const Parameters sampled = fund.sample();
  CHECK(sampled["profile_3"](2) == 1500.0);  // in the result's parameters

  fund.set("amount", number(2.6e9));
  CHECK(fund.told(*world) == "(no InputError)");
  fund.set("amount", number(2.5e9));
  CHECK(fund.told(*world) ==
        "run.toml:20: column 'scenario.fund.parameters.amount': value '2.5e+09': the profile gives GBP "
        "2600.00m in "
        "all, amount GBP 2500.00m; leave one of them out");
  Scenario years("community_wealth_fund");
  years.set("profile", std::vector<double>{400, 700}).set("fund_years", number(3));
  CHECK(years.told(*world) ==
        "run.toml:20: column 'scenario.fund.parameters.fund_years': value '3': the profile has 2 years; "
        "leave one "
        "of them out");
  Scenario negative("community_wealth_fund");
  negative.set("profile", std::vector<double>{400, -1});
  CHECK(negative.told(*world).find("-1 is out of range; expected 0 or more (GBP m a year)") !=
        std::string::npos);
  Scenario words("community_wealth_fund");
  words.set("profile", std::vector<std::string>{"a"});
  CHECK(words.told(*world).find("is a list of words; expected a list of numbers") != std::string::npos);
}

TEST_CASE("a package's lever keeps its profile") {
  const auto world = lever_world(8, 4, 3, 5);
  Scenario package("package");
  package.set("levers", std::vector<std::string>{"community_wealth_fund"});
  package.set("community_wealth_fund_profile", std::vector<double>{1, 3});
  for (const char* name : {"delivery_lag", "underspend", "match_private"})
    package.set(std::string("community_wealth_fund_") + name, number(0));
  const Policy policy = package.build(*world);
  CHECK(policy.cost(0, 0) == doctest::Approx(1e6).epsilon(1e-12));
  CHECK(policy.cost(0, 1) == doctest::Approx(3e6).epsilon(1e-12));
}

TEST_CASE("a policy starts in a calendar year, and says in which period") {
  const auto world = lever_world(8, 4, 3, 5);
  Scenario fund("community_wealth_fund");
  fund.set("amount", number(10e6)).set("fund_years", number(1)).set("start", number(2028));
  const Policy policy = fund.build(*world);
  CHECK(policy.cost(0, 2) == doctest::Approx(10e6).epsilon(1e-12));
  CHECK(policy.cost.row(0).sum() == doctest::Approx(10e6).epsilon(1e-12));
  CHECK(says(policy.notes, "Starts in 2028, in period 3 of 5."));
  CHECK_FALSE(says(policy.notes, "The period begins"));
  const auto waves = lever_world(8, 4, 3, 2);
  waves->context.period_years = 4.2;
  CHECK(says(fund.build(*waves).notes,
             "Starts in 2028, in period 1 of 2. The period begins 2 years earlier: tables by year spread its "
             "money over all of its 4.2 years."));
  const auto at = [&](double year) { return fund.set("start", number(year)).told(*world); };
  CHECK(at(2025) ==
        "run.toml:20: column 'scenario.fund.parameters.start': value '2025': is before the first year of the "
        "appraisal, 2026; a policy starts then or later");
  CHECK(at(2031) ==
        "run.toml:20: column 'scenario.fund.parameters.start': value '2031': lies after the horizon of 5 "
        "periods of "
        "1 years, which ends with 2030; start earlier or raise outcomes.horizon");
  CHECK(at(2030) == "(no InputError)");
  CHECK(at(2027.5).find("is no calendar year; expected one whole number") != std::string::npos);
  fund.set("start_years", number(1));
  CHECK(at(2028).find("stands beside start_years; give one") != std::string::npos);
  for (const char* name : {"bus_franchising", "growth_plan_conditionality", "fund_consolidation"}) {
    CAPTURE(name);
    Scenario other(name);
    const Policy later = other.set("start", number(2029)).build(*world);
    CHECK(later.cost.leftCols(3).isZero(0.0));
    CHECK_FALSE(later.cost.rightCols(2).isZero(0.0));
    CHECK(says(later.notes, "Starts in 2029, in period 4 of 5."));
  }
}

TEST_CASE("public match is public cost, private match is none, and all parts stand apart") {
  const auto world = lever_world(8, 4, 3, 2);
  Scenario fund("community_wealth_fund");
  fund.set("amount", number(10e6)).set("fund_years", number(1));
  const auto gain = [&](double match_public, double match_private) {
    fund.set("match_public", number(match_public)).set("match_private", number(match_private));
    return fund.build(*world);
  };
  const Policy none = gain(0, 0), both = gain(0.5, 0.25);
  CHECK(both.cost(0, 0) == doctest::Approx(15e6).epsilon(1e-12));
  CHECK(propagate_one(both.dynamics, 0)(0, 0) ==
        doctest::Approx(1.75 * propagate_one(none.dynamics, 0)(0, 0)).epsilon(1e-12));
  CHECK(says(both.notes,
             "GBP 10.0m of its own, match of other public bodies GBP 5.0m, private match GBP "
             "2.5m (no "
             "public cost)."));
}

TEST_CASE("no fund is a default; one that has ended warns where it is named") {
  const auto world = lever_world(8, 4, 3, 5);
  for (const Lever& known : scenarios::catalogue())
    for (const ParameterSpec& spec : known.parameters)
      if (spec.name == "fund" || spec.name.ends_with("_fund"))
        CHECK(std::get<std::string>(spec.fallback) == "custom");
  for (const char* name : {"ukspf_ring_fence", "community_wealth_fund", "neighbourhood_renewal"}) {
    const Policy policy = Scenario(name).build(*world);
    CHECK(says(policy.notes, "Fund: none named, GBP "));
    CHECK_FALSE(says(policy.warnings, "ended in"));
  }
  Scenario ended("ukspf_ring_fence");
  const Policy policy = ended.set("fund", std::string("ukspf_2022_25_england")).build(*world);
  CHECK(says(policy.warnings,
             "UK Shared Prosperity Fund 2022-25 ended in 2025 and this policy starts in 2026"));
  CHECK(says(policy.notes, "GBP 1580.0m over 3 years (means of the draws), 15, 27, 58 % of it year by year"));
  Scenario renewal("neighbourhood_renewal");
  renewal.set("fund", std::string("new_deal_for_communities"));
  CHECK(says(renewal.build(*world).notes, "GBP 1708.2m over 10 years"));
  CHECK(says(renewal.set("places", number(2)).build(*world).notes, "GBP 87.6m over 10 years"));
  for (const Fund& fund : funds()) {
    CAPTURE(fund.name);
    CHECK_FALSE(fund.source.empty());
    CHECK(fund.valid_until >= fund.first_year);
  }
}

TEST_CASE("a named programme of employment support has its people and its cost") {
  const auto world = lever_world(8, 4, 3, 5);
  world->pack.areas.columns.push_back(test::number_column("employment_rate", std::vector<double>(8, 0.6)));
  Scenario support("employment_support");
  support.set("programme", std::string("connect_to_work")).set("programme_years", number(2));
  const Policy policy = support.build(*world);
  CHECK(policy.cost.row(0).sum() == doctest::Approx(85000.0 * 3976.0).epsilon(1e-12));
  CHECK(says(policy.notes, "Programme: 85000 people helped at GBP 3976 each; Connect to Work"));
}

TEST_CASE("deadweight is not taken twice where the effect of a pound is net") {
  const auto world = lever_world(8, 4, 3, 5);
  const Policy plain = Scenario("community_wealth_fund").build(*world);
  CHECK_FALSE(says(plain.warnings, "net already"));
  CHECK(Scenario("community_wealth_fund").sample()["deadweight"].isZero(0.0));
  CHECK(Scenario("ukspf_ring_fence").sample()["deadweight"].minCoeff() > 0.0);
  const Policy taken = Scenario("community_wealth_fund").set("deadweight", number(0.2)).build(*world);
  CHECK(says(taken.warnings, "A deadweight of 20 % on average is taken off an effect that is net already"));
}

TEST_CASE("names that have changed are read as the present ones") {
  Scenario fund("community_wealth_fund");
  fund.set("leverage", number(0.2));
  fund.set("target_type", std::string("other"));
  CHECK(fund.sample()["match_private"].isConstant(0.2));
  CHECK(fund.sample().texts.at("target") == "other");
  Scenario bus("bus_franchising");
  bus.set("combined_authorities", std::vector<std::string>{"C1"});
  CHECK(bus.sample().lists.at("where") == std::vector<std::string>{"C1"});
}

namespace {
Distribution point_of(double value) {
  Distribution made = number(value);
  made.kind = "point";
  return made;
}

/// GDP deflator of the default series, 2024 = 100.
constexpr double d2019 = 81.1085, d2021 = 85.6358, d2022 = 90.5005, d2023 = 96.2507;

Scenario in_years(const std::string& lever_, test::LeverWorld& world, int first_year) {
  Scenario made(lever_);
  made.config.discount_base_year = first_year;
  world.context.first_year = first_year;
  world.context.price_base_year = 2024;
  return made;
}
}  // namespace

TEST_CASE("cash is brought to the price base year, each year's money from its own") {
  const auto world = lever_world(8, 4, 3, 5);
  Scenario fund = in_years("community_wealth_fund", *world, 2021);
  fund.set("profile", std::vector<double>{400, 700, 1500})
      .set("start", point_of(2022))
      .set("price_year", std::string("cash"));
  const Policy policy = fund.build(*world);
  const std::vector<double> expected = {0.0, 400e6 * 100 / d2022, 700e6 * 100 / d2023, 1500e6, 0.0};
  for (int h = 0; h < 5; ++h)
    CHECK(policy.cost(1, h) == doctest::Approx(expected[static_cast<std::size_t>(h)]).epsilon(1e-9));
  CHECK(says(policy.notes,
             "Prices: amounts are cash of 2022 to 2024, each year's money brought to pounds of 2024 times "
             "1.10497, 1.03895, 1 (gdp-2025-12, "));
  CHECK(says(policy.notes, "In all GBP 2600.00m become GBP 2669.25m"));
  // What slips keeps its worth: half a year late, and a quarter of the first year's money over the later
  // ones.
  fund.set("delivery_lag", point_of(0.5))
      .set("underspend", point_of(0.25))
      .set("carried_over", point_of(1.0));
  const double first = expected[1], second = expected[2], third = expected[3];
  const Policy late = fund.build(*world);
  CHECK(late.cost(0, 1) == doctest::Approx(0.5 * 0.75 * first).epsilon(1e-9));
  CHECK(late.cost(0, 2) ==
        doctest::Approx(0.5 * 0.75 * first + 0.5 * second + 0.5 * 0.25 * first / 2).epsilon(1e-9));
  CHECK(late.cost.row(0).sum() == doctest::Approx(first + second + third).epsilon(1e-9));
  world->context.period_years = 4.2;  // a period of any length
  CHECK(fund.build(*world).cost.row(0).sum() == doctest::Approx(first + second + third).epsilon(1e-9));
}

TEST_CASE("cash of a year without a deflator is refused by name, at its line") {
  const auto world = lever_world(8, 4, 3, 5);
  Scenario fund("community_wealth_fund");
  fund.set("profile", std::vector<double>{400, 700}).set("price_year", std::string("cash"));
  world->context.first_year = 2026;
  CHECK(fund.told(*world).find("run.toml:20: column 'scenario.fund.parameters.price_year': value 'cash': no "
                               "deflators for 2026 to 2027 (gdp-2025-12 holds 1990 to 2024; ") == 0);
  CHECK(fund.told(*world).find("; price_year = \"base\" reads the amounts as pounds of 2024") !=
        std::string::npos);
  fund.set("price_year", point_of(2031));
  CHECK(fund.told(*world).find("value '2031': no deflator for 2031 (") != std::string::npos);
  for (const ParameterValue& wrong :
       {ParameterValue(std::string("nominal")), ParameterValue(point_of(2023.5)),
        ParameterValue(point_of(23)), ParameterValue(uniform(2020, 2024, "x"))}) {
    fund.set("price_year", wrong);
    CHECK(fund.told(*world).find("is no year of prices; expected \"preset\", \"base\", \"cash\" or one whole "
                                 "year, such as 2023") != std::string::npos);
  }
  fund.set("price_year", std::string("cash")).set("start_years", point_of(0.5));
  CHECK(
      fund.told(*world).find("start_years is 0.5, within a year, so the years of the money are not known") !=
      std::string::npos);
}

TEST_CASE("a fund's own amount in cash is of its own years; a year's prices are one factor for all") {
  const auto world = lever_world(8, 4, 3, 5);
  Scenario fund = in_years("community_wealth_fund", *world, 2026);
  fund.set("fund", std::string("ukspf_2022_25_england")).set("price_year", std::string("cash"));
  const Policy policy = fund.build(*world);
  for (const auto& [h, price] : {std::pair{0, 400 * 100 / d2022}, {1, 700 * 100 / d2023}, {2, 1500.0}})
    CHECK(policy.cost(0, h) == doctest::Approx(1.58e9 * price / 2600).epsilon(1e-9));
  fund.set("price_year", point_of(2019));
  CHECK(fund.build(*world).cost(0, 1) == doctest::Approx(1.58e9 * 7 / 26 * 100 / d2019).epsilon(1e-9));
  fund.set("price_year", std::string("base"));
  const Policy plain = fund.build(*world);
  CHECK(plain.cost(0, 1) == doctest::Approx(1.58e9 * 7 / 26).epsilon(1e-12));
  CHECK(says(plain.notes, "; amounts are read as prices of 2024."));
  // An amount of the configuration beside the fund's name is cash of the policy's years, which have no
  // deflator.
  fund.set("price_year", std::string("cash")).set("amount", point_of(1e9));
  CHECK(fund.told(*world).find("no deflators for 2026 to 2028") != std::string::npos);
}

TEST_CASE("a preset has its own prices where the deflators reach them, and says where they do not") {
  const auto world = lever_world(8, 4, 3, 5);
  Scenario fund = in_years("community_wealth_fund", *world, 2026);
  fund.set("fund", std::string("ukspf_2022_25_england"));
  const Policy past = fund.build(*world);  // cash of 2022, 2023 and 2024, whatever the policy's years
  for (const auto& [h, price] : {std::pair{0, 400 * 100 / d2022}, {1, 700 * 100 / d2023}, {2, 1500.0}})
    CHECK(past.cost(0, h) == doctest::Approx(1.58e9 * price / 2600).epsilon(1e-9));
  CHECK(says(past.notes, "Prices: amounts are cash of 2022 to 2024"));
  fund.set("price_year", std::string("base"));
  CHECK(fund.build(*world).cost(0, 0) == doctest::Approx(1.58e9 * 400 / 2600).epsilon(1e-9));
  // The configuration's own amount is of the base year unless it says otherwise.
  fund.set("price_year", std::string("preset")).set("amount", point_of(2600e6));
  CHECK(fund.build(*world).cost(0, 0) == doctest::Approx(400e6).epsilon(1e-9));

  Scenario later = in_years("community_wealth_fund", *world, 2026);
  later.set("fund", std::string("cwf_as_launched"));
  const Policy future = later.build(*world);
  CHECK(future.cost(0, 0) == doctest::Approx(17.5e6).epsilon(1e-9));
  CHECK(
      says(future.notes,
           "; its amount is cash of 2026 to 2035, and counts as pounds of 2024: gdp-2025-12 has no deflator "
           "for 2026 to 2035 ([appraisal.deflators] adds them)."));
  for (int year = 2025; year <= 2035; ++year)
    world->context.deflators.index[year] = 100.0 * std::pow(1.02, year - 2024);
  CHECK(later.build(*world).cost(0, 1) == doctest::Approx(17.5e6 / std::pow(1.02, 3)).epsilon(1e-9));

  // A programme of help into work: a figure of 2026, of a year that is not published.
  Scenario help = in_years("employment_support", *world, 2026);
  world->pack.areas.columns.push_back(test::number_column("employment_rate", std::vector<double>(8, 0.7)));
  help.set("programme", std::string("workwell"));
  const double known = help.build(*world).cost(0, 0);
  help.set("price_year", std::string("base"));
  CHECK(known == doctest::Approx(help.build(*world).cost(0, 0) / std::pow(1.02, 2)).epsilon(1e-9));
  help.set("price_year", std::string("preset")).set("programme", std::string("jobsplus"));
  CHECK(says(help.build(*world).notes,
             "; the year of its prices is not published, and it counts as pounds of 2024."));
}

TEST_CASE("every lever with money knows its prices") {
  for (const char* name : {"bus_franchising", "growth_plan_conditionality", "fund_consolidation",
                           "employment_support", "ukspf_ring_fence", "neighbourhood_renewal"}) {
    CAPTURE(name);
    const auto world = lever_world(8, 4, 3, 2);
    Scenario base = in_years(name, *world, 2021);
    world->context.period_years = 2.0;
    world->pack.areas.columns.push_back(test::number_column("employment_rate", std::vector<double>(8, 0.7)));
    if (base.scenario.lever == "ukspf_ring_fence") base.set("budget_neutral", false);
    if (base.scenario.lever == "employment_support") base.set("programme_years", point_of(4));
    Scenario of_2022 = base, cash = base;
    const Policy plain = base.build(*world),
                 rebased = of_2022.set("price_year", point_of(2022)).build(*world);
    CHECK(plain.cost.cwiseAbs().maxCoeff() > 0.0);
    CHECK(rebased.cost.isApprox(plain.cost * (100 / d2022), 1e-12));
    CHECK(says(rebased.notes, "Prices: amounts are pounds of 2022, brought to pounds of 2024 times 1.10497"));
    if (base.scenario.lever == "ukspf_ring_fence" || base.scenario.lever == "neighbourhood_renewal") continue;
    const Policy yearly =
        cash.set("price_year", std::string("cash")).set("start_years", point_of(0)).build(*world);
    CHECK(yearly.cost.col(0).isApprox(plain.cost.col(0) * (50 / d2021 + 50 / d2022), 1e-12));
    CHECK(yearly.cost.col(1).isApprox(plain.cost.col(1) * (50 / d2023 + 0.5), 1e-12));
  }
}
