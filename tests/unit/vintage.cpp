// Packs on other areas: totals kept, rates averaged, links rebuilt, every change counted.
#include "engine/data/vintage/vintage.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/base/error.hpp"
#include "tests/support/pack_columns.hpp"

using namespace spillway;
using test::missing, test::numbers, test::texts;

namespace {

/// A is unchanged, B is split into B1 and B2, C and D are merged into CD, E and F exchange ground (E -> E1,
/// EF; F -> EF).
DataPack six() {
  DataPack pack;
  pack.name = "six";
  pack.geography = "lsoa11";
  pack.areas.rows = 6;
  pack.areas.columns = {texts("area_code", {"A", "B", "C", "D", "E", "F"}),
                        texts("lad_code", {"north", "north", "north", "south", "south", "south"}),
                        numbers("population", {1000, 1600, 300, 900, 400, 200}, "residents"),
                        numbers("log_population",
                                {std::log(1000.0), std::log(1600.0), std::log(300.0), std::log(900.0),
                                 std::log(400.0), std::log(200.0)},
                                "log residents"),
                        numbers("rate", {0.1, 0.2, 0.5, 0.1, 0.3, missing}, "proportion"),
                        numbers("grants", {5e5, 3e5, 1e5, 2e5, 8e4, 4e4}, "GBP"),
                        numbers("covered", {1, 0, 0, 1, 1, 0}, "1 = covered")};
  pack.panel.periods = {2019, 2020};
  Eigen::MatrixXd growth(6, 2), gva(6, 2);
  growth << 0.01, 0.02, 0.03, 0.01, 0.02, missing, 0.06, 0.04, 0.01, 0.01, 0.05, 0.03;
  gva << 10, 11, 16, 17, 3, 3.5, 9, 9.5, 4, 4.25, 2, 2.5;
  pack.panel.variables = {{"growth", "log points", "", growth, ""}, {"gva", "GBP m", "", gva, "2022"}};
  for (const auto& [a, b] :
       {std::pair{0, 1}, std::pair{1, 2}, std::pair{2, 3}, std::pair{3, 4}, std::pair{4, 5}}) {
    pack.edges.push_back({a, b, 1.0});
    pack.edges.push_back({b, a, 1.0});
  }
  std::sort(pack.edges.begin(), pack.edges.end(),
            [](const Edge& a, const Edge& b) { return a.from != b.from ? a.from < b.from : a.to < b.to; });
  pack.flows = {{0, 1, 30.0}, {1, 1, 40.0}, {2, 3, 7.0}, {4, 1, 10.0}};
  pack.inputs = {{"areas.csv", "areas", "", "ONS", "OGL v3", "2011"},
                 {"shapes.json", "boundaries", "", "ONS", "OGL v3", "2011"}};
  return pack;
}

AreaLookup six_lookup() {
  AreaLookup lookup;
  lookup.from = "lsoa11";
  lookup.to = "lsoa21";
  lookup.pairs = {{"A", "A"},  {"B", "B1"}, {"B", "B2"}, {"C", "CD"},           {"D", "CD"},
                  {"E", "E1"}, {"E", "EF"}, {"F", "EF"}, {"elsewhere", "other"}};
  lookup.file.path = "lookup.csv";
  return lookup;
}

double at(const DataPack& pack, const std::string& column, const std::string& code) {
  for (std::size_t i = 0; i < pack.areas.rows; ++i)
    if (pack.areas.at("area_code").text(i) == code) return pack.areas.numbers(column)[i];
  return missing;
}

bool linked(const DataPack& pack, const std::string& a, const std::string& b) {
  const Column& codes = pack.areas.at("area_code");
  return std::any_of(pack.edges.begin(), pack.edges.end(), [&](const Edge& edge) {
    return codes.text(static_cast<std::size_t>(edge.from)) == a &&
           codes.text(static_cast<std::size_t>(edge.to)) == b;
  });
}

}  // namespace

TEST_CASE("areas that split, merge and change irregularly are worked out by hand") {
  VintageReport report;
  const DataPack pack = convert_vintage(six(), six_lookup(), {}, {}, report);
  CHECK(pack.areas.rows == 6);
  CHECK(pack.geography == "lsoa21");
  CHECK(at(pack, "population", "A") == 1000.0);
  CHECK(at(pack, "population", "B1") == 800.0);  // split equally: no population of the new areas is known
  CHECK(at(pack, "population", "CD") == 1200.0);
  CHECK(at(pack, "population", "EF") == 400.0);  // half of E, all of F
  CHECK(at(pack, "rate", "B2") == 0.2);          // a rate is not divided
  CHECK(at(pack, "rate", "CD") == doctest::Approx((300 * 0.5 + 900 * 0.1) / 1200));
  CHECK(at(pack, "rate", "EF") == 0.3);  // F's is missing: the known part stands
  CHECK(at(pack, "log_population", "CD") == doctest::Approx(std::log(1200.0)));
  CHECK(at(pack, "log_population", "B1") == doctest::Approx(std::log(800.0)));
  CHECK(at(pack, "covered", "CD") == 1.0);  // D has most residents
  CHECK(pack.panel.variables[0].value(3, 0) ==
        doctest::Approx((300 * 0.02 + 900 * 0.06) / 1200));  // CD is the fourth code
  CHECK(pack.panel.variables[0].value(3, 1) == 0.04);        // C's second year is missing
  CHECK(pack.panel.variables[1].value(3, 1) == 13.0);
  CHECK(pack.areas.at("lad_code").text(3) == "south");
  CHECK(report.unchanged == 1);
  CHECK(report.split_old == 1);
  CHECK(report.split_new == 2);
  CHECK(report.merged_old == 2);
  CHECK(report.merged_new == 1);
  CHECK(report.irregular_old == 2);
  CHECK(report.irregular_new == 2);
}

TEST_CASE("every total is conserved, in areas, in each year of the panel and in flows") {
  VintageReport report;
  const DataPack before = six(), after = convert_vintage(before, six_lookup(), {}, {}, report);
  for (const std::string name : {"population", "grants"}) {
    double a = 0.0, b = 0.0;
    for (const double x : before.areas.numbers(name)) a += x;
    for (const double x : after.areas.numbers(name)) b += x;
    CHECK(b == doctest::Approx(a).epsilon(1e-14));
  }
  for (Eigen::Index t = 0; t < 2; ++t)
    CHECK(after.panel.at("gva").value.col(t).sum() ==
          doctest::Approx(before.panel.at("gva").value.col(t).sum()).epsilon(1e-14));
  double flows = 0.0;
  for (const Edge& flow : after.flows) flows += flow.weight;
  CHECK(flows == doctest::Approx(87.0).epsilon(1e-14));
  long sums = 0;
  for (const CarriedColumn& how : report.columns)
    if (how.carry == Carry::sum) {
      ++sums;
      CHECK(how.after == doctest::Approx(how.before).epsilon(1e-12));
    }
  CHECK(sums == 4);  // population, grants, gva, flows
  // The mean rate of the nation by residents is kept where nothing is missing: growth in 2019.
  const auto mean = [](const DataPack& pack) {
    double sum = 0.0, people = 0.0;
    for (std::size_t i = 0; i < pack.areas.rows; ++i) {
      sum += pack.areas.numbers("population")[i] *
             pack.panel.at("growth").value(static_cast<Eigen::Index>(i), 0);
      people += pack.areas.numbers("population")[i];
    }
    return sum / people;
  };
  CHECK(mean(after) == doctest::Approx(mean(before)).epsilon(1e-14));
}

TEST_CASE("population of the new areas divides the split ones, and coordinates given are taken") {
  VintageOptions options;
  Table areas;
  areas.rows = 6;
  areas.columns = {texts("area_code", {"B1", "B2", "E1", "EF", "A", "CD"}),
                   numbers("population", {300, 900, 300, 300, 1, 1}, "")};
  options.new_areas = areas;
  VintageReport report;
  const DataPack pack = convert_vintage(six(), six_lookup(), options, {}, report);
  CHECK(at(pack, "population", "B1") == doctest::Approx(400.0));
  CHECK(at(pack, "population", "B2") == doctest::Approx(1200.0));
  CHECK(at(pack, "grants", "B2") == doctest::Approx(225000.0));
  CHECK(report.notes.front().find("in proportion to the new areas' population") != std::string::npos);
  areas.columns[1].number[1] = 0.0;
  options.new_areas = areas;
  CHECK_THROWS_WITH(convert_vintage(six(), six_lookup(), options, {}, report),
                    "new area 'B2' has population 0 (dividing a split area needs the population of each of "
                    "its parts, above 0)");
}

TEST_CASE(
    "links follow the ground: parts keep their parent's neighbours and each other, merged areas lose the "
    "link between them") {
  VintageReport report;
  const DataPack pack = convert_vintage(six(), six_lookup(), {}, {}, report);
  CHECK(linked(pack, "A", "B1"));
  CHECK(linked(pack, "B1", "B2"));
  CHECK(linked(pack, "B2", "CD"));
  CHECK(linked(pack, "CD", "EF"));
  CHECK(linked(pack, "E1", "EF"));
  CHECK_FALSE(linked(pack, "CD", "CD"));
  CHECK_FALSE(linked(pack, "A", "CD"));
  for (const Edge& edge : pack.edges)
    CHECK(std::any_of(pack.edges.begin(), pack.edges.end(),
                      [&](const Edge& other) { return other.from == edge.to && other.to == edge.from; }));
  CHECK(validate(pack).empty());
}

TEST_CASE("there and back: unchanged areas bit for bit, split ones whole again") {
  VintageReport report;
  AreaLookup back;
  back.from = "lsoa21";
  back.to = "lsoa11";
  for (const auto& [a, b] : six_lookup().pairs) back.pairs.emplace_back(b, a);
  back.file.path = "lookup.csv";
  const DataPack there = convert_vintage(six(), six_lookup(), {}, {}, report);
  VintageReport returned;
  const DataPack again = convert_vintage(there, back, {}, {}, returned);
  CHECK(at(again, "rate", "A") == 0.1);
  CHECK(at(again, "population", "B") == doctest::Approx(1600.0).epsilon(1e-14));
  CHECK(at(again, "rate", "B") == doctest::Approx(0.2).epsilon(1e-14));
  CHECK(returned.merged_old == 2);
  CHECK(returned.split_old == 1);
}

TEST_CASE("rules: asked for before the manifest's before the unit's; a rule that cannot be is refused") {
  VintageOptions options;
  options.carry["rate"] = Carry::sum;
  VintageReport report;
  const DataPack pack =
      convert_vintage(six(), six_lookup(), options, {{"rate", Carry::mean}, {"grants", Carry::mean}}, report);
  CHECK(at(pack, "rate", "B1") == 0.1);
  CHECK(at(pack, "grants", "B1") == 3e5);
  for (const CarriedColumn& how : report.columns) {
    if (how.name == "rate") CHECK(how.why == "asked for");
    if (how.name == "grants") CHECK(how.why == "manifest");
    if (how.name == "gva") CHECK(how.why == "unit 'GBP m'");
  }
  options.carry = {{"rat", Carry::sum}};
  CHECK_THROWS_WITH(convert_vintage(six(), six_lookup(), options, {}, report),
                    "pack 'six' has no column 'rat' to carry by sum (did you mean 'rate'?)");
  options.carry = {{"lad_code", Carry::mean}};
  CHECK_THROWS_WITH(convert_vintage(six(), six_lookup(), options, {}, report),
                    "column 'lad_code' holds texts, which have no mean (they go by majority)");
}

TEST_CASE("an area that the lookup lacks is named, and a lookup is read in ONS's own words") {
  AreaLookup lookup = six_lookup();
  lookup.pairs.erase(lookup.pairs.begin() + 3);
  VintageReport report;
  CHECK_THROWS_WITH_AS(convert_vintage(six(), lookup, {}, {}, report), doctest::Contains("C"), InputError);
  const auto file = std::filesystem::temp_directory_path() / fmt::format("spillway-lookup-{}.csv", getpid());
  std::ofstream(file) << "\xEF\xBB\xBFLSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND\nE1,One,E1,One,U\nE2,Two,E3,"
                         "Two A,S\nE2,Two,E4,Two B,S\n";
  const AreaLookup read = read_lookup(file, "lsoa11", "lsoa21");
  CHECK(read.pairs.size() == 3);
  CHECK(read.new_name.at("E4") == "Two B");
  CHECK_THROWS_WITH_AS(read_lookup(file, "lsoa11", "lsoa31"),
                       doctest::Contains("has no column of codes 'lsoa31cd'"), InputError);
  std::ofstream(file) << "lsoa11cd,lsoa21cd\nE1,E1\nE1,E1\n";
  CHECK_THROWS_WITH_AS(read_lookup(file, "lsoa11", "lsoa21"), doctest::Contains("is listed twice"),
                       InputError);
  std::filesystem::remove(file);
}

TEST_CASE("population is a total whatever its unit, and counts without a unit are asked about") {
  DataPack pack = six();
  for (Column& column : pack.areas.columns)
    if (column.name == "population") column.unit = "";
  VintageReport report;
  const DataPack after = convert_vintage(pack, six_lookup(), {}, {}, report);
  double total = 0.0;
  for (const double x : after.areas.numbers("population")) total += x;
  CHECK(total == doctest::Approx(4400.0).epsilon(1e-14));
  pack.areas.columns.push_back(numbers("homes", {1, 2, 3, 4, 5, 6}, ""));  // what weighs means is one, too
  VintageOptions homes;
  homes.weight = "homes";
  const DataPack weighed = convert_vintage(pack, six_lookup(), homes, {}, report);
  CHECK(at(weighed, "population", "CD") == 1200.0);
  CHECK(at(weighed, "homes", "CD") == 7.0);
  pack.areas.columns.pop_back();
  pack.areas.columns.push_back(numbers("firms", {3, 0, 12, 5, 1, missing}, ""));
  pack.areas.columns.push_back(numbers("visits", {3, 0, 12, 5, 1, 2}, "views"));
  pack.areas.columns.push_back(numbers("cinema", {1, 0, 0, 1, 1, 0}, ""));
  pack.areas.columns.push_back(numbers("noise", {1.5, 0, 0, 1, 1, 0}, ""));
  try {
    convert_vintage(pack, six_lookup(), {}, {}, report);
    FAIL("not refused");
  } catch (const InputError& error) {
    REQUIRE(error.faults().size() == 2);
    CHECK(to_string(error.faults()[0]) ==
          "column 'firms': whole numbers that look like counts, and nothing says how they go to lsoa21 areas "
          "(a "
          "total is divided and added, a rate is averaged); write a unit or carry = \"sum\", \"mean\" or "
          "\"majority\" under [columns.firms], or give --sum firms, --mean firms or --majority firms");
    CHECK(error.faults()[1].column == "visits");
  }
  VintageOptions options;
  options.carry = {{"firms", Carry::sum}};
  VintageReport said;
  const DataPack carried = convert_vintage(pack, six_lookup(), options, {{"visits", Carry::mean}}, said);
  CHECK(at(carried, "firms", "CD") == 17.0);
  CHECK(at(carried, "cinema", "CD") == 1.0);  // 0 and 1: what most residents have
  CHECK(std::any_of(said.notes.begin(), said.notes.end(), [](const std::string& note) {
    return note.rfind("1 columns whose unit says neither total nor rate were averaged: noise", 0) == 0;
  }));
}

TEST_CASE("links of the new areas where they are given, else the guesses are counted") {
  VintageReport report;
  convert_vintage(six(), six_lookup(), {}, {}, report);
  // A-B1, A-B2, B1-B2, B1-CD, B2-CD are of the split B; CD-E1, CD-EF, E1-EF are of E and F, which are not
  // whole.
  CHECK(report.links_after == 8);
  CHECK(report.links_guessed == 8);
  CHECK(report.notes[1].rfind("8 of 8 links are guesses", 0) == 0);
  VintageOptions options;
  options.new_links = {{{"A", "B1"}, {"B1", "B2"}, {"B2", "CD"}, {"CD", "EF"}, {"EF", "E1"}, {"E1", "Z"}}};
  options.new_links_from = "touching.csv";
  VintageReport given;
  const DataPack pack = convert_vintage(six(), six_lookup(), options, {}, given);
  CHECK(pack.edges.size() == 10);
  CHECK(linked(pack, "B1", "A"));
  CHECK_FALSE(linked(pack, "A", "B2"));
  CHECK(given.links_guessed == 0);
  CHECK(validate(pack).empty());
  CHECK(std::find(given.notes.begin(), given.notes.end(),
                  "links are those of 'touching.csv': 5, 1 that lead out of the pack left out, 0 areas "
                  "without any") != given.notes.end());
  options.new_links = {{{"X", "Y"}}};
  CHECK_THROWS_WITH_AS(convert_vintage(six(), six_lookup(), options, {}, given),
                       doctest::Contains("'touching.csv' links no two lsoa21 areas"), InputError);
}

TEST_CASE("types of the new areas are those given; coordinates given are in the pack's unit") {
  DataPack pack = six();
  pack.areas.columns.push_back(texts("area_type", {"rich", "rich", "poor", "poor", "rich", "rich"}));
  pack.areas.columns.push_back(numbers("easting", {0, 1000, 2000, 3000, 4000, 5000}, "m"));
  pack.areas.columns.push_back(numbers("northing", {0, 1000, 2000, 3000, 4000, 5000}, "m"));
  VintageReport carried;
  convert_vintage(pack, six_lookup(), {}, {}, carried);
  CHECK(std::any_of(carried.notes.begin(), carried.notes.end(), [](const std::string& note) {
    return note.rfind("area_type is carried from lsoa11 areas", 0) == 0;
  }));
  VintageOptions options;
  Table areas;
  areas.rows = 6;
  areas.columns = {texts("area_code", {"A", "B1", "B2", "CD", "E1", "EF"}),
                   texts("area_type", {"poor", "rich", "poor", "rich", "poor", "poor"})};
  options.new_areas = areas;
  VintageReport report;
  const DataPack after = convert_vintage(pack, six_lookup(), options, {}, report);
  CHECK(after.areas.at("area_type").text(0) == "poor");
  CHECK(after.areas.at("area_type").text(1) == "rich");
  CHECK(std::none_of(report.notes.begin(), report.notes.end(),
                     [](const std::string& note) { return note.rfind("area_type is carried", 0) == 0; }));
  areas.columns.push_back(numbers("easting", {-1.5, -1.5, -1.4, -1.4, -1.3, 40000}, ""));
  areas.columns.push_back(numbers("northing", {54, 54, 54, 54, 54, 54}, ""));
  options.new_areas = areas;
  CHECK_THROWS_WITH_AS(convert_vintage(pack, six_lookup(), options, {}, report),
                       doctest::Contains("coordinates of the new areas (--areas) need the pack's own unit"),
                       InputError);
}
