// Weights files as GeoDa, PySAL, spdep and people write them: the same W from every variant, and every fault
// with its line.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/base/error.hpp"
#include "engine/weights/read_weights_file.hpp"

using namespace spillway;

namespace {

/// Four areas A to D on a line, 1, 2 and 4 km apart, with a key column of numbers.
DataPack four(bool coordinates = true) {
  DataPack pack;
  pack.name = "four";
  pack.areas.rows = 4;
  Column code, key, x, y;
  code.name = "area_code";
  code.kind = ColumnKind::text;
  key.name = "POLY_ID";
  x.name = "easting";
  y.name = "northing";
  for (int i = 0; i < 4; ++i) {
    code.level.push_back(i);
    code.levels.push_back(std::string(1, static_cast<char>('A' + i)));
    key.number.push_back(101.0 + i);
    x.number.push_back(std::vector<double>{0, 1000, 3000, 7000}[static_cast<std::size_t>(i)]);
    y.number.push_back(0.0);
  }
  pack.areas.columns = {code, key};
  if (coordinates) {
    pack.areas.columns.push_back(x);
    pack.areas.columns.push_back(y);
  }
  return pack;
}

Eigen::MatrixXd read(const std::string& text, const WeightsFileOptions& options = {},
                     const DataPack& pack = four()) {
  return Eigen::MatrixXd(parse_weights_file(text, "w", pack, options).matrix);
}

using Messages = std::vector<std::string>;

Messages faults(const std::string& text, const WeightsFileOptions& options = {},
                const DataPack& pack = four(), const std::string& name = "w") {
  Messages messages;
  try {
    parse_weights_file(text, name, pack, options);
  } catch (const InputError& error) {
    for (const auto& fault : error.faults()) messages.push_back(to_string(fault));
  }
  return messages;
}

/// A-B and B-C, both ways; D is an island.
Eigen::MatrixXd chain() {
  Eigen::MatrixXd w = Eigen::MatrixXd::Zero(4, 4);
  w(0, 1) = w(1, 0) = w(1, 2) = w(2, 1) = 1.0;
  return w;
}

WeightsFileOptions with_values(const std::string& values, double decay = 1.0) {
  WeightsFileOptions options;
  options.values = values;
  options.decay = decay;
  return options;
}

WeightsFileOptions with_ids(const std::string& ids) {
  WeightsFileOptions options;
  options.ids = ids;
  return options;
}

WeightsFileOptions unlisted_islands() {
  WeightsFileOptions options;
  options.unlisted = "islands";
  return options;
}

const std::string gal = "A 1\nB\nB 2\nA C\nC 1\nB\nD 0\n\n";
const std::string gwt = "A B 1\nB A 1\nB C 1\nC B 1\nD D 0\n";

}  // namespace

TEST_CASE("every variant of a header gives the same neighbours") {
  for (const std::string header : {"", "4\n", "0 4 layer area_code\n", "0 4 \"my layer\" area_code\n",
                                   "0 4 my layer of areas area_code\n",
                                   "\xEF\xBB\xBF"
                                   "0 4 l k\n",
                                   "\n0 4\n"}) {
    CAPTURE(header);
    CHECK(read(header + gal) == chain());
    CHECK(read(header + gwt) == chain());
  }
}

TEST_CASE("islands with an empty line or none, ids in quotes, any line ends, tabs") {
  CHECK(read("0 4 l k\nA 1\nB\nD 0\nB 2\nA C\nC 1\nB\n") == chain());
  CHECK(read("0 4 l k\nD 0\n\nA 1\nB\nB 2\nA C\nC 1\nB") == chain());
  CHECK(read("0 4 l k\r\nA 1\r\nB\r\nB 2\r\n\"A\" \"C\"\r\nC 1\r\nB\r\nD 0\r\n\r\n") == chain());
  CHECK(read("0 4 l k\rA 1\rB\rB 2\rA C\rC 1\rB\rD 0\r") == chain());
  CHECK(read("from\tto\tweight\n\"A\"\tB\t1\nB\tA\t1.0\nB\t\"C\"\t1e0\nC\tB\t1\nD\tD\t0\n") == chain());
  DataPack named = four();
  named.areas.columns[0].levels = {"Area One", "B", "C", "D"};
  CHECK(read("0 4 l k\n\"Area One\" B 1\nB \"Area One\" 1\nB C 1\nC B 1\nD D 0\n", {}, named) == chain());
}

TEST_CASE("files told by content, whatever they are called") {
  CHECK(faults(gal, {}, four(), "w.gwt").empty());
  CHECK(faults(gwt, {}, four(), "W.GAL").empty());
  CHECK(read("from,to,weight\nA,B,1\nB,C,1\n", unlisted_islands()) == chain());
}

TEST_CASE("ids of a key column, or counted") {
  const std::string by_key = "101 1\n102\n102 2\n101 103\n103 1\n102\n104 0\n\n";
  CHECK(read("0 4 layer POLY_ID\n" + by_key) == chain());
  CHECK(read("0 4 layer poly_id\n" + by_key) == chain());
  CHECK(read("4\n" + by_key, with_ids("POLY_ID")) == chain());
  CHECK(
      faults("4\n" + by_key) ==
      Messages{"w:1: value '" + faults("4\n" + by_key)[0].substr(12, 3) +
               "': 4 of 4 ids are no area codes; column 'POLY_ID' of the areas holds them: set weights.ids = "
               "\"POLY_ID\""});
  const std::string one = "0 4 l k\n1 1\n2\n2 2\n1 3\n3 1\n2\n4 0\n",
                    zero = "0 4 l k\n0 1\n1\n1 2\n0 2\n2 1\n1\n3 0\n";
  CHECK(read(one, with_ids("order")) == chain());
  CHECK(read(zero, with_ids("order")) == chain());
  CHECK(read("0 4 l k\n0 1 1\n1 0 1\n1 2 1\n2 1 1\n3 3 0\n", with_ids("order")) == chain());
  CHECK(faults(one)[0].find("set weights.ids = \"order\"") != std::string::npos);
  CHECK_THROWS_WITH_AS(read(one, with_ids("POLYID")), doctest::Contains("did you mean 'POLY_ID'?"),
                       InputError);
}

TEST_CASE("a first line that is a link is one, though it begins with 0") {
  DataPack pack = four();
  pack.areas.columns[0].levels = {"0", "1", "2", "3"};
  const std::string links = "0 1 1\n1 0 1\n1 2 1\n2 1 1\n3 3 0\n", lists = "0 1\n1\n1 2\n0 2\n2 1\n1\n3 0\n";
  CHECK(read(links, {}, pack) == chain());
  CHECK(read(lists, {}, pack) == chain());
  CHECK(read("0 4 7\n" + links, {}, pack) == chain());
  CHECK(read("0 4\n" + lists, {}, pack) == chain());
  CHECK(read(links, with_ids("order")) == chain());
  CHECK(read(lists, with_ids("order")) == chain());
}

TEST_CASE("a file that ends early names what is missing") {
  CHECK(faults("0 4 l k\nA 1\nB\nB 2\nA C\n") ==
        Messages{
            "w:1: the header says 4 areas, 2 are listed; missing: C, D; the file looks cut short, or an area "
            "without neighbours has 0 of them (set weights.unlisted = \"islands\" where all of them have no "
            "neighbour)"});
  CHECK(faults("0 4 l k\nA B 1\nB A 1\nB C 1\n") ==
        Messages{
            "w:1: the header says 4 areas, 2 are listed; missing: C, D; the file looks cut short, or an area "
            "without neighbours has a line 'id id 0' (set weights.unlisted = \"islands\" where all of them "
            "have no neighbour)"});
  CHECK(faults("A B 1\nB A 1\n")[0].rfind("w: of 4 areas 2 are listed; missing: C, D;", 0) == 0);
  CHECK(faults("4\n")[0].rfind("w:1: the header says 4 areas, 0 are listed; missing: A, B, C, D;", 0) == 0);
  CHECK(faults("0 4 l k\nA 1\nB\nB 2\nA C\nC 1\nB\nD 2\n") ==
        Messages{"w:8: value 'D': the file ends where 2 neighbours were promised"});
  CHECK(faults("0 9 l k\n" + gal) ==
        Messages{"w:1: value '9': the header's number of areas; 4 are listed and the pack has 4"});
  CHECK(faults("0 9 l k\n" + gwt) ==
        Messages{"w:1: value '9': the header's number of areas; the pack has 4"});
  CHECK(faults("") == Messages{"w: the file is empty; expected a header, and areas with their neighbours"});
  CHECK(read("A B 1\nB A 1\nB C 1\nC B 1\n", unlisted_islands()) == chain());
  // Of many only ten are named in the sentence, the others one by one: all are in --json.
  DataPack many = four();
  many.areas.rows = 30;
  many.areas.columns.resize(1);
  for (int i = 4; i < 30; ++i) {
    many.areas.columns[0].level.push_back(i);
    many.areas.columns[0].levels.push_back("E" + std::to_string(i));
  }
  CHECK(faults("0 30 l k\n" + gal, {}, many).size() == 17);
}

TEST_CASE("every bad line is listed with its line") {
  CHECK(
      faults("0 4 l k\nA B nan\nA C -1\nA Z 1\nB A one\nB B 1\nB C inf\nB C 2 3\nC B 1\nC B 1\nD D 0\n") ==
      Messages{"w:2: column 'weight': value 'nan': from 'A' to 'B'; expected a finite number, 0 or more",
               "w:3: column 'weight': value '-1': from 'A' to 'C'; expected a finite number, 0 or more",
               "w:4: value 'Z': unknown area; expected a code of areas.csv",
               "w:5: column 'weight': value 'one': from 'B' to 'A'; expected a finite number, 0 or more",
               "w:6: value 'B': the area is its own neighbour with weight 1; W has an empty diagonal: leave "
               "such lines out (kernel weights have one for every area)",
               "w:7: column 'weight': value 'inf': from 'B' to 'C'; expected a finite number, 0 or more",
               "w:8: value 'B': 4 words; expected from, to and weight",
               "w:10: value 'B': the link from 'C' is listed already in line 9; expected each link once"});
  CHECK(faults("0 4 l k\nA 2\nB A\nB 1\nA C\nB 1\nA\nC one\nD 0\n") ==
        Messages{
            "w:1: the header says 4 areas, 3 are listed; missing: C; the file looks cut short, or an area "
            "without neighbours has 0 of them (set weights.unlisted = \"islands\" where all of them have no "
            "neighbour)",
            "w:3: value 'A': the area is its own neighbour; W has an empty diagonal: leave such lines out "
            "(kernel weights have one for every area)",
            "w:5: value 'B': 2 neighbours follow; expected 1, as line 4 says",
            "w:6: value 'B': the area is listed already in line 4",
            "w:7: value 'A': the link from 'B' is listed already in line 5; expected each link once",
            "w:8: value 'C': expected an area and its number of neighbours"});
}

TEST_CASE("a third column of distances is said, and read as asked") {
  const std::string distances =
      "0 4 l k\nA B 1000\nA C 3000\nB A 1000\nB C 2000\nC A 3000\nC B 2000\nD C 4000\nD B 6000\n";
  CHECK(faults(distances) ==
        Messages{
            "w: column 'weight': the weights grow with distance (correlation 1.00 with the areas' own "
            "distances): GeoDa writes distances there; set weights.values = \"distance\" for weights of 1 / "
            "distance^decay, \"binary\" for neighbours that all weigh the same, or \"weight\" where they are "
            "weights all the same"});
  CHECK(read(distances, with_values("weight"))(3, 2) == 4000.0);
  CHECK(read(distances, with_values("binary"))(3, 2) == 1.0);
  CHECK(read(distances, with_values("distance", 2.0))(1, 2) == doctest::Approx(1.0 / 4e6));
  CHECK(faults("from,to,weight\nA,B,1\nB,C,2\nC,D,4\n").size() == 1);  // in a list of links too
  CHECK(faults("from,to,weight\nA,B,4\nB,C,2\nC,D,1\n").empty());
  CHECK(faults(gwt).empty());  // all the same: no distances
  CHECK(faults("0 4 l k\nA B 0\nB A 2\nC B 1\nD C 1\n", with_values("distance")) ==
        Messages{
            "w:2: column 'weight': value '0': from 'A' to 'B'; a distance of 0 has no inverse; expected one "
            "above 0"});
  CHECK(faults(gal, with_values("distance")).size() == 1);
  // Without coordinates: nearest first, at every area.
  DataPack many;
  many.areas.rows = 8;
  Column code;
  code.name = "area_code";
  code.kind = ColumnKind::text;
  std::string nearest, heaviest;
  for (int i = 0; i < 8; ++i) {
    code.level.push_back(i);
    code.levels.push_back("E" + std::to_string(i));
    for (int k = 1; k <= 3; ++k) {
      nearest += fmt::format("E{} E{} {}\n", i, (i + k) % 8, 10 * k + i);
      heaviest += fmt::format("E{} E{} {}\n", i, (i + k) % 8, 40 - 10 * k + i);
    }
  }
  many.areas.columns = {code};
  REQUIRE(faults(nearest, {}, many).size() == 1);
  CHECK(faults(nearest, {}, many)[0].find("the weights grow along the neighbours of every area") !=
        std::string::npos);
  CHECK(faults(heaviest, {}, many).empty());
}

TEST_CASE("other formats are refused by name") {
  CHECK(
      faults(gal, {}, four(), "w.swm") ==
      Messages{"w.swm: is ArcGIS's binary weights; expected a .gal, a .gwt or a CSV with from, to and weight "
               "(GeoDa, PySAL and spdep write them)"});
  CHECK(faults(gwt, {}, four(), "w.KWT")[0].find("kernel weights") != std::string::npos);
  CHECK(faults(std::string("\x1f\x8b\x08", 3))[0].find("gzipped") != std::string::npos);
  CHECK(faults(std::string("0 4\0\0\1", 6))[0].find("is not text") != std::string::npos);
  CHECK(faults("from;to;weight\nA;B;1\n").size() == 1);
  CHECK(faults("from,to,weights\nA,B,1\nB,C,2\nC,D,1\n") ==
        Messages{
            "w:1: column 'weights': numbers of another name than 'weight' are not read, and every link would "
            "weigh 1; name the column 'weight', or leave it out"});
}

TEST_CASE("lists of links are held to the same") {
  DataPack five = four();
  five.areas.rows = 5;
  five.areas.columns.resize(1);
  five.areas.columns[0].level.push_back(4);
  five.areas.columns[0].levels.push_back("E");
  CHECK(
      faults("from,to\nA,B\n", {}, five) ==
      Messages{
          "w: no link of the last 3 of 5 areas, 'C' to 'E'; the file looks cut short (set weights.unlisted = "
          "\"islands\" where all of them have no neighbour)"});
  CHECK(faults("from,to\nA,B\nB,C\n", {}, five).empty());  // two islands may come last
  five.edges = {{0, 1, 1.0}, {1, 0, 1.0}};
  RunConfig config;
  CHECK_THROWS_WITH_AS(build_weights(config, five), doctest::Contains("the file looks cut short"),
                       InputError);
  config.weights_unlisted = "islands";
  CHECK(build_weights(config, five).islands().size() == 3);
  DataPack pack = four();
  pack.edges = {{0, 1, 1.0}, {1, 0, 1.0}, {1, 2, 2.0}, {2, 1, 2.0}, {2, 3, 4.0}, {3, 2, 4.0}};
  config.weights_kind = "file";
  CHECK_THROWS_WITH_AS(build_weights(config, pack), doctest::Contains("the weights grow with distance"),
                       InputError);
  config.weights_values = "binary";
  CHECK(build_weights(config, pack).matrix().coeff(3, 2) == 1.0);
}

TEST_CASE("what is written is read back, islands and names with blanks too") {
  const auto folder = std::filesystem::temp_directory_path() / "spillway_weights_file_test";
  std::filesystem::create_directories(folder);
  DataPack pack = four();
  pack.areas.columns[0].levels = {"A B", "B", "C", "D"};
  pack.folder = folder;
  SpatialWeights::Matrix raw = chain().sparseView();
  const SpatialWeights w(raw, true);
  write_gal(w, pack.areas.columns[0].levels, folder / "w.gal");
  write_gwt(w, pack.areas.columns[0].levels, folder / "w.gwt");
  RunConfig config;
  config.weights_kind = "file";
  for (const std::string name : {"w.gal", "w.gwt"}) {
    config.weights_path = name;
    CHECK(Eigen::MatrixXd(build_weights(config, pack).matrix()) == Eigen::MatrixXd(w.matrix()));
  }
  config.file = "run.toml";
  config.weights_path_line = 7;
  config.weights_path = "v.gwt";
  CHECK_THROWS_WITH_AS(
      build_weights(config, pack),
      "run.toml:7: column 'weights.path': value 'v.gwt': the file does not exist; expected it "
      "inside the pack's folder; did you mean 'w.gwt'?",
      InputError);
  config.weights_path = "../w.gwt";
  CHECK_THROWS_WITH_AS(build_weights(config, pack), doctest::Contains("the path leads out of the pack"),
                       InputError);
  std::filesystem::remove_all(folder);
}
