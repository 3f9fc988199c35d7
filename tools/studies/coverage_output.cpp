#include "tools/studies/coverage_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/draw/distribution.hpp"
#include "engine/outcome/outcome_set.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/spread.hpp"
#include "tools/studies/json_number.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;

std::string four_digits(double value) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return std::abs(value) >= 1000.0 || (value != 0.0 && std::abs(value) < 1e-3) ? fmt::format("{:.2e}", value)
                                                                               : fmt::format("{:.4f}", value);
}

std::string with_error(Simulated figure) {
  return std::isnan(figure.value)
             ? "-"
             : fmt::format("{} ({})", four_digits(figure.value), four_digits(figure.error));
}

std::string share_with_error(Simulated figure) {
  return std::isnan(figure.value) ? "-" : fmt::format("{:.3f} ({:.3f})", figure.value, figure.error);
}

/// Columns as wide as their widest entry, the first `left` flush left.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::vector<std::size_t> width;
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c == width.size()) width.push_back(0);
      width[c] = std::max(width[c], row[c].size());
    }
  std::string text;
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t c = 0; c < row.size(); ++c)
      line += c < left ? fmt::format(" {:<{}}", row[c], width[c]) : fmt::format("  {:>{}}", row[c], width[c]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

/// Whether a cover is further from the level than two Monte Carlo errors of an interval that keeps it.
bool off_level(const ValueSummary& value, double level) {
  return value.intervals > 0 &&
         std::abs(value.cover.value - level) >
             2.0 * std::sqrt(level * (1.0 - level) / static_cast<double>(value.intervals));
}

bool is_scenario(const ValueSummary& value) { return value.model.rfind("scenario ", 0) == 0; }

/// What a scenario's interval is to cover: 90 % of draws, or what is left to a set of the models' level.
double level_of(const ValueSummary& value, double level) {
  return value.method == coverage_names::band_method ? 0.9 : level - kRestLeftOut;
}

/// Bands of scenarios against the world's own equation, in percent (100 x log points).
std::string scenario_table(const DesignSummary& design, double level) {
  std::vector<std::vector<std::string>> rows = {{"scenario", "spread", "outcome", "truth", "bias",
                                                 "bias / truth", "sd", "level", "cover", "", "right sign"}};
  std::string strength;
  for (const ValueSummary& v : design.values) {
    if (!is_scenario(v)) continue;
    const std::string name = v.model.substr(9);
    if (v.quantity == coverage_names::strength) {  // its bias is its mean
      strength += fmt::format("  {} {}: effective F {:.3g} ({:.2g}) on average, sd {:.3g}\n", name,
                              v.estimator, v.bias.value, v.bias.error, v.sd.value);
      continue;
    }
    const double wanted = level_of(v, level);
    rows.push_back({name, v.estimator, v.quantity, fmt::format("{:.4g}", 100.0 * v.truth),
                    fmt::format("{:.3g} ({:.2g})", 100.0 * v.bias.value, 100.0 * v.bias.error),
                    v.truth == 0.0 ? "-" : fmt::format("{:+.0f} %", 100.0 * v.bias.value / v.truth),
                    fmt::format("{:.3g}", 100.0 * v.sd.value), fmt::format("{:g} %", 100.0 * wanted),
                    share_with_error(v.cover), off_level(v, wanted) ? "*" : "",
                    share_with_error(v.right_sign)});
  }
  return (rows.size() > 1 ? aligned(rows, 3) : "") + strength;
}

/// The scenarios of [coverage.policy], each with every spread that its lever allows and with its numbers
/// fixed at the median of their distributions: what varies over worlds is what the estimates make of them.
/// @throws InputError  a scenario that the file does not define
void expand_scenarios(RunConfig& config) {
  const CoveragePolicy& policy = config.coverage.policy;
  std::vector<ScenarioConfig> wanted;
  for (const std::string& name : policy.scenarios) {
    const auto found = std::find_if(config.scenarios.begin(), config.scenarios.end(),
                                    [&](const ScenarioConfig& one) { return one.name == name; });
    if (found == config.scenarios.end()) {
      std::vector<std::string> names;
      for (const ScenarioConfig& one : config.scenarios) names.push_back(one.name);
      const std::string near = nearest_word(name, names);
      throw InputError(
          std::vector<Fault>{{config.file.string(), policy.line, "coverage.policy.scenarios", name,
                              fmt::format("this file defines no such [[scenario]]{}",
                                          near.empty() ? "" : fmt::format("; did you mean '{}'?", near))}});
    }
    for (const std::string& spread : policy.spreads) {
      ScenarioConfig one = *found;
      one.spread = spread;
      const scenarios::ActsThrough acts = scenarios::acts_through(one);
      if ((acts.dynamics && spread != "propagated") || (spread == "estimated" && acts.figure)) continue;
      for (const scenarios::ParameterSpec& spec : scenarios::lever(one.lever).parameters) {
        const auto given = one.parameters.find(spec.name);
        const ParameterValue value = given == one.parameters.end() ? spec.fallback : given->second;
        if (spec.name == "effect" && std::holds_alternative<std::string>(value))
          one.parameters[spec.name] = value;
        const auto* drawn = std::get_if<Distribution>(&value);
        if (!drawn || drawn->kind.empty() || !spec.part.empty()) continue;
        Distribution point;
        point.values["value"] = quantile(*drawn, 0.5);
        point.source = drawn->source;
        one.parameters[spec.name] = point;
      }
      wanted.push_back(std::move(one));
    }
  }
  config.scenarios = std::move(wanted);
}

Json simulated(Simulated figure) {
  return {{"value", number(figure.value)}, {"error", number(figure.error)}};
}

}  // namespace

std::string coverage_text(const RunConfig& config, const CoverageResult& result, const Style& style) {
  const double level = common(config.models.front()).level;
  std::string text = fmt::format(
      "coverage '{}': {} worlds a design, B = {}, seed {}; intervals of {:g} %, tests at {:g} %; Monte Carlo "
      "errors in brackets;\n"
      "* cover more than two Monte Carlo errors from {:g}, of a scenario from its level\n",
      config.name, result.worlds, config.replicates, config.seed, 100.0 * level, 100.0 * (1.0 - level),
      level);
  for (std::size_t d = 0; d < result.designs.size(); ++d) {
    const DesignSummary& design = result.designs[d];
    text += fmt::format("\n{}\n", style.bold(design.design));
    std::vector<std::vector<std::string>> rows = {
        {"estimator", "quantity", "truth", "bias", "sd", "mean s.e.", "cover", "", "length", "interval"}};
    for (const ValueSummary& v : design.values) {
      if (is_scenario(v)) continue;
      rows.push_back({v.model + "/" + v.estimator, v.quantity, four_digits(v.truth), with_error(v.bias),
                      four_digits(v.sd.value), four_digits(v.mean_standard_error), share_with_error(v.cover),
                      off_level(v, level) ? "*" : "", four_digits(v.median_length), v.method});
    }
    if (rows.size() > 1) text += aligned(rows, 2);
    text += scenario_table(design, level);
    std::vector<std::vector<std::string>> tests = {{"estimator", "test", "", "share"}};
    for (const TestSummary& t : design.tests)
      if (t.null != NullHypothesis::unknown || t.test.starts_with("answer: "))
        tests.push_back(
            {t.model + "/" + t.estimator, t.test, meaning_of(t.null), share_with_error(t.rejects)});
    if (tests.size() > 1) text += aligned(tests, 3);
    for (const FitSummary& f : design.fits) {
      if (f.failed > 0)
        text += fmt::format("  {}: failed in {} of {} worlds: {}\n", f.model, f.failed, result.worlds,
                            f.first_message);
      if (f.refused > 0)
        text += fmt::format("  {}/{}: refused by the decision table in {} of {} worlds\n", f.model,
                            f.estimator, f.refused, f.worlds);
      if (f.failed_replicates > 0.0)
        text += fmt::format("  {}/{}: {:.3g} % of replicates failed\n", f.model, f.estimator,
                            100.0 * f.failed_replicates);
    }
  }
  text += fmt::format(
      "\n{:.1f} s{}; every world and figure: {}\n", result.seconds,
      result.resumed > 0 ? fmt::format(", {} worlds taken from the checkpoint", result.resumed) : "",
      result.file.string());
  return text;
}

nlohmann::ordered_json coverage_json(const RunConfig& config, const CoverageResult& result) {
  Json out;
  out["name"] = config.name;
  out["seed"] = config.seed;
  out["worlds"] = result.worlds;
  out["replicates"] = config.replicates;
  out["level"] = common(config.models.front()).level;
  out["file"] = result.file.string();
  out["designs"] = Json::array();
  for (const DesignSummary& design : result.designs) {
    Json one;
    one["name"] = design.design;
    for (const char* part : {"values", "tests", "fits"}) one[part] = Json::array();
    for (const ValueSummary& v : design.values)
      one["values"].push_back({{"model", v.model},
                               {"estimator", v.estimator},
                               {"quantity", v.quantity},
                               {"truth", number(v.truth)},
                               {"interval_method", v.method},
                               {"worlds", v.worlds},
                               {"intervals", v.intervals},
                               {"bias", simulated(v.bias)},
                               {"median_bias", simulated(v.median_bias)},
                               {"sd", simulated(v.sd)},
                               {"mean_standard_error", number(v.mean_standard_error)},
                               {"cover", simulated(v.cover)},
                               {"right_sign", simulated(v.right_sign)},
                               {"accepted_cover", simulated(v.accepted_cover)},
                               {"median_length", number(v.median_length)}});
    for (const TestSummary& t : design.tests)
      one["tests"].push_back({{"model", t.model},
                              {"estimator", t.estimator},
                              {"test", t.test},
                              {"meaning", meaning_of(t.null)},
                              {"worlds", t.worlds},
                              {"rejects", simulated(t.rejects)}});
    for (const FitSummary& f : design.fits)
      one["fits"].push_back({{"model", f.model},
                             {"estimator", f.estimator},
                             {"worlds", f.worlds},
                             {"refused", f.refused},
                             {"failed", f.failed},
                             {"failed_replicates", number(f.failed_replicates)},
                             {"first_message", f.first_message}});
    out["designs"].push_back(one);
  }
  return out;
}

CoverageResult coverage(Session& session) {
  RunConfig config = session.config();
  expand_scenarios(config);
  RunHooks hooks = session.hooks();
  if (!config.scenarios.empty()) hooks.prepare = policy_hooks(config).prepare;
  return run_coverage(config, session.options().output, session.options().build, hooks,
                      session.options().start);
}

}  // namespace spillway::studies
