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

namespace {

/// The table of a list of places, and its column of codes (null: a fault says why).
struct ListFile {
  CsvTable csv;
  const Column* code = nullptr;
};

void read_list_file(const std::filesystem::path& file, ListFile& list, std::vector<Fault>& faults) {
  static const std::vector<std::string> known = {"area_code", "code", "weight", "gbp",
                                                 "place",     "name", "note"};
  CsvExpectations expected;
  expected.kinds = {{"area_code", ColumnKind::text}, {"code", ColumnKind::text},
                    {"place", ColumnKind::text},     {"name", ColumnKind::text},
                    {"note", ColumnKind::text},      {"weight", ColumnKind::number},
                    {"gbp", ColumnKind::number}};
  list.csv = read_csv(file, faults, expected);
  const CsvTable& csv = list.csv;
  const auto is_known = [&](const Column& column) {
    return std::find(known.begin(), known.end(), column.name) != known.end();
  };
  if (!faults.empty() && !csv.table.columns.empty() &&
      std::none_of(csv.table.columns.begin(), csv.table.columns.end(), is_known))
    throw InputError(std::vector<Fault>{{file.string(), 1, "", "",
                                         "is no list of places; expected a CSV file with a row a place and "
                                         "the column area_code (or code), and place, "
                                         "weight or gbp, name and note where they are wanted"}});
  if (!faults.empty()) throw InputError(std::move(faults));
  const std::string name = file.string();
  for (const Column& column : csv.table.columns) {
    if (std::find(known.begin(), known.end(), column.name) != known.end()) continue;
    const std::string near = nearest_word(column.name, known);
    faults.push_back({name, 1, column.name, "",
                      fmt::format("a list of places has no such column{}; its columns are area_code (or "
                                  "code), place, weight or gbp, name and note",
                                  near.empty() ? "" : fmt::format("; did you mean '{}'?", near))});
  }
  const Column* code = csv.table.find("area_code");
  const Column* short_code = csv.table.find("code");
  if (code != nullptr && short_code != nullptr)
    faults.push_back({name, 1, "code", "", "stands beside area_code; one of them names the areas"});
  list.code = code == nullptr ? short_code : code;
  if (list.code == nullptr)
    faults.push_back({name, 1, "area_code", "", "is missing; a list of places names its areas by code"});
}

/// The areas that a code or name stands for: of that code, else those of a grouping of that code or name.
/// @param why  what is wrong where there is no one such thing; else empty
std::vector<std::int32_t> areas_named(const std::string& text, const Table& areas,
                                      const std::unordered_map<std::string, std::int32_t>& rows, bool search,
                                      std::string& why) {
  if (const auto own = rows.find(text); own != rows.end()) return {own->second};
  std::vector<std::int32_t> found;
  std::vector<std::string> columns;
  bool same = true;
  for (const Column& column : areas.columns) {
    if (column.kind != ColumnKind::text || text.empty() || column.name == "area_code") continue;
    const auto level = std::find(column.levels.begin(), column.levels.end(), text);
    if (level == column.levels.end()) continue;
    std::vector<std::int32_t> of_it;
    for (std::size_t i = 0; i < column.level.size(); ++i)
      if (column.level[i] == level - column.levels.begin()) of_it.push_back(static_cast<std::int32_t>(i));
    if (of_it.empty()) continue;
    same = same && (found.empty() || found == of_it);
    if (found.empty()) found = std::move(of_it);
    columns.push_back(column.name);
  }
  if (found.empty()) {
    why = "is no area of the pack, and no code or name of a grouping";
    std::string near;
    for (const Column& column : areas.columns)
      if (search && near.empty() && column.kind == ColumnKind::text) near = nearest_word(text, column.levels);
    if (!near.empty()) why += fmt::format("; did you mean '{}'?", near);
  } else if (!same)
    why = fmt::format("stands in the columns {} for different areas; write a code", fmt::join(columns, ", "));
  return found;
}

}  // namespace

std::string column_of_places(const std::string& given) {
  std::string name = "places:" + given;
  std::replace(name.begin(), name.end(), '/', ':');
  return name;
}

PlaceGroups read_place_groups(const std::filesystem::path& file, const std::string& given,
                              const Table& areas) {
  std::vector<Fault> faults;
  ListFile list;
  read_list_file(file, list, faults);
  if (!faults.empty()) throw InputError(std::move(faults));
  const std::string name = file.string();
  if (list.csv.table.rows == 0)
    throw InputError(std::vector<Fault>{{name, 0, "", "", "lists no place; a table by place needs one"}});
  const Column* place = list.csv.table.find("place");
  const auto rows = rows_by_code(areas);
  struct Taken {
    std::string place;
    long line = 0;
  };
  std::vector<Taken> taken(areas.rows);
  std::size_t unknown = 0;
  constexpr std::size_t most_searched = 20;
  for (std::size_t k = 0; k < list.csv.table.rows; ++k) {
    const std::string& one = list.code->text(k);
    const std::string its = place != nullptr ? place->text(k) : file.stem().string();
    const auto line = static_cast<long>(list.csv.line[k]);
    if (one.empty() || its.empty()) {
      faults.push_back(
          {name, line, one.empty() ? list.code->name : "place", "",
           one.empty() ? "is empty; expected a code" : "is empty; expected the name of a place"});
      continue;
    }
    if (its == "elsewhere" || its == "nation") {
      faults.push_back({name, line, "place", its,
                        "is what tables call the areas of no place, and all together; name the place "
                        "otherwise"});
      continue;
    }
    std::string why;
    const std::vector<std::int32_t> named = areas_named(one, areas, rows, unknown < most_searched, why);
    if (!why.empty()) {
      ++unknown;
      faults.push_back({name, line, list.code->name, one, why});
      continue;
    }
    for (const std::int32_t area : named) {
      Taken& at = taken[static_cast<std::size_t>(area)];
      if (at.line > 0) {
        faults.push_back(
            {name, line, list.code->name, one,
             fmt::format("holds area '{}', which line {} has put in '{}' already; an area is in one place",
                         areas.at("area_code").text(static_cast<std::size_t>(area)), at.line, at.place)});
        break;
      }
      at = {its, line};
    }
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  PlaceGroups groups;
  groups.file = {given, "places", sha256_of_file(file), "", "", ""};
  groups.place.name = column_of_places(given);
  groups.place.kind = ColumnKind::text;
  groups.place.description = "place of " + given + "; empty: in none";
  std::unordered_map<std::string, std::int32_t> level;
  for (const Taken& one : taken) {
    const auto [at, fresh] = level.emplace(one.place, static_cast<std::int32_t>(groups.place.levels.size()));
    if (fresh) groups.place.levels.push_back(one.place);
    groups.place.level.push_back(at->second);
  }
  return groups;
}

PlaceList read_place_list(const std::filesystem::path& file, const std::string& given, const Table& areas) {
  constexpr std::size_t most_searched = 20;  // suggestions take their time; the first say what is wrong
  std::vector<Fault> faults;
  ListFile opened;
  read_list_file(file, opened, faults);
  const CsvTable& csv = opened.csv;
  const Column* code = opened.code;
  const std::string name = file.string();
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
