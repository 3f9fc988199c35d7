#include "scenarios/places.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <set>
#include <utility>

#include "engine/config/area_target.hpp"
#include "engine/data/place_list.hpp"
#include "scenarios/allocation.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/policy_builder.hpp"

namespace spillway::scenarios {

namespace {

/// One way in which a text names areas: a column of the pack and the rows that hold it.
struct Meaning {
  std::string grouping, column;
  std::vector<std::int32_t> rows;
};

/// "lad" of lad_code and lad_name; other columns by their whole name.
std::string grouping_of_column(const std::string& column) {
  for (const char* end : {"_code", "_name"})
    if (column.ends_with(end)) return column.substr(0, column.size() - 5);
  return column;
}

std::vector<Meaning> meanings(const Table& areas, const std::string& grouping, const std::string& text) {
  std::vector<Meaning> found;
  for (const Column& column : areas.columns) {
    const std::string own = grouping_of_column(column.name);
    if (column.kind != ColumnKind::text || text.empty() || (!grouping.empty() && own != grouping)) continue;
    const auto level = std::find(column.levels.begin(), column.levels.end(), text);
    if (level == column.levels.end()) continue;
    Meaning one{own, column.name, {}};
    for (std::size_t i = 0; i < column.level.size(); ++i)
      if (column.level[i] == level - column.levels.begin()) one.rows.push_back(static_cast<std::int32_t>(i));
    if (!one.rows.empty()) found.push_back(std::move(one));
  }
  return found;
}

/// The codes that areas of one name have beside it, with how many areas each: several where a name stands for
/// several places.
std::vector<std::pair<std::string, std::size_t>> codes_beside(const Table& areas, const Meaning& one) {
  std::vector<std::pair<std::string, std::size_t>> codes;
  const Column* code = one.column.ends_with("_name") ? areas.find(one.grouping + "_code") : nullptr;
  if (code == nullptr || code->kind != ColumnKind::text) return codes;
  for (const std::int32_t row : one.rows) {
    const std::string& text = code->text(static_cast<std::size_t>(row));
    const auto place =
        std::find_if(codes.begin(), codes.end(), [&](const auto& known) { return known.first == text; });
    if (place == codes.end())
      codes.emplace_back(text, 1);
    else
      ++place->second;
  }
  return codes;
}

/// The nearest name or code, without regard to case first; empty: nothing is near.
std::string nearest_place(const Table& areas, const std::string& text) {
  const auto lower = [](std::string word) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word;
  };
  std::set<std::string> known;
  for (const Column& column : areas.columns)
    if (column.kind == ColumnKind::text)
      for (const std::string& level : column.levels)
        if (!level.empty() && level.size() + 3 > text.size() && text.size() + 3 > level.size()) {
          if (lower(level) == lower(text)) return level;
          known.insert(level);
        }
  return nearest_word(text, {known.begin(), known.end()});
}

/// The groupings that a place can be named by.
std::string groupings_in_words(const Table& areas) {
  std::set<std::string> names;
  for (const Column& column : areas.columns)
    if (column.kind == ColumnKind::text) names.insert(grouping_of_column(column.name));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Areas that are of both, both ascending.
std::vector<std::int32_t> in_both(const std::vector<std::int32_t>& one,
                                  const std::vector<std::int32_t>& other) {
  std::vector<std::int32_t> both;
  std::set_intersection(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(both));
  return both;
}

/// The areas of a type of the run; empty: there is no such type.
std::vector<std::int32_t> rows_of_type(const LeverContext& context, const std::string& name) {
  const auto type = std::find(context.type_names.begin(), context.type_names.end(), name);
  std::vector<std::int32_t> rows;
  for (std::size_t i = 0; i < context.type.size() && type != context.type_names.end(); ++i)
    if (context.type[i] == type - context.type_names.begin()) rows.push_back(static_cast<std::int32_t>(i));
  return rows;
}

/// The areas of a place, or of a group of two groupings crossed: "doubly_disadvantaged:E47000006".
/// @param key  the parameter that names it
std::vector<std::int32_t> rows_of_place(const LeverContext& context, const std::string& text,
                                        const char* key = "where") {
  if (context.pack == nullptr)
    throw refusal(key, text, fmt::format("there is no pack to find places in; leave {} out", key));
  const Table& areas = context.pack->areas;
  std::string name = text;
  std::vector<Meaning> found = meanings(areas, "", text);
  const auto colon = text.find(':');
  if (found.empty() && colon != std::string::npos) {
    const auto begin = text.find_first_not_of(' ', colon + 1);
    name = begin == std::string::npos ? "" : text.substr(begin);
    const std::string before = text.substr(0, colon);
    found = meanings(areas, before, name);
    const auto known = [&](const std::string& word) {
      return !rows_of_type(context, word).empty() || !meanings(areas, "", word).empty();
    };
    if (found.empty() && known(before) && known(name)) {
      const auto rows = [&](const std::string& word) {
        const std::vector<std::int32_t> of_type = rows_of_type(context, word);
        return of_type.empty() ? rows_of_place(context, word, key) : of_type;
      };
      std::vector<std::int32_t> both = in_both(rows(before), rows(name));
      if (both.empty())
        throw refusal(key, text, fmt::format("no area is both of '{}' and of '{}'", before, name));
      return both;
    }
    const auto is_grouping = [&](const std::string& word) {
      return word == "area_type" ||
             std::any_of(areas.columns.begin(), areas.columns.end(), [&](const Column& column) {
               return column.kind == ColumnKind::text && grouping_of_column(column.name) == word;
             });
    };
    if (found.empty() && is_grouping(before) && is_grouping(name))
      throw refusal(key, text,
                    "names two groupings and no group of theirs; write one, as tables do: "
                    "\"doubly_disadvantaged:E47000006\"");
  }
  if (found.empty()) {
    const std::string near = nearest_place(areas, name);
    throw refusal(
        key, text,
        near.empty() ? fmt::format("is no name or code of a grouping of the pack; its groupings are {}",
                                   groupings_in_words(areas))
                     : fmt::format("is no name or code of a grouping of the pack; did you mean '{}'?", near));
  }
  // The same areas under another column are the same place.
  std::vector<std::string> places;
  for (const Meaning& one : found) {
    const auto codes = codes_beside(areas, one);
    if (codes.size() > 1)
      for (const auto& [code, count] : codes)
        places.push_back(fmt::format("{}:{} ({} areas)", one.grouping, code, count));
    else if (&one == &found.front() || one.rows != found.front().rows)
      places.push_back(fmt::format("{}:{} ({} areas)", one.grouping, name, one.rows.size()));
  }
  if (places.size() > 1)
    throw refusal(key, text,
                  fmt::format("is {} places of the pack: {}; write the one that is meant, for example \"{}\"",
                              places.size(), fmt::join(places, ", "),
                              places.front().substr(0, places.front().find(" ("))));
  return found.front().rows;
}

/// The areas of groups of two groupings crossed, { column = "area_type:lad", equals = "poor:E08000001" }.
std::vector<std::int32_t> areas_of_crossed_columns(const LeverContext& context, const AreaTarget& target) {
  const Table& areas = context.pack->areas;
  const auto colon = target.column.find(':');
  const std::string names[] = {target.column.substr(0, colon), target.column.substr(colon + 1)};
  std::set<std::int32_t> chosen;
  for (const std::string& value : target.equals) {
    const auto cut = value.find(':');
    if (cut == std::string::npos)
      throw refusal(
          "target", to_text(target),
          fmt::format("'{}' is a group of one grouping, and '{}' are two; write one of each, such as "
                      "\"doubly_disadvantaged:E47000006\"",
                      value, target.column));
    const std::string wanted[] = {value.substr(0, cut), value.substr(cut + 1)};
    std::vector<std::int32_t> rows[2];
    for (int k = 0; k < 2; ++k) {
      // The grouping area_type is the run's types, whatever column they are.
      if (names[k] == "area_type") rows[k] = rows_of_type(context, wanted[k]);
      if (!rows[k].empty()) continue;
      const auto found = meanings(areas, grouping_of_column(names[k]), wanted[k]);
      if (found.empty())
        throw refusal("target", to_text(target),
                      fmt::format("the pack has no '{}' in the grouping '{}'; its groupings are {}",
                                  wanted[k], names[k], groupings_in_words(areas)));
      rows[k] = found.front().rows;
    }
    const std::vector<std::int32_t> both = in_both(rows[0], rows[1]);
    if (both.empty())
      throw refusal("target", to_text(target),
                    fmt::format("no area is both of '{}' and of '{}'", wanted[0], wanted[1]));
    chosen.insert(both.begin(), both.end());
  }
  return {chosen.begin(), chosen.end()};
}

/// The areas where a column has one of the wanted values.
std::vector<std::int32_t> areas_of_column(const LeverContext& context, const AreaTarget& target) {
  if (context.pack == nullptr)
    throw refusal("target", to_text(target), "there is no pack to find the column in");
  const Table& areas = context.pack->areas;
  const Column* column = areas.find(target.column);
  if (column == nullptr && target.column.find(':') != std::string::npos)
    return areas_of_crossed_columns(context, target);
  if (column == nullptr) {
    std::vector<std::string> known;
    for (const Column& one : areas.columns) known.push_back(one.name);
    const std::string near = nearest_word(target.column, known);
    constexpr std::size_t most = 20;
    throw refusal(
        "target", to_text(target),
        fmt::format("the pack has no column of areas '{}'; {}", target.column,
                    !near.empty()          ? fmt::format("did you mean '{}'?", near)
                    : known.size() <= most ? fmt::format("it has {}", fmt::join(known, ", "))
                                           : fmt::format("it has {} columns (`spillway inspect PACK` "
                                                         "names them)",
                                                         known.size())));
  }
  std::vector<std::uint8_t> wanted(areas.rows, 0);
  for (const std::string& value : target.equals) {
    bool any = false;
    const bool numbers = column->kind == ColumnKind::number;
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (numbers && *end != '\0')
      throw refusal("target", to_text(target),
                    fmt::format("column '{}' holds numbers, and '{}' is none", target.column, value));
    for (std::size_t i = 0; i < areas.rows; ++i)
      if (numbers ? column->number[i] == number : column->text(i) == value) {
        any = true;
        wanted[i] = 1;
      }
    if (any) continue;
    std::vector<std::string> known = categories(*column).names;
    std::erase(known, "");
    const std::string near = nearest_word(value, known);
    constexpr std::size_t most = 12;
    throw refusal(
        "target", to_text(target),
        fmt::format("no area has '{}' in column '{}'; {}", value, target.column,
                    !near.empty()          ? fmt::format("did you mean '{}'?", near)
                    : known.size() <= most ? fmt::format("its values are {}", fmt::join(known, ", "))
                                           : fmt::format("it has {} other values", known.size())));
  }
  std::vector<std::int32_t> chosen;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i]) chosen.push_back(static_cast<std::int32_t>(i));
  return chosen;
}

/// The places of a list, with what each counts.
Reached places_of_list(const LeverContext& context, const AreaTarget& target,
                       const std::vector<std::uint8_t>& inside) {
  const Column* list =
      context.pack == nullptr ? nullptr : context.pack->areas.find(column_of_list(target.list));
  if (list == nullptr) throw refusal("target", to_text(target), "this list of places was not read");
  Reached found;
  found.listed = true;
  found.name = fmt::format("list {}", target.list);
  if (list->unit != "listed") found.weight = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(inside.size()));
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (!inside[i] || std::isnan(list->number[i])) continue;
    found.areas.push_back(static_cast<std::int32_t>(i));
    if (found.weight.size() > 0) found.weight(static_cast<Eigen::Index>(i)) = list->number[i];
    if (list->unit == "GBP") found.gbp += list->number[i];
  }
  return found;
}

}  // namespace

std::vector<std::uint8_t> within(const LeverContext& context, const Parameters& parameters) {
  const std::vector<std::string>& wanted = parameters.lists.at("where");
  std::vector<std::uint8_t> inside(context.type.size(), wanted.empty() ? 1 : 0);
  for (const std::string& text : wanted)
    for (const std::int32_t row : rows_of_place(context, text)) inside[static_cast<std::size_t>(row)] = 1;
  return inside;
}

std::vector<std::int32_t> areas_within(const LeverContext& context, const Parameters& parameters) {
  const std::vector<std::uint8_t> inside = within(context, parameters);
  std::vector<std::int32_t> areas;
  for (std::size_t i = 0; i < inside.size(); ++i)
    if (inside[i]) areas.push_back(static_cast<std::int32_t>(i));
  return areas;
}

Reached reached(const LeverContext& context, const Parameters& parameters) {
  const AreaTarget target = area_target(parameters.texts.at("target"));
  const std::vector<std::uint8_t> inside = within(context, parameters);
  Reached found;
  if (!target.list.empty()) {
    found = places_of_list(context, target, inside);
  } else {
    const bool by_column = !target.column.empty();
    found.areas = by_column ? areas_of_column(context, target) : areas_of_type(context, target.type);
    found.name = by_column ? fmt::format("{} = {}", target.column, fmt::join(target.equals, " or "))
                           : fmt::format("type {}", target.type);
    if (!target.place.empty()) {
      found.areas = in_both(found.areas, rows_of_place(context, target.place, "target"));
      found.name += " in " + target.place;
      if (found.areas.empty())
        throw refusal("target", to_text(target),
                      fmt::format("no area of type {} lies in {}; the lever would reach nobody", target.type,
                                  target.place));
    }
    std::erase_if(found.areas, [&](std::int32_t area) { return !inside[static_cast<std::size_t>(area)]; });
  }
  const std::string places = fmt::format("{}", fmt::join(parameters.lists.at("where"), ", "));
  if (found.areas.empty())
    throw refusal("where", places,
                  fmt::format("holds no area of {}; the lever would reach nobody", found.name));
  if (found.weight.size() > 0 && !(found.weight.sum() > 0.0))
    throw refusal(
        "where", places,
        fmt::format("leaves of {} only places that count 0; the lever would reach nobody", found.name));
  if (!places.empty()) found.name += " in " + places;
  return found;
}

void keep_areas(Reached& reached, std::vector<std::int32_t> areas) {
  reached.areas = std::move(areas);
  if (reached.weight.size() == 0) return;
  Eigen::VectorXd kept = Eigen::VectorXd::Zero(reached.weight.size());
  for (const std::int32_t area : reached.areas) kept(area) = reached.weight(area);
  reached.weight = kept;
  if (reached.gbp > 0.0) reached.gbp = kept.sum();
}

void refuse_pounds(const Parameters& parameters, const Reached& reached, const std::string& why) {
  if (reached.gbp > 0.0)
    throw refusal("target", parameters.texts.at("target"),
                  fmt::format("the list gives pounds, and {}; give weights in their place", why));
}

Reached reached_by_change(const LeverContext& context, const Parameters& parameters) {
  Reached found = reached(context, parameters);
  if (found.weight.size() > 0)
    throw refusal(
        "target", parameters.texts.at("target"),
        "the list has weights or pounds, and this lever shares no money out; leave that column out");
  return found;
}

std::vector<std::int32_t> neediest(const LeverContext& context, std::vector<std::int32_t> areas,
                                   const std::string& need_column, double residents) {
  const Eigen::VectorXd need = need_score(context, need_column);
  std::stable_sort(areas.begin(), areas.end(),
                   [&](std::int32_t a, std::int32_t b) { return need(a) > need(b); });
  double people = 0.0;
  std::size_t count = 0;
  while (count < areas.size() && people < residents) people += context.population(areas[count++]);
  areas.resize(count);
  std::sort(areas.begin(), areas.end());
  return areas;
}

std::vector<std::int32_t> lowest(std::vector<std::int32_t> areas, const Eigen::VectorXd& score,
                                 double share) {
  std::stable_sort(areas.begin(), areas.end(),
                   [&](std::int32_t a, std::int32_t b) { return score(a) < score(b); });
  areas.resize(std::max<std::size_t>(
      1, static_cast<std::size_t>(std::llround(share * static_cast<double>(areas.size())))));
  std::sort(areas.begin(), areas.end());
  return areas;
}

Authorities authorities_of(const LeverContext& context, const std::vector<std::int32_t>& areas) {
  const auto find = [&](const char* name) {
    const Column* column = context.pack == nullptr ? nullptr : context.pack->areas.find(name);
    return column == nullptr || column->kind != ColumnKind::text ? nullptr : column;
  };
  std::set<std::string> found, outside;
  if (const Column* own = find("transport_authority_code")) {
    for (const std::int32_t area : areas) found.insert(own->text(static_cast<std::size_t>(area)));
    found.erase("");
    return {static_cast<double>(found.size()), "transport authorities"};
  }
  const Column *combined = find("combined_authority_code"), *local = find("lad_code");
  if (combined == nullptr && local == nullptr) return {1.0, "one, as the pack has no column of authorities"};
  bool london = false;
  for (const std::int32_t area : areas) {
    const auto row = static_cast<std::size_t>(area);
    const std::string code = combined == nullptr ? "" : combined->text(row);
    const std::string district = local == nullptr ? "" : local->text(row);
    if (!code.empty())
      found.insert(code);
    else if (district.starts_with("E09"))
      london = true;
    else if (!district.empty())
      outside.insert(district);
  }
  std::string words = fmt::format("{} combined authorities{}", found.size(), london ? ", London" : "");
  if (!outside.empty())
    words += fmt::format(
        ", {} local authorities outside them, which stand in for transport authorities: a county's districts "
        "count "
        "each",
        outside.size());
  return {static_cast<double>(found.size() + outside.size() + (london ? 1 : 0)), words};
}

}  // namespace spillway::scenarios
