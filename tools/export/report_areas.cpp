// Areas of a run, packed for the page: names, groups, columns, and profiles of types and regions.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/policy/prices.hpp"
#include "tools/export/report_data.hpp"
#include "tools/export/report_encode.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway {

using nlohmann::json;

namespace {

/// A text column as a list of levels and each area's place in it; "" is no group.
struct Levels {
  std::vector<std::string> names;
  std::vector<std::int32_t> of_area;
};

Levels levels_of(const std::vector<std::string>& texts) {
  Levels levels;
  std::map<std::string, std::int32_t> place;
  for (const auto& text : texts) {
    if (text.empty()) {
      levels.of_area.push_back(-1);
      continue;
    }
    const auto [found, fresh] = place.try_emplace(text, static_cast<std::int32_t>(levels.names.size()));
    if (fresh) levels.names.push_back(text);
    levels.of_area.push_back(found->second);
  }
  return levels;
}

/// Levels of a code column, with the names that its areas carry.
json group_json(const RunReader& reader, const std::string& code_column, const std::string& name_column,
                const std::set<std::string>& there) {
  if (!there.contains(code_column)) return nullptr;
  const Levels levels = levels_of(reader.area_texts(code_column));
  std::vector<std::string> names = levels.names;
  if (there.contains(name_column)) {
    const auto texts = reader.area_texts(name_column);
    for (std::size_t row = 0; row < texts.size(); ++row)
      if (levels.of_area[row] >= 0 && !texts[row].empty())
        names[static_cast<std::size_t>(levels.of_area[row])] = texts[row];
  }
  return {{"codes", levels.names}, {"names", names}, {"of", encode_index(levels.of_area)}};
}

/// GVA by area as it is a year at the end of the horizon without a policy, GBP of the price base year: the
/// pack's, brought forward as the scenario brings it.
std::vector<double> gva_at_the_end(const RunReader& reader, const std::string& scenario) {
  std::vector<double> gva = reader.area_numbers("gva");
  const std::string at = "/scenarios/" + scenario;
  if (!reader.has_attribute(at, "gva_factor") || !reader.has(at + "/counterfactual/growth")) {
    if (reader.has_attribute("/areas/gva", "units"))
      if (const double pounds = pounds_a_unit(reader.attribute_as<std::string>("/areas/gva", "units"));
          pounds > 0.0)
        for (double& value : gva) value *= pounds;
    return gva;
  }
  const auto growth = reader.numbers(at + "/counterfactual/growth", {static_cast<long>(gva.size())}).value;
  const double factor = reader.attribute_as<double>(at, "gva_factor"),
               periods = reader.attribute_as<double>(at, "gva_periods") +
                         static_cast<double>(studies::stored_config(reader).horizon);
  for (std::size_t row = 0; row < gva.size(); ++row) gva[row] *= factor * std::exp(periods * growth[row]);
  return gva;
}

/// Quartiles, mean and count of a column in each group, unweighted.
json profile_json(const std::vector<double>& values, const Levels& levels) {
  std::vector<std::vector<float>> members(levels.names.size());
  for (std::size_t row = 0; row < values.size(); ++row)
    if (levels.of_area[row] >= 0 && std::isfinite(values[row]))
      members[static_cast<std::size_t>(levels.of_area[row])].push_back(static_cast<float>(values[row]));
  json rows = json::array();
  for (auto& group : members) {
    double sum = 0.0;
    for (const float value : group) sum += value;
    const auto count = group.size();
    rows.push_back({{"n", count},
                    {"mean", count ? sum / static_cast<double>(count) : std::nan("")},
                    {"q", quantiles_of(group, {0.1, 0.25, 0.5, 0.75, 0.9})}});
  }
  return rows;
}

}  // namespace

json report_pounds(const RunReader& reader, const std::string& scenario, const std::string& type_column) {
  const std::string at = "/scenarios/" + scenario;
  const auto columns = reader.area_columns();
  const std::set<std::string> there(columns.begin(), columns.end());
  if (!reader.has_attribute(at, "outcome_is_gva_growth") ||
      reader.attribute_as<std::int64_t>(at, "outcome_is_gva_growth") == 0 || !there.contains("gva") ||
      !there.contains("population"))
    return nullptr;
  const auto gva = gva_at_the_end(reader, scenario), people = reader.area_numbers("population");
  const auto a_head = [&](const std::vector<std::int32_t>& of_area, std::size_t groups) {
    std::vector<double> pounds(groups, 0.0), heads(groups, 0.0);
    for (std::size_t row = 0; row < gva.size(); ++row) {
      if (of_area[row] < 0) continue;
      pounds[static_cast<std::size_t>(of_area[row])] += gva[row];
      heads[static_cast<std::size_t>(of_area[row])] += people[row];
    }
    for (std::size_t g = 0; g < groups; ++g) pounds[g] /= heads[g];
    return pounds;
  };
  json all = {{"nation", a_head(std::vector<std::int32_t>(gva.size(), 0), 1)}};
  for (const auto& [grouping, column] : {std::pair<const char*, std::string>{"area_type", type_column},
                                         {"lad", "lad_code"},
                                         {"region", "region_code"},
                                         {"combined_authority", "combined_authority_code"}})
    if (there.contains(column)) {
      const Levels levels = levels_of(reader.area_texts(column));
      all[grouping] = a_head(levels.of_area, levels.names.size());
    }
  return all;
}

json report_areas(const RunReader& reader, const std::string& type_column) {
  std::map<std::string, StoredObject> described;
  for (const StoredObject& object : reader.objects())
    if (object.path.rfind("/areas/", 0) == 0) described[object.path.substr(7)] = object;
  const auto columns = reader.area_columns();
  const std::set<std::string> there(columns.begin(), columns.end());
  const std::vector<std::string> codes = reader.area_texts("area_code");
  json areas = {{"count", codes.size()}, {"code", encode_texts(codes)}};
  if (there.contains("area_name")) areas["name"] = encode_texts(reader.area_texts("area_name"));
  areas["groups"] = {{"area_type", group_json(reader, type_column, "", there)},
                     {"lad", group_json(reader, "lad_code", "lad_name", there)},
                     {"region", group_json(reader, "region_code", "region_name", there)},
                     {"combined_authority",
                      group_json(reader, "combined_authority_code", "combined_authority_name", there)}};
  areas["typeColumn"] = type_column;
  for (const char* axis : {"easting", "northing"})
    areas[axis] = there.contains(axis) ? encode_float(reader.area_numbers(axis)) : json();

  Levels types, regions;
  if (there.contains(type_column)) types = levels_of(reader.area_texts(type_column));
  if (there.contains("region_code")) regions = levels_of(reader.area_texts("region_code"));
  areas["columns"] = json::array();
  // Every column has its profile; area by area the page carries those that the configuration names, then
  // others, while they fit into 2.5 MB before compression.
  const std::string config = reader.run().config;
  std::vector<std::string> numeric;
  for (const std::string& column : columns)
    if (described[column].type != "text" && column != "easting" && column != "northing")
      numeric.push_back(column);
  const auto room = static_cast<std::size_t>(2.5e6 / (static_cast<double>(codes.size()) * 8.0 / 3.0 + 1.0));
  std::set<std::string> carried;
  for (const bool named : {true, false})
    for (const std::string& column : numeric)
      if ((column == "population" || config.find(column) != std::string::npos) == named &&
          carried.size() < std::max<std::size_t>(room, 4))
        carried.insert(column);
  for (const std::string& column : numeric) {
    const auto values = reader.area_numbers(column);
    json entry = {{"name", column},
                  {"unit", described[column].unit},
                  {"meaning", described[column].long_name},
                  {"values", carried.contains(column) ? encode_column(values) : json()}};
    if (!types.names.empty()) entry["byType"] = profile_json(values, types);
    if (!regions.names.empty()) entry["byRegion"] = profile_json(values, regions);
    areas["columns"].push_back(entry);
  }
  return areas;
}

}  // namespace spillway
