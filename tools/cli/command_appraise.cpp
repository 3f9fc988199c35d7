// spillway appraise: the appraisal of a finished run, anew under another rulebook, or two rulebooks side by
// side.
<<<<<<< HEAD
#include "tools/cli/command.hpp"
#include "tools/cli/named_files.hpp"
#include "tools/studies/json_output.hpp"
#include "tools/studies/reappraise.hpp"

namespace spillway::cli {

void add_appraise(CLI::App& app) {
  struct Flags {
    std::string run, json;
    ReappraisalOptions options;
=======
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/cli/command.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

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

/// Everything of the table as numbers, GBP of the price base year; null where it does not exist.
Json appraisal_json(const scenarios::AppraisalResult& result, const std::vector<std::string>& conclude) {
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
  json["what_to_conclude"] = conclude;
  return json;
}

/// The paragraph that the run kept; empty where it has none (a file of an earlier version).
std::vector<std::string> kept_conclusion(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/appraisal/" + scenario;
  if (!reader.has(group) || !reader.has_attribute(group, "what_to_conclude")) return {};
  return reader.attribute_as<std::vector<std::string>>(group, "what_to_conclude");
}

}  // namespace

void add_appraise(CLI::App& app) {
  struct Flags {
    std::string run, rulebook, diff, scenario, json;
    bool unsealed = false;
>>>>>>> refs/h/store
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("appraise", "Appraisal summary table of each scenario, anew under another rulebook");
  command->add_option("RUN", flags->run, "Result file")->required();
  command->add_option("--rulebook", flags->options.rulebook, "Edition of the rules; default: the run's own");
  command->add_option("--diff", flags->options.diff,
                      "A second edition: rules that differ, then the headlines side by side");
  command->add_option("--scenario", flags->options.scenario, "Only this scenario");
  command->add_option("--json", flags->json,
                      "Also write the tables to FILE as JSON (of the first edition where two are compared); "
                      "'-' writes to standard output");
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Example: spillway appraise results/england.h5 --rulebook green-book-2026 --diff green-book-2022");
  command->callback([flags] {
<<<<<<< HEAD
    NamedFiles files;
    files.reads_result(flags->run);
    files.writes("--json", flags->json);
    files.check();
    const std::vector<Reappraisal> all = reappraise(RunReader(flags->run), flags->options);
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
=======
    const RunReader reader(flags->run, seal_needed(flags->unsealed));
    RunConfig config = stored_config(reader);
    if (!flags->rulebook.empty()) config.rulebook = flags->rulebook;
    auto names = reader.scenarios();
    if (!flags->scenario.empty()) {
      if (std::find(names.begin(), names.end(), flags->scenario) == names.end()) {
        const std::string near = nearest_word(flags->scenario, names);
        throw InputError(fmt::format("'{}' has no scenario '{}'{} (it has: {})", flags->run, flags->scenario,
                                     near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                                     fmt::join(names, ", ")));
      }
      names = {flags->scenario};
    }
    Json all = Json::array();
>>>>>>> refs/h/store
    std::string text;
    for (const Reappraisal& one : all) {
      text += appraisal_text(one);
      json.push_back(appraisal_json(one));
    }
    if (!flags->json.empty())
      write_text(flags->json, json_text(nlohmann::ordered_json{{"appraisals", json}}));
    if (flags->json != "-") print("{}", text);
  });
}

}  // namespace spillway::cli
