// The CSV reader: what a cell becomes, and the exact words for what is wrong.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <zlib.h>

#include <cmath>

#include "engine/data/csv.hpp"

using namespace spillway;

namespace {

CsvTable parsed(const std::string& text, const CsvExpectations& expectations = {}) {
  std::vector<Fault> faults;
  CsvTable result = parse_csv(text, "t.csv", faults, expectations);
  for (const auto& fault : faults) MESSAGE(to_string(fault));
  REQUIRE(faults.empty());
  return result;
}

std::vector<std::string> faults_of(const std::string& text, const CsvExpectations& expectations = {}) {
  std::vector<Fault> faults;
  parse_csv(text, "t.csv", faults, expectations);
  std::vector<std::string> messages;
  for (const auto& fault : faults) messages.push_back(to_string(fault));
  return messages;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
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

TEST_CASE("cells become numbers or texts by what the column holds") {
  const CsvTable csv = parsed(
      "\xEF\xBB\xBF"
      "code, x ,name,lead\r\nA,1.5,one,007\r\n\r\nB,NA,\"two, \"\"2\"\"\nlines\",12\r\nC,-2e3,,\r\n");
  const Table& table = csv.table;
  REQUIRE(table.rows == 3);
  CHECK(table.at("code").kind == ColumnKind::text);
  CHECK(table.numbers("x")[0] == 1.5);
  CHECK(std::isnan(table.numbers("x")[1]));
  CHECK(table.numbers("x")[2] == -2000.0);
  CHECK(table.at("name").text(1) == "two, \"2\"\nlines");
  CHECK(table.at("name").text(2) == "");
  CHECK(table.at("lead").kind == ColumnKind::text);  // 007 is a code, not the number 7
  CHECK(csv.line == std::vector<std::int64_t>{2, 4, 6});
}

TEST_CASE("an unquoted file gives the same table with any number of workers") {
  std::string text = "code,x,y\n";
  for (int k = 0; k < 30'000; ++k)
    text += fmt::format("A{},{},{}\n", k % 7'001, k * 0.1, k % 11 == 0 ? "" : "3");
  CsvExpectations serial;
  serial.parallelism = {1};
  const std::string expected = format_csv(parsed(text, serial).table);
  for (const int workers : {2, 3, 8}) {
    CsvExpectations parallel;
    parallel.parallelism = {workers};
    const CsvTable csv = parsed(text, parallel);
    CHECK(format_csv(csv.table, {workers}) == expected);
    CHECK(csv.table.at("code").levels.size() == 7'001);
    CHECK(csv.table.numbers("x")[29'999] == 29'999 * 0.1);
  }
}

TEST_CASE("gzip is read through, and a truncated file is named") {
  const std::string bytes = gzipped("a,b\n1,2\n3,4\n");
  CHECK(parsed(bytes).table.numbers("b") == std::vector<double>{2, 4});
  CHECK(parsed(bytes + gzipped("5,6\n")).table.rows == 3);  // members may follow each other
  CHECK(faults_of(bytes.substr(0, bytes.size() / 2)) ==
        std::vector<std::string>{"t.csv: gzip data end early or are damaged; expected a whole .gz file"});
}

TEST_CASE("a table written and read is the same table, but for blanks around cells") {
  const CsvTable csv = parsed("code,x,name\nA,0.1,\" padded\"\nB,,\"a \"\"b\"\", c\"\nC,1e-300,plain\n");
  const std::string text = format_csv(csv.table);
  CHECK(text == "code,x,name\nA,0.1,padded\nB,,\"a \"\"b\"\", c\"\nC,1e-300,plain\n");
}

TEST_CASE("every fault of a CSV file is listed with line, column and value") {
  CsvExpectations numbers;
  numbers.kinds["code"] = ColumnKind::text;
  numbers.others_are_numbers = true;
  numbers.required = {"code", "period"};
  CHECK(faults_of("code,periods,x\nA,2001,1\nB,2002,inf\nC,2003\nD,2004,abc\nE,2005,1e999\n", numbers) ==
        std::vector<std::string>{
            "t.csv:1: column 'period': the column is missing (is it 'periods'?); expected it in the "
            "header: code, periods, x",
            "t.csv:3: column 'x': value 'inf': the number is infinite; expected a finite number, or an empty "
            "cell",
            "t.csv:4: the row has 2 cells; expected 3, as the header has",
            "t.csv:5: column 'x': value 'abc': not a number; expected a number, or an empty cell",
            "t.csv:6: column 'x': value '1e999': the number is infinite; expected a finite number, or an "
            "empty cell"});
  CHECK(faults_of("") ==
        std::vector<std::string>{
            "t.csv:1: the file is empty; expected a header line with the names of the columns"});
  CHECK(faults_of("a,a,\n1,2,3\n") ==
        std::vector<std::string>{
            "t.csv:1: column 'a': the name is used by two columns; expected names used once",
            "t.csv:1: column 3 has no name; expected one in the header"});
  CHECK(faults_of("a,b\n1,\"open\n2,3\n") ==
        std::vector<std::string>{"t.csv:2: a quote is opened and never closed; expected a closing \""});
  CHECK(
      faults_of("a,b\n1,\"shut\"tail\n") ==
      std::vector<std::string>{
          "t.csv:2: value 'shut': text follows the closing quote; expected a comma or the end of the line"});
  CHECK(faults_of("a,b\n1,caf\xE9\n") ==
        std::vector<std::string>{"t.csv:2: value '\\xE9': the byte is not UTF-8; save the file as UTF-8"});
}

TEST_CASE("a table says which columns it has when asked for one it lacks") {
  const Table table = parsed("code,population\nA,1\n").table;
  CHECK_THROWS_WITH_AS(table.at("popluation"),
                       "no column 'popluation' (did you mean 'population'?); there are: code, population",
                       InputError);
  CHECK_THROWS_WITH_AS(table.numbers("code"), "t.csv:2: column 'code': value 'A': not a number (0 of 1 are)",
                       InputError);
  const Categories groups = categories(table.at("population"));
  CHECK(groups.names == std::vector<std::string>{"1"});
}
