// What a user gets wrong about appraisal, and the exact words he reads.
#include "scenarios/appraisal.hpp"

#include <doctest/doctest.h>

#include "engine/base/error.hpp"
#include "tests/support/message.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::message;

namespace {
Distribution sourced(double value, long line) {
  Distribution made;
  made.values["value"] = value;
  made.source = "test";
  made.line = line;
  return made;
}

RunConfig config_with(const std::map<std::string, ParameterValue>& benefits) {
  RunConfig config;
  config.file = "run.toml";
  config.benefits = benefits;
  return config;
}
std::string settings_message(const std::map<std::string, ParameterValue>& benefits) {
  return message([&] { appraisal_settings(config_with(benefits), 10); });
}
}  // namespace

TEST_CASE("unknown rulebooks and classes are named with the nearest") {
  CHECK(message([] { rulebook("green-book-2025"); }) ==
        "no rulebook 'green-book-2025' (did you mean 'green-book-2022'?); the rulebooks are green-book-2022, "
        "green-book-2026");
  CHECK(message([] { optimism_bias(rulebook_in_force(), "standard_building"); }) ==
        "no optimism bias class 'standard_building' (did you mean 'standard_buildings'?); the classes are "
        "standard_buildings, "
        "non_standard_buildings, standard_civil, non_standard_civil, equipment, outsourcing");
}

TEST_CASE("a cell that nobody has sourced is refused, not guessed") {
  CHECK(message([] {
          discount_factors(rulebook("green-book-2022"), 2026, 2026, 200, DiscountSchedule::sensitivity);
        }) ==
        "green-book-2022 has no sourced value of 'stpr_sensitivity_3' (not in our sources); use another "
        "rulebook or leave out what needs it");
}

TEST_CASE("lines of benefits: unknown, out of range, counted twice or without a price") {
  CHECK(settings_message({{"crime_per_pond", sourced(1.2, 7)}}) ==
        "run.toml:7: column 'appraisal.benefits.crime_per_pond': no such line of benefits; did you mean "
        "'crime_per_pound'?");
  CHECK(settings_message({{"gva_welfare_share", sourced(1.5, 8)}}) ==
        "run.toml:8: column 'appraisal.benefits.gva_welfare_share': value '1.5 to 1.5': is out of range; "
        "expected from 0 to 1");
  CHECK(settings_message({{"local_income_per_pound", sourced(0.5, 9)}}) ==
        "run.toml:9: column 'appraisal.benefits.local_income_per_pound': counts what the line 'gva' counts "
        "already; turn one of them off");
  CHECK(settings_message({{"local_income_per_pound", sourced(0.5, 9)}, {"gva", false}}) == "(no InputError)");
}

TEST_CASE("settings that would say nothing, or the wrong thing, are refused where they are read") {
  const auto read = [](const std::string& appraisal) {
    return message([&] {
      parse_config(
          "[[model]]\nname = \"m\"\nkind = \"spatial_lag_panel\"\noutcome = \"growth\"\ncovariance = { kind "
          "= \"iid\" }\n[appraisal]\n" +
          appraisal);
    });
  };
  CHECK(read("optimism_bias_class = \"equipment\"")
            .find("needs capital_share: the bias is of capital cost alone") != std::string::npos);
  CHECK(read("optimism_bias_class = \"equipment\"\ncapital_share = 0.5") == "(no InputError)");
  CHECK(read("lower_rate = true").find("is for effects beyond 50 years and 10 are appraised") !=
        std::string::npos);
  CHECK(read("lower_rate = true\nappraisal_years = 60") == "(no InputError)");
  CHECK(read("distributional_weights = true").find("needs income_column") != std::string::npos);
  CHECK(read("department = \"dwp\"").find("dft") != std::string::npos);
  CHECK(settings_message({{"cashable_share", sourced(0.5, 7)}}) ==
        "run.toml:7: column 'appraisal.benefits.cashable_share': is a share of what fiscal_per_pound brings "
        "back, and "
        "there is none");
}

TEST_CASE("settings of a run carry values, sources and switches") {
  RunConfig config = config_with({{"fiscal_per_pound", sourced(1.2, 7)}, {"gva", false}});
  config.distributional_weights = true;
  const AppraisalSettings settings = appraisal_settings(config, 10);
  CHECK(settings.values.at("fiscal_per_pound") == Eigen::VectorXd::Constant(10, 1.2));
  CHECK(settings.sources.at("fiscal_per_pound") == "test");
  CHECK(settings.gva == Switch::off);
  CHECK(settings.distributional_weights == Switch::on);
}

TEST_CASE("a point of life satisfaction is worth the rulebook's pounds of 2019 in those of the price base") {
  RunConfig config = config_with({{"wellbeing_points", sourced(0.01, 9)}});
  CHECK(appraisal_settings(config, 2).values.at("wellby_value")(1) ==
        doctest::Approx(13000.0 * 100.0 / 81.1085).epsilon(1e-13));
  config.price_base_year = 2026;
  CHECK(message([&] { appraisal_settings(config, 2); }).rfind("no deflator for 2026", 0) == 0);
}

TEST_CASE("inputs that do not fit together are refused") {
  AppraisalInputs inputs;
  inputs.scenario = "s";
  inputs.groups = {{"poor", 1.0, 1.0, Eigen::MatrixXd::Zero(3, 2)}};
  inputs.target = "poor";
  inputs.cost = Eigen::MatrixXd::Zero(3, 4);
  CHECK(message([&] { appraise(inputs, {}); }) ==
        "appraisal of 's': group 'poor' is 3 x 2 but costs are 3 x 4 (draws x periods)");
  inputs.cost = Eigen::MatrixXd::Zero(3, 2);
  inputs.target = "rich";
  CHECK(message([&] { appraise(inputs, {}); }) == "appraisal of 's': no group 'rich' (the groups are poor)");
  inputs.target = "poor";
  AppraisalSettings settings;
  settings.appraisal_years = 0;
  CHECK(message([&] { appraise(inputs, settings); }) == "appraisal: 0 appraisal years (must be 1 or more)");
}
