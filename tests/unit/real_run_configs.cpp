// The configurations of the five real runs say what the decision table and the data demand.
#include <doctest/doctest.h>

#include <algorithm>

#include "engine/config/run_config.hpp"

#ifndef SPILLWAY_SOURCE_DIR
#define SPILLWAY_SOURCE_DIR "."
#endif

using namespace spillway;

namespace {

RunConfig real_run(const std::string& name) {
  return read_config(std::filesystem::path(SPILLWAY_SOURCE_DIR) / "configs" / (name + ".toml"));
}

const ModelCommon& model(const RunConfig& config, const std::string& name) {
  const auto found = std::find_if(config.models.begin(), config.models.end(),
                                  [&](const ModelConfig& each) { return common(each).name == name; });
  REQUIRE(found != config.models.end());
  return common(*found);
}

}  // namespace

TEST_CASE("the north-east run estimates by authority x year cells and runs no scenario") {
  const RunConfig config = real_run("north-east");
  CHECK(config.bootstrap_cluster ==
        "lad_code");  // six: the decision table takes cells and years, and says so
  CHECK(config.scenarios.empty());
  for (const ModelConfig& each : config.models) {
    CHECK(common(each).covariance.kind == CovarianceKind::score_cells);
    CHECK(common(each).covariance.by == std::vector<std::string>{"lad_code"});
    CHECK(std::get<PanelModel>(each).own_lag);
  }
  CHECK(model(config, "spillover").outcome == "growth");
  CHECK(model(config, "spillover_winsorised").outcome == "growth_winsorised");
}

TEST_CASE("the england-lad run clusters by authority with region x year cells beside it") {
  const RunConfig config = real_run("england-lad");
  CHECK(model(config, "spillover").covariance.kind == CovarianceKind::cluster);
  CHECK(model(config, "spillover").covariance.by == std::vector<std::string>{"lad_code"});
  CHECK(model(config, "spillover_region_cells").covariance.kind == CovarianceKind::score_cells);
  CHECK(model(config, "spillover_region_cells").covariance.by == std::vector<std::string>{"region_code"});
}

TEST_CASE("the england-lad-gdhi run is of household income, with output beside it") {
  const RunConfig config = real_run("england-lad-gdhi");
  CHECK(config.scenarios.empty());
  CHECK(model(config, "income").outcome == "income_growth");
  CHECK(model(config, "income").covariance.by == std::vector<std::string>{"lad_code"});
  CHECK(model(config, "income_region_cells").covariance.by == std::vector<std::string>{"region_code"});
  CHECK(model(config, "gva").outcome == "gva_growth");
  for (const ModelConfig& each : config.models) CHECK(common(each).better == Better::higher);
}

TEST_CASE("the runs of England on 2011 and 2021 codes ask the same of both: areas alone differ") {
  const RunConfig old = real_run("england-lsoa"), now = real_run("england-lsoa21");
  CHECK(now.area_type == "area_type");
  REQUIRE(now.models.size() == old.models.size());
  for (std::size_t k = 0; k < now.models.size(); ++k) {
    CHECK(common(now.models[k]).name == common(old.models[k]).name);
    CHECK(common(now.models[k]).outcome == common(old.models[k]).outcome);
  }
  REQUIRE(now.scenarios.size() == old.scenarios.size());
  for (std::size_t k = 0; k < now.scenarios.size(); ++k) {
    CHECK(now.scenarios[k].lever == old.scenarios[k].lever);
    CHECK(now.scenarios[k].parameters.size() == old.scenarios[k].parameters.size());
    CHECK(now.scenarios[k].estimates == old.scenarios[k].estimates);
  }
}

TEST_CASE("the england-lsoa runs propagate deprivation, lower is better, and convert nothing") {
  for (const char* name : {"england-lsoa", "england-lsoa21"}) {
    CAPTURE(name);
    const RunConfig config = real_run(name);
    CHECK(model(config, "deprivation").outcome == "imd_score");
    CHECK(config.period_years == doctest::Approx((2025 - 2004) / 5.0));
    for (const ModelConfig& model : config.models) {
      CAPTURE(common(model).name);
      CHECK(common(model).better == Better::lower);
      if (const auto* panel = std::get_if<PanelModel>(&model)) {
        CHECK(panel->missing == MissingOutcomes::drop);  // four LSOAs lack the first three waves
        continue;
      }
      const IvModel& each = std::get<IvModel>(model);
      CHECK(each.covariance.by == std::vector<std::string>{"lad_code", "constituency_code"});
      const bool drugs = std::any_of(
          each.instrument_sets.begin(), each.instrument_sets.end(),
          [](const auto& set) { return std::find(set.begin(), set.end(), "drug_crime_rate") != set.end(); });
      CHECK((each.restrict_to == "drugs_covered") == drugs);
    }
    const IvModel& grid = static_cast<const IvModel&>(model(config, "employment_2010_2019"));
    CHECK(grid.proxies.size() == 3);
    CHECK(grid.instrument_sets.size() == 3);
    REQUIRE(config.scenarios.size() == 3);
    for (const ScenarioConfig& scenario : config.scenarios) {
      CAPTURE(scenario.name);
      CHECK(scenario.estimates.at("spillover") == "deprivation_change/corrected_score");
      CHECK(scenario.estimates.at("infrastructure") == "infrastructure/2sls");
      CHECK(scenario.convert.empty());
    }
  }
}
