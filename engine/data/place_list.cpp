#include "engine/data/place_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "engine/data/csv.hpp"
#include "engine/data/pack/checksum.hpp"

namespace spillway {

namespace {

/// Row of the pack's areas by code.
std::unordered_map<std::string, std::int32_t> rows_by_code(const Table& areas) {
  std::unordered_map<std::string, std::int32_t> rows;
  const Column& code = areas.at("area_code");
  for (std::size_t i = 0; i < areas.rows; ++i) rows.emplace(code.text(i), static_cast<std::int32_t>(i));
  return rows;
}

/// What a code that is no area's is instead, in words; else the nearest area's.
std::string remedy(const std::string& code, const Table& areas, bool search) {
  for (const Column& column : areas.columns)
    if (column.kind == ColumnKind::text && column.name != "area_code" &&
        std::find(column.levels.begin(), column.levels.end(), code) != column.levels.end())
      return fmt::format("; it stands in the pack's column '{}': write where = [\"{}\"], or list its areas",
                         column.name, code);
  if (!search) return "";
  const std::string near = nearest_word(code, areas.at("area_code").levels);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

}  // namespace

std::string column_of_list(const std::string& given) {
  std::string name = "list:" + given;
  std::replace(name.begin(), name.end(), '/', ':');  // the name of a dataset has none
  return name;
}

Column PlaceList::as_column(const Table& areas) const {
  Column column;
  column.name = column_of_list(file.path);
  column.unit = !gbp.empty() ? "GBP" : !weight.empty() ? "weight" : "listed";
  column.description = "places of " + file.path;
  column.number.assign(areas.rows, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t k = 0; k < area.size(); ++k)
    column.number[static_cast<std::size_t>(area[k])] = !gbp.empty()      ? gbp[k]
                                                       : !weight.empty() ? weight[k]
                                                                         : 1.0;
  return column;
}

PlaceList read_place_list(const std::filesystem::path& file, const std::string& given, const Table& areas) {
  static const std::vector<std::string> known = {"area_code", "code", "weight", "gbp", "name", "note"};
  constexpr std::size_t most_searched = 20;  // suggestions take their time; the first say what is wrong
  std::vector<Fault> faults;
  CsvExpectations expected;
  expected.kinds = {{"area_code", ColumnKind::text}, {"code", ColumnKind::text},
                    {"name", ColumnKind::text},      {"note", ColumnKind::text},
                    {"weight", ColumnKind::number},  {"gbp", ColumnKind::number}};
  const CsvTable csv = read_csv(file, faults, expected);
  if (!faults.empty()) throw InputError(std::move(faults));
  const std::string name = file.string();
  for (const Column& column : csv.table.columns) {
    if (std::find(known.begin(), known.end(), column.name) != known.end()) continue;
    const std::string near = nearest_word(column.name, known);
    faults.push_back({name, 1, column.name, "",
                      fmt::format("a list of places has no such column{}; its columns are area_code (or "
                                  "code), weight or gbp, name and note",
                                  near.empty() ? "" : fmt::format("; did you mean '{}'?", near))});
  }
  const Column* code = csv.table.find("area_code");
  const Column* short_code = csv.table.find("code");
  if (code != nullptr && short_code != nullptr)
    faults.push_back({name, 1, "code", "", "stands beside area_code; one of them names the areas"});
  if (code == nullptr) code = short_code;
  if (code == nullptr)
    faults.push_back({name, 1, "area_code", "", "is missing; a list of places names its areas by code"});
  const Column* weight = csv.table.find("weight");
  const Column* gbp = csv.table.find("gbp");
  if (weight != nullptr && gbp != nullptr)
    faults.push_back({name, 1, "gbp", "",
                      "stands beside weight; pounds say already how the money is shared, so give one"});
  if (!faults.empty()) throw InputError(std::move(faults));
  if (csv.table.rows == 0)
    throw InputError(std::vector<Fault>{{name, 0, "", "", "lists no place; a policy needs at least one"}});

  PlaceList list;
  list.file = {given, "places", sha256_of_file(file), "", "", ""};
  const auto rows = rows_by_code(areas);
  std::unordered_map<std::string, std::int64_t> seen;
  std::size_t unknown = 0;
  for (std::size_t k = 0; k < csv.table.rows; ++k) {
    const std::string& one = code->text(k);
    const auto line = static_cast<long>(csv.line[k]);
    const auto row = rows.find(one);
    if (one.empty()) {
      faults.push_back({name, line, code->name, "", "is empty; expected the code of an area"});
    } else if (row == rows.end()) {
      faults.push_back({name, line, code->name, one,
                        "is no area of the pack" + remedy(one, areas, unknown++ < most_searched)});
    } else if (const auto [first, fresh] = seen.emplace(one, csv.line[k]); !fresh) {
      faults.push_back({name, line, code->name, one,
                        fmt::format("stands in line {} already; list each area once", first->second)});
    } else {
      list.area.push_back(row->second);
    }
  }
  for (const Column* column : {weight, gbp}) {
    if (column == nullptr) continue;
    double sum = 0.0;
    for (std::size_t k = 0; k < csv.table.rows; ++k) {
      const double value = column->number[k];
      const auto line = static_cast<long>(csv.line[k]);
      if (!std::isfinite(value))
        faults.push_back({name, line, column->name, "", "has no number; each place needs one"});
      else if (value < 0.0)
        faults.push_back(
            {name, line, column->name, fmt::format("{}", value), "is negative; expected 0 or more"});
      else
        sum += value;
    }
    if (faults.empty() && !(sum > 0.0 && std::isfinite(sum)))
      faults.push_back({name, 0, column->name, "", "sums to 0; at least one place must count"});
    (column == weight ? list.weight : list.gbp) = column->number;
  }
  if (!faults.empty()) {
    std::stable_sort(faults.begin(), faults.end(),
                     [](const Fault& a, const Fault& b) { return a.line < b.line; });
    throw InputError(std::move(faults));
  }
  return list;
}

}  // namespace spillway
