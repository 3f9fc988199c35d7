// Choices that the page can make without a run: the rulebook of the appraisal, and what share of local gains
// counts as additional to the nation. Each is appraised here, draw by draw, at every position that the page
// offers.
#include <cmath>

#include "scenarios/appraisal.hpp"
#include "scenarios/rulebook.hpp"
#include "tools/export/report_data.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway {

using nlohmann::json;

namespace {

constexpr int share_steps = 20;  ///< of the share, from 0 to 1

json figure_json(const Eigen::VectorXd& values) {
  std::vector<float> draws(values.begin(), values.end());
  long finite = 0, above[3] = {};
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    ++finite;
    for (int k = 0; k < 3; ++k) above[k] += v > k;
  }
  const auto share = [&](long n) {
    return finite ? static_cast<double>(n) / static_cast<double>(finite) : std::nan("");
  };
  return {{"q", quantiles_of(draws, {0.05, 0.1, 0.5, 0.9, 0.95})},
          {"above0", share(above[0])},
          {"above1", share(above[1])},
          {"above2", share(above[2])}};
}

json appraised_json(const scenarios::AppraisalResult& result) {
  json one = {{"benefits", figure_json(result.present_value_benefits())},
              {"costs", figure_json(result.present_value_costs)},
              {"npsv", figure_json(result.npsv())}};
  const Eigen::VectorXd ratio = result.bcr();
  if (ratio.array().isFinite().any()) one["bcr"] = figure_json(ratio);
  return one;
}

}  // namespace

json report_choices(const RunReader& reader) {
  json choices = {{"rulebooks", json::array()}, {"shares", json::array()}, {"policies", json::object()}};
  for (const scenarios::Rulebook& book : scenarios::rulebooks()) choices["rulebooks"].push_back(book.name);
  for (int k = 0; k <= share_steps; ++k) choices["shares"].push_back(static_cast<double>(k) / share_steps);
  try {
    RunConfig config = studies::stored_config(reader);
    const auto set = config.benefits.find("gva_additional_share");
    const auto* own = set == config.benefits.end() ? nullptr : std::get_if<Distribution>(&set->second);
    choices["rulebook"] = config.rulebook;
    // What the run has: a number that the page can start from, or null for a distribution.
    choices["share"] = set == config.benefits.end()             ? json(0.0)
                       : own != nullptr && own->kind == "point" ? json(own->values.at("value"))
                                                                : json();
    for (const std::string& scenario : reader.appraisals()) {
      const scenarios::AppraisalInputs inputs = studies::stored_inputs(reader, scenario);
      const auto draws = static_cast<long>(inputs.cost.rows());
      json of_book = json::object();
      for (const scenarios::Rulebook& book : scenarios::rulebooks()) {
        config.rulebook = book.name;
        json rows = json::array();
        const auto kept = config.benefits;
        // First as the run has it, then at every share.
        rows.push_back(
            appraised_json(scenarios::appraise(inputs, scenarios::appraisal_settings(config, draws))));
        for (int k = 0; k <= share_steps; ++k) {
          Distribution share;
          share.values["value"] = static_cast<double>(k) / share_steps;
          share.source = "what-if of the report";
          config.benefits["gva_additional_share"] = share;
          rows.push_back(
              appraised_json(scenarios::appraise(inputs, scenarios::appraisal_settings(config, draws))));
        }
        config.benefits = kept;
        of_book[book.name] = rows;
      }
      choices["policies"][scenario] = of_book;
    }
  } catch (const InputError&) {
    return nullptr;  // the result lacks what an appraisal needs, or is of another version's configuration
  }
  return choices["policies"].empty() ? json() : choices;
}

}  // namespace spillway
