// Pounds of one year in pounds of another, by hand.
#include "engine/policy/prices.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/outcome/outcome_plan.hpp"
#include "engine/policy/deflator_years.hpp"
#include "scenarios/channel.hpp"
#include "scenarios/rulebook.hpp"
#include "tests/support/lever_world.hpp"
#include "tests/support/message.hpp"

using namespace spillway;
using test::message;

namespace {
Column money(const std::string& price_base) {
  Column column = test::number_column("gva", {1.0});
  column.unit = "GBP";
  column.price_base = price_base;
  return column;
}
RunConfig with(const std::string& appraisal) {
  return parse_config(
      "[[model]]\nname = \"m\"\nkind = \"spatial_lag_panel\"\noutcome = \"growth\"\ncovariance = { kind = "
      "\"iid\" }\n[appraisal]\n" +
      appraisal);
}
}  // namespace

TEST_CASE("a series of deflators joins its years, and a year that it lacks is refused by name") {
  const Deflators& gdp = deflator_series().front();
  CHECK(gdp.ratio(2022, 2024) == doctest::Approx(100.0 / 90.5005).epsilon(1e-14));
  CHECK(gdp.ratio(2024, 2019) == doctest::Approx(0.811085).epsilon(1e-14));
  CHECK(gdp.ratio(1998, 2023) == doctest::Approx(96.2507 / 53.5326).epsilon(1e-14));
  CHECK(
      message([&] { gdp.ratio(2025, 2024); }) ==
      "no deflator for 2025 (gdp-2025-12 holds 1990 to 2024; give the amount in pounds of one of these "
      "years, or add the year with its source, on a scale where 2024 is 100: [appraisal.deflators] 2025 = { "
      "value = ..., source = \"...\" })");
  // All that are missing at once, in words.
  CHECK(message([&] {
          require_years(gdp, {2024, 2027, 2025, 2026, 1989, 2026});
        }).find("no deflators for 1989 and 2025 to 2027 (gdp-2025-12 holds 1990 to 2024; ") == 0);
  CHECK(missing_years(gdp, {2026, 2020, 2030, 2025}) == std::vector<int>{2025, 2026, 2030});
  CHECK(years_in_words({2024}) == "2024");
  CHECK(years_in_words({2019, 2021, 2022, 2024}) == "2019, 2021 to 2022 and 2024");
  CHECK(message([&] { deflator_series().at(1).ratio(2022, 2024); }).find("holds 1998 to 2023;") !=
        std::string::npos);
}

TEST_CASE("a configuration chooses the series and adds the years that it lacks") {
  const Deflators own =
      deflators(with("deflators = { 2025 = { value = 103.5, source = \"a forecast\" } }\n"));
  CHECK(own.ratio(2025, 2022) == doctest::Approx(90.5005 / 103.5).epsilon(1e-14));
  CHECK(message([&] { own.ratio(2026, 2024); }).find("holds 1990 to 2025;") != std::string::npos);
  CHECK(own.source.find("2025: a forecast") != std::string::npos);
  const Deflators gva = deflators(with("deflator_series = \"gva-england-2023\"\n"));
  CHECK(gva.ratio(2020, 2022) == doctest::Approx(100.0 / 95.9152).epsilon(1e-14));
  CHECK(message([&] { deflators(with("deflators = { 2024 = { value = 99, source = \"s\" } }\n")); }) ==
        "configuration:7: column 'appraisal.deflators.2024': value '99': is in gdp-2025-12 already, as 100; "
        "leave it "
        "out");
  for (const char* wrong :
       {"deflators = { 2025 = 103.5 }", "deflators = { next = { value = 1, source = \"s\" } }",
        "deflators = { 2025 = { value = 0, source = \"s\" } }", "deflator_series = \"gdp\""})
    CHECK(message([&] { with(wrong); }) != "(no InputError)");
}

TEST_CASE("a column of money is rebased from its year, its span of years, or the pack's last period") {
  const Deflators& gdp = deflator_series().front();
  CHECK(rebased(money("2022"), 2022, gdp, 2024).factor == doctest::Approx(100.0 / 90.5005).epsilon(1e-14));
  CHECK(rebased(money("current"), 2020, gdp, 2024).factor == doctest::Approx(100.0 / 85.2137).epsilon(1e-14));
  CHECK(rebased(money("2013-2015"), 2022, gdp, 2024).factor ==
        doctest::Approx((100.0 / 73.4795 + 100.0 / 74.6524 + 100.0 / 75.1536) / 3.0).epsilon(1e-14));
  CHECK(rebased(money("2024"), 2022, gdp, 2024).factor == 1.0);
  CHECK(rebased(money("2024"), 2022, gdp, 2024).sentence.empty());
  CHECK(rebased(money("2022"), {}, gdp, 2024)
            .sentence.find("'gva' from pounds of 2022 to pounds of 2024, times 1.10497") !=
        std::string::npos);
  const Rebased unnamed = rebased(money(""), 2022, gdp, 2024);
  CHECK(unnamed.factor == 1.0);
  CHECK(unnamed.sentence == "prices: column 'gva' names no price base and counts as pounds of 2024");
}

TEST_CASE("a price base that names no year, or one without a deflator, is refused with the column") {
  const Deflators& gdp = deflator_series().front();
  for (const char* wrong : {"twenty", "2018-2013", "2013-", "22"})
    CHECK(message([&] { rebased(money(wrong), 2022, gdp, 2024); }).find("which names no year") !=
          std::string::npos);
  CHECK(message([&] { rebased(money("current"), {}, gdp, 2024); }).find("where the pack has no panel") !=
        std::string::npos);
  CHECK(message([&] {
          rebased(money("2025"), 2022, gdp, 2024);
        }).rfind("column 'gva' in prices of 2025: no deflator for 2025", 0) == 0);
  CHECK(message([&] { rebased(money("2022"), 2022, gdp, 2030); }).find("no deflator for 2030") !=
        std::string::npos);
}

TEST_CASE("units of money are pounds, thousands, millions and billions of them, and pence") {
  for (const auto& one :
       std::vector<std::pair<std::string, double>>{{"", 1},
                                                   {"GBP", 1},
                                                   {"\xC2\xA3", 1},
                                                   {"pounds", 1},
                                                   {"GBP a year", 1},
                                                   {"GBP, 2022 prices", 1},
                                                   {"GBP thousand", 1e3},
                                                   {"\xC2\xA3"
                                                    "000s",
                                                    1e3},
                                                   {"thousands of GBP", 1e3},
                                                   {"GBP '000", 1e3},
                                                   {"GBPk", 1e3},
                                                   {"GBP m", 1e6},
                                                   {"GBP M", 1e6},
                                                   {"\xC2\xA3m", 1e6},
                                                   {"\xC2\xA3 million (current prices)", 1e6},
                                                   {"million pounds", 1e6},
                                                   {"GBP bn", 1e9},
                                                   {"GBP (millions)", 1e6},
                                                   {"GBP, millions", 1e6},
                                                   {"GBP; MILLIONS", 1e6},
                                                   {"\xC2\xA3 (thousands)", 1e3},
                                                   {"GBP million at 2022 prices", 1e6},
                                                   {"GBP m, 2022/23 prices (bn)", 0},
                                                   {"GBP m, 2022/23 prices", 1e6},
                                                   {"GBP 2022", 1},
                                                   {"GBP per annum", 1},
                                                   {"GBP/year", 1},
                                                   {"GBPm", 1e6},
                                                   {"GBPbn", 1e9},
                                                   {"m\xC2\xA3", 1e6},
                                                   {"\xC2\xA3 millions, chained volume measures", 1e6},
                                                   {"GBP (hundreds)", 0},
                                                   {"GBP, percent", 0},
                                                   {"GBP per million", 0},
                                                   {"GBP/m", 0},
                                                   {"GBP a head", 0},
                                                   {"GBP per 1000", 0},
                                                   {"2022 prices", 0},
                                                   {"(millions)", 0},
                                                   {"pence", 0.01},
                                                   {"GBP per head", 0},
                                                   {"EUR m", 0},
                                                   {"log GBP", 0},
                                                   {"index", 0},
                                                   {"m", 0}})
    CHECK_MESSAGE(pounds_a_unit(one.first) == one.second, one.first);
}

TEST_CASE("GVA of the pack's last year grows to the year before the first period") {
  const GvaBase base{1.25, 1.5};
  const Eigen::VectorXd brought = base.applied(Eigen::Vector2d(100.0, 200.0), Eigen::Vector2d(0.02, -0.01));
  CHECK(brought(0) == doctest::Approx(125.0 * std::exp(0.03)).epsilon(1e-14));
  CHECK(brought(1) == doctest::Approx(250.0 * std::exp(-0.015)).epsilon(1e-14));
}

TEST_CASE("GVA gained in periods of two years is discounted year by year") {
  // One area of GBP 20,000 a head, y0 = 0.04 a period, uplift 0.01 in each of two periods of two years.
  SpatialWeights::Matrix alone(1, 1);
  const SpatialWeights weights(alone, true);
  Dynamics dynamics;
  dynamics.weights = &weights;
  dynamics.row_class = {0};
  dynamics.classes = 1;
  dynamics.draws = 1;
  dynamics.horizon = 2;
  dynamics.phi = {0.0};
  dynamics.rho = {0.0};
  dynamics.shape = Eigen::MatrixXd::Ones(1, 1);
  dynamics.amplitude = {0.01, 0.01};
  OutcomePlan plan;
  plan.outcomes = {AreaOutcome::discounted_gva_uplift};
  plan.quantiles = {0.5};
  plan.rate_weight = plan.head_weight = Eigen::VectorXd::Ones(1);
  plan.gva_per_head = Eigen::VectorXd::Constant(1, 20000.0);
  plan.growth = Eigen::VectorXd::Constant(1, 0.04);
  plan.groupings = {{"nation", {0}, {"nation"}}};
  plan.discount = scenarios::period_present_values(scenarios::rulebook_in_force(), 2026, 2026, 2, 2.0);
  const double v = 1.0 / 1.035;
  CHECK(plan.discount[0] == doctest::Approx(1.0 + v).epsilon(1e-14));
  CHECK(plan.discount[1] == doctest::Approx(v * v + v * v * v).epsilon(1e-14));
  const double expected = 20000.0 * ((1.0 + v) * std::exp(0.04) * std::expm1(0.01) +
                                     (v * v + v * v * v) * std::exp(0.08) * std::expm1(0.02));
  CHECK(static_cast<double>(evaluate_reference(dynamics, plan).areas[0].mean(0)) ==
        doctest::Approx(expected).epsilon(1e-6));  // areas are kept as float
}

TEST_CASE("what a pound builds is counted in the pounds of the estimate's regressor") {
  const auto world = test::lever_world(6, 2);
  const scenarios::Lever& fund = scenarios::lever("community_wealth_fund");
  const Parameters parameters = test::fixed_parameters(fund, 3);
  const Eigen::MatrixXd spent = Eigen::MatrixXd::Ones(3, 4);
  const Eigen::MatrixXd plain = scenarios::stock_effect(world->context, parameters, spent).amplitude;
  world->context.stock_prices = 0.9;
  CHECK(scenarios::stock_effect(world->context, parameters, spent).amplitude.isApprox(0.9 * plain, 1e-14));
  world->context.beta_unit = "grants";
  world->context.convert["gbp_per_head"] = 2.0;  // per GBP of the price base year, as its source has it
  CHECK(scenarios::stock_effect(world->context, parameters, spent).amplitude.isApprox(2.0 * plain, 1e-14));
}

TEST_CASE("what a fund spends after the horizon is kept as later cost, to the last pound") {
  const auto world = test::lever_world(6, 2);
  for (const char* name : {"community_wealth_fund", "neighbourhood_renewal", "ukspf_ring_fence"}) {
    CAPTURE(name);
    const scenarios::Lever& lever = scenarios::lever(name);
    Parameters parameters = test::fixed_parameters(lever, 3);
    if (parameters.flags.contains("budget_neutral")) parameters.flags["budget_neutral"] = false;
    const auto set = [&](const std::string& key, double value) {
      for (std::size_t k = 0; k < parameters.names.size(); ++k)
        if (parameters.names[k] == key) parameters.value.col(static_cast<Eigen::Index>(k)).setConstant(value);
    };
    set("carried_over", 1.0);
    const Policy early = lever.build(world->context, parameters);
    set("start_years", 3.0);
    const Policy late = lever.build(world->context, parameters);
    const auto total = [](const Policy& policy) {
      return policy.cost.sum() + (policy.later_cost.size() > 0 ? policy.later_cost.sum() : 0.0);
    };
    CHECK(late.cost.sum() < early.cost.sum());
    CHECK(late.later_cost.sum() > 0.0);
    CHECK(total(late) == doctest::Approx(total(early)).epsilon(1e-12));
  }
}
