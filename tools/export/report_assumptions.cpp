// Assumptions of a run for the page: its stored configuration read again, beside the levers' defaults.
#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/config/run_config.hpp"
#include "scenarios/lever.hpp"
#include "tools/export/report_data.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway {

using nlohmann::json;

namespace {

std::string words(const Distribution& d) {
  if (d.kind == "point") return d.values.contains("value") ? fmt::format("{:g}", d.values.at("value")) : "";
  if (d.kind.empty()) return "must be given";
  std::string text = d.kind + "(";
  bool first = true;
  for (const char* key : {"low", "mode", "high", "mean", "sd", "median", "sigma", "a", "b"}) {
    if (!d.values.contains(key)) continue;
    text += fmt::format("{}{} {:g}", first ? "" : ", ", key, d.values.at(key));
    first = false;
  }
  if (!d.support.empty()) text += fmt::format("{}values {:g}", first ? "" : ", ", fmt::join(d.support, ", "));
  if (!d.probabilities.empty()) text += fmt::format("; probabilities {:g}", fmt::join(d.probabilities, ", "));
  return text + ")";
}

std::string headline_word(const ModelConfig& model) {
  const auto& headline = common(model).headline;
  return headline ? name_of(*headline) : "";
}

json value_json(const ParameterValue& value) {
  if (const auto* d = std::get_if<Distribution>(&value))
    return {{"value", words(*d)},
            {"source", d->source},
            {"date", d->date},
            {"random", d->kind != "point" && !d->kind.empty()}};
  json entry = {{"source", ""}, {"date", ""}, {"random", false}};
  if (const auto* text = std::get_if<std::string>(&value))
    entry["value"] = *text;
  else if (const auto* flag = std::get_if<bool>(&value))
    entry["value"] = *flag ? "true" : "false";
  else if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
    entry["value"] = fmt::format("{}", fmt::join(*texts, ", "));
  else
    entry["value"] = fmt::format("{:g}", fmt::join(std::get<std::vector<double>>(value), ", "));
  return entry;
}

/// A number or distribution as the configuration writes it, and which of its keys grow with it when it is
/// scaled; null where nothing was set and nothing stands.
json distribution_json(const ParameterValue& value) {
  const auto* d = std::get_if<Distribution>(&value);
  if (d == nullptr || d->kind.empty()) return nullptr;
  json keys = json::object();
  for (const auto& [key, number] : d->values) keys[key] = number;
  if (d->kind == "beta" && !keys.contains("low")) keys["low"] = 0.0;
  if (d->kind == "beta" && !keys.contains("high")) keys["high"] = 1.0;
  std::vector<std::string> scaled;
  for (const auto& [key, number] : keys.items())
    if (key != "sigma" && key != "a" && key != "b") scaled.push_back(key);
  return {{"kind", d->kind},      {"keys", keys},        {"scaled", scaled},
          {"values", d->support}, {"source", d->source}, {"probabilities", d->probabilities}};
}

json lever_json(const ScenarioConfig& scenario) {
  json rows = json::array();
  const scenarios::Lever& lever = scenarios::lever(scenario.lever);
  for (const scenarios::ParameterSpec& spec : lever.parameters) {
    const auto given = scenario.parameters.find(spec.name);
    const bool own = given != scenario.parameters.end();
    json row = value_json(own ? given->second : spec.fallback);
    row["distribution"] = distribution_json(own ? given->second : spec.fallback);
    if (own && row["source"].get<std::string>().empty()) row["source"] = "configuration, no source given";
    row["name"] = spec.name;
    row["unit"] = spec.unit;
    row["description"] = spec.description;
    row["from"] = own ? "configuration" : "default of the lever";
    rows.push_back(row);
  }
  return {{"scenario", scenario.name},   {"lever", scenario.lever},
          {"summary", lever.summary},    {"estimates", scenario.estimates},
          {"convert", scenario.convert}, {"convertSource", scenario.convert_source},
          {"parameters", rows}};
}

json uncertainty(const std::string& source, bool on, const std::string& text) {
  return {{"source", source}, {"on", on}, {"text", text}};
}

}  // namespace

json report_assumptions(const RunReader& reader, std::vector<std::string>& warnings) {
  const studies::StoredText stored = studies::split_stored(reader.run().config);
  json result = {{"text", stored.text},        {"overrides", stored.overrides},
                 {"scenarios", json::array()}, {"uncertainties", json::array()},
                 {"decisions", json::array()}, {"headlines", json::object()}};
  RunConfig config;
  try {
    config = parse_config(stored.text, "configuration", stored.overrides);
  } catch (const InputError&) {
    warnings.push_back(
        "this version of spillway cannot read the run's configuration: the assumptions show its text only");
    return result;
  }
  result["pack"] = config.pack == "synthetic" ? "" : config.pack;
  result["period_years"] = config.period_years;  // where the pack's periods are uneven; 0: not set
  result["price_base_year"] = config.price_base_year;
  for (const ModelConfig& model : config.models)
    result["headlines"][common(model).name] = headline_word(model);
  long random = 0, parameters = 0;
  for (const ScenarioConfig& scenario : config.scenarios) {
    try {
      result["scenarios"].push_back(lever_json(scenario));
    } catch (const InputError&) {
      warnings.push_back(fmt::format("this version of spillway has no lever '{}': its defaults are not shown",
                                     scenario.lever));
      continue;
    }
    for (const json& row : result["scenarios"].back()["parameters"]) {
      ++parameters;
      random += row["random"].get<bool>();
    }
  }
  auto& on = result["uncertainties"];
  on.push_back(uncertainty(
      "Estimates (sampling)", config.draws > 1,
      fmt::format(
          "{} joint bootstrap replicates, scheme {}, clusters {}: one resampling drives every model, so "
          "their covariance is kept",
          config.replicates, name_of(config.bootstrap_scheme),
          config.bootstrap_cluster.empty() ? "none" : config.bootstrap_cluster)));
  on.push_back(uncertainty(
      "Parameters of the policies (assumptions)", random > 0,
      fmt::format("{} of {} lever parameters are distributions, the rest are fixed", random, parameters)));
  on.push_back(uncertainty("Correlation between parameters", !config.correlated.empty(),
                           config.correlated.empty()
                               ? "parameters are drawn independently"
                               : "rank correlations of the configuration, by Gaussian copula"));
  on.push_back(
      uncertainty("Residual shocks to come", false,
                  "they cancel between a policy and its counterfactual where it adds shocks alone; where it "
                  "changes W or rho they are left out"));
  const bool growth_drawn = config.counterfactual_growth == "shrunk_mean";
  on.push_back(uncertainty(
      "Counterfactual growth", growth_drawn,
      fmt::format("{}, held constant over {} periods{}", config.counterfactual_growth, config.horizon,
                  growth_drawn
                      ? "; drawn with its sampling error in policies that change W or rho, from the others "
                        "it cancels"
                      : ": taken as known")));
  on.push_back(uncertainty(
      "Spatial weights and model form", false,
      fmt::format("one W ({}) and one specification drive the draws; the tables of estimates show the others",
                  config.weights_kind)));
  auto& decisions = result["decisions"];
  const auto decide = [&](const std::string& what, const std::string& value) {
    decisions.push_back({{"decision", what}, {"value", value}});
  };
  decide("Areas are typed by", config.area_type);
  decide("Spatial weights",
         fmt::format("{}, {}; islands: {}", config.weights_kind,
                     config.row_standardise ? "row-standardised" : "taken as they are", config.islands));
  for (const ModelConfig& each : config.models) {
    const ModelCommon& model = common(each);
    const auto* iv = std::get_if<IvModel>(&each);
    decide(fmt::format("Model {}", model.name),
           fmt::format("{} of {}; headline {}{}", name_of(kind_of(each)), model.outcome, headline_word(each),
                       !iv || iv->headline_cell.empty() ? "" : " of cell " + iv->headline_cell));
    decide(fmt::format("Standard errors of {}", model.name),
           fmt::format(
               "{}{}; small sample {}", name_of(model.covariance.kind),
               model.covariance.by.empty() ? "" : fmt::format(" by {}", fmt::join(model.covariance.by, ", ")),
               name_of(model.covariance.small_sample)));
  }
  decide("Bootstrap", fmt::format("{} by {}, {} replicates, {} draws", name_of(config.bootstrap_scheme),
                                  config.bootstrap_cluster, config.replicates, config.draws));
  decide("Counterfactual growth", config.counterfactual_growth);
  decide("Horizon", fmt::format("{} periods", config.horizon));
  decide("Rulebook", config.rulebook);
  decide(
      "Price base year, discount base year, appraisal years",
      fmt::format("{}, {}, {}", config.price_base_year, config.discount_base_year, config.appraisal_years));
  decide("Reference option", config.reference_option);
  decide("First year, deflators", fmt::format("{}, {}", config.starts_in(), config.deflator_series));
  decide("Capital share of cost", fmt::format("{:g}", config.capital_share));
  decide("Optimism bias", config.optimism_bias_class.empty() ? "none applied" : config.optimism_bias_class);
  decide("Value-for-money words", config.department);
  decide("Distributional weights", config.distributional_weights ? "by " + config.income_column : "off");
  return result;
}

}  // namespace spillway
