// Tables as publishers publish them: what is found in a file, what a recipe can say of it, and the words
// where it cannot be read.
#include <doctest/doctest.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/csv.hpp"
#include "engine/data/limits.hpp"

using namespace spillway;

namespace {

using Lines = std::vector<std::string>;

struct Sheet {
  CsvTable csv;
  Lines faults;
};

Sheet read(const std::string& bytes, const SheetFormat& format = {}) {
  CsvExpectations expectations;
  expectations.sheet = format;
  std::vector<Fault> faults;
  Sheet sheet{parse_csv(bytes, "t.csv", faults, expectations), {}};
  for (const Fault& fault : faults) sheet.faults.push_back(to_string(fault));
  return sheet;
}

/// The published table E1, E2 with 1.5 and 2.5, however it is laid out.
void check_table(const Sheet& sheet) {
  CHECK(sheet.faults == Lines{});
  REQUIRE(sheet.csv.table.rows == 2);
  CHECK(sheet.csv.table.at("code").text(0) == "E1");
  CHECK(sheet.csv.table.at("code").text(1) == "E2");
  CHECK(sheet.csv.table.numbers("pop") == std::vector<double>{1.5, 2.5});
}

std::string utf16(const std::string& text, bool big, bool mark) {
  std::string bytes = !mark ? "" : big ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : text) {
    if (big) bytes += '\0';
    bytes += c;
    if (!big) bytes += '\0';
  }
  return bytes;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string bytes(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

}  // namespace

TEST_CASE("delimiters, encodings and line ends are found, and said") {
  check_table(read("code,pop\nE1,1.5\nE2,2.5\n"));
  CHECK(read("code,pop\nE1,1.5\nE2,2.5\n").csv.notes.empty());
  for (const auto& [delimiter, name] : {std::pair{";", "semicolons"}, {"\t", "tabs"}, {"|", "pipes"}}) {
    const std::string d = delimiter;
    const Sheet sheet = read("code" + d + "pop\nE1" + d + "1.5\nE2" + d + "2.5\n");
    check_table(sheet);
    CHECK(sheet.csv.notes == Lines{"columns are separated by " + std::string(name)});
  }
  const Sheet lone = read("code,pop\rE1,1.5\rE2,2.5\r");
  check_table(lone);
  CHECK(lone.csv.notes == Lines{"lines end in a lone carriage return"});
  CHECK(lone.csv.line == std::vector<std::int64_t>{2, 3});
  for (const bool big : {false, true})
    for (const bool mark : {false, true}) {
      const Sheet sheet = read(utf16("code,pop\r\nE1,1.5\r\nE2,2.5\r\n", big, mark));
      check_table(sheet);
      CHECK(sheet.csv.notes == Lines{"read as UTF-16"});
    }
  const Sheet western = read("code,name,pop\nE1,Caf\xE9 \x96 \x80,1.5\nE2,b,2.5\n");
  check_table(western);
  CHECK(western.csv.table.at("name").text(0) == "Caf\u00e9 \u2013 \u20ac");
  CHECK(western.csv.notes == Lines{"is not UTF-8 and was read as Windows-1252; encoding = \"...\" says it"});
  SheetFormat said;
  said.encoding = "utf-8";
  CHECK(read("code,pop\nE\xE9,1\n", said).faults ==
        Lines{"t.csv:2: value '\\xE9': the byte is not UTF-8, which encoding says; leave it out, or say "
              "which it is"});
}

TEST_CASE("rows above the header are skipped where the recipe says so, and found where it does not") {
  const std::string text =
      "\"Estimates, \"\"final\"\"\"\n\"Crown\ncopyright\"\nDate:,2020\n\ncode,pop\nE1,1.5\nE2,2.5\n";
  CHECK(
      read(text).faults ==
      Lines{"t.csv:1: value 'Estimates, \"final\"': this is no header; it seems to be row 5 (code, pop): say "
            "skip_rows = 4 in [[source]]"});
  SheetFormat skip;
  skip.skip_rows = 4;
  const Sheet sheet = read(text, skip);
  check_table(sheet);
  CHECK(sheet.csv.line == std::vector<std::int64_t>{7, 8});
  SheetFormat by_cell;
  by_cell.header = "pop";
  check_table(read(text, by_cell));
  by_cell.header = "popp";
  CHECK(read(text, by_cell).faults == Lines{"t.csv: value 'popp': no row has a cell of this text, which "
                                            "`header` says the header has; is it 'pop'?"});
  // Titles as wide as the table, as a spreadsheet pads them.
  CHECK(read("Estimates,,\n,,\ncode,name,pop\nE1,a,1\nE2,b,2\n").faults.front() ==
        "t.csv:1: value 'Estimates': this is no header; it seems to be row 3 (code, name, pop): say "
        "skip_rows = 2 in "
        "[[source]]");
  // No title: a header of two names over rows that look like it, an unnamed column, codes that are words.
  CHECK(read("code,pop\nE1,1\nE2,2\n").faults == Lines{});
  CHECK(read("code,pop,\nE1,1,x\nE2,2,y\n").csv.table.find("column 3") != nullptr);
  CHECK(read("from,to\nBath,York\nHull,Bath\n").faults == Lines{});
}

TEST_CASE("notes below the table end it, or are named") {
  const std::string notes = "code,pop\nE1,1.5\nE2,2.5\n\nSource: ONS\nNotes\n";
  CHECK(read(notes).faults ==
        Lines{"t.csv:5: value 'Source: ONS': the row has 1 cell; expected 2, as the header has; it "
              "and 1 more below it look like notes below the table; say until = \"\" (the table "
              "ends at a blank row)"});
  SheetFormat blank;
  blank.until = "";
  const Sheet sheet = read(notes, blank);
  check_table(sheet);
  CHECK(sheet.csv.notes == Lines{"2 rows from line 4 on left out, below the table"});
  const std::string close = "code,pop\nE1,1.5\nE2,2.5\nSource: ONS\n";
  CHECK(read(close).faults ==
        Lines{"t.csv:4: value 'Source: ONS': the row has 1 cell; expected 2, as the header has; it "
              "looks like a note below the table; say until = \"Source\""});
  SheetFormat word;
  word.until = "Source";
  check_table(read(close, word));
  word.until = "Quelle";
  CHECK(read("code,pop\nE1,1.5\n", word).faults ==
        Lines{"t.csv: value 'Quelle': no row starts so, though `until` says that one does"});
  // Totals of larger areas are none of the table's rows, though their codes look alike; more of its own are.
  const std::string totals = "code,pop\nE06000001,1.5\nE07000002,2.5\n\nE92000001,4\n";
  CHECK(read(totals, blank).faults == Lines{});
  CHECK(read(totals, blank).csv.table.rows == 2);
  CHECK(read("code,pop\nE06000001,1.5\n\nE07000002,2.5\n", blank)
            .faults.front()
            .find("t.csv:4: the table goes on below the blank row of line 3") == 0);
  SheetFormat nation;
  nation.until = "E92";
  CHECK(read("code,pop\nE06000001,1.5\nE92000001,4\n", nation).csv.notes ==
        Lines{"1 row from line 3 on left out, below the table"});
  // A last row that is cut short is no note.
  CHECK(read("code,pop\nE1,1.5\nE2\n").faults ==
        Lines{"t.csv:3: the row has 1 cell; expected 2, as the header has"});
}

TEST_CASE("what spreadsheets leave behind does not change a table") {
  const Sheet padded = read("code,pop,,\nE1,1.5,,\n,,,\nE2,2.5,,\n");
  check_table(padded);
  CHECK(padded.csv.notes == Lines{"2 empty columns at the end left out"});
  check_table(read("code,pop\nE1,1.5,\nE2,2.5,\n"));
  const Sheet spaces = read(
      "code,pop\n\xC2\xA0"
      "E1\xE2\x80\xAF,1.5\n\"E2 \xC2\xA0\",2.5\xC2\xA0\n");
  check_table(spaces);
  CHECK(spaces.csv.notes == Lines{"no-break spaces around 3 cells left out"});
  CHECK(read("\"code\n(LSOA)\",pop\nE1,1\n").csv.table.columns[0].name == "code (LSOA)");
  const Sheet twins = read("code,pop,pop\nE1,1,2\n");
  CHECK(twins.faults == Lines{});
  CHECK(twins.csv.table.numbers("pop (1)")[0] == 1.0);
  CHECK(twins.csv.table.numbers("pop (2)")[0] == 2.0);
  CHECK(twins.csv.table.find("pop") == nullptr);
}

TEST_CASE("thousands, decimal commas and percent signs are numbers where the recipe says so") {
  SheetFormat format;
  format.thousands = ",";
  CHECK(read("c;x\nA;1,000\nB;-12,345,678.5\nC;7\n", format).csv.table.numbers("x") ==
        std::vector<double>{1000, -12345678.5, 7});
  CHECK(read("c;x\nA;1000\nB;1,00\n", format).csv.table.at("x").kind == ColumnKind::text);
  CHECK(read("c;x\nA;1000\nB;1234,567\n", format).csv.table.at("x").kind == ColumnKind::text);
  format.thousands = " ";
  CHECK(read("c;x\nA;1 000\nB;12\xC2\xA0"
             "345\nC;1\xE2\x80\xAF"
             "234\n",
             format)
            .csv.table.numbers("x") == std::vector<double>{1000, 12345, 1234});
  format.thousands = ".";
  format.decimal = ',';
  CHECK(read("c;x\nA;1.000,5\nB;2,25\nC;-3\n", format).csv.table.numbers("x") ==
        std::vector<double>{1000.5, 2.25, -3});
  format.thousands = "";
  CHECK(read("c;x\nA;1.5\nB;2,25\n", format).csv.table.at("x").kind == ColumnKind::text);
  SheetFormat percent;
  CHECK(read("c,x\nA,12.3%\nB,0\n", percent).csv.table.at("x").kind == ColumnKind::text);
  percent.percent = Percent::percent;
  CHECK(read("c,x\nA,12.3%\nB,0\nC,7 %\n", percent).csv.table.numbers("x") ==
        std::vector<double>{12.3, 0, 7});
  CHECK(read("c,x\nA,12.3%\nB,0.5\n", percent).faults ==
        Lines{"t.csv: column 'x': 1 numbers have a percent sign and 1 have none; say what they are with text "
              "= [\"x\"] "
              "and number(replace(...)) in the recipe"});
  percent.percent = Percent::share;
  CHECK(read("c,x\nA,12.5%\nB,50%\n", percent).csv.table.numbers("x") == std::vector<double>{0.125, 0.5});
  CHECK(read("c,x\nA,\xE2\x88\x92"
             "3.5\n")
            .csv.table.numbers("x")[0] == -3.5);  // the minus sign of typesetters
}

TEST_CASE("a cell that is no number is told with what the recipe can say") {
  const auto remedy = [](const std::string& cell) { return number_remedy(cell); };
  CHECK(remedy("1,000") == "; say thousands = \",\" in [[source]]");
  CHECK(remedy("1,5") == "; say decimal = \",\" in [[source]]");
  CHECK(remedy("1.000,5") == "; say thousands = \".\" and decimal = \",\" in [[source]]");
  CHECK(remedy("12%") == "; say percent = true in [[source]]");
  CHECK(remedy("[u]") == "; where it stands for a missing value, say missing = [\"[u]\", ...] in [[source]]");
  CHECK(remedy("about seven") == "");
  const Sheet sheet = read("c,x\nA,1\nB,[u]\nC,2\nD,\"1,000\"\n");
  REQUIRE(sheet.faults == Lines{});
  const Column& column = sheet.csv.table.at("x");
  REQUIRE(column.not_numbers.size() == 2);
  CHECK(to_string(column.not_numbers[1]) ==
        "t.csv:5: column 'x': value '1,000': not a number (2 of 4 are); say thousands = \",\" in [[source]]");
}

TEST_CASE("marks of missing values are counted by column") {
  const Sheet sheet = read("c,x,lad\nA,1,NA\nB,..,L\nC,..,\nD,[c],NA\n");
  CHECK(sheet.csv.marks.at("x") == std::map<std::string, std::size_t>{{"..", 2}, {"[c]", 1}});
  CHECK(sheet.csv.marks.at("lad") == std::map<std::string, std::size_t>{{"NA", 2}});
}

TEST_CASE("files that are no text tables are named by what they are, with the way to a CSV") {
  const auto fault = [](const std::string& bytes) {
    const Sheet sheet = read(bytes);
    REQUIRE(sheet.faults.size() == 1);
    return sheet.faults[0].substr(0, sheet.faults[0].find_first_of(";,"));
  };
  CHECK(fault("PK\x03\x04...") == "t.csv: the file is a spreadsheet (.xlsx");
  CHECK(fault("\xD0\xCF\x11\xE0...") == "t.csv: the file is an old Excel workbook (.xls)");
  CHECK(fault("PAR1...") == "t.csv: the file is a Parquet file");
  CHECK(fault("SQLite format 3...") == "t.csv: the file is a database (a GeoPackage");
  CHECK(fault("%PDF-1.7") == "t.csv: the file is a PDF");
  CHECK(fault("\r\n<!DOCTYPE html><html>") == "t.csv: the file is a web page");
  CHECK(fault("{\"type\": \"FeatureCollection\"}") == "t.csv: the file is JSON");
  CHECK(fault(std::string("a,b\n1,\0\n", 8)) == "t.csv:2: value '\\x00': the file holds zero bytes");
}

TEST_CASE("beyond a limit a file is refused by name") {
  using namespace std::string_literals;
  const auto starts = [](const std::string& bytes, const std::string& what) {
    for (const bool published : {true, false}) {
      std::vector<Fault> faults;
      CsvExpectations expectations;
      if (published) expectations.sheet.emplace();
      parse_csv(bytes, "t.csv", faults, expectations);
      REQUIRE(!faults.empty());
      CHECK(to_string(faults[0]).substr(0, what.size()) == what);
    }
  };
  std::string names = "code";
  for (std::size_t k = 0; k < limits::columns; ++k) names += ",c" + std::to_string(k);
  starts(names + "\n", "t.csv:1: the row has more than 16384 cells");
  starts("a,b\n1," + std::string(limits::cell_bytes + 9, 'x') + "\n",
         "t.csv:2: a cell has more than 1048576 bytes");
  starts("a,b\n1,\"" + std::string(limits::cell_bytes + 9, 'x') + "\n2,3\n",
         "t.csv:2: a cell has more than 1048576");
  std::string row = "1";
  for (std::size_t k = 0; k < 20; ++k) row += "," + std::string(limits::cell_bytes - 1, 'x');
  starts("a,b\n" + row + "\n", "t.csv:2: ");
  starts(gzipped("a,b\n" + std::string(80u << 20, '1') + "\n"),
         "t.csv: 79 kB of gzip data expand to more than 64 MB");
  // 16,000 names are looked through in a moment, however alike.
  names = "code";
  for (std::size_t k = 0; k < 16'000; ++k) names += ",the same long beginning of a name " + std::to_string(k);
  CHECK(read(names + "\n").csv.table.columns.size() == 16'001);
}

TEST_CASE("only a file is read as one") {
  const auto message = [](const std::string& path) {
    try {
      read_bytes(path);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("read");
  };
  CHECK(message("/dev/zero") == "/dev/zero: is a device; expected the file of a table");
  CHECK(message("/tmp") == "/tmp: is a folder; expected the file of a table");
  CHECK(message("/no/such/file") == "/no/such/file: no such table; check its path");
}
