// Broken packs: each fault in exact words, all of them at once, nothing half-loaded.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "engine/base/files.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/data/pack/population.hpp"
#include "tests/support/pack_columns.hpp"

using namespace spillway;

namespace {

/// A folder with the files of a small, whole pack, which a test breaks; removed at the end.
class PackFolder {
 public:
  PackFolder()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("spillway-pack-{}-{}", getpid(), count_++)) {
    std::filesystem::create_directories(path_);
    files = {{"pack.toml",
              "[pack]\nname = \"tiny\"\ngeography = \"lsoa21\"\nperiod_years = 1\n"
              "[[file]]\npath = \"areas.csv\"\nrole = \"areas\"\n"
              "[[file]]\npath = \"panel.csv\"\nrole = \"panel\"\n"
              "[[file]]\npath = \"edges.csv\"\nrole = \"edges\"\n"},
             {"areas.csv", "area_code,lad_code,population\nA,L1,1000\nB,L1,1500\nC,L2,2000\n"},
             {"panel.csv",
              "area_code,period,gva\nA,2010,1\nA,2011,2\nA,2012,3\nB,2010,4\nB,2011,5\nB,2012,6\nC,2011,7\nC,"
              "2012,8\n"},
             {"edges.csv", "from,to\nA,B\nB,C\n"}};
  }
  ~PackFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

  void write() const {
    for (const auto& [name, text] : files) std::ofstream(path_ / name, std::ios::binary) << text;
  }

  /// What is wrong, with the name of the temporary folder taken out.
  std::vector<std::string> faults() const {
    write();
    std::vector<std::string> messages;
    try {
      read_pack(path_);
    } catch (const InputError& error) {
      for (const auto& fault : error.faults()) {
        std::string message = to_string(fault);
        for (std::size_t at; (at = message.find(path_.string() + "/")) != std::string::npos;)
          message.erase(at, path_.string().size() + 1);
        messages.push_back(message);
      }
    }
    return messages;
  }

  std::map<std::string, std::string> files;

 private:
  std::filesystem::path path_;
  inline static int count_ = 0;
};

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("the small pack itself is whole") {
  PackFolder folder;
  CHECK(folder.faults() == Messages{});
  const DataPack pack = read_pack(folder.path());
  CHECK(pack.name == "tiny");
  CHECK(pack.areas.numbers("population") == std::vector<double>{1000, 1500, 2000});
  CHECK(pack.panel.periods == std::vector<int>{2010, 2011, 2012});
  CHECK(std::isnan(pack.panel.at("gva").value(2, 0)));  // C starts later: missing, not a gap
  CHECK(pack.panel.at("gva").value(2, 2) == 8.0);
  REQUIRE(pack.edges.size() == 4);  // each pair once in the file, both ways here
  CHECK(pack.edges[1].from == 1);
  CHECK(pack.edges[1].to == 0);
  CHECK(pack.inputs[0].sha256 == sha256(folder.files["areas.csv"]));
  CHECK_THROWS_WITH_AS(pack.panel.at("gav"), "no panel variable 'gav' (did you mean 'gva'?); there are: gva",
                       InputError);
}

TEST_CASE("SHA-256 is the published one") {
  // FIPS 180-4 examples, "abc" and the empty message.
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("area codes that are missing or used twice are named with their lines") {
  PackFolder folder;
  folder.files["areas.csv"] = "area_code,population\nA,1\nB,2\nA,3\nNaN,4\nC,5\n,6\n";
  CHECK(
      folder.faults() ==
      Messages{
          "areas.csv:4: column 'area_code': value 'A': the code is used already in line 2; expected each "
          "area once",
          "areas.csv:5: column 'area_code': value 'NaN': the code is missing; expected a code for every area",
          "areas.csv:7: column 'area_code': the code is missing; expected a code for every area"});
}

TEST_CASE("infinite numbers and words among numbers are named with line, column and value") {
  PackFolder folder;
  folder.files["areas.csv"] = "area_code,population,score\nA,1000,1\nB,-inf,Infinity\nC,many,2\n";
  folder.files["panel.csv"] = "area_code,period,gva\nA,2010,inf\nA,2011,two\nB,2010.5,1\nB,,2\n";
  CHECK(
      folder.faults() ==
      Messages{
          "areas.csv:3: column 'population': value '-inf': the number is infinite; expected a finite number, "
          "or an empty cell",
          "areas.csv:3: column 'score': value 'Infinity': the number is infinite; expected a finite number, "
          "or an empty cell",
          "areas.csv:4: column 'population': value 'many': not a number; expected a number, or an empty cell",
          "panel.csv:2: column 'gva': value 'inf': the number is infinite; expected a finite number, or an "
          "empty cell",
          "panel.csv:3: column 'gva': value 'two': not a number; expected a number, or an empty cell",
          "panel.csv:4: column 'period': value '2010.5': not a period; expected a whole number, such as a "
          "year",
          "panel.csv:5: column 'period': the period is missing; expected a whole number, such as a year"});
}

TEST_CASE("a column with a unit must hold numbers") {
  PackFolder folder;
  folder.files["pack.toml"] += "[columns.turnout]\nunit = \"percent\"\n";
  folder.files["areas.csv"] = "area_code,turnout\nA,61\nB,high\nC,58\n";
  CHECK(
      folder.faults() ==
      Messages{
          "areas.csv:3: column 'turnout': value 'high': not a number; expected a number, or an empty cell"});
}

TEST_CASE(
    "cells that say no value are missing among texts and numbers alike, by the pack's own list or column's") {
  PackFolder folder;
  const auto areas = [&] { return read_pack(folder.path()).areas; };
  folder.files["areas.csv"] = "area_code,lad_code,score\nA,NA,1\nB,..,[c]\nC,L2,-\n";
  CHECK(folder.faults() == Messages{});
  CHECK(areas().at("lad_code").text(0).empty());
  CHECK(areas().at("lad_code").text(1).empty());
  CHECK(rows_without_value(areas().at("lad_code")) == 2);
  CHECK(rows_without_value(areas().at("score")) == 2);
  for (const std::string mark :
       {"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "..", ":", "[c]", "[x]", "[z]", "-", ""}) {
    CAPTURE(mark);
    folder.files["areas.csv"] = "area_code,lad_code,score\nA,L1,1\nB," + mark + "," + mark + "\nC,L2,3\n";
    CHECK(folder.faults() == Messages{});
    CHECK(areas().at("lad_code").text(1).empty());
    CHECK(std::isnan(areas().numbers("score")[1]));
  }
  // A list of the pack's own, and a column where "NA" is a code.
  auto& manifest = folder.files["pack.toml"];
  const std::string whole = manifest;
  manifest.replace(manifest.find("period_years = 1"), 16, "missing = [\"-99\", \"suppressed\"]");
  folder.files["areas.csv"] = "area_code,lad_code,score\nA,NA,1\nB,suppressed,-99\nC,L2,3\n";
  CHECK(folder.faults() == Messages{});
  CHECK(areas().at("lad_code").text(0) == "NA");
  CHECK(areas().at("lad_code").text(1).empty());
  CHECK(std::isnan(areas().numbers("score")[1]));
  manifest = whole + "[columns.lad_code]\nmissing = []\n";
  folder.files["areas.csv"] = "area_code,lad_code,score\nA,NA,NA\nB,L1,2\nC,L2,3\n";
  CHECK(folder.faults() == Messages{});
  CHECK(areas().at("lad_code").text(0) == "NA");
  CHECK(std::isnan(areas().numbers("score")[0]));
  // Written and read again, "NA" is still a code.
  const DataPack pack = read_pack(folder.path());
  write_pack(pack, folder.path() / "again");
  CHECK(read_pack(folder.path() / "again").areas.at("lad_code").text(0) == "NA");
  manifest = whole + "[columns.lad_code]\nmissing = \"NA\"\n";
  CHECK(
      folder.faults() ==
      Messages{
          "pack.toml:15: column 'missing': not a list of texts; expected [\"NA\", \"..\"], or [] for none"});
}

TEST_CASE("population is a number of residents") {
  PackFolder folder;
  folder.files["areas.csv"] = "area_code,lad_code,population\nA,L1,1000\nB,L1,-5\nC,L2,0\n";
  folder.files["pack.toml"] += "[columns.population]\nunit = \"thousand residents\"\n";
  CHECK(
      folder.faults() ==
      Messages{
          "pack.toml:14: column 'population': value 'thousand residents': population is read as a number of "
          "residents; write it so, with unit = \"residents\", or call the column otherwise",
          "areas.csv:3: column 'population': value '-5': a number of residents is 0 or more; expected one, "
          "or "
          "an empty cell"});
}

TEST_CASE("populations in thousands are refused, however they are written") {
  const auto says = [](const std::vector<std::string>& people, const std::string& unit = "",
                       const std::string& prefix = "A") {
    PackFolder folder;
    std::string text = "area_code,population\n";
    for (std::size_t i = 0; i < people.size(); ++i)
      text += prefix + std::to_string(10 + i) + "," + people[i] + "\n";
    folder.files["areas.csv"] = text;
    if (!unit.empty()) folder.files["pack.toml"] += "[columns.population]\nunit = \"" + unit + "\"\n";
    for (const std::string& fault : folder.faults())
      if (fault.find("'population'") != std::string::npos) return fault;  // codes of the panel are others
    return std::string();
  };
  const std::vector<std::string> lsoas = {"1.7", "1.5", "2.2", "1.9",  "1.6", "3.1",
                                          "1.4", "1.8", "2",   "1.75", "1.2"};
  CHECK(says(lsoas).find("half of the 11 areas have 1.75 or fewer residents: they look like thousands; write "
                         "numbers of residents: multiply thousands by 1000") != std::string::npos);
  for (const std::string unit : {"residents", "people", "persons"}) CHECK(says(lsoas, unit).empty());
  const std::vector<std::string> rounded = {"2", "2", "2", "2", "2", "3", "1", "2", "2", "2"};
  CHECK(says(rounded).find("half of the 10 areas have 2 or fewer residents") != std::string::npos);
  CHECK(says(rounded, "residents").empty());  // hamlets, said
  const std::vector<std::string> authorities = {"150.3", "210.7", "98.4", "320.1", "143",
                                                "111.1", "276.6", "88.8", "190.2", "201.9"};
  CHECK(
      says(authorities).find("9 of 10 areas have a fraction of a resident, and half of the 10 areas have") !=
      std::string::npos);
  CHECK(says(authorities, "residents").empty());
  CHECK(says(authorities, "residents", "E060000").find("half of the 10 codes such as 'E06000010' have") !=
        std::string::npos);
  CHECK(says({"2", "1", "2", "2", "2", "3", "1", "2", "2", "2"}, "residents", "E010000")
            .find("they are LSOAs, drawn for") != std::string::npos);
  // Cells of a grid, as somebody modelled them, custom zones.
  const std::vector<std::string> cells = {"3.4127",  "2.91835", "0.75261", "5.10442", "3.39918", "12.0071",
                                          "1.33019", "4.48216", "3.65208", "2.20017", "8.91554"};
  CHECK(says(cells, "residents").empty());
  std::vector<std::string> of_a_kilometre, zones;
  for (const std::string& cell : cells) {
    of_a_kilometre.push_back(fmt::format("{:.5f}", 120.0 * std::stod(cell)));
    zones.push_back(fmt::format("{:.1f}", 990.0 + std::stod(cell)));
  }
  CHECK(says(of_a_kilometre).empty());
  CHECK(says(zones).empty());
  const auto warns = [](const std::vector<std::string>& people, const std::string& unit) {
    Table areas;
    std::vector<double> values;
    for (const std::string& one : people) values.push_back(std::stod(one));
    areas.rows = values.size();
    areas.columns = {test::numbers("population", values, unit)};
    return doubtful_population_line(areas);
  };
  CHECK(warns(cells, "residents")
            .find("warning: population: half of the 11 areas have 3.41 residents or fewer") == 0);
  CHECK(warns(of_a_kilometre, "")
            .find("(unit = \"residents\" under [columns.population] says that they are not)") !=
        std::string::npos);
  CHECK(warns(of_a_kilometre, "residents").empty());
  CHECK(warns(authorities, "residents").empty());
  CHECK(warns(zones, "").empty());
  CHECK(warns(zones, "people").empty());
  // Hamlets, blocks and what a conversion leaves.
  CHECK(says({"12", "30", "45", "8", "17", "22", "60", "14", "11", "31"}).empty());
  CHECK(says({"1675.5", "1800.25", "1500.5", "2100.5", "1400.75", "1675.5", "1800.5", "1900.5", "2000.5",
              "1750.5"})
            .empty());
  CHECK(says({"1.7", "1.5", "2.2"}).empty());  // a sketch
  // Packs made in memory, as `pack` and `convert` make them, are held to the same.
  DataPack pack;
  pack.name = "p";
  pack.areas.rows = 11;
  std::vector<std::string> codes;
  std::vector<double> people;
  for (std::size_t i = 0; i < lsoas.size(); ++i)
    codes.push_back("A" + std::to_string(i)), people.push_back(std::stod(lsoas[i]));
  pack.areas.columns = {test::texts("area_code", codes), test::numbers("population", people, "")};
  CHECK(validate(pack).size() == 1);
  pack.areas.columns[1].unit = "residents";
  CHECK(validate(pack).empty());
  pack.areas.columns[1].unit = "thousands";
  CHECK(validate(pack).at(0).what.find("a number of residents") != std::string::npos);
}

TEST_CASE("a few cells that are no numbers are named where the column is asked for numbers, and not before") {
  PackFolder folder;
  folder.files["areas.csv"] = "area_code,score,count,flag\nA,1,\"1,234\",TRUE\nB,abc,12,FALSE\nC,3,NA,TRUE\n";
  CHECK(folder.faults() == Messages{});
  const Table areas = read_pack(folder.path()).areas;
  const auto message = [&](const std::string& name) {
    try {
      areas.numbers(name);
    } catch (const InputError& error) {
      const std::string text = error.what();
      return text.substr(text.find("areas.csv"));
    }
    return std::string("no error");
  };
  CHECK(message("score") == "areas.csv:3: column 'score': value 'abc': not a number (2 of 3 are)");
  CHECK(message("count") == "areas.csv:2: column 'count': value '1,234': not a number (1 of 2 are)");
  CHECK(message("flag") == "areas.csv:2: column 'flag': value 'TRUE': not a number (0 of 3 are)");
}

TEST_CASE("rows of the panel for unknown areas, twice, or with a gap are named") {
  PackFolder folder;
  folder.files["panel.csv"] =
      "area_code,period,gva\nA,2010,1\nA,2012,3\nB,2010,4\nB,2011,5\nB,2012,6\nB,2011,9\nD,2010,7\nC,2011,"
      "8\n";
  CHECK(
      folder.faults() ==
      Messages{
          "panel.csv:3: column 'period': value '2012': area 'A' has 2010 and then 2012; expected 2011 "
          "between them (where series have gaps, write gaps = \"missing\" under [pack]: the rows are missing "
          "values)",
          "panel.csv:7: column 'period': value '2011': area 'B' has this period already in line 5; "
          "expected each area and "
          "period once",
          "panel.csv:8: column 'area_code': value 'D': no such area; expected a code of the areas file"});
}

TEST_CASE("a pack may say that gaps in areas' series are missing values") {
  PackFolder folder;
  folder.files["panel.csv"] = "area_code,period,gva\nA,2010,1\nA,2012,3\nB,2011,5\nB,2012,6\nC,2011,8\n";
  auto& manifest = folder.files["pack.toml"];
  manifest.replace(manifest.find("period_years = 1"), 16, "period_years = 1\ngaps = \"missing\"");
  folder.write();
  const DataPack pack = read_pack(folder.path());
  CHECK(std::isnan(pack.panel.at("gva").value(0, 1)));
  CHECK(pack.panel.at("gva").value(0, 2) == 3.0);
  manifest.replace(manifest.find("gaps = \"missing\""), 16, "gaps = \"allowed\"");
  folder.files["panel.csv"] = "area_code,period,gva\nA,2011,1\nA,2012,3\n";
  CHECK(folder.faults() ==
        Messages{"pack.toml:5: column 'gaps': value 'allowed': unknown; expected \"fault\" or "
                 "\"missing\""});
}

TEST_CASE("a year that every area lacks is a fault unless the periods are said to be uneven") {
  PackFolder folder;
  folder.files["panel.csv"] = "area_code,period,gva\nA,2010,1\nA,2011,3\nA,2013,4\nA,2014,5\n";
  CHECK(folder.faults() == Messages{"panel.csv: column 'period': value '2013': follows 2011, though other "
                                    "periods are 1 apart; expected even steps, or "
                                    "period_years = \"uneven\" in the manifest"});
  auto& manifest = folder.files["pack.toml"];
  manifest.replace(manifest.find("period_years = 1"), 16, "period_years = \"uneven\"");
  CHECK(folder.faults() == Messages{});
  CHECK(read_pack(folder.path()).period_years == 0.0);
}

TEST_CASE("edges to unknown areas, to themselves, twice, or with bad weights are named") {
  PackFolder folder;
  folder.files["edges.csv"] = "from,to,weight\nA,B,1\nB,X,1\nC,C,1\nB,C,-2\nA,B,1\nA,C,\n";
  CHECK(
      folder.faults() ==
      Messages{
          "edges.csv:3: column 'to': value 'X': no such area; expected a code of the areas file",
          "edges.csv:4: column 'to': value 'C': the area is linked to itself; expected links between two "
          "areas",
          "edges.csv:5: column 'weight': value '-2': the weight is negative or infinite; expected 0 or more",
          "edges.csv:6: column 'to': value 'B': the link from 'A' is listed already in line 2; expected each "
          "link once",
          "edges.csv:7: column 'weight': the weight is missing; expected 0 or more"});
}

TEST_CASE("edges listed one way where others are listed both ways are asymmetric") {
  PackFolder folder;
  folder.files["edges.csv"] = "from,to\nA,B\nB,A\nB,C\n";
  CHECK(folder.faults() == Messages{"edges.csv:4: column 'to': value 'C': 'B' is linked to it, but it is not "
                                    "linked back; expected every pair in both "
                                    "directions, or every pair once"});
}

TEST_CASE("a file that was changed after the manifest was written is refused") {
  PackFolder folder;
  auto& manifest = folder.files["pack.toml"];
  const std::string digest = sha256(folder.files["areas.csv"]);
  manifest.replace(manifest.find("role = \"areas\""), 14,
                   fmt::format("role = \"areas\"\nsha256 = \"{}\"", digest));
  CHECK(folder.faults() == Messages{});
  folder.files["areas.csv"] += "D,L2,1\n";
  CHECK(folder.faults() ==
        Messages{fmt::format("pack.toml:5: column 'sha256': value '{}': checksum mismatch: 'areas.csv' has "
                             "{}; expected the file that the "
                             "manifest describes (copy it again, or write its new checksum)",
                             digest, sha256(folder.files["areas.csv"]))});
}

TEST_CASE("paths that leave the pack, and files that are not there, are refused") {
  PackFolder folder, other;
  other.write();
  std::filesystem::create_symlink(other.path() / "edges.csv", folder.path() / "linked.csv");
  folder.files["pack.toml"] +=
      "[[file]]\npath = \"../lookup.csv\"\nrole = \"lookup\"\n"
      "[[file]]\npath = \"/etc/passwd\"\nrole = \"boundaries\"\n"
      "[[file]]\npath = \"linked.csv\"\nrole = \"deflator\"\n"
      "[[file]]\npath = \"w.gal\"\nrole = \"gal\"\n";
  CHECK(folder.faults() == Messages{"pack.toml:14: column 'path': value '../lookup.csv': the path leads out "
                                    "of the pack; expected a file inside the "
                                    "pack's folder",
                                    "pack.toml:17: column 'path': value '/etc/passwd': the path leads out of "
                                    "the pack; expected a file inside the "
                                    "pack's folder",
                                    "pack.toml:20: column 'path': value 'linked.csv': the path leads out of "
                                    "the pack through a link; expected a file "
                                    "inside the pack's folder",
                                    "pack.toml:23: column 'path': value 'w.gal': the file does not exist; "
                                    "expected it inside the pack's folder"});
}

TEST_CASE("unknown keys and roles of the manifest come with the nearest known word") {
  PackFolder folder;
  folder.files["pack.toml"] =
      "[pack]\nnmae = \"tiny\"\nname = \"tiny\"\nperiod_years = \"often\"\n"
      "[[file]]\npath = \"areas.csv\"\nrole = \"area\"\nsha265 = \"00\"\n"
      "[colums.gva]\nunit = \"GBP\"\n";
  CHECK(folder.faults() ==
        Messages{"pack.toml:2: column 'nmae': unknown key; did you mean 'name'?",
                 "pack.toml:4: column 'period_years': value 'often': expected years above 0, or \"uneven\"",
                 "pack.toml:7: column 'role': value 'area': unknown role; did you mean 'areas'?",
                 "pack.toml:8: column 'sha265': unknown key; did you mean 'sha256'?",
                 "pack.toml:9: column 'colums': unknown key; did you mean 'columns'?"});
}

TEST_CASE("a description of a column that no file has is a fault") {
  PackFolder folder;
  folder.files["pack.toml"] += "[columns.popluation]\ndescription = \"residents\"\n";
  CHECK(folder.faults() == Messages{"pack.toml:14: column 'popluation': no file has this column (did you "
                                    "mean 'population'?); expected [columns.NAME] "
                                    "for a column of the pack"});
}

TEST_CASE("faults of every file are listed together, in the order of the manifest") {
  PackFolder folder;
  folder.files["pack.toml"] += "[extra]\nx = 1\n";
  folder.files["areas.csv"] = "area_code,population\nA,1,2\nB,inf\nC,1\n";
  folder.files["panel.csv"] = "area_code,year,gva\nA,2010,1\n";
  folder.files["edges.csv"] = "";
  CHECK(folder.faults() ==
        Messages{
            "pack.toml:14: column 'extra': unknown key; expected one of pack, file, source, columns, truth",
            "areas.csv:2: the row has 3 cells; expected 2, as the header has",
            "areas.csv:3: column 'population': value 'inf': the number is infinite; expected a finite "
            "number, or an empty cell",
            "panel.csv:1: column 'period': the column is missing; expected it in the header: area_code, "
            "year, gva",
            "edges.csv:1: the file is empty; expected a header line with the names of the columns"});
}

TEST_CASE("what is not a pack says so") {
  PackFolder folder;
  CHECK_THROWS_WITH_AS(read_pack(folder.path() / "absent"),
                       (folder.path() / "absent")
                           .string()
                           .append(": no such folder; expected a data pack, a folder with a pack.toml")
                           .c_str(),
                       InputError);
  CHECK_THROWS_WITH_AS(
      read_pack(folder.path()),
      folder.path()
          .string()
          .append(": the folder has no pack.toml; expected a data pack (`spillway synth` and "
                  "`spillway pack` make them)")
          .c_str(),
      InputError);
  folder.files["pack.toml"] = "[pack\n";
  const Messages faults = folder.faults();
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].rfind("pack.toml:1: not TOML: ", 0) == 0);
}

TEST_CASE("a pack is not written over another, and a failed write leaves nothing") {
  PackFolder folder;
  folder.write();
  const DataPack pack = read_pack(folder.path());
  CHECK_THROWS_WITH_AS(
      write_pack(pack, folder.path()),
      folder.path()
          .string()
          .append(": exists and is not an empty folder; expected a new name, so that no pack is "
                  "overwritten")
          .c_str(),
      InputError);
  DataPack broken = pack;
  broken.edges.pop_back();
  const auto target = folder.path() / "new";
  CHECK_THROWS_AS(write_pack(broken, target), InputError);
  DataPack lost = pack;
  lost.inputs.push_back({"gone.gal", "gal", "", "", "", ""});
  CHECK_THROWS_AS(write_pack(lost, target), InputError);
  CHECK(!std::filesystem::exists(target));
  CHECK(!std::filesystem::exists(temporary_beside(target)));
}
