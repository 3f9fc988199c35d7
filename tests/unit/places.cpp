// Whom a policy reaches: a type, a column, a list of places, within named places; and what each of them is
// told.
#include "scenarios/places.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "engine/base/error.hpp"
#include "engine/config/area_target.hpp"
#include "engine/config/run_config.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/place_list.hpp"
#include "scenarios/allocation.hpp"
#include "scenarios/parameter_specs.hpp"
#include "tests/support/lever_world.hpp"
#include "tests/support/message.hpp"

using namespace spillway;
using namespace spillway::scenarios;
using test::fixed_parameters;
using test::lever_world;
using test::message;
using Rows = std::vector<std::int32_t>;

namespace {

/// Ten areas on a ring, three doubly disadvantaged; the first five in authority L1 "Tees" of region R1
/// "North".
std::unique_ptr<test::LeverWorld> places_world() {
  auto world = lever_world(10, 3);
  auto& columns = world->pack.areas.columns;
  const std::vector<std::string> five_five = {"a", "a", "a", "a", "a", "b", "b", "b", "b", "b"};
  const auto half = [&](const std::string& first, const std::string& second) {
    std::vector<std::string> values;
    for (const std::string& one : five_five) values.push_back(one == "a" ? first : second);
    return values;
  };
  columns.push_back(test::text_column("lad_name", half("Tees", "Wear")));
  columns.push_back(test::text_column("region_code", half("R1", "R1")));
  columns.push_back(test::text_column("region_name", half("North", "North")));
  columns.push_back(
      test::text_column("ward_code", {"W1", "W1", "W2", "W2", "W3", "W3", "W4", "W4", "W5", "W5"}));
  columns.push_back(test::text_column("ward_name", {"Castle", "Castle", "Park", "Park", "North", "North",
                                                    "Castle", "Castle", "Hill", "Hill"}));
  columns.push_back(
      test::text_column("in_programme", {"yes", "no", "no", "yes", "no", "no", "", "no", "no", "yes"}));
  columns.push_back(test::number_column("wave", {1, 2, 1, 2, 1, 2, 1, 2, 1, 3}));
  return world;
}

Parameters aimed(const AreaTarget& target, const std::vector<std::string>& where = {}) {
  Parameters parameters = fixed_parameters(lever("community_wealth_fund"), 3, test::plain({}));
  parameters.texts["target"] = to_text(target);
  parameters.lists["where"] = where;
  return parameters;
}
AreaTarget of_type(const std::string& type = "doubly_disadvantaged") { return {type, "", {}, ""}; }
AreaTarget of_column(const std::string& column, const std::vector<std::string>& values) {
  return {"", column, values, ""};
}
AreaTarget of_list(const std::string& file) { return {"", "", {}, file}; }

std::filesystem::path written(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("spillway-" + name);
  std::ofstream(file) << text;
  return file;
}
void add(test::LeverWorld& world, const PlaceList& list) {
  world.pack.areas.columns.push_back(list.as_column(world.pack.areas));
}
std::string read(const test::LeverWorld& world, const std::string& text) {
  const auto file = written("places.csv", text);
  std::string said = message([&] { read_place_list(file, "places.csv", world.pack.areas); });
  for (std::size_t at = said.find(file.string()); at != std::string::npos; at = said.find(file.string()))
    said.replace(at, file.string().size(), "F");
  return said;
}

}  // namespace

TEST_CASE("a target is a type, the areas of a column's values, or both within named places") {
  const auto world = places_world();
  const auto rows = [&](const AreaTarget& target, const std::vector<std::string>& where = {}) {
    return reached(world->context, aimed(target, where)).areas;
  };
  CHECK(rows(of_type()) == Rows{0, 1, 2});
  CHECK(rows(of_column("in_programme", {"yes"})) == Rows{0, 3, 9});
  CHECK(rows(of_column("wave", {"2", "3"})) == Rows{1, 3, 5, 7, 9});
  CHECK(rows(of_column("in_programme", {"yes"}), {"Tees"}) == Rows{0, 3});
  CHECK(rows(of_column("in_programme", {"yes"}), {"L2"}) == Rows{9});
  CHECK(rows(of_column("in_programme", {"yes"}), {"L2", "W2"}) == Rows{3, 9});
  CHECK(rows(of_type("other"), {"E8", "Hill"}) == Rows{8, 9});
  CHECK(reached(world->context, aimed(of_type(), {"Tees", "W2"})).name ==
        "type doubly_disadvantaged in Tees, W2");
}

TEST_CASE("groups of two groupings crossed are named as tables write them, in target, where and a column") {
  const auto world = places_world();
  const auto rows = [&](const std::string& target, const std::vector<std::string>& where = {}) {
    return reached(world->context, aimed(area_target(target), where)).areas;
  };
  CHECK(rows("other:Tees") == Rows{4});
  CHECK(rows("other:L1") == Rows{4});
  CHECK(rows("other: lad:Tees") == Rows{4});
  CHECK(rows("doubly_disadvantaged:Tees", {"W2"}) == Rows{2});
  CHECK(rows("other", {"doubly_disadvantaged:Tees", "other:W3", "W5"}) == Rows{4, 5, 8, 9});
  CHECK(rows("other", {"W4:R1"}) == Rows{6, 7});
  CHECK(rows("column:area_type:lad=other:Tees|doubly_disadvantaged:L1") == Rows{0, 1, 2, 4});
  CHECK(rows("column:area_type:lad_name=other:Wear") == Rows{5, 6, 7, 8, 9});
  CHECK(reached(world->context, aimed(area_target("other:Tees"))).name == "type other in Tees");
  CHECK(to_text(area_target("other: Tees")) == "other:Tees");

  const auto told = [&](const std::string& target, const std::vector<std::string>& where = {}) {
    return message([&] { rows(target, where); });
  };
  CHECK(told("other:") ==
        "crosses a type with nothing; write \"doubly_disadvantaged:Tees Valley\", a type and a place");
  CHECK(told("other:Teas") ==
        "column 'target': value 'Teas': is no name or code of a grouping of the pack; did you mean 'Tees'?");
  CHECK(told("doubly_disadvantaged:Wear") ==
        "column 'target': value 'doubly_disadvantaged:Wear': no area of type doubly_disadvantaged lies in "
        "Wear; "
        "the lever would reach nobody");
  CHECK(told("other", {"doubly_disadvantaged:Wear"}) ==
        "column 'where': value 'doubly_disadvantaged:Wear': no area is both of 'doubly_disadvantaged' and of "
        "'Wear'");
  CHECK(told("other", {"area_type:lad"}) ==
        "column 'where': value 'area_type:lad': names two groupings and no group of theirs; write one, as "
        "tables "
        "do: \"doubly_disadvantaged:E47000006\"");
  CHECK(told("column:area_type:lad=Tees")
            .find("'Tees' is a group of one grouping, and 'area_type:lad' are two") != std::string::npos);
  CHECK(told("column:area_type:lad=other:Thames").find("the pack has no 'Thames' in the grouping 'lad'") !=
        std::string::npos);
}

TEST_CASE("a name that is several places is refused with where they stand, and can be said in full") {
  const auto world = places_world();
  const auto within_of = [&](const std::string& text) {
    return message([&] { reached(world->context, aimed(of_type("other"), {text})); });
  };
  CHECK(within_of("North") ==
        "column 'where': value 'North': is 2 places of the pack: region:North (10 areas), ward:North (2 "
        "areas); "
        "write the one that is meant, for example \"region:North\"");
  CHECK(
      within_of("Castle") ==
      "column 'where': value 'Castle': is 2 places of the pack: ward:W1 (2 areas), ward:W4 (2 areas); write "
      "the one that is meant, for example \"ward:W1\"");
  CHECK(reached(world->context, aimed(of_type("other"), {"ward:North"})).areas == Rows{4, 5});
  CHECK(reached(world->context, aimed(of_type("other"), {"region: North"})).areas.size() == 6);
  CHECK(reached(world->context, aimed(of_type("other"), {"ward:W4"})).areas == Rows{6, 7});
  CHECK(within_of("tees") ==
        "column 'where': value 'tees': is no name or code of a grouping of the pack; did you mean 'Tees'?");
  CHECK(within_of("Tess").ends_with("did you mean 'Tees'?"));
  CHECK(within_of("region:Tees").find("is no name or code of a grouping of the pack") != std::string::npos);
  CHECK(within_of("Cumberland") ==
        "column 'where': value 'Cumberland': is no name or code of a grouping of the pack; its groupings are "
        "area, combined_authority, in_programme, lad, region, ward");
  CHECK(within_of("").find("is no name or code") != std::string::npos);
}

TEST_CASE("what a target names and the pack lacks is told with the nearest there is") {
  const auto world = places_world();
  const auto told = [&](const AreaTarget& target, const std::vector<std::string>& where = {}) {
    return message([&] { reached(world->context, aimed(target, where)); });
  };
  CHECK(told(of_column("in_program", {"yes"})) ==
        "column 'target': value 'column:in_program=yes': the pack has no column of areas 'in_program'; did "
        "you mean "
        "'in_programme'?");
  CHECK(told(of_column("in_programme", {"yse"}))
            .ends_with("no area has 'yse' in column 'in_programme'; did you mean 'yes'?"));
  CHECK(told(of_column("in_programme", {"undecided"})).ends_with("its values are yes, no"));
  CHECK(told(of_column("wave", {"first"})).ends_with("column 'wave' holds numbers, and 'first' is none"));
  CHECK(told(of_column("wave", {"1", "7"})).find("no area has '7' in column 'wave'") != std::string::npos);
  CHECK(told(of_type(), {"Wear"}) ==
        "column 'where': value 'Wear': holds no area of type doubly_disadvantaged; the lever would reach "
        "nobody");
}

TEST_CASE("a list of places shares by its weights, or gives each its pounds") {
  const auto world = places_world();
  const auto file = written("list.csv", "area_code,weight,name\nE4,3,four\nE1,1,one\nE8,0,eight\n");
  const PlaceList weighted = read_place_list(file, "w.csv", world->pack.areas);
  CHECK(weighted.file.role == "places");
  CHECK(weighted.file.path == "w.csv");
  CHECK(weighted.file.sha256 == sha256_of_file(file));
  add(*world, weighted);
  add(*world, read_place_list(written("pounds.csv", "code,gbp\nE4,3e6\nE1,1000000\n"), "sub/p.csv",
                              world->pack.areas));
  add(*world, read_place_list(written("plain.csv", "code\nE4\nE1\n"), "plain.csv", world->pack.areas));

  const auto shares = [&](const std::string& list, const std::vector<std::string>& where = {}) {
    const Parameters parameters = aimed(of_list(list), where);
    return shares_of_reached(world->context, parameters, reached(world->context, parameters), "allocation",
                             "need_column");
  };
  Eigen::VectorXd expected = Eigen::VectorXd::Zero(10);
  expected(4) = 0.75;
  expected(1) = 0.25;
  CHECK(shares("w.csv").isApprox(expected, 1e-15));
  CHECK(shares("sub/p.csv").isApprox(expected, 1e-15));
  expected(4) = 1400.0 / 2500.0;  // by head: 1,400 and 1,100 residents
  expected(1) = 1100.0 / 2500.0;
  CHECK(shares("plain.csv").isApprox(expected, 1e-15));
  CHECK(shares("w.csv", {"W1"})(1) == 1.0);
  CHECK(message([&] { shares("w.csv", {"L2"}); }) ==
        "column 'where': value 'L2': leaves of list w.csv only places that count 0; the lever would reach "
        "nobody");

  // Pounds are the programme's: GBP 4m, three quarters of it in E4, whatever fund is named.
  const Lever& fund = lever("community_wealth_fund");
  Parameters parameters = aimed(of_list("sub/p.csv"));
  for (std::size_t k = 0; k < parameters.names.size(); ++k)
    if (parameters.names[k] == "fund_years")
      parameters.value.col(static_cast<Eigen::Index>(k)).setConstant(2.0);
  const Policy policy = fund.build(world->context, parameters);
  CHECK(policy.cost.row(0).sum() == doctest::Approx(4e6).epsilon(1e-12));
  CHECK(policy.transfer(4) == doctest::Approx(3e6 / 1400.0).epsilon(1e-12));
  CHECK(policy.transfer(1) == doctest::Approx(1e6 / 1100.0).epsilon(1e-12));
  const Policy inside = fund.build(world->context, aimed(of_list("sub/p.csv"), {"W1"}));
  CHECK(inside.notes[1].find(
            "Fund: none named, GBP 1.0m over 10 years (means of the draws), extent England, source: "
            "list sub/p.csv in W1") != std::string::npos);

  // What disagrees is refused.
  for (std::size_t k = 0; k < parameters.names.size(); ++k)
    if (parameters.names[k] == "amount") parameters.value.col(static_cast<Eigen::Index>(k)).setConstant(5e6);
  CHECK(message([&] { fund.build(world->context, parameters); }) ==
        "column 'amount': value '5e+06': the list of places gives GBP 4.00m in all, amount GBP 5.00m; leave "
        "one of "
        "them out");
  parameters = aimed(of_list("w.csv"));
  parameters.texts["allocation"] = "by_need";
  CHECK(message([&] {
          fund.build(world->context, parameters);
        }).find("the list of places says already how the money is shared") != std::string::npos);
  for (const char* name : {"ukspf_ring_fence", "employment_support", "fund_consolidation"}) {
    Parameters others = fixed_parameters(lever(name), 3);
    others.texts["target"] = "list:sub/p.csv";
    CHECK(message([&] { lever(name).build(world->context, others); }).find("the list gives pounds, and") !=
          std::string::npos);
  }
  for (const char* name : {"bus_franchising", "growth_plan_conditionality"}) {
    Parameters others = fixed_parameters(lever(name), 3);
    others.texts["target"] = "list:w.csv";
    CHECK(message([&] {
            lever(name).build(world->context, others);
          }).find("this lever shares no money out") != std::string::npos);
  }
}

TEST_CASE("a list funds all its places where need would choose among them") {
  const auto world = places_world();
  add(*world, read_place_list(written("plain.csv", "code\nE4\nE9\nE1\n"), "plain.csv", world->pack.areas));
  const Lever& renewal = lever("neighbourhood_renewal");
  Parameters parameters = fixed_parameters(renewal, 3, {{"places", 1}, {"residents_per_place", 100}});
  parameters.texts["target"] = "list:plain.csv";
  const Policy policy = renewal.build(world->context, parameters);
  for (int i = 0; i < 10; ++i) CHECK((policy.transfer(i) > 0.0) == (i == 1 || i == 4 || i == 9));
}

TEST_CASE("every fault of a list of places has its line") {
  const auto world = places_world();
  CHECK(read(*world, "area_code,weight\nE1,1\nE77,1\nE1,2\nE2,-1\nE3,\n") ==
        "F:3: column 'area_code': value 'E77': is no area of the pack; did you mean 'E7'?\n"
        "F:4: column 'area_code': value 'E1': stands in line 2 already; list each area once\n"
        "F:5: column 'weight': value '-1': is negative; expected 0 or more\n"
        "F:6: column 'weight': has no number; each place needs one");
  CHECK(read(*world, "area_code\nL2\n")
            .find("it stands in the pack's column 'lad_code': write where = [\"L2\"]") != std::string::npos);
  CHECK(read(*world, "area_code,weigth\nE1,1\n")
            .find("a list of places has no such column; did you mean 'weight'?") != std::string::npos);
  CHECK(read(*world, "area_code,weight,gbp\nE1,1,2\n").find("stands beside weight") != std::string::npos);
  CHECK(read(*world, "place,weight\nE1,1\n").find("is missing; a list of places names its areas by code") !=
        std::string::npos);
  CHECK(read(*world, "area_code,weight\nE1,0\nE2,0\n").find("sums to 0") != std::string::npos);
  CHECK(read(*world, "area_code,weight\nE1,inf\n").find("F:2") != std::string::npos);
  CHECK(read(*world, "area_code,weight\nE1,a lot\n").find("F:2") != std::string::npos);
  CHECK(read(*world, "area_code\n") == "F: lists no place; a policy needs at least one");
  CHECK(read(*world, "area_code,gbp\nE1,1e6\n") == "(no InputError)");
}

TEST_CASE("a configuration says a target as a word, a column or a list, and nothing else") {
  const auto told = [](const std::string& target) {
    const std::string text =
        "[[model]]\nname = \"spillover\"\nkind = \"spatial_lag_panel\"\noutcome = \"growth\"\n"
        "covariance = { kind = \"cluster\", by = \"lad_code\" }\n[bootstrap]\ncluster = \"lad_code\"\n"
        "[[scenario]]\nname = \"fund\"\nlever = \"community_wealth_fund\"\n[scenario.parameters]\ntarget = " +
        target + "\n";
    RunConfig config;
    std::string said = message([&] {
      config = parse_config(text, "run.toml");
      const ScenarioConfig& one = config.scenarios[0];
      throw InputError("read " + sample_parameters(one, lever(one.lever), config, 2).texts.at("target"));
    });
    return said;
  };
  CHECK(told("\"other\"") == "read other");
  CHECK(told("{ type = \"other\" }") == "read other");
  CHECK(told("{ column = \"in_programme\", equals = \"yes\" }") == "read column:in_programme=yes");
  CHECK(told("{ column = \"wave\", equals = [1, 2.5] }") == "read column:wave=1|2.5");
  CHECK(told("{ list = \"places.csv\" }") == "read list:places.csv");
  CHECK(told("\"column:wave=1|2\"") == "read column:wave=1|2");
  CHECK(told("\"column:wave\"").find("names no column with a value; write \"column:in_programme=yes\"") !=
        std::string::npos);
  CHECK(told("\"list:\"").find("names no file; write \"list:places.csv\"") != std::string::npos);
  CHECK(told("{ column = \"wave\", equals = \"a|b\" }").find("holds '|'") != std::string::npos);
  const std::string at = "run.toml:12: column 'scenario.fund.parameters.target";
  CHECK(told("{ column = \"wave\" }") ==
        at + ".equals': is missing; write the value that the target's areas have");
  CHECK(told("{ colum = \"wave\", equals = 1 }").find("did you mean 'column'?") != std::string::npos);
  CHECK(told("{ list = \"a.csv\", column = \"wave\", equals = 1 }")
            .starts_with(at + "': has more than one of type"));
  CHECK(told("{ equals = 1 }").find("has none of type, column and list") != std::string::npos);
  CHECK(told("{ column = \"wave\", equals = true }").find("expected a value of the column") !=
        std::string::npos);
  CHECK(told("{ list = \"\" }").find("is empty") != std::string::npos);
  CHECK(told("3").find("expected a type of area, { column = \"in_programme\"") != std::string::npos);
  CHECK(told("\"\"").find("is empty; expected a type of area, a column or a list") != std::string::npos);
}

TEST_CASE("what a lever finds wrong with a parameter is told with file, line and key, in a package too") {
  RunConfig config;
  config.file = "run.toml";
  ScenarioConfig scenario;
  scenario.name = "fund";
  scenario.line = 10;
  scenario.parameter_lines = {{"where", 14}};
  const InputError where = refusal("where", "Tess", "is no name"), target = refusal("target", "x", "is none");
  CHECK(std::string(placed(where, scenario, config).what()) ==
        "run.toml:14: column 'scenario.fund.parameters.where': value 'Tess': is no name");
  CHECK(std::string(placed(of_package(target, "bus_franchising"), scenario, config).what()) ==
        "run.toml:10: column 'scenario.fund.parameters.bus_franchising_target': value 'x': is none");
}

TEST_CASE(
    "areas are gathered into places of a list: by area, by a grouping's code or name, the whole file as "
    "one") {
  const auto world = places_world();
  const auto groups = [&](const std::string& text) {
    return read_place_groups(written("groups.csv", text), "sub/groups.csv", world->pack.areas).place;
  };
  const Column places = groups("code,place\nE0,One\nE1,Two\nWear,Three\n");
  CHECK(places.name == "places:sub:groups.csv");
  const std::vector<std::string> by_hand = {"One",   "Two",   "",      "",      "",
                                            "Three", "Three", "Three", "Three", "Three"};
  for (std::size_t i = 0; i < by_hand.size(); ++i) CHECK(places.text(i) == by_hand[i]);
  const Column whole = groups("area_code,weight,note\nE3,2,a\nE4,1,b\n");
  CHECK(whole.text(3) == "spillway-groups");
  CHECK(whole.text(4) == "spillway-groups");
  CHECK(whole.text(5).empty());
}

TEST_CASE("what is wrong with a list of places to sum by is told with file and line") {
  const auto world = places_world();
  const auto file = written("groups.csv", "");
  const auto told = [&](const std::string& text) {
    written("groups.csv", text);
    return message([&] { read_place_groups(file, "groups.csv", world->pack.areas); });
  };
  CHECK(told("code,place\nE0,A\nE0,B\n")
            .find(":3: column 'code': value 'E0': holds area 'E0', which line 2 has put in 'A' already") !=
        std::string::npos);
  CHECK(
      told("code,place\nX9,A\n")
          .find(":2: column 'code': value 'X9': is no area of the pack, and no code or name of a grouping") !=
      std::string::npos);
  CHECK(told("code,place\nNorth,A\n")
            .find("stands in the columns region_name, ward_name for different areas; write a code") !=
        std::string::npos);
  CHECK(told("code,place\nE0,\n").find("is empty; expected the name of a place") != std::string::npos);
  CHECK(told("code,plaice\nE0,A\n").find("did you mean 'place'?") != std::string::npos);
  CHECK(told("code,place\n").find("lists no place") != std::string::npos);
}
