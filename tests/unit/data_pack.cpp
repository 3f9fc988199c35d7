// A pack written and read is the same pack; a pack made in memory is checked like one that is read.
#include "engine/data/pack/data_pack.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/data/csv.hpp"
#include "tests/support/pack_columns.hpp"

using namespace spillway;
using test::missing, test::numbers, test::texts;

namespace {

/// Four areas, the last an island without a panel; awkward codes, names and numbers.
DataPack small_pack() {
  DataPack pack;
  pack.name = "small \"pack\"";
  pack.geography = "lsoa21";
  pack.description = "two\nlines \\ and a tab\t";
  pack.period_years = 3.5;
  pack.areas.rows = 4;
  pack.areas.columns = {texts("area_code", {"001", "2", "a,b", "Z"}),
                        texts("name", {"NaN", "", "x y", "\"q\""}),
                        numbers("balance", {0.1, missing, 1e300, -5e-324}, "people")};
  pack.areas.columns[2].description = "residents";
  pack.areas.columns[2].price_base = "2021";
  pack.panel.periods = {2010, 2013, 2016};
  Eigen::MatrixXd y(4, 3), z(4, 3);
  y << 1, missing, 3, missing, 1.0 / 3.0, 2, 4, 5, missing, missing, missing, missing;
  z << missing, missing, 3, missing, 1.5, missing, 4, 5, missing, missing, missing, missing;
  pack.panel.variables = {{"y", "index", "an outcome", y, "2020"}, {"z", "", "", z, ""}};
  pack.edges = {{0, 1, 1.0}, {0, 2, 0.25}, {1, 0, 1.0}, {2, 0, 0.25}};
  pack.flows = {{0, 0, 7.0}, {3, 1, 2.5}};
  pack.inputs = {{"areas.csv", "areas", "", "a publisher", "OGL v3", "2021"},
                 {"raw.csv.gz", "source", std::string(64, 'a'), "ONS", "OGL v3", "2020"}};
  pack.truth = {{"spillover/lag:other", 0.42}, {"b", -1e-7}};
  return pack;
}

void check_same(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  REQUIRE(a.rows() == b.rows());
  REQUIRE(a.cols() == b.cols());
  for (Eigen::Index k = 0; k < a.size(); ++k) CHECK((a(k) == b(k) || (std::isnan(a(k)) && std::isnan(b(k)))));
}

void check_same(const std::vector<Edge>& a, const std::vector<Edge>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    CHECK(a[k].from == b[k].from);
    CHECK(a[k].to == b[k].to);
    CHECK(a[k].weight == b[k].weight);
  }
}

std::filesystem::path temporary(const std::string& name) {
  return std::filesystem::temp_directory_path() / fmt::format("spillway-{}-{}", name, getpid());
}

}  // namespace

TEST_CASE("a pack written and read is the same pack") {
  const DataPack pack = small_pack();
  const auto folder = temporary("round-trip");
  for (const int workers : {1, 3}) {
    std::filesystem::remove_all(folder);
    write_pack(pack, folder, {workers});
    const DataPack read = read_pack(folder, {workers});
    CHECK(read.name == pack.name);
    CHECK(read.description == pack.description);
    CHECK(read.period_years == pack.period_years);
    CHECK(read.truth == pack.truth);
    REQUIRE(read.areas.columns.size() == 3);
    for (std::size_t c = 0; c < 3; ++c) {
      CHECK(read.areas.columns[c].name == pack.areas.columns[c].name);
      CHECK(read.areas.columns[c].kind == pack.areas.columns[c].kind);
      CHECK(read.areas.columns[c].level == pack.areas.columns[c].level);
      CHECK(read.areas.columns[c].levels == pack.areas.columns[c].levels);
      CHECK(read.areas.columns[c].unit == pack.areas.columns[c].unit);
      CHECK(read.areas.columns[c].description == pack.areas.columns[c].description);
      CHECK(read.areas.columns[c].price_base == pack.areas.columns[c].price_base);
    }
    check_same(Eigen::Map<const Eigen::VectorXd>(read.areas.numbers("balance").data(), 4),
               Eigen::Map<const Eigen::VectorXd>(pack.areas.numbers("balance").data(), 4));
    CHECK(read.panel.periods == pack.panel.periods);
    REQUIRE(read.panel.variables.size() == 2);
    for (std::size_t v = 0; v < 2; ++v) {
      CHECK(read.panel.variables[v].name == pack.panel.variables[v].name);
      CHECK(read.panel.variables[v].unit == pack.panel.variables[v].unit);
      CHECK(read.panel.variables[v].price_base == pack.panel.variables[v].price_base);
      check_same(read.panel.variables[v].value, pack.panel.variables[v].value);
    }
    check_same(read.edges, pack.edges);
    check_same(read.flows, pack.flows);
    REQUIRE(read.inputs.size() == 5);  // areas, edges, flows, panel and the source
    CHECK(read.inputs[0].publisher == "a publisher");
    CHECK(read.inputs[4].role == "source");
    CHECK(read.inputs[4].sha256 == std::string(64, 'a'));
    CHECK(read.file_with_role("panel") == folder / "panel.csv");
    CHECK(read.file_with_role("gal").empty());
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("weights that differ by direction are written both ways, and extra files are copied") {
  DataPack pack = small_pack();
  pack.edges[0].weight = 0.5;
  const auto folder = temporary("both-ways"), gal = temporary("extra.gal");
  std::filesystem::remove_all(folder);
  std::ofstream(gal) << "0 1 x y\n";
  pack.inputs.push_back({gal.string(), "gal", "", "", "", ""});
  write_pack(pack, folder);
  const DataPack read = read_pack(folder);
  check_same(read.edges, pack.edges);
  CHECK(read.file_with_role("gal") == folder / gal.filename());
  std::filesystem::remove_all(folder);
  std::filesystem::remove(gal);
}

TEST_CASE("a pack made in memory is checked like one that is read") {
  CHECK(validate(small_pack()).empty());
  const auto messages = [](const DataPack& pack) {
    std::vector<std::string> result;
    for (const auto& fault : validate(pack)) result.push_back(to_string(fault));
    return result;
  };
  DataPack pack = small_pack();
  pack.areas.columns[0].level[3] = 0;
  pack.edges.pop_back();
  pack.edges.push_back({3, 3, 1.0});
  pack.edges.push_back({4, 0, 1.0});
  pack.flows[0].weight = -1.0;
  pack.panel.variables[0].value(0, 0) = std::numeric_limits<double>::infinity();
  pack.panel.periods[1] = 2010;
  CHECK(messages(pack) ==
        std::vector<std::string>{
            "areas:5: column 'area_code': value '001': the code is used already in line 2; expected each "
            "area once",
            "panel: column 'period': value '2010': follows 2010; expected periods in ascending order, each "
            "once",
            "panel: column 'y': value 'inf': the number of area '001' in 2010 is infinite; expected a finite "
            "number, or NaN",
            "edges: value '4 -> 0': a row of no area; expected rows 0 to 3",
            "edges: column 'to': value '001': the area is linked to itself; expected links between two areas",
            "edges: column 'to': value 'a,b': '001' is linked to it, but it is not linked back; expected "
            "every pair in both "
            "directions, or every pair once",
            "flows: column 'weight': value '-1': the weight is negative or infinite; expected 0 or more"});
  pack = small_pack();
  pack.areas.columns[2].number.pop_back();
  pack.areas.columns[1].level[0] = 9;
  CHECK(messages(pack) == std::vector<std::string>{
                              "areas:2: column 'name': value '9': not a level of the column; expected 0 to 3",
                              "areas: column 'balance': the column has 3 rows; expected 4, one an area"});
}
