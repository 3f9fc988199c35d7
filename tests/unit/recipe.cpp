// Recipes on files small enough to check by eye: every step, every part of the pack, every fault.
#include "engine/data/recipe/recipe.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/data/pack/scratch_folder.hpp"

/// So that a failed comparison shows the messages.
template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string all;
    for (const std::string& line : lines) all += "\n  " + line;
    return all.c_str();
  }
};

using namespace spillway;

namespace {

/// A folder of published tables and one recipe, gone at the end of the test.
class Desk {
 public:
  Desk()
      : folder_(std::filesystem::temp_directory_path() /
                ("spillway_recipe_" + std::to_string(::getpid()) + "_" + std::to_string(count_++))) {
    std::filesystem::create_directories(folder_);
    put("gva.csv", "code,year,gva\nA,2001,1\nA,2002,2\nB,2001,4\nB,2002,2\nC,2001,1\nC,2002,1\n");
    put("places.csv", "code,town,rank,people,flag\nA,X,1,100,TRUE\nB,X,2,300,FALSE\nC,Y,3,500,\n");
    put("pairs.csv", "a,b\nA,B\nB,C\nC,D\n");
  }
  ~Desk() { std::filesystem::remove_all(folder_); }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  void put(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  DataPack build(const std::string& recipe) {
    put("recipe.toml", recipe);
    summary.clear();
    return build_pack(folder_ / "recipe.toml", folder_, summary, scratch_.path());
  }

  /// The faults, with the recipe called R and other files by their name alone.
  std::vector<std::string> faults(const std::string& recipe) {
    std::vector<std::string> lines;
    try {
      build(recipe);
    } catch (const InputError& error) {
      for (Fault fault : error.faults()) {
        const std::string name = std::filesystem::path(fault.file).filename().string();
        fault.file = name == "recipe.toml" ? "R" : name;
        lines.push_back(to_string(fault));
      }
    }
    return lines;
  }

  bool said(const std::string& sentence) const {
    for (const std::string& line : summary)
      if (line == sentence) return true;
    for (const std::string& line : summary) MESSAGE(line);
    return false;
  }

  std::filesystem::path folder() const { return folder_; }
  std::vector<std::string> summary;

 private:
  static inline int count_ = 0;
  std::filesystem::path folder_;
  ScratchFolder scratch_;
};

const std::string head = R"toml([pack]
name = "small"
geography = "towns"
period_years = 1
description = "three places"
[[source]]
name = "gva"
path = "gva.csv"
publisher = "ONS"
licence = "OGL"
vintage = "2023"
[[source]]
name = "places"
path = "places.csv"
publisher = "MHCLG"
licence = "OGL"
vintage = "2019"
[[source]]
name = "pairs"
path = "pairs.csv"
publisher = "ONS"
licence = "OGL"
vintage = "2011"
)toml";  // 23 lines

const std::string areas = R"toml([areas]
table = "places"
key = "code"
[areas.columns]
town = { is = "town" }
)toml";

/// head, one table 'made' from `from` with these steps (they start on line 28), and areas.
std::string with_steps(const std::string& from, const std::string& steps) {
  return head + "[[table]]\nname = \"made\"\nfrom = \"" + from + "\"\nsteps = [\n" + steps + "\n]\n" + areas;
}

}  // namespace

TEST_CASE("a recipe makes areas, panel and edges, and says what it left out") {
  Desk desk;
  const DataPack pack = desk.build(head + R"toml(
[[table]]
name = "panel"
from = "gva"
area = "code"
period = "year"
steps = [
  { derive = ["growth = log(gva) - log(previous(gva))"] },
]
[areas]
table = "places"
key = "code"
count = ["kind"]
[areas.columns]
people = { is = "people", unit = "residents", description = "in 2019" }
kind = { is = "if(coalesce(flag, 'FALSE') == 'TRUE', 'poor', 'other')" }
[panel]
table = "panel"
area = "code"
period = "year"
[panel.columns]
gva = { is = "gva * 2", unit = "GBP million", price_base = "2020" }
growth = { is = "growth", unit = "log points" }
[edges]
table = "pairs"
from = "a"
to = "b"
outside = "drop"
)toml");
  CHECK(pack.areas.columns[0].name == "area_code");
  CHECK(pack.areas.columns[1].name == "people");  // in the recipe's order, not the alphabet's
  CHECK(pack.areas.numbers("people") == std::vector<double>{100, 300, 500});
  CHECK(pack.areas.at("people").unit == "residents");
  CHECK(pack.areas.at("kind").text(0) == "poor");
  CHECK(pack.areas.at("kind").text(2) == "other");
  CHECK(pack.panel.periods == std::vector<int>{2001, 2002});
  CHECK(pack.panel.at("gva").value(1, 0) == 8.0);
  CHECK(pack.panel.at("gva").price_base == "2020");
  CHECK(std::isnan(pack.panel.at("growth").value(0, 0)));
  CHECK(pack.panel.at("growth").value(0, 1) == doctest::Approx(std::log(2.0)));
  CHECK(pack.panel.at("growth").value(1, 1) == doctest::Approx(-std::log(2.0)));
  REQUIRE(pack.edges.size() == 4);  // A-B and B-C, both ways; C-D leads outside
  CHECK(pack.edges[0].from == 0);
  CHECK(pack.edges[0].to == 1);
  CHECK(desk.said("kind: other = 2 areas"));
  CHECK(desk.said("kind: poor = 1 area"));
  CHECK(desk.said("edges: 4 directed links, 1 row to areas outside the pack left out; mean degree 1.33"));
  CHECK(desk.said("panel: 'growth' is missing in 3 of 6"));
  CHECK(pack.inputs[0].publisher == "MHCLG");
  CHECK(pack.description.find("Built from:\n- gva.csv: ONS; OGL; 2023") != std::string::npos);
  write_pack(pack, desk.folder() / "pack");
  const DataPack again = read_pack(desk.folder() / "pack");
  CHECK(again.description == pack.description);
  CHECK(again.panel.at("growth").value(1, 1) == pack.panel.at("growth").value(1, 1));
}

TEST_CASE("joins keep, drop or refuse rows without a match") {
  Desk desk;
  desk.put("ranks.csv", "key,score\nA,7\nC,9\n");
  const std::string source =
      "[[source]]\nname=\"ranks\"\npath=\"ranks.csv\"\npublisher=\"x\"\nlicence=\"x\"\nvintage=\"x\"\n";
  const auto recipe = [&](const std::string& unmatched) {
    return head + source +
           "[[table]]\nname = \"made\"\nfrom = \"places\"\nsteps = [{ join = \"ranks\", by = [\"code = "
           "key\"]" +
           unmatched +
           " }]\n[areas]\ntable = \"made\"\nkey = \"code\"\n[areas.columns]\nscore = { is = \"score\", unit "
           "= \"1\" }\n";
  };
  const DataPack kept = desk.build(recipe(", unmatched = \"keep\""));
  REQUIRE(kept.areas.rows == 3);
  CHECK(kept.areas.numbers("score")[0] == 7.0);
  CHECK(std::isnan(kept.areas.numbers("score")[1]));
  CHECK(desk.said("table 'made', line 33: join with 'ranks' by code: 2 rows matched, 1 without a match"));
  CHECK(desk.build(recipe(", unmatched = \"drop\"")).areas.numbers("score") == std::vector<double>{7, 9});
  CHECK(desk.faults(recipe("")) ==
        std::vector<std::string>{
            "R:33: column 'code': value 'B': no row of 'ranks' has this key; add it there, or say "
            "unmatched = \"keep\" or \"drop\""});
  desk.put("ranks.csv", "key,score\nA,7\nA,8\nB,1\nC,9\n");
  CHECK(desk.faults(recipe("")) ==
        std::vector<std::string>{"R:33: column 'code': value 'A': the key stands more than once "
                                 "in 'ranks'; a join needs one row a key"});
}

TEST_CASE("a filter drops rows where its condition is missing, and says how many") {
  Desk desk;
  const DataPack pack = desk.build(head + R"toml(
[[table]]
name = "flagged"
from = "places"
steps = [
  { filter = "flag == 'TRUE'" },
  { rename = ["place = town"] },
  { keep = ["code", "place"] },
]
[areas]
table = "flagged"
key = "code"
[areas.columns]
place = { is = "place" }
)toml");
  CHECK(pack.areas.rows == 1);
  CHECK(pack.areas.at("place").text(0) == "X");
  CHECK(
      desk.said("table 'flagged', line 29: 1 row kept of 3 rows where flag == 'TRUE' (1 dropped because it "
                "is missing)"));
}

TEST_CASE("wide tables become long and groups become one row") {
  Desk desk;
  desk.put("places.csv", "code,town,s_2001,s_2003\nA,X,1,2\nB,X,3,\nC,Y,5,6\n");
  const DataPack pack = desk.build(head + R"toml(
[[table]]
name = "waves"
from = "places"
steps = [{ longer = ["s = s_{}"], period = "wave", periods = [2001, 2003] }]
[[table]]
name = "towns"
from = "waves"
steps = [{ group = ["town"], derive = ["total = sum(s)", "places = count(s)"] }]
[areas]
table = "towns"
key = "town"
[areas.columns]
total = { is = "total", unit = "1" }
places = { is = "places", unit = "1" }
)toml");
  CHECK(pack.areas.numbers("total") == std::vector<double>{6, 11});
  CHECK(pack.areas.numbers("places") == std::vector<double>{3, 2});
  CHECK(desk.said("column 'total', line 32: 1 missing value left out of sum()"));
}

TEST_CASE("a gap in an area's periods makes the growth after it missing, not a longer difference") {
  Desk desk;
  desk.put("gva.csv", "code,year,gva\nA,2001,1\nA,2002,2\nA,2003,4\nB,2001,1\nB,2003,9\nC,2003,5\n");
  const DataPack pack = desk.build(head + R"toml(
[[table]]
name = "last"
from = "gva"
area = "code"
period = "year"
steps = [{ derive = ["change = gva - previous(gva)"] }, { filter = "year == 2003" }]
[areas]
table = "last"
key = "code"
[areas.columns]
change = { is = "change", unit = "1" }
)toml");
  CHECK(pack.areas.numbers("change")[0] == 2.0);
  CHECK(std::isnan(pack.areas.numbers("change")[1]));
  CHECK(std::isnan(pack.areas.numbers("change")[2]));
}

TEST_CASE("every fault of a recipe is listed with its line") {
  Desk desk;
  const std::vector<std::string> faults = desk.faults(R"toml([pack]
name = "x"
geography = "y"
period_years = -1
description = " "
colour = "red"
[[source]]
name = "s"
path = "../s.csv"
publisher = "p"
licence = "l"
[[table]]
name = "t"
from = "q"
steps = [
  { filtre = "x > 1" },
  { derive = ["y = 1 +"] },
  { join = "later", by = ["k"] },
]
[[table]]
name = "s"
from = "s"
[areas]
table = "t"
key = "k"
[areas.columns]
money = { is = "1", unit = "GBP per head" }
)toml");
  CHECK(
      faults ==
      std::vector<std::string>{
          "R:5: column 'pack.description': value ' ': the text is empty; it must say something",
          "R:4: column 'pack.period_years': a number of years above 0, or \"uneven\", is expected",
          "R:6: column 'pack.colour': unknown key; known are name, geography, description, stands_in, "
          "period_years",
          "R:7: column 'source.vintage': the key is missing; it is required here",
          "R:9: column 'source.path': value '../s.csv': leads outside --data; a path below it is expected",
          "R:16: column 'table 't' step filtre': no verb in this step; one of filter, join, longer, group, "
          "rename, "
          "keep, require, expect, derive is expected",
          "R:17: column 'table 't' step derive': value '1 +': character 4: the end stands where a value is "
          "expected",
          "R:27: column 'areas.columns.money.price_base': missing; money needs its price base year, or "
          "\"current\"",
          "R:12: column 'table.from': value 'q': no such source or earlier table; did you mean 's'?",
          "R:18: column 'join': value 'later': no such source or earlier table; there are s",
          "R:20: column 'table.name': value 's': the name is used twice; each source and table has its own"});
}

TEST_CASE("faults of the data against the recipe name the recipe's line") {
  Desk desk;
  using Lines = std::vector<std::string>;
  CHECK(desk.faults(with_steps("places", "{ require = \"rank < 3\", message = \"ranks go to 2\" }")) ==
        Lines{"R:28: value 'C': ranks go to 2; rank < 3 is required"});
  CHECK(desk.faults(with_steps("places", "{ expect = \"flag == 'TRUE'\", rows = 2 }")) ==
        Lines{"R:28: value 'flag == 'TRUE'': holds in 1 of 3 rows; 2 are expected"});
  CHECK(desk.faults(with_steps("places", "{ derive = [\"a = log(rank - 1)\"] }")) ==
        Lines{"R:28: column 'a': value 'log(rank - 1)': character 1, 'log': no finite result from 0 in row 1 "
              "(1 row in all); "
              "guard it, as in if(x > 0, log(x), missing)"});
  CHECK(desk.faults(with_steps("places", "{ filter = \"rank\" }")) ==
        Lines{"R:28: value 'rank': not a condition; a truth value such as x > 0 is expected"});
  CHECK(desk.faults(with_steps("places", "{ group = [\"town\"], derive = [\"r = rank\"] }")) ==
        Lines{"R:28: column 'r': value 'rank': differs between rows of one group (row 2); a whole column "
              "function such as "
              "sum() or mean() is expected"});
  CHECK(desk.faults(with_steps("places", "{ group = [\"flag\"], derive = [\"r = sum(rank)\"] }")) ==
        Lines{"R:28: column 'flag': the key is missing in 1 row; filter them out, or coalesce() them into a "
              "group of their own"});
  CHECK(desk.faults(with_steps("places", "{ rename = [\"town = code\"] }")) ==
        Lines{"R:28: column 'town': the column is there already; 'code' needs another name"});
  CHECK(desk.faults(with_steps("places", "{ keep = [\"cod\"] }")) ==
        Lines{"R:28: column 'cod': no column 'cod' (did you mean 'code'?); there are: code, town, rank, "
              "people, flag"});
  CHECK(desk.faults(with_steps("gva", "{ join = \"places\", by = [\"year = code\"] }")) ==
        Lines{"R:28: column 'year': holds text on one side of the join and numbers on the other ('code' of "
              "'places'); read "
              "both alike (source key `text`)"});
  CHECK(
      desk.faults(with_steps("places", "{ derive = [\"gva = 1\"] },\n{ join = \"gva\", by = [\"code\"] }")) ==
      Lines{"R:29: column 'code': value 'A': the key stands more than once in 'gva'; a join needs one row a "
            "key",
            "R:29: column 'code': value 'B': the key stands more than once in 'gva'; a join needs one row a "
            "key",
            "R:29: column 'code': value 'C': the key stands more than once in 'gva'; a join needs one row a "
            "key"});
  CHECK(desk.faults(
            with_steps("places", "{ join = \"pairs\", by = [\"code = a\"], columns = [\"town = b\"] }")) ==
        Lines{"R:28: column 'town': the column is on both sides of the join with 'pairs'; choose with "
              "columns = [\"new = b\", "
              "...]"});
}

TEST_CASE("faults of the pack's parts are all listed") {
  Desk desk;
  using Lines = std::vector<std::string>;
  CHECK(desk.faults(head + R"toml([areas]
table = "places"
key = "code"
[areas.columns]
people = { is = "people" }
[panel]
table = "gva"
area = "code"
period = "year"
[panel.columns]
people = { is = "gva", unit = "1" }
[edges]
table = "pairs"
from = "a"
to = "b"
)toml") == Lines{"R:28: column 'people': value 'people': a column of numbers without a unit; unit = \"...\" "
                 "is expected (\"1\" for a "
                 "pure number)",
                 "R:29: column 'people': value '1': [areas] has a column of this name with another unit, "
                 "price base or "
                 "description; the manifest describes a name once",
                 "R:35: column 'edges': value 'D': no such area in [areas]; outside = \"drop\" leaves such "
                 "rows out"});
  desk.put("places.csv", "code,town\nA,X\nA,X\n,Y\n");
  CHECK(desk.faults(head + areas) ==
        Lines{"places.csv:3: column 'code': value 'A': the area stands more than once; one row an area is "
              "expected",
              "places.csv:4: column 'code': the row has no area code"});
}

TEST_CASE("flows keep their direction and weight, and files go into the pack as they are") {
  Desk desk;
  desk.put("pairs.csv", "a,b,people\nA,B,30\nB,A,5\nC,A,2\n");
  desk.put("map.json", "{}\n");
  const std::string flows = R"toml([[source]]
name = "map"
path = "map.json"
publisher = "ONS"
licence = "OGL"
vintage = "2011"
[flows]
table = "pairs"
from = "a"
to = "b"
weight = "people / 10"
[[file]]
role = "boundaries"
source = "map"
)toml";
  const DataPack pack = desk.build(head + flows + areas);
  REQUIRE(pack.flows.size() == 3);
  CHECK(pack.flows[0].weight == 3.0);  // A to B
  CHECK(pack.flows[1].weight == 0.5);  // B to A
  CHECK(pack.edges.empty());
  write_pack(pack, desk.folder() / "pack");
  CHECK(std::filesystem::exists(read_pack(desk.folder() / "pack").file_with_role("boundaries")));
  desk.put("pairs.csv", "a,b,people\nA,B,30\nA,B,30\n");
  CHECK(desk.faults(head + flows + areas) ==
        std::vector<std::string>{
            "R:30: column 'flows': value 'A - B': the pair stands twice; one row a pair is expected"});
}

TEST_CASE("boundaries of other areas are carried by a lookup: whole areas alone") {
  // Of the areas of 2011 A is that of 2021, b and c were merged into B, d was divided into C and D (not in
  // the pack).
  Desk desk;
  desk.put("lookup.csv", "lsoa11cd,lsoa21cd\nA,A\nb,B\nc,B\nd,C\nd,D\n");
  const auto square = [](const char* code, int x) {
    return nlohmann::json{
        {"type", "Feature"},
        {"properties", {{"lsoa11cd", code}}},
        {"geometry",
         {{"type", "Polygon"}, {"coordinates", {{{x, 0}, {x + 1, 0}, {x + 1, 1}, {x, 1}, {x, 0}}}}}}};
  };
  const nlohmann::json map = {{"type", "FeatureCollection"},
                              {"features", {square("A", 0), square("b", 1), square("c", 2), square("d", 3)}}};
  desk.put("map.json", map.dump());
  const auto recipe = [](const std::string& file) {
    std::string text = head;
    const std::string line = "geography = \"towns\"";
    text.replace(text.find(line), line.size(), "geography = \"lsoa21\"");
    for (const char* name : {"map.json", "lookup.csv"})
      text += fmt::format(
          "[[source]]\nname = \"{0}\"\npath = \"{0}\"\npublisher = \"ONS\"\nlicence = \"OGL\"\nvintage = "
          "\"2011\"\n",
          name);
    return text + areas + "[[file]]\nrole = \"boundaries\"\nsource = \"map.json\"\n" + file;
  };
  const std::string by_lookup = "lookup = \"lookup.csv\"\nfrom = \"lsoa11\"\n";
  const DataPack pack = desk.build(recipe(by_lookup));
  CHECK(desk.said(
      "boundaries: map.json by lookup.csv: 1 new areas have the shape of the area that they were, 1 merged "
      "ones all the polygons of theirs (the borders between them are drawn too), 2 have none (a lookup "
      "does not say where a divided area's new border runs)"));
  write_pack(pack, desk.folder() / "pack");
  const auto carried = read_pack(desk.folder() / "pack").file_with_role("boundaries");
  CHECK(carried.filename() == "boundaries_lsoa21.geojson");
  std::ifstream in(carried);
  const nlohmann::json made = nlohmann::json::parse(in);
  REQUIRE(made["features"].size() == 2);
  CHECK(made["features"][0]["properties"]["lsoa21cd"] == "A");
  CHECK(made["features"][0]["geometry"] == map["features"][0]["geometry"]);
  CHECK(made["features"][1]["properties"]["lsoa21cd"] == "B");
  CHECK(made["features"][1]["geometry"]["coordinates"].size() == 2);

  using Lines = std::vector<std::string>;
  const std::string line = desk.faults(recipe("lookup = \"lookup.csv\"\n")).at(0);
  CHECK(line.ends_with("column 'file.from': missing; lookup and from go together"));
  CHECK(desk.faults(recipe("lookup = \"lookup.cvs\"\nfrom = \"lsoa11\"\n"))
            .at(0)
            .ends_with("did you mean 'lookup.csv'?"));
  CHECK(desk.faults(recipe("lookup = \"lookup.csv\"\nfrom = \"lsoa21\"\n"))
            .at(0)
            .ends_with("column 'file.from': value 'lsoa21': is the geography of the pack itself; that of the "
                       "boundaries is expected"));
  desk.put("lookup.csv", "lsoa11,lsoa21cd\nA,A\n");
  CHECK(desk.faults(recipe(by_lookup)).size() == 1);
  desk.put("lookup.csv", "lsoa11cd,lsoa21cd\nA,A\n");
  desk.put("map.json", "{\"type\": \"FeatureCollection\", \"features\": []}");
  CHECK(desk.faults(recipe(by_lookup)) ==
        Lines{"map.json: no property of the features holds the pack's codes"});
}

TEST_CASE("a contiguity may list a pair both ways, but only with one weight") {
  Desk desk;
  const std::string edges = "[edges]\ntable = \"pairs\"\nfrom = \"a\"\nto = \"b\"\nweight = \"length\"\n";
  desk.put("pairs.csv", "a,b,length\nA,B,2\nB,A,2\nB,C,1\n");
  CHECK(desk.build(head + edges + areas).edges.size() == 4);
  desk.put("pairs.csv", "a,b,length\nA,B,2\nB,A,3\n");
  CHECK(desk.faults(head + edges + areas).front() ==
        "R:24: column 'edges': value 'B - A': the pair stands twice with different weights; one row a pair "
        "is expected");
}

TEST_CASE("a source that is not the file the recipe was written for is refused") {
  Desk desk;
  std::string recipe = head + areas;
  recipe.insert(recipe.find("publisher = \"MHCLG\""), "sha256 = \"" + std::string(64, '0') + "\"\n");
  const std::vector<std::string> faults = desk.faults(recipe);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].find("R:12: column 'source.sha256'") == 0);
  CHECK(faults[0].find("is not the file the recipe was written for") != std::string::npos);
  std::filesystem::remove(desk.folder() / "places.csv");
  CHECK(desk.faults(head + areas) == std::vector<std::string>{"places.csv: no such table; check its path"});
}

TEST_CASE("broken tables and broken TOML are faults of their own line") {
  Desk desk;
  desk.put("places.csv", "code,town,rank\nA,X\n");
  const std::vector<std::string> faults = desk.faults(head + areas);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].find("places.csv:2: ") == 0);
  CHECK(desk.faults("[pack\n")[0].find("R:1: not TOML: ") == 0);
}

TEST_CASE("a cell that is no number where the pack needs one is named in its file, through every step") {
  Desk desk;
  desk.put("places.csv", "code,town,people\nA,X,\"1,000\"\nB,Y,20\nC,Y,30\n");
  const std::string fault =
      "places.csv:2: column 'people': value '1,000': not a number (2 of 3 are), and 'residents' needs "
      "numbers; say "
      "thousands = \",\" in [[source]]";
  const std::string tail =
      "[areas]\ntable = \"made\"\nkey = \"code\"\n[areas.columns]\nresidents = { is = \"p\", unit = "
      "\"residents\" }\n";
  const auto made = [&](const std::string& steps) {
    return head + "[[table]]\nname = \"made\"\nfrom = \"places\"\nsteps = [" + steps + "]\n" + tail;
  };
  using Lines = std::vector<std::string>;
  CHECK(desk.faults(made("{ rename = [\"p = people\"] }")) == Lines{fault});
  CHECK(desk.faults(made("{ derive = [\"p = people\"] }, { filter = \"code != 'B'\" }")) == Lines{fault});
  CHECK(desk.faults(made(
            "{ keep = [\"code\"] }, { join = \"places\", by = [\"code\"], columns = [\"p = people\"] }")) ==
        Lines{fault});
  const Lines logarithm = desk.faults(made("{ derive = [\"p = log(people)\"] }"));
  REQUIRE(logarithm.size() == 1);
  CHECK(logarithm[0].find("places.csv:2: column 'people': value '1,000': not a number (2 of 3 are); say "
                          "thousands = \",\" in [[source]]") != std::string::npos);
  CHECK(desk.faults(made("{ derive = [\"p = if(code == 'A', people, 'x')\"] }")) ==
        Lines{"R:32: column 'residents': value '1,000': text, and 'residents' needs numbers; number(p) makes "
              "them"});
  std::string said = made("{ rename = [\"p = people\"] }");
  said.insert(said.find("publisher = \"MHCLG\""), "thousands = \",\"\n");
  CHECK(desk.build(said).areas.numbers("residents") == std::vector<double>{1000, 20, 30});
}

TEST_CASE("notes, totals and countries are no areas, and codes may be said to differ") {
  Desk desk;
  const auto with = [&](const std::string& last) {
    std::string text = "code,town\n";
    for (int k = 1; k <= 30; ++k) text += "E0100" + std::to_string(1000 + k) + ",X\n";
    desk.put("places.csv", text + last);
  };
  const std::string like =
      "not like the other 30 codes (E01001001), so no area; leave it out with until = \"...\" in "
      "[[source]] or a filter, or say codes = \"any\" in [areas]";
  using Lines = std::vector<std::string>;
  for (const std::string code : {"Total", "E92000001", "E06000001", "e01000001", "Source: ONS", "12"}) {
    with(code + ",Y\n");
    CHECK(desk.faults(head + areas) == Lines{"places.csv:32: column 'code': value '" + code + "': " + like});
  }
  with("W01000001,Z\n");
  CHECK(desk.faults(head + areas) == Lines{});
  with("Total,Y\n");
  std::string any = head + areas;
  any.insert(any.find("[areas.columns]"), "codes = \"any\"\n");
  CHECK(desk.build(any).areas.rows == 31);
  desk.put("places.csv", "code,town\nBath,X\nYork 1,Y\n");  // names have no form to keep
  CHECK(desk.faults(head + areas) == Lines{});
}

TEST_CASE("codes of digits may have capitals in a few of them, and a footnote is still no area") {
  Desk desk;
  const auto says = [&](const std::string& last, const std::string& tail = "") {
    std::string text = "code,town\n";
    for (int k = 1; k <= 30; ++k) text += (k < 10 ? "0" : "") + std::to_string(k) + tail + ",X\n";
    desk.put("places.csv", text + last + ",Y\n");
    std::string coded = head + areas;  // the codes are texts, zeros in front or not
    coded.insert(coded.find("publisher = \"MHCLG\""), "text = [\"code\"]\n");
    const auto faults = desk.faults(coded);
    return faults.empty() ? std::string("read") : faults.front();
  };
  for (const std::string code : {"2A", "2B", "9Z"}) CHECK(says(code) == "read");  // Corsica's
  for (const std::string code : {"2A004", "2B033"}) CHECK(says(code, "001") == "read");
  for (const std::string code : {"2a", "FR", "a", "*", "(1)", "1)", "1.", "2A ", "2A1", "Total", "A1", "N.",
                                 "Source: INSEE", "1*", "1"})
    CHECK_MESSAGE((says(code) == "read") == (code == "2A "), code);  // blanks around a cell are dropped
  for (const std::string code : {"2A", "2A00", "2A0044", "France", "[1]"})
    CHECK(says(code, "001").find("so no area") != std::string::npos);
}

TEST_CASE("what follows from another fault is not said, and no remedy is proposed that would not help") {
  Desk desk;
  using Lines = std::vector<std::string>;
  const std::string edges = "[edges]\ntable = \"pairs\"\nfrom = \"a\"\nto = \"b\"\n";
  std::string wrong = head + areas + edges;
  wrong.replace(wrong.find("key = \"code\""), 12, "key = \"kode\"");
  CHECK(desk.faults(wrong) == Lines{"R:24: column 'areas.key': value 'kode': no such column (did you mean "
                                    "'code'?); there are: code, town, rank, "
                                    "people, flag"});
  // A table that could not be made takes what joins it along.
  CHECK(desk.faults(
                head + "[[table]]\nname = \"x\"\nfrom = \"gva\"\nsteps = [{ filter = \"nothing > 1\" }]\n" +
                "[[table]]\nname = \"y\"\nfrom = \"places\"\nsteps = [{ join = \"x\", by = [\"code\"] }]\n" +
                "[areas]\ntable = \"y\"\nkey = \"code\"\n[areas.columns]\ntown = { is = \"town\" }\n" + edges)
            .size() == 1);
  // Another level of areas altogether: one fault, and no outside = "drop".
  desk.put("pairs.csv", "a,b\nE1,E2\nE2,E3\nE3,E4\n");
  CHECK(desk.faults(head + areas + edges) == Lines{"R:29: column 'edges': value 'E1': none of the 4 codes is "
                                                   "in [areas], which has codes such as A; is it "
                                                   "another vintage or level of areas?"});
  // Many of a kind: the first, and how many.
  std::string text = "a,b\n";
  for (int k = 0; k < 40; ++k) text += "A,Z" + std::to_string(k) + "\n";
  desk.put("pairs.csv", text);
  const Lines faults = desk.faults(head + areas + edges);
  REQUIRE(faults.size() == 11);
  CHECK(faults.back() == "R:29: column 'edges': and 30 more codes are not in [areas]");
}

TEST_CASE("how a source is laid out is read from the recipe, each key with its faults") {
  Desk desk;
  desk.put("places.csv", "Title\n\ncode;town;share\nA;X;12,5%\nB;Y;u\nC;Z;1.000%\n\nNotes\n");
  std::string recipe = head + areas + "share = { is = \"share\", unit = \"1\" }\n";
  const auto said = [&](const std::string& keys) {
    std::string with = recipe;
    return with.insert(with.find("publisher = \"MHCLG\""), keys);
  };
  const DataPack pack =
      desk.build(said("delimiter = \";\"\nskip_rows = 2\nuntil = \"\"\nthousands = \".\"\ndecimal = \",\"\n"
                      "percent = \"share\"\nmissing = [\"u\"]\nencoding = \"UTF-8\"\n"));
  CHECK(pack.areas.numbers("share")[0] == 0.125);
  CHECK(std::isnan(pack.areas.numbers("share")[1]));
  CHECK(pack.areas.numbers("share")[2] == 10.0);
  CHECK(desk.said("source 'places': 'share': 1 'u' read as missing"));
  CHECK(desk.said("source 'places': 1 row from line 7 on left out, below the table"));
  CHECK(desk.faults(
            said("delimiter = \"\"\nskip_rows = -1\nthousands = \"1\"\ndecimal = \";\"\npercent = \"yes\"\n"
                 "encoding = \"ebcdic\"\n")) ==
        std::vector<std::string>{
            "R:15: column 'source.delimiter': one character is expected, or comma, semicolon, tab or pipe",
            "R:20: column 'source.encoding': value 'ebcdic': unknown; one of utf-8, utf-16, windows-1252, "
            "latin-1 is "
            "expected",
            "R:16: column 'source.skip_rows': a whole number of rows above the header is expected",
            "R:17: column 'source.thousands': value '1': a sign such as ',' or ' ' is expected",
            "R:18: column 'source.decimal': value ';': unknown; '.' or ',' is expected",
            "R:19: column 'source.percent': true (12.3% is 12.3) or \"share\" (12.3% is 0.123) is expected"});
}
