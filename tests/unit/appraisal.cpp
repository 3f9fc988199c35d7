// Discounting, benefits, costs and what follows from them, by hand.
#include "scenarios/appraisal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/error.hpp"
#include "scenarios/pound_worth.hpp"

using namespace spillway;
using namespace spillway::scenarios;

namespace {
Eigen::MatrixXd constant(long draws, std::initializer_list<double> path) {
  Eigen::MatrixXd made(draws, static_cast<Eigen::Index>(path.size()));
  Eigen::Index h = 0;
  for (const double value : path) made.col(h++).setConstant(value);
  return made;
}
Eigen::VectorXd all(long draws, double value) { return Eigen::VectorXd::Constant(draws, value); }

/// Two groups, two years: the poor gain 100 and 200, the rest lose 40 and 20; cost 50 a year; base year 2026.
AppraisalInputs two_years(long draws = 3) {
  AppraisalInputs inputs;
  inputs.scenario = "test";
  inputs.groups = {{"poor", 1000.0, 10000.0, constant(draws, {100, 200})},
                   {"rest", 3000.0, 30000.0, constant(draws, {-40, -20})}};
  inputs.median_income = 25000.0;
  inputs.target = "poor";
  inputs.cost = constant(draws, {50, 50});
  return inputs;
}
AppraisalSettings two_year_settings() {
  AppraisalSettings settings;
  settings.appraisal_years = 2;
  return settings;
}
}  // namespace

TEST_CASE("discount factors equal the tables that HM Treasury prints, to their four decimals") {
  // HM Treasury, Green Book supplementary guidance: discounting (February 2026), Annex A, tables A.1
  // (standard, 3.5 %) and A.2 (health, 1.5 %), years 0 to 30. The document itself was not to be had; the
  // numbers stand as two public test suites transcribe them, which agree in all 62: ChristK/workHORSE,
  // Rpackage/workHORSE_model_pkg/tests/testthat/ test-discount.R, and the R package healthiar's test of
  // get_discount_factor, "hm_treasury_2026" (read on 2026-11-25).
  constexpr std::array<double, 31> standard = {1.0000, 0.9662, 0.9335, 0.9019, 0.8714, 0.8420, 0.8135, 0.7860,
                                               0.7594, 0.7337, 0.7089, 0.6849, 0.6618, 0.6394, 0.6178, 0.5969,
                                               0.5767, 0.5572, 0.5384, 0.5202, 0.5026, 0.4856, 0.4692, 0.4533,
                                               0.4380, 0.4231, 0.4088, 0.3950, 0.3817, 0.3687, 0.3563};
  constexpr std::array<double, 31> health = {1.0000, 0.9852, 0.9707, 0.9563, 0.9422, 0.9283, 0.9145, 0.9010,
                                             0.8877, 0.8746, 0.8617, 0.8489, 0.8364, 0.8240, 0.8118, 0.7999,
                                             0.7880, 0.7764, 0.7649, 0.7536, 0.7425, 0.7315, 0.7207, 0.7100,
                                             0.6995, 0.6892, 0.6790, 0.6690, 0.6591, 0.6494, 0.6398};
  const Rulebook& book = rulebook("green-book-2026");
  const std::vector<double> ours = discount_factors(book, 2026, 2026, 61);
  const std::vector<double> ours_health = discount_factors(book, 2026, 2026, 61, DiscountSchedule::health);
  const auto printed = [](double factor) { return std::round(factor * 1e4) / 1e4; };
  for (std::size_t year = 0; year < standard.size(); ++year) {
    CAPTURE(year);
    CHECK(printed(ours[year]) == standard[year]);
    CHECK(printed(ours_health[year]) == health[year]);
  }
  // Beyond year 30 no printed factor was found: the published rates make them.
  CHECK(ours[31] == doctest::Approx(std::pow(1.035, -30) / 1.03).epsilon(1e-13));
  CHECK(ours[60] == doctest::Approx(std::pow(1.035, -30) * std::pow(1.03, -30)).epsilon(1e-12));
}

TEST_CASE("rates step after years 30, 75, 125, 200 and 300") {
  const std::vector<double> f = discount_factors(rulebook("green-book-2026"), 2026, 2026, 310);
  const auto rate = [&](std::size_t year) { return f[year - 1] / f[year] - 1.0; };
  const std::pair<std::size_t, double> steps[] = {{30, .035},  {31, .03},  {75, .03},  {76, .025},
                                                  {125, .025}, {126, .02}, {200, .02}, {201, .015},
                                                  {300, .015}, {301, .01}};
  for (const auto& row : steps) {
    const std::size_t year = row.first;
    const double expected = row.second;
    CAPTURE(year);
    CHECK(rate(year) == doctest::Approx(expected).epsilon(1e-9));
  }
  // The health and the sensitivity schedules step with it (rates: DfT, TAG forthcoming change: Green Book
  // updates, 16 April 2026, which prints the Green Book's table of all three).
  const auto schedule_steps = [&](DiscountSchedule schedule, const std::array<double, 6>& rates) {
    const std::vector<double> factors =
        discount_factors(rulebook("green-book-2026"), 2026, 2026, 310, schedule);
    constexpr std::array<std::size_t, 6> last = {30, 75, 125, 200, 300, 309};
    for (std::size_t k = 0; k < last.size(); ++k) {
      CAPTURE(k);
      CHECK(factors[last[k] - 1] / factors[last[k]] - 1.0 == doctest::Approx(rates[k]).epsilon(1e-9));
      if (k + 1 < last.size())
        CHECK(factors[last[k]] / factors[last[k] + 1] - 1.0 == doctest::Approx(rates[k + 1]).epsilon(1e-9));
    }
  };
  schedule_steps(DiscountSchedule::health, {0.015, 0.0129, 0.0107, 0.0086, 0.0064, 0.0043});
  schedule_steps(DiscountSchedule::sensitivity, {0.030, 0.0257, 0.0214, 0.0171, 0.0129, 0.0086});
}

TEST_CASE("a first year before or after the base year is compounded or discounted") {
  const Rulebook& book = rulebook_in_force();
  CHECK(discount_factors(book, 2026, 2024, 3) ==
        std::vector<double>{1.035 * 1.035, 1.035 * 1.035 / 1.035, 1.035 * 1.035 / 1.035 / 1.035});
  CHECK(discount_factors(book, 2026, 2028, 1)[0] == doctest::Approx(std::pow(1.035, -2)).epsilon(1e-14));
}

TEST_CASE("a pound a year in a period is worth the sum of its years' factors") {
  const std::vector<double> two = period_present_values(rulebook_in_force(), 2026, 2026, 2, 2.0);
  CHECK(two[0] == doctest::Approx(1.0 + 1.0 / 1.035).epsilon(1e-14));
  const std::vector<double> odd = period_present_values(rulebook_in_force(), 2026, 2026, 2, 1.5);
  CHECK(odd[1] == doctest::Approx(0.5 / 1.035 + std::pow(1.035, -2)).epsilon(1e-14));
}

TEST_CASE("present values, net value and ratios by hand, local and national apart") {
  AppraisalSettings settings = two_year_settings();
  settings.values["gva_welfare_share"] = all(3, 0.5);
  settings.values["gva_additional_share"] = all(3, 0.25);
  const AppraisalResult result = appraise(two_years(), settings);
  const double v = 1.0 / 1.035;
  CHECK(result.local.benefits(1) == doctest::Approx(0.5 * (100 + 200 * v)).epsilon(1e-14));
  CHECK(result.national.benefits(1) == doctest::Approx(0.25 * 0.5 * (60 + 180 * v)).epsilon(1e-14));
  CHECK(result.present_value_costs(1) == doctest::Approx(50 + 50 * v).epsilon(1e-14));
  CHECK(result.npsv()(1) == doctest::Approx(0.125 * (60 + 180 * v) - 50 - 50 * v).epsilon(1e-13));
  CHECK(result.local.adjusted_bcr(1) ==
        doctest::Approx(0.5 * (100 + 200 * v) / (50 + 50 * v)).epsilon(1e-13));
  CHECK(result.local.bcr_above_one == 1.0);
  CHECK(result.local.bcr_above_two == 0.0);
  CHECK(result.local.band == "low");
  CHECK(result.national.band == "poor");
  CHECK(result.financial_costs(1) == 100.0);
}

TEST_CASE("local GVA is not additional to the nation by default") {
  const AppraisalResult result = appraise(two_years(), two_year_settings());
  CHECK(result.national.benefits.isZero(0.0));
  CHECK(result.local.benefits.minCoeff() > 0.0);
}

TEST_CASE("optimism bias raises the capital share of cost") {
  AppraisalSettings settings = two_year_settings();
  settings.optimism_bias_class = "standard_civil";
  settings.capital_share = 0.5;
  const AppraisalResult result = appraise(two_years(), settings);
  CHECK(result.present_value_costs(0) == doctest::Approx(1.22 * (50 + 50 / 1.035)).epsilon(1e-13));
  CHECK(result.financial_costs(0) == 100.0);
}

TEST_CASE("weights follow incomes, and what is not additional is taken from everyone") {
  AppraisalSettings settings = two_year_settings();
  settings.distributional_weights = Switch::on;
  settings.values["gva_additional_share"] = all(3, 1.0);
  // The median income, 25,000, is the reference.
  const double poor = std::pow(2.5, 1.3), rest = std::pow(25.0 / 30.0, 1.3), v = 1.0 / 1.035;
  const AppraisalResult additional = appraise(two_years(), settings);
  CHECK(additional.weights.at("poor") == doctest::Approx(poor).epsilon(1e-14));
  CHECK(additional.weighted->benefits(0) ==
        doctest::Approx(poor * (100 + 200 * v) - rest * (40 + 20 * v)).epsilon(1e-13));
  settings.values.clear();
  const AppraisalResult none = appraise(two_years(), settings);
  const double everyone = 0.1 * poor + 0.9 * rest;
  CHECK(none.weighted->benefits(0) ==
        doctest::Approx(poor * (100 + 200 * v) - rest * (40 + 20 * v) - everyone * (60 + 180 * v))
            .epsilon(1e-13));
}

TEST_CASE("weights without an income of residents are refused") {
  AppraisalInputs inputs = two_years();
  inputs.median_income = 0.0;
  AppraisalSettings settings = two_year_settings();
  settings.distributional_weights = Switch::on;
  CHECK_THROWS_WITH_AS(
      appraise(inputs, settings),
      "appraisal of 'test': distributional weights go by residents' income and there is none "
      "(set appraisal.income_column, for example disposable household income)",
      InputError);
}

TEST_CASE("the Exchequer's view: what departments spend and what comes back by year, outside NPSV") {
  AppraisalInputs inputs = two_years();
  inputs.cost = constant(3, {100, 0});
  inputs.later_cost = constant(3, {20});
  AppraisalSettings settings = two_year_settings();
  settings.appraisal_years = 4;
  settings.first_year = 2027;
  settings.capital_share = 0.6;
  settings.envelope = {100.0, 0.0, 15.0};
  settings.optimism_bias_class = "standard_civil";  // no part of what a department spends
  settings.values["fiscal_per_pound"] = all(3, 1.2);
  settings.values["benefit_years"] = all(3, 3.0);
  settings.values["ame_share"] = all(3, 0.75);
  settings.values["cashable_share"] = all(3, 0.5);
  settings.sources["fiscal_per_pound"] = "an advocate's report";
  const AppraisalResult result = appraise(inputs, settings);
  const Exchequer& view = result.exchequer;
  REQUIRE(view.years.size() == 4);
  // 100 is spent in 2027, of which 120 come back over three years, and 20 in 2029, after the scenario's two
  // years: a cost whose effects lie outside.
  const double spent[] = {100, 0, 20, 0}, back[] = {40, 40, 40, 0};
  for (std::size_t k = 0; k < 4; ++k) {
    CAPTURE(k);
    const ExchequerYear& year = view.years[k];
    CHECK(year.year == 2027 + static_cast<int>(k));
    CHECK(year.cdel(1) == doctest::Approx(0.6 * spent[k]).epsilon(1e-14));
    CHECK(year.rdel(1) == doctest::Approx(0.4 * spent[k]).epsilon(1e-14));
    CHECK(year.ame_saved(1) == doctest::Approx(0.75 * back[k]).epsilon(1e-13));
    CHECK(year.receipts(1) == doctest::Approx(0.25 * back[k]).epsilon(1e-13));
    CHECK(year.cashable(1) == doctest::Approx(0.5 * back[k]).epsilon(1e-13));
    CHECK(year.net()(1) == doctest::Approx(spent[k] - back[k]).epsilon(1e-13));
  }
  CHECK(view.within == std::vector<double>{1.0, 1.0, 0.0, 1.0});
  const double v = 1.0 / 1.035;
  const double paid = v * (100 + 20 * v * v), returned = v * (40 + 40 * v + 40 * v * v);
  CHECK(view.returned(0) == doctest::Approx(returned / paid).epsilon(1e-13));
  CHECK(view.present_value_net(0) == doctest::Approx(paid - returned).epsilon(1e-12));
  // None of it is a benefit: without GVA that is additional the nation has the cost alone, with its bias.
  CHECK(result.lines.size() == 1);
  CHECK(result.npsv()(0) == doctest::Approx(-paid * (1.0 + 0.44 * 0.6)).epsilon(1e-13));
  const std::string table = appraisal_table(result);
  CHECK(table.find(
            "year       RDEL       CDEL   AME saved*  receipts*  cashable*  net cost*  within envelope") !=
        std::string::npos);
  // Whose figures they are stands with them.
  CHECK(view.assumed ==
        "assumed, not estimated by this run: of each GBP spent within the horizon fiscal_per_pound 1.2 [an "
        "advocate's report] comes back, over benefit_years 3 [no source given], of it ame_share 0.75 [no "
        "source "
        "given], of it cashable_share 0.5 [no source given], counted to 2030; it is the same whether the "
        "policy's own jobs and "
        "output rise or fall");
  CHECK(table.find("     * " + view.assumed + "\n") != std::string::npos);
  CHECK(table.find("comes back of each GBP spent, in present value: ") != std::string::npos);
  const std::string untold = exchequer_table(appraise(two_years(), two_year_settings()));
  CHECK(untold.find('*') == std::string::npos);
  CHECK(untold.find("what comes back is not told") != std::string::npos);
  CHECK(untold.find("all cost counts as revenue") != std::string::npos);
}

TEST_CASE("health and wellbeing are discounted at the health rates where asked, at the lower ones beside") {
  AppraisalInputs inputs = two_years();
  inputs.cost = constant(3, {100, 0});
  AppraisalSettings settings = two_year_settings();
  settings.gva = Switch::off;
  settings.values["health_wellbeing_per_pound"] = settings.values["crime_per_pound"] = all(3, 1.0);
  settings.values["benefit_years"] = all(3, 2.0);
  CHECK(appraise(inputs, settings).national.other(0) == doctest::Approx(100 + 100 / 1.035).epsilon(1e-13));
  settings.health_rate = Switch::on;
  CHECK(appraise(inputs, settings).national.other(0) ==
        doctest::Approx(100 + 50 / 1.035 + 50 / 1.015).epsilon(1e-13));
  settings.lower_rate = Switch::on;
  CHECK(appraise(inputs, settings).national.other(0) ==
        doctest::Approx(100 + 50 / 1.03 + 50 / 1.01).epsilon(1e-13));
}

TEST_CASE("the lower rates are in the text of 2018 to 2022 too, and end where the sources do") {
  const Rulebook& old = rulebook("green-book-2022");
  const std::vector<double> lower = discount_factors(old, 2026, 2026, 126, DiscountSchedule::sensitivity);
  CHECK(lower[30] / lower[31] - 1.0 == doctest::Approx(0.0257).epsilon(1e-9));
  CHECK(lower[124] / lower[125] - 1.0 == doctest::Approx(0.0214).epsilon(1e-9));
  for (const Rulebook& book : rulebooks()) {
    const std::vector<double> health =
        discount_factors(book, 2026, 2026, 126, DiscountSchedule::health_sensitivity);
    CHECK(health[0] / health[1] - 1.0 == doctest::Approx(0.01).epsilon(1e-9));
    CHECK(health[31] / health[32] - 1.0 == doctest::Approx(0.0086).epsilon(1e-9));
    CHECK(health[124] / health[125] - 1.0 == doctest::Approx(0.0071).epsilon(1e-9));
    CHECK_THROWS_AS(discount_factors(book, 2026, 2026, 127, DiscountSchedule::health_sensitivity),
                    InputError);
  }
}

TEST_CASE("a budget-neutral policy has no ratio, and says why") {
  AppraisalInputs inputs = two_years();
  inputs.cost.setZero();
  const AppraisalResult result = appraise(inputs, two_year_settings());
  CHECK(result.bcr().array().isNaN().all());
  CHECK(std::isnan(result.national.bcr_above_one));
  CHECK(result.national.band.empty());
  CHECK(result.switching.empty());
  CHECK(result.bcr_reason ==
        "the present value of public cost is zero (budget-neutral), so a ratio to it does not exist");
  CHECK(appraisal_summary(result)[5].national == "none");
}

TEST_CASE("without a line of benefits there is no ratio and no category, and it says why") {
  AppraisalInputs inputs = two_years();
  inputs.no_gva = "the pack has no GVA";
  const AppraisalResult result = appraise(inputs, two_year_settings());
  CHECK(result.bcr_reason ==
        "no line of benefits is counted (the pack has no GVA, and no other line is on), so a ratio would be "
        "no verdict");
  CHECK(!result.bcr().array().isFinite().any());
  CHECK(result.national.band.empty());
  CHECK(result.switching.empty());
  CHECK(result.npsv()(0) == doctest::Approx(-(50.0 + 50.0 / 1.035)).epsilon(1e-13));
  CHECK(appraisal_table(result).find("no ratio, so nothing to switch") != std::string::npos);
}

TEST_CASE("a period's present value is what an appraisal makes of a pound in it") {
  AppraisalSettings settings = two_year_settings();
  settings.appraisal_years = 5;
  settings.residual_persistence = 0.5;
  settings.values["gva_additional_share"] = all(1, 1.0);
  const Eigen::VectorXd worth = present_value_of_periods(settings, 2, 2.0);
  for (int h = 0; h < 2; ++h) {
    AppraisalInputs inputs;
    inputs.target = "here";
    inputs.period_years = 2.0;
    inputs.cost = Eigen::MatrixXd::Zero(1, 2);
    inputs.groups = {{"here", 1.0, 1.0, Eigen::MatrixXd(Eigen::RowVectorXd::Unit(2, h))}};
    CHECK(worth(h) == doctest::Approx(appraise(inputs, settings).npsv()(0)).epsilon(1e-14));
  }
  // Half a pound in each of years 2 and 3, then half of the last year's half in year 4.
  CHECK(worth(1) ==
        doctest::Approx(0.5 * (std::pow(1.035, -2) + std::pow(1.035, -3)) + 0.25 * std::pow(1.035, -4))
            .epsilon(1e-14));
}

TEST_CASE("a draw without cost is left out of the ratios and counted") {
  AppraisalInputs inputs = two_years(4);
  inputs.cost.row(2).setConstant(-1.0);
  const AppraisalResult result = appraise(inputs, two_year_settings());
  CHECK(std::isnan(result.bcr()(2)));
  CHECK(result.local.bcr_above_one == 1.0);
  CHECK(result.bcr_reason ==
        "the present value of public cost is not above zero in 1 of 4 draws; ratios are of the others");
}

TEST_CASE("a policy of nothing is worth exactly nothing") {
  AppraisalInputs inputs = two_years();
  for (AppraisalGroup& group : inputs.groups) group.gva.setZero();
  inputs.cost.setZero();
  AppraisalSettings settings = two_year_settings();
  settings.values["crime_per_pound"] = all(3, 1.2);
  settings.values["gva_additional_share"] = all(3, 1.0);
  settings.distributional_weights = Switch::on;
  const AppraisalResult result = appraise(inputs, settings);
  CHECK(result.npsv().isZero(0.0));
  CHECK(result.local.npsv.isZero(0.0));
  CHECK(result.weighted->npsv.isZero(0.0));
}

TEST_CASE("benefits a pound are spread over the years after it is spent") {
  AppraisalInputs inputs = two_years();
  inputs.cost = constant(3, {100, 0});
  AppraisalSettings settings = two_year_settings();
  settings.appraisal_years = 4;
  settings.gva = Switch::off;
  settings.values["crime_per_pound"] = all(3, 1.2);
  settings.values["benefit_years"] = all(3, 3.0);
  const AppraisalResult result = appraise(inputs, settings);
  const double v = 1.0 / 1.035;
  CHECK(result.national.other(0) == doctest::Approx(40.0 * (1 + v + v * v)).epsilon(1e-13));
  CHECK(result.national.benefits.isZero(0.0));
  CHECK(result.national.initial_bcr(0) == 0.0);
  CHECK(result.national.adjusted_bcr(0) == doctest::Approx(0.4 * (1 + v + v * v)).epsilon(1e-13));
  CHECK(result.npsv()(0) == doctest::Approx(40.0 * (1 + v + v * v) - 100.0).epsilon(1e-13));
}

TEST_CASE("periods longer than a year are spread over their years, and a residual goes on after them") {
  AppraisalInputs inputs = two_years();
  inputs.period_years = 2.0;
  AppraisalSettings settings = two_year_settings();
  settings.appraisal_years = 6;
  settings.residual_persistence = 0.5;
  const AppraisalResult result = appraise(inputs, settings);
  const double v = 1.0 / 1.035;
  CHECK(result.local.benefits(0) == doctest::Approx(50 + 50 * v + 100 * v * v + 100 * std::pow(v, 3) +
                                                    50 * std::pow(v, 4) + 25 * std::pow(v, 5))
                                        .epsilon(1e-13));
  CHECK(result.present_value_costs(0) == doctest::Approx(25 * (1 + v + v * v + v * v * v)).epsilon(1e-13));
}

TEST_CASE("switching values put the median exactly at its threshold") {
  AppraisalInputs inputs = two_years(5);
  for (Eigen::Index d = 0; d < 5; ++d) inputs.groups[0].gva.row(d) *= 1.0 + 0.2 * static_cast<double>(d);
  AppraisalSettings settings = two_year_settings();
  settings.values["gva_additional_share"] = all(5, 0.5);
  const AppraisalResult result = appraise(inputs, settings);
  const auto found = [&](const std::string& what, const std::string& threshold) {
    for (const SwitchingValue& value : result.switching)
      if (value.what == what && value.threshold == threshold) return value.value;
    return std::optional<double>();
  };
  // The median draw is the middle one: its gain is 1.4 times the first.
  const double v = 1.0 / 1.035, whole = 1.4 * (100 + 200 * v) - 40 - 20 * v, cost = 50 + 50 * v;
  CHECK(*found("factor on all benefits", "median NPSV = 0") ==
        doctest::Approx(cost / (0.5 * whole)).epsilon(1e-8));
  CHECK(*found("factor on costs", "median NPSV = 0") == doctest::Approx(0.5 * whole / cost).epsilon(1e-8));
  CHECK(*found("factor on all benefits", "median BCR = 2") ==
        doctest::Approx(2.0 * cost / (0.5 * whole)).epsilon(1e-8));
  CHECK(*found("share of GVA additional to the nation", "median NPSV = 0") ==
        doctest::Approx(cost / whole).epsilon(1e-8));
  // At a flat rate r: 0.5 (1.4 x 100 - 40) - 50 + (0.5 (1.4 x 200 - 20) - 50) / (1 + r) is above 0 for every
  // r.
  CHECK_FALSE(found("flat discount rate", "median NPSV = 0").has_value());
}

TEST_CASE("where no benefit is counted no factor on costs switches anything") {
  const AppraisalResult result =
      appraise(two_years(), two_year_settings());  // no GVA is additional to the nation
  int costs = 0;
  for (const SwitchingValue& value : result.switching)
    if (value.what == "factor on costs") {
      ++costs;
      CHECK_FALSE(value.value.has_value());
    }
  CHECK(costs == 2);
}

TEST_CASE("gains by place are each group's own in present value, losers too, and add to the whole") {
  AppraisalSettings settings = two_year_settings();
  settings.values["gva_welfare_share"] = all(3, 0.5);
  const AppraisalResult result = appraise(two_years(), settings);
  const double v = 1.0 / 1.035;
  REQUIRE(result.places.size() == 2);
  CHECK(result.places[0].name == "poor");
  CHECK(result.places[0].gva(2) == doctest::Approx(0.5 * (100 + 200 * v)).epsilon(1e-14));
  CHECK(result.places[1].gva(2) == doctest::Approx(-0.5 * (40 + 20 * v)).epsilon(1e-14));
  const std::string table = appraisal_table(result);
  CHECK(table.find("Pounds of 2024; present values discounted to 2026.") != std::string::npos);
  CHECK(table.find("GVA gained by place, GBP m in present value, before costs (below zero: it loses)\n"
                   "     poor  0.000 (0.000 to 0.000), 0.15 GBP a head\n"
                   "     rest  0.000 (0.000 to 0.000), -0.01 GBP a head\n") != std::string::npos);
}

TEST_CASE("value for money is judged for the nation alone, and a zero by rule is called one") {
  AppraisalSettings settings = two_year_settings();
  const auto row = [](const AppraisalResult& result, char letter) {
    for (const SummaryRow& one : appraisal_summary(result))
      if (one.letter == letter) return one;
    return SummaryRow{};
  };
  SummaryRow h = row(appraise(two_years(), settings), 'H');
  CHECK(h.local == "none");
  CHECK(h.national == "poor (poor 100%)");
  CHECK(h.note.ends_with("; national benefits are zero by the rule in L, not by an estimate"));
  settings.values["gva_additional_share"] = all(3, 1.0);
  h = row(appraise(two_years(), settings), 'H');
  CHECK(h.local == "none");
  CHECK(h.national == "high (high 100%)");
  CHECK_FALSE(h.note.ends_with("not by an estimate"));
}

TEST_CASE("a root is found to rounding, and its absence is said") {
  CHECK(*root([](double x) { return x * x - 2.0; }, 0.0, 2.0) ==
        doctest::Approx(std::sqrt(2.0)).epsilon(1e-12));
  CHECK_FALSE(root([](double x) { return x * x + 1.0; }, -1.0, 1.0).has_value());
}

TEST_CASE("GVA gained compounds uplift on the level that growth has reached") {
  Eigen::MatrixXd uplift(1, 2);
  uplift << 0.01, 0.02;
  const Eigen::MatrixXd gain = gva_gain(uplift, 1000.0, 0.03, 1.0);
  CHECK(gain(0, 0) == doctest::Approx(1000.0 * (std::exp(0.04) - std::exp(0.03))).epsilon(1e-12));
  CHECK(gain(0, 1) == doctest::Approx(1000.0 * (std::exp(0.09) - std::exp(0.06))).epsilon(1e-12));
}

TEST_CASE("percentiles are type 7 and pass over draws that do not exist") {
  Eigen::VectorXd draws(5);
  draws << 4, 1, std::nan(""), 3, 2;
  const Percentiles p = percentiles(draws);
  CHECK(p.p10 == doctest::Approx(1.3));
  CHECK(p.p50 == doctest::Approx(2.5));
  CHECK(p.p90 == doctest::Approx(3.7));
}

TEST_CASE("bands change at their thresholds") {
  const Rulebook& book = rulebook_in_force();
  const std::pair<double, const char*> bands[] = {{-0.1, "very poor"}, {0.0, "poor"},  {0.99, "poor"},
                                                  {1.0, "low"},        {1.49, "low"},  {1.5, "medium"},
                                                  {2.0, "high"},       {3.99, "high"}, {4.0, "very high"}};
  for (const auto& [ratio, band] : bands)
    CHECK(value_for_money_band(book, value_for_money_of("dft"), ratio) == band);
  const std::pair<double, const char*> words[] = {
      {-0.1, "poor"}, {0.99, "poor"}, {1.0, "acceptable"}, {1.99, "acceptable"}, {2.0, "high"}};
  for (const auto& [ratio, band] : words)
    CHECK(value_for_money_band(book, value_for_money_of("mhclg"), ratio) == band);
  AppraisalSettings settings = two_year_settings();
  settings.department = "mhclg";
  settings.values["gva_additional_share"] = all(3, 1.0);
  CHECK(appraise(two_years(), settings).national.band == "high");
}

TEST_CASE("the rulebooks differ where an edition is new or nobody has sourced the other") {
  std::vector<std::string> keys;
  for (const RuleDifference& d : compare_rulebooks(rulebook("green-book-2022"), rulebook("green-book-2026")))
    keys.push_back(d.key);
  CHECK(keys == std::vector<std::string>{"stpr_sensitivity_3", "stpr_sensitivity_4", "stpr_sensitivity_5",
                                         "excess_tax_burden", "distributional_elasticity_low",
                                         "distributional_elasticity_high"});
  CHECK(rulebook_in_force().name == "green-book-2026");
  for (const RuleRow& row : rule_table())
    for (const RuleCell& cell : row.cells) {
      CAPTURE(row.key);
      CHECK_FALSE(cell.source.empty());
    }
}

TEST_CASE("the anatomy of the rate adds up to its first step") {
  for (const Rulebook& book : rulebooks())
    CHECK(rule(book, "pure_time_preference") + rule(book, "risk_allowance") +
              rule(book, "marginal_utility") * rule(book, "consumption_growth") ==
          doctest::Approx(rule(book, "stpr_0")).epsilon(1e-14));
}

TEST_CASE("the summary table has rows A to L and two columns") {
  AppraisalSettings settings = two_year_settings();
  settings.values["crime_per_pound"] = all(3, 1.2);
  settings.sources["crime_per_pound"] = "Frontier 2021";
  const AppraisalResult result = appraise(two_years(), settings);
  const std::vector<SummaryRow> rows = appraisal_summary(result);
  std::string letters;
  for (const SummaryRow& row : rows) letters += row.letter;
  CHECK(letters == "ABCDEFGHIJKL");
  CHECK(rows[2].note == "crime_per_pound [Frontier 2021]");
  const std::string table = appraisal_table(result);
  CHECK(table.find("H  Value-for-money category") != std::string::npos);
  CHECK(table.find("green-book-2026), in force") != std::string::npos);
  const std::string difference =
      appraisal_difference(two_years(), settings, "green-book-2022", "green-book-2026");
  CHECK(difference.find("excess_tax_burden") != std::string::npos);
  CHECK(difference.find("(the same)") != std::string::npos);
}

TEST_CASE("what is spent after the horizon is a cost, and nothing goes without a figure") {
  AppraisalInputs inputs = two_years();
  inputs.later_cost = constant(3, {30, 0});
  AppraisalSettings settings = two_year_settings();
  settings.optimism_bias_class = "standard_civil";
  settings.capital_share = 1.0;
  const double v = 1.0 / 1.035;
  AppraisalResult result = appraise(inputs, settings);
  CHECK(result.present_value_costs(1) == doctest::Approx(1.44 * (50 + 50 * v + 30 * v * v)).epsilon(1e-13));
  CHECK(result.financial_costs(1) == 130.0);
  CHECK(result.later_costs(1) == 30.0);
  CHECK(result.costs_left_out(1) == 0.0);
  settings.appraisal_years = 1;
  result = appraise(inputs, settings);
  CHECK(result.present_value_costs(1) == doctest::Approx(1.44 * 50).epsilon(1e-13));
  CHECK(result.financial_costs(1) == 130.0);
  CHECK(result.costs_left_out(1) == 80.0);
}

TEST_CASE("any grouping makes an appraisal whose places sum to the nation, areas in none as one place") {
  // Three areas of GVA 100, 300, 500; the second is in no authority. Uplift of A 0.5, nation 0.25: the second
  // has (0.25 x 900 - 0.5 x 100 - 0.1 x 500) / 300 = 0.41666...
  AppraisalSource source;
  source.scenario = "s";
  source.grouping = "lad";
  source.target = "";
  source.population = Eigen::Vector3d(10, 20, 30);
  source.gva = Eigen::Vector3d(100, 300, 500);
  source.income = Eigen::Vector3d(9.0, 8.0, 12.0);
  source.cost = Eigen::MatrixXd::Constant(1, 1, 7.0);
  OutcomePlan plan;
  plan.growth = Eigen::Vector3d::Zero();
  plan.groupings = {{"nation", {0, 0, 0}, {"nation"}}, {"lad", {0, -1, 1}, {"A", "B"}}};
  ScenarioOutcome outcome;
  outcome.aggregates.push_back({AreaOutcome::uplift, 0, 1, 1, {0.25f}});
  outcome.aggregates.push_back({AreaOutcome::uplift, 1, 1, 2, {0.5f, 0.125f}});
  const AppraisalInputs inputs = appraisal_inputs(source, outcome, plan);
  REQUIRE(inputs.groups.size() == 3);
  CHECK(inputs.target == "A");
  CHECK(inputs.groups[2].name == "elsewhere");
  CHECK(inputs.groups[2].population == 20.0);
  const double rest = (0.25 * 900 - 0.5 * 100 - 0.125 * 500) / 300.0;
  CHECK(inputs.groups[2].gva(0, 0) == doctest::Approx(300.0 * std::expm1(rest)).epsilon(1e-12));
  // Half of 60 residents live where income is at most 9 (20 at 8, 10 at 9).
  CHECK(inputs.median_income == 9.0);
  CHECK(inputs.groups[1].income_per_head == 12.0);
  outcome.aggregates.erase(outcome.aggregates.begin());
  CHECK_THROWS_WITH_AS(
      appraisal_inputs(source, outcome, plan),
      "appraisal of 's' by lad: some areas are in no group, and the nation's uplift is not kept "
      "(add \"nation\" to outcomes.groupings)",
      InputError);
}

TEST_CASE("inputs are made from the aggregates of a run, one group a type") {
  // Three areas, two types, two draws, two periods; the second type has one area of GVA 500 and growth 0.02.
  AppraisalSource source;
  source.scenario = "s";
  source.target = "poor";
  source.population = Eigen::Vector3d(10, 20, 30);
  source.gva = Eigen::Vector3d(100, 300, 500);
  source.cost = Eigen::MatrixXd::Constant(2, 2, 7.0);
  OutcomePlan plan;
  plan.growth = Eigen::Vector3d(0.01, 0.03, 0.02);
  plan.groupings = {{"nation", {0, 0, 0}, {"nation"}}, {"area_type", {0, 0, 1}, {"poor", "rest"}}};
  ScenarioOutcome outcome;
  outcome.aggregates.push_back({AreaOutcome::cumulative_uplift, 1, 1, 2, {9, 9, 9, 9}});
  outcome.aggregates.push_back(
      {AreaOutcome::uplift, 1, 2, 2, {0.5f, 0.25f, 0.125f, 0.0f, 0.0f, 1.0f, 0.0f, -0.5f}});
  const AppraisalInputs inputs = appraisal_inputs(source, outcome, plan);
  REQUIRE(inputs.groups.size() == 2);
  CHECK(inputs.groups[0].population == 30.0);
  CHECK(inputs.groups[0].income_per_head == 0.0);
  CHECK(inputs.median_income == 0.0);
  CHECK(inputs.groups[0].gva(0, 1) ==
        doctest::Approx(400.0 * (std::exp(2 * 0.025 + 0.625) - std::exp(2 * 0.025))).epsilon(1e-12));
  CHECK(inputs.groups[1].gva(1, 0) ==
        doctest::Approx(500.0 * (std::exp(1.02) - std::exp(0.02))).epsilon(1e-12));
  CHECK(inputs.no_gva.empty());

  source.outcome_is_gva_growth = false;
  const AppraisalInputs other = appraisal_inputs(source, outcome, plan);
  CHECK(other.groups[0].gva.isZero(0.0));
  CHECK(inputs.not_monetised.empty());
  CHECK(other.not_monetised.size() == 1);
  const AppraisalResult result = appraise(other, two_year_settings());
  CHECK(result.lines.empty());
  CHECK(std::find(result.notes.begin(), result.notes.end(),
                  "GVA is not counted: the propagated outcome is not growth of GVA.") != result.notes.end());
}

TEST_CASE("the local column is of the areas that a policy acts on, where they cut across the types") {
  // Three areas; the policy acts on the first and the third, of one type each.
  AppraisalSource source;
  source.scenario = "s";
  source.target = "target";
  source.target_grouping = "target";
  source.population = Eigen::Vector3d(10, 20, 30);
  source.gva = Eigen::Vector3d(100, 300, 500);
  source.income = Eigen::Vector3d(9.0, 8.0, 12.0);
  source.cost = Eigen::MatrixXd::Constant(1, 1, 7.0);
  OutcomePlan plan;
  plan.growth = Eigen::Vector3d(0.01, 0.03, 0.02);
  plan.groupings = {{"area_type", {0, 0, 1}, {"poor", "rest"}},
                    {"target", {0, 1, 0}, {"target", "elsewhere"}}};
  ScenarioOutcome outcome;
  outcome.aggregates.push_back({AreaOutcome::uplift, 0, 1, 2, {0.5f, 0.125f}});
  outcome.aggregates.push_back({AreaOutcome::uplift, 1, 1, 2, {0.25f, 0.0625f}});
  AppraisalInputs inputs = appraisal_inputs(source, outcome, plan);
  REQUIRE(inputs.groups.size() == 2);  // places stay a partition
  REQUIRE(inputs.own.has_value());
  CHECK(inputs.own->population == 40.0);
  CHECK(inputs.own->income_per_head == doctest::Approx((90.0 + 360.0) / 40.0));
  const double growth = (100 * 0.01 + 500 * 0.02) / 600.0, gain = 600.0 * std::exp(growth) * std::expm1(0.25);
  CHECK(inputs.own->gva(0, 0) == doctest::Approx(gain).epsilon(1e-12));
  AppraisalSettings settings;
  settings.appraisal_years = 1;
  const AppraisalResult result = appraise(inputs, settings);
  CHECK(result.local.benefits(0) == doctest::Approx(gain).epsilon(1e-12));
  CHECK(result.places.size() == 2);
  CHECK(result.target.name == "target");
  const PoundWorth worth = pound_worth("policy", inputs, result, {}, {});
  CHECK((*worth.target_gva)(0) == doctest::Approx(gain / 7.0).epsilon(1e-12));
  CHECK((*worth.cost_a_head)(0) == doctest::Approx(7.0 / 40.0).epsilon(1e-12));
  // Its own residents' income weighs it, and not that of a type.
  settings.distributional_weights = Switch::on;
  settings.values["jobs_per_pound"] = Eigen::VectorXd::Constant(1, 1.0);
  settings.values["gva_additional_share"] = Eigen::VectorXd::Constant(1, 1.0);
  settings.gva = Switch::off;
  const AppraisalResult weighted = appraise(inputs, settings);
  CHECK(weighted.weighted->other(0) / weighted.national.other(0) ==
        doctest::Approx(std::pow(inputs.median_income / inputs.own->income_per_head, 1.3)).epsilon(1e-9));
}

TEST_CASE("a pound and a head, by hand: draws that cost something, residents of the target") {
  AppraisalInputs inputs = two_years(3);
  inputs.cost.row(1).setZero();        // the second draw costs nothing
  inputs.groups[0].gva.row(2) *= 2.0;  // the third gains twice
  const AppraisalResult appraised = appraise(inputs, two_year_settings());
  const PoundWorth worth =
      pound_worth("policy", inputs, appraised, Eigen::Vector3d(0.01, 0.02, 0.03), Eigen::VectorXd());
  const double cost = 50.0 + 50.0 / 1.035, gained = 100.0 + 200.0 / 1.035;
  const auto near = [](double value) { return doctest::Approx(value).epsilon(1e-12); };
  REQUIRE(worth.cost.size() == 3);
  CHECK(worth.cost(0) == near(cost));
  CHECK(worth.cost(1) == 0.0);
  REQUIRE((worth.npsv && worth.target_gva && worth.target_uplift && worth.cost_a_head && worth.gva_a_head));
  REQUIRE((worth.npsv->size() == 2 && worth.target_gva->size() == 2 && worth.target_uplift->size() == 2));
  CHECK((*worth.npsv)(0) == near(-1.0));  // nothing local is additional to the nation unless said
  CHECK((*worth.target_gva)(0) == near(gained / cost));
  CHECK((*worth.target_gva)(1) == near(2.0 * gained / cost));
  CHECK((*worth.target_uplift)(0) == near(1e8 * 0.01 / cost));
  CHECK((*worth.target_uplift)(1) == near(1e8 * 0.03 / cost));
  CHECK_FALSE(worth.nation_uplift.has_value());
  CHECK((*worth.cost_a_head)(0) == near(cost / 1000.0));
  CHECK((*worth.cost_a_head)(1) == 0.0);
  CHECK((*worth.gva_a_head)(1) == near(gained / 1000.0));
  CHECK((*worth.gva_a_head)(2) == near(2.0 * gained / 1000.0));
  // Without GVA nothing is said of it; a policy that never costs anything has no pound.
  inputs.no_gva = "the pack has none";
  inputs.cost.setZero();
  const PoundWorth without = pound_worth("policy", inputs, appraise(inputs, two_year_settings()), {}, {});
  CHECK_FALSE((without.target_gva.has_value() || without.gva_a_head.has_value()));
  CHECK((without.npsv.has_value() && without.npsv->size() == 0));
}
