// [backcast]: a past programme and what it is held against.
#include <fmt/format.h>

#include <algorithm>

#include "engine/config/config_parts.hpp"

namespace spillway {

std::optional<BackcastConfig> read_backcast(const TableReader& root, const RunConfig& config) {
  const ConfigNode* table = root.table_at("backcast");
  if (!table) return {};
  FaultList& faults = root.faults();
  const TableReader reader(*table, "backcast", faults, keys_of("backcast"));
  BackcastConfig out;
  out.like = config.area_type;
  const ConfigNode* programme = reader.text("programme", out.programme);
  if (programme && out.programme.empty())
    faults.add(*programme, reader.path("programme"),
               "is empty; name a CSV of code, year and gbp, or leave it out for a study of placebos");
  if (const ConfigNode* prices = reader.find("price_year")) {
    const bool whole =
        prices->kind == ConfigNode::Kind::integer && prices->number >= 1000.0 && prices->number <= 9999.0;
    if (whole)
      out.price_year = fmt::format("{:.0f}", prices->number);
    else if (prices->kind == ConfigNode::Kind::text && (prices->text == "cash" || prices->text == "base"))
      out.price_year = prices->text;
    else
      faults.add(*prices, reader.path("price_year"),
                 "is no year of prices; expected \"cash\", \"base\" or one whole year, such as 2023");
    if (!programme)
      faults.add(*prices, reader.path("price_year"),
                 "is of a programme's pounds, and no backcast.programme is given; leave it out");
  }
  reader.choice("spread", out.spread, {"propagated", "none"});
  reader.text("like", out.like);
  reader.texts("match_on", out.match_on);
  reader.integer("matches", out.matches, 1, 1000);
  reader.integer("placebos", out.placebos, 19, 100'000);
  const ConfigNode *start = reader.integer("start", out.start, -100'000, 100'000),
                   *places = reader.integer("places", out.places, 1, 10'000'000),
                   *patch = reader.integer("patch", out.patch, 1, 10'000'000);
  if (programme) {
    for (const auto& [node, key] : {std::pair{start, "start"}, {places, "places"}, {patch, "patch"}})
      if (node)
        faults.add(
            *node, reader.path(key),
            "is for a study of placebos alone, and backcast.programme says where and when; leave it out");
  } else if (!reader.find("programme")) {
    for (const auto& key : {"start", "places"})
      if (!reader.find(key))
        faults.missing(*table, reader.path(key),
                       "is missing; give a programme, or start and places for a study of placebos alone");
  }
  if (const ConfigNode* effect = reader.find("effect")) {
    ParameterValue value;
    if (read_parameter(*effect, reader.path("effect"), faults, value)) {
      if (const auto* read = std::get_if<Distribution>(&value))
        out.effect = *read;
      else
        faults.add(*effect, reader.path("effect"), "is no number or distribution");
    }
    if (!reader.find("programme"))
      faults.add(*effect, reader.path("effect"),
                 "is what a GBP a head of a programme adds, and no backcast.programme is given");
  }
  std::vector<std::string> panels;
  for (const ModelConfig& model : config.models)
    if (std::holds_alternative<PanelModel>(model)) panels.push_back(common(model).name);
  const ConfigNode* model = reader.text("model", out.model);
  if (model && std::find(panels.begin(), panels.end(), out.model) == panels.end())
    faults.add(
        *model, reader.path("model"),
        fmt::format("names no [[model]] of kind spatial_lag_panel; {}", suggestion(out.model, panels)));
  if (!model && !panels.empty()) out.model = panels.front();
  if (!model && panels.empty() && !config.models.empty())
    faults.missing(*table, reader.path("model"),
                   "a back-cast forecasts with a [[model]] of kind spatial_lag_panel, and there is none");
  return out;
}

std::optional<BackcastConfig> backcast_config(const RunConfig& config, const std::string& text,
                                              const std::vector<std::string>& overrides) {
  FaultList faults(config.file.string());
  ConfigNode root = parse_toml(text, config.file);
  for (const std::string& assignment : overrides) apply_override(root, assignment, faults.faults());
  const TableReader reader(root, "", faults, keys_of(""));
  std::optional<BackcastConfig> options = read_backcast(reader, config);
  faults.raise();
  return options;
}

}  // namespace spillway
