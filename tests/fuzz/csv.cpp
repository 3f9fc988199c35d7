// Any bytes as a table give a table or faults. The first byte says how the caller reads it: a pack's exact
// form or a publisher's, with one of a few layouts.
#include "engine/data/csv.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned how = data[0];
  spillway::CsvExpectations expectations;
  expectations.parallelism = {1};
  if ((how & 1u) != 0) {
    spillway::SheetFormat& sheet = expectations.sheet.emplace();
    if ((how & 2u) != 0) sheet.skip_rows = 1;
    if ((how & 4u) != 0) sheet.until = (how & 8u) != 0 ? "" : "S";
    if ((how & 16u) != 0) sheet.thousands = (how & 8u) != 0 ? " " : ",";
    if ((how & 32u) != 0) sheet.decimal = ',';
    if ((how & 64u) != 0) sheet.percent = spillway::Percent::share;
    if ((how & 128u) != 0) sheet.header = "code";
  } else {
    expectations.others_are_numbers = (how & 2u) != 0;
    expectations.required = {"code"};
    expectations.kinds["code"] = spillway::ColumnKind::text;
  }
  std::vector<spillway::Fault> faults;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const spillway::CsvTable csv = spillway::parse_csv(bytes, "t.csv", faults, expectations);
  for (const auto& fault : faults) spillway::to_string(fault);
  if (!faults.empty()) return 0;
  for (const auto& column : csv.table.columns) {
    const std::size_t rows =
        column.kind == spillway::ColumnKind::number ? column.number.size() : column.level.size();
    if (rows != csv.table.rows || csv.line.size() != rows) std::abort();
  }
  // What was read is written so that it reads the same.
  spillway::CsvExpectations again;
  again.parallelism = {1};
  again.missing.clear();
  for (const auto& column : csv.table.columns) again.kinds[column.name] = column.kind;
  if (again.kinds.size() != csv.table.columns.size() || csv.table.columns.size() < 2) return 0;
  const std::string text = spillway::format_csv(csv.table, {1});
  const spillway::CsvTable read = spillway::parse_csv(text, "t.csv", faults, again);
  if (faults.empty() && read.table.rows != csv.table.rows) std::abort();
  return 0;
}
