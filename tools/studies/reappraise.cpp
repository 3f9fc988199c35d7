#include "tools/studies/reappraise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/studies/appraise.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json spread(const Eigen::VectorXd& draws) {
  const scenarios::Percentiles p = scenarios::percentiles(draws);
  return {{"p10", number(p.p10)}, {"p50", number(p.p50)}, {"p90", number(p.p90)}};
}

Json column_json(const scenarios::AppraisalColumn& column) {
  return {{"benefits", spread(column.benefits)},
          {"other", spread(column.other)},
          {"npsv", spread(column.npsv)},
          {"initial_bcr", spread(column.initial_bcr)},
          {"adjusted_bcr", spread(column.adjusted_bcr)},
          {"probability_bcr_above_1", number(column.bcr_above_one)},
          {"probability_bcr_above_2", number(column.bcr_above_two)},
          {"category", column.name == "local" || column.band.empty() ? Json(nullptr) : Json(column.band)}};
}

/// The paragraph that the run kept; empty where it has none (a file of an earlier version).
std::vector<std::string> kept_conclusion(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/appraisal/" + scenario;
  if (!reader.has(group) || !reader.has_attribute(group, "what_to_conclude")) return {};
  return reader.attribute_as<std::vector<std::string>>(group, "what_to_conclude");
}

/// The row that the run kept; empty where it has none.
std::string kept_plausibility(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/appraisal/" + scenario;
  if (!reader.has(group) || !reader.has_attribute(group, "plausibility")) return "";
  return reader.attribute_as<std::string>(group, "plausibility");
}

}  // namespace

std::vector<Reappraisal> reappraise(const RunReader& reader, const ReappraisalOptions& options) {
  RunConfig config = stored_config(reader);
  if (!options.rulebook.empty()) config.rulebook = options.rulebook;
  auto names = reader.scenarios();
  if (!options.scenario.empty()) {
    if (std::find(names.begin(), names.end(), options.scenario) == names.end())
      throw no_scenario(reader.path().string(), options.scenario, names);
    names = {options.scenario};
  }
  std::vector<Reappraisal> all;
  for (const auto& name : names) {
    const scenarios::AppraisalInputs inputs = stored_inputs(reader, name);
    const auto settings = scenarios::appraisal_settings(config, static_cast<long>(inputs.cost.rows()));
    Reappraisal one{scenarios::appraise(inputs, settings), kept_conclusion(reader, name), "",
                    kept_plausibility(reader, name)};
    if (!options.diff.empty())
      one.difference = scenarios::appraisal_difference(inputs, settings, settings.rulebook, options.diff);
    all.push_back(std::move(one));
  }
  return all;
}

std::string appraisal_text(const Reappraisal& appraisal) {
  std::string text =
      (appraisal.plausibility.empty() ? "" : appraisal.plausibility + "\n") +
      (appraisal.difference.empty() ? scenarios::appraisal_table(appraisal.result) : appraisal.difference) +
      "\n";
  for (const auto& sentence : appraisal.conclude) text += sentence + "\n";
  return appraisal.conclude.empty() ? text : text + "\n";
}

nlohmann::ordered_json appraisal_json(const Reappraisal& appraisal) {
  const scenarios::AppraisalResult& result = appraisal.result;
  Json rows = Json::array(), switching = Json::array();
  for (const auto& row : scenarios::appraisal_summary(result))
    rows.push_back({{"row", std::string(1, row.letter)},
                    {"title", row.title},
                    {"local", row.local},
                    {"national", row.national},
                    {"note", row.note}});
  for (const auto& one : result.switching)
    switching.push_back({{"what", one.what},
                         {"threshold", one.threshold},
                         {"value", one.value ? Json(*one.value) : Json(nullptr)}});
  Json json = {{"scenario", result.scenario},
               {"rulebook", result.settings.rulebook},
               {"price_base_year", result.settings.price_base_year},
               {"discount_base_year", result.settings.discount_base_year},
               {"appraisal_years", result.settings.appraisal_years},
               {"draws", result.present_value_costs.size()},
               {"present_value_costs", spread(result.present_value_costs)},
               {"financial_costs", spread(result.financial_costs)},
               {"local", column_json(result.local)},
               {"national", column_json(result.national)}};
  Json places = Json::array();
  for (const auto& place : result.places)
    places.push_back({{"name", place.name}, {"population", place.population}, {"gva", spread(place.gva)}});
  json["places"] = places;
  if (result.weighted) json["weighted"] = column_json(*result.weighted);
  json["bcr_reason"] = result.bcr_reason;
  json["switching"] = switching;
  json["table"] = rows;
  json["notes"] = result.notes;
  json["plausibility"] = appraisal.plausibility;
  json["what_to_conclude"] = appraisal.conclude;
  return json;
}

}  // namespace spillway::studies
