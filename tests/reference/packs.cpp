// The five real packs: counts that the publishers' tables are known to have, and the traps of those tables.
// Each number was counted by an independent reading of the tables (Python's csv module), not by this program.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "engine/data/recipe/recipe.hpp"
#include "engine/weights/spatial_weights.hpp"
#include "tests/support/shared.hpp"

using namespace spillway;

namespace {

DataPack built(const std::string& name, const std::filesystem::path& shared,
               std::vector<std::string>& summary) {
  const std::filesystem::path recipe =
      std::filesystem::path(SPILLWAY_SOURCE_DIR) / "configs/packs" / (name + ".toml");
  return build_pack(recipe, shared / "data", summary);
}

std::map<std::string, long> count(const Column& column) {
  std::map<std::string, long> result;
  const Categories values = categories(column);
  for (const std::int32_t each : values.of_row) ++result[values.names[static_cast<std::size_t>(each)]];
  return result;
}

void print_types(const DataPack& pack) {
  for (const auto& [type, areas] : count(pack.areas.at("area_type")))
    std::printf("%s: %s = %ld areas\n", pack.name.c_str(), type.c_str(), areas);
}

long present(const Eigen::MatrixXd& value) { return static_cast<long>((!value.array().isNaN()).count()); }

std::size_t row_of(const DataPack& pack, const std::string& code) {
  const Column& codes = pack.areas.at("area_code");
  for (std::size_t row = 0; row < pack.areas.rows; ++row)
    if (codes.text(row) == code) return row;
  FAIL("no area " << code);
  return 0;
}

/// Every column of numbers has a unit; money has a price base.
void check_units(const DataPack& pack) {
  for (const Column& column : pack.areas.columns) {
    CAPTURE(column.name);
    CHECK((column.kind == ColumnKind::text || !column.unit.empty()));
    CHECK((column.unit.find("GBP") == std::string::npos || !column.price_base.empty()));
  }
  for (const PanelVariable& variable : pack.panel.variables) {
    CAPTURE(variable.name);
    CHECK_FALSE(variable.unit.empty());
    CHECK((variable.unit.find("GBP") == std::string::npos || !variable.price_base.empty()));
  }
}

SpatialWeights contiguity(const DataPack& pack) { return build_weights(RunConfig{}, pack); }

/// Every column that the run's configuration names is in its pack, and estimates that drive a scenario share
/// a unit.
void check_config(const DataPack& pack) {
  const RunConfig config =
      read_config(std::filesystem::path(SPILLWAY_SOURCE_DIR) / "configs" / (pack.name + ".toml"));
  const auto in_areas = [&](const std::string& name) {
    CAPTURE(name);
    CHECK(pack.areas.find(name) != nullptr);
  };
  in_areas(config.area_type);
  if (!config.bootstrap_cluster.empty()) in_areas(config.bootstrap_cluster);
  for (const ModelConfig& each : config.models) {
    const ModelCommon& model = common(each);
    CAPTURE(model.name);
    for (const std::string& name : model.covariance.by) in_areas(name);
    if (const auto* iv = std::get_if<IvModel>(&each)) {
      in_areas(model.outcome);
      for (const auto* names : {&iv->proxies, &iv->controls, &iv->endogenous, &iv->instruments})
        for (const std::string& name : *names) in_areas(name);
      for (const auto& set : iv->instrument_sets)
        for (const std::string& name : set) in_areas(name);
    } else {
      CHECK(pack.panel.find(model.outcome) != nullptr);
    }
    if (!model.restrict_to.empty()) in_areas(model.restrict_to);
  }
  const auto unit_of = [&](const std::string& estimate) {
    const std::string name = estimate.substr(0, estimate.find('/'));
    for (const ModelConfig& each : config.models)
      if (const ModelCommon& model = common(each); model.name == name)
        return kind_of(each) == ModelKind::iv ? pack.areas.at(model.outcome).unit
                                              : pack.panel.at(model.outcome).unit;
    return std::string("no model " + name);
  };
  for (const ScenarioConfig& scenario : config.scenarios) {
    CAPTURE(scenario.name);
    CHECK(unit_of(scenario.estimates.at("spillover")) == unit_of(scenario.estimates.at("infrastructure")));
    for (const char* name : {"bus_column", "centre_column"})
      if (const auto found = scenario.parameters.find(name); found != scenario.parameters.end()) {
        const auto& values = pack.areas.numbers(std::get<std::string>(found->second));
        CHECK(std::none_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }));
      }
  }
}

/// The file comes back as the pack that was written.
void check_round_trip(const DataPack& pack) {
  const auto folder = std::filesystem::temp_directory_path() / (pack.name + std::to_string(::getpid()));
  write_pack(pack, folder);
  const DataPack again = read_pack(folder);
  CHECK(again.description == pack.description);
  CHECK(again.areas.rows == pack.areas.rows);
  CHECK(again.edges.size() == pack.edges.size());
  REQUIRE(again.panel.variables.size() == pack.panel.variables.size());
  for (std::size_t k = 0; k < pack.panel.variables.size(); ++k) {
    CAPTURE(pack.panel.variables[k].name);
    CHECK(again.panel.variables[k].unit == pack.panel.variables[k].unit);
    CHECK(again.panel.variables[k].price_base == pack.panel.variables[k].price_base);
    CHECK(present(again.panel.variables[k].value) == present(pack.panel.variables[k].value));
  }
  for (const Column& column : pack.areas.columns) {
    CAPTURE(column.name);
    const Column& read = again.areas.at(column.name);
    CHECK(read.kind == column.kind);
    CHECK(read.unit == column.unit);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace

TEST_CASE("the north-east pack is 741 areas by 22 growth rates of the published outcome") {
  SPILLWAY_NEEDS_SHARED(shared);
  std::vector<std::string> summary;
  const DataPack pack = built("north-east", shared, summary);
  print_types(pack);
  CHECK(pack.areas.rows == 741);
  CHECK(pack.panel.periods.size() == 23);
  for (const char* name :
       {"growth", "growth_real", "growth_winsorised", "growth_midpoint", "growth_share_weighted"}) {
    CAPTURE(name);
    CHECK(present(pack.panel.at(name).value) == 741 * 22);
    CHECK(pack.panel.at(name).value.col(0).array().isNaN().all());
  }
  CHECK(count(pack.areas.at("lad_code")).size() == 6);
  CHECK(count(pack.areas.at("area_type")).at("doubly_disadvantaged") == 178);
  check_units(pack);
  // GVA of E01012019 falls from 172.78 to 0.12 in 2015: in growth, bounded in the robust variants.
  const auto row = static_cast<Eigen::Index>(row_of(pack, "E01012019"));
  const Eigen::Index year =
      std::find(pack.panel.periods.begin(), pack.panel.periods.end(), 2015) - pack.panel.periods.begin();
  CHECK(pack.panel.at("gva").value(row, year) == doctest::Approx(120'000.0));
  CHECK(pack.panel.at("growth").value(row, year) == doctest::Approx(std::log(0.12 / 172.78)));
  CHECK(pack.panel.at("growth_winsorised").value(row, year) > -1.0);
  CHECK(pack.panel.at("growth_midpoint").value(row, year) ==
        doctest::Approx(2 * (0.12 - 172.78) / (0.12 + 172.78)));
  // A deflator of the authority shifts all its areas alike.
  const Eigen::MatrixXd gap = pack.panel.at("growth").value - pack.panel.at("growth_real").value;
  const Column& lad = pack.areas.at("lad_code");
  for (std::size_t i = 1; i < pack.areas.rows; ++i)
    if (lad.level[i] == lad.level[i - 1])
      REQUIRE(gap(static_cast<Eigen::Index>(i), 5) ==
              doctest::Approx(gap(static_cast<Eigen::Index>(i) - 1, 5)).epsilon(1e-9));
  CHECK(contiguity(pack).components() == 1);
  check_config(pack);
  check_round_trip(pack);
}

TEST_CASE("the england-lad pack is 296 authorities by 25 growth rates in chained volumes") {
  SPILLWAY_NEEDS_SHARED(shared);
  std::vector<std::string> summary;
  const DataPack pack = built("england-lad", shared, summary);
  print_types(pack);
  CHECK(pack.areas.rows == 296);
  CHECK(pack.panel.periods.size() == 26);
  const Eigen::MatrixXd& growth = pack.panel.at("growth").value;
  CHECK(present(growth) == 296 * 25);
  CHECK(count(pack.areas.at("region_code")).size() == 9);
  check_units(pack);
  // The two known breaks of the deflator, in log points.
  const auto at = [&](const char* name, int year) {
    const Column& names = pack.areas.at("area_name");
    for (std::size_t i = 0; i < pack.areas.rows; ++i)
      if (names.text(i) == name) return growth(static_cast<Eigen::Index>(i), year - 1998);
    FAIL("no authority " << name);
    return 0.0;
  };
  CHECK(at("Basingstoke and Deane", 2018) == doctest::Approx(0.93).epsilon(0.01));
  CHECK(at("East Hampshire", 2014) == doctest::Approx(0.74).epsilon(0.01));
  // Shares are of residents: England's doubly disadvantaged residents come back from them.
  const auto &people = pack.areas.numbers("population"),
             &share = pack.areas.numbers("share_doubly_disadvantaged");
  double doubly = 0.0, all = 0.0;
  for (std::size_t i = 0; i < pack.areas.rows; ++i) {
    doubly += people[i] * share[i];
    all += people[i];
  }
  CHECK(all == doctest::Approx(56'550'138.0));
  CHECK(doubly / all == doctest::Approx(0.0406).epsilon(0.05));  // 2.3m of 56.6m, as the report says
  const SpatialWeights weights = contiguity(pack);
  CHECK(weights.islands().size() == 2);  // Isle of Wight, Isles of Scilly
  CHECK(pack.edges.size() == 2 * 749);
  check_config(pack);
  check_round_trip(pack);
}

TEST_CASE("growth to 2019 stops there and is otherwise growth") {
  SPILLWAY_NEEDS_SHARED(shared);
  std::vector<std::string> summary;
  const DataPack pack = built("england-lad", shared, summary);
  const Eigen::MatrixXd &growth = pack.panel.at("growth").value, &cut = pack.panel.at("growth_to_2019").value;
  CHECK((growth.middleCols(1, 21).array() == cut.middleCols(1, 21).array()).all());  // 1999 to 2019
  CHECK(cut.rightCols(4).array().isNaN().all());
}

TEST_CASE("the england-lsoa pack is every LSOA, of which exactly 1,468 are doubly disadvantaged") {
  SPILLWAY_NEEDS_SHARED(shared);
  std::vector<std::string> summary;
  const DataPack pack = built("england-lsoa", shared, summary);
  print_types(pack);
  CHECK(pack.areas.rows == 32'844);
  CHECK(pack.panel.periods == std::vector<int>{2004, 2007, 2010, 2015, 2019, 2025});
  CHECK(pack.period_years == 0.0);  // uneven
  const auto types = count(pack.areas.at("area_type"));
  CHECK(types.size() == 3);
  CHECK(types.at("doubly_disadvantaged") == 1'468);
  CHECK(types.at("other_deprived") == 2'494);
  CHECK(types.at("other") == 28'882);
  CHECK(count(pack.areas.at("lad_code")).size() == 296);
  CHECK(count(pack.areas.at("constituency_code")).size() == 533);
  CHECK(count(pack.areas.at("combined_authority_code")).at("") == 23'574);  // none: left empty
  check_units(pack);

  const SpatialWeights weights = contiguity(pack);
  CHECK(weights.mean_degree() == doctest::Approx(5.9).epsilon(0.01));
  REQUIRE(weights.islands().size() == 1);
  CHECK(static_cast<std::size_t>(weights.islands()[0]) == row_of(pack, "E01019077"));  // Isles of Scilly
  CHECK(weights.components() == 7);
  std::vector<long> sizes(7, 0);
  for (const int component : weights.component()) ++sizes[static_cast<std::size_t>(component)];
  CHECK(sizes == std::vector<long>{32'708, 89, 25, 11, 7, 3, 1});

  // Rates are proportions, not per cent; missing stays missing.
  const auto &rate = pack.areas.numbers("employment_deprivation_2025"),
             &covered = pack.areas.numbers("drugs_covered"), &drugs = pack.areas.numbers("drug_crime_rate");
  CHECK(*std::max_element(rate.begin(), rate.end()) == doctest::Approx(0.978));
  CHECK(rate[row_of(pack, "E01001762")] == doctest::Approx(0.978));
  long with_drugs = 0;
  for (std::size_t i = 0; i < pack.areas.rows; ++i) {
    with_drugs += covered[i] == 1.0;
    if (covered[i] != 1.0) REQUIRE(std::isnan(drugs[i]));
  }
  CHECK(with_drugs == 23'274);
  const auto missing = [&](const char* name) {
    const auto& values = pack.areas.numbers(name);
    return std::count_if(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  };
  CHECK(missing("civic_assets_lack") == 7);
  CHECK(missing("employment_deprivation_change_2010_2019") == 4);
  CHECK(missing("employment_deprivation_change_2019_2025") == 0);
  CHECK(missing("bus_runs") == 212);
  const Eigen::MatrixXd& score = pack.panel.at("imd_score").value;
  CHECK(present(score) == 32'844 * 6 - 12);
  const Eigen::VectorXi gaps = score.array().isNaN().cast<int>().rowwise().sum();
  CHECK((gaps.array() == 3).count() == 4);
  // A relative score: the mean stays near 21.7 in every wave.
  for (Eigen::Index t = 0; t < 6; ++t) {
    double sum = 0.0;
    long areas = 0;
    for (Eigen::Index i = 0; i < score.rows(); ++i)
      if (!std::isnan(score(i, t))) {
        sum += score(i, t);
        ++areas;
      }
    CAPTURE(t);
    CHECK(sum / static_cast<double>(areas) == doctest::Approx(21.7).epsilon(0.02));
  }
  CHECK(std::filesystem::exists(pack.file_with_role("boundaries")));
  CHECK(std::filesystem::exists(pack.file_with_role("lookup")));
  check_config(pack);
  check_round_trip(pack);
}

TEST_CASE("the england-lsoa21 pack is every LSOA of 2021 under both lists of types") {
  SPILLWAY_NEEDS_SHARED(shared);
  std::vector<std::string> summary;
  const DataPack pack = built("england-lsoa21", shared, summary);
  print_types(pack);
  CHECK(pack.areas.rows == 33'755);
  CHECK(pack.geography == "lsoa21");
  const auto types = count(pack.areas.at("area_type")), before = count(pack.areas.at("area_type_2019"));
  CHECK(types.at("doubly_disadvantaged") == 1'305);
  CHECK(types.at("other_deprived") == 2'219);
  CHECK(before.at("doubly_disadvantaged") == 1'485);
  long both = 0;
  const auto is_doubly = [&](const char* column, std::size_t i) {
    return pack.areas.at(column).text(i) == "doubly_disadvantaged";
  };
  for (std::size_t i = 0; i < pack.areas.rows; ++i)
    both += is_doubly("area_type", i) && is_doubly("area_type_2019", i);
  CHECK(both == 561);
  CHECK(count(pack.areas.at("lad_code")).size() == 296);
  check_units(pack);
  CHECK(pack.edges.size() == 2 * 99'516);
  CHECK(contiguity(pack).islands().size() == 1);  // Isles of Scilly

  // Carried: totals are kept, unchanged areas keep their values, the parts of a divided one its rates.
  const auto total = [](const DataPack& of, const char* name) {
    double sum = 0.0;
    for (const double value : of.areas.numbers(name)) sum += std::isnan(value) ? 0.0 : value;
    return sum;
  };
  std::vector<std::string> of_2011;
  const DataPack old = built("england-lsoa", shared, of_2011);
  for (const char* name : {"population_16_64", "bus_runs", "bus_runs_2008"}) {
    CAPTURE(name);
    CHECK(total(pack, name) == doctest::Approx(total(old, name)).epsilon(1e-9));
  }
  const std::size_t now = row_of(pack, "E01000001"), then = row_of(old, "E01000001");
  for (const char* name : {"lottery_per_head", "turnout", "drug_crime_rate", "employment_deprivation_2010"})
    CHECK(pack.areas.numbers(name)[now] == doctest::Approx(old.areas.numbers(name)[then]).epsilon(1e-12));
  const auto& covered = pack.areas.numbers("drugs_covered");
  CHECK(std::count(covered.begin(), covered.end(), 1.0) == 23'942);
  CHECK(present(pack.panel.at("imd_score").value) == 33'755 * 6 - 15);
  check_config(pack);
  check_round_trip(pack);
}

TEST_CASE("the england-lad-gdhi pack is 296 authorities by 25 growth rates of household income") {
  SPILLWAY_NEEDS_SHARED(shared);
  std::vector<std::string> summary;
  const DataPack pack = built("england-lad-gdhi", shared, summary);
  CHECK(pack.areas.rows == 296);
  CHECK(pack.panel.periods.front() == 1997);
  CHECK(pack.panel.periods.back() == 2022);
  CHECK(present(pack.panel.at("income_growth").value) == 296 * 25);
  CHECK(present(pack.panel.at("gva_growth").value) == 296 * 24);
  // Hartlepool 1998: 8,327 a head after 8,302.
  CHECK(pack.panel.at("income_growth").value(static_cast<Eigen::Index>(row_of(pack, "E06000001")), 1) ==
        doctest::Approx(std::log(8327.0 / 8302.0)).epsilon(1e-12));
  CHECK(count(pack.areas.at("area_type")).at("doubly_disadvantaged") == 38);
  CHECK(count(pack.areas.at("area_type_2023")).at("doubly_disadvantaged") == 32);
  check_units(pack);
  check_config(pack);
  check_round_trip(pack);
}
