#include "scenarios/parameter_specs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>

#include "engine/base/written_number.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/config/sweep_config.hpp"
#include "scenarios/price_year.hpp"

namespace spillway::scenarios {

namespace {
/// 300000000 as people write it in TOML: 300e6.
std::string in_toml(double value) {
  if (value >= 1e6 && std::fmod(value, 1e3) == 0.0) return fmt::format("{:g}e6", value / 1e6);
  return fmt::format("{:g}", value);
}

bool allows(const ParameterSpec& spec, double value) {
  return value >= spec.low && value <= spec.high && (value == 0.0 || value >= spec.smallest);
}

bool is_share(const ParameterSpec& spec) { return spec.low == 0.0 && spec.high == 1.0; }

bool is_date(const std::string& text) {
  return text.size() >= 10 && text[4] == '-' && text[7] == '-' &&
         std::all_of(text.begin(), text.begin() + 4, [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::vector<std::string> in_toml(const std::vector<double>& values) {
  std::vector<std::string> texts;
  for (const double value : values) texts.push_back(in_toml(value));
  return texts;
}

/// Several values where a run has one: a sweep takes them.
std::string one_a_run(const ParameterSpec& spec, const std::vector<double>& several) {
  return fmt::format(
      "; one run has one value, and a sweep takes several: spillway sweep CONFIG --set \"...{}=[{}]\"",
      spec.name, fmt::join(in_toml(several), ", "));
}

/// "2027" of FY27, "FY 2027/28" apart, and 27/28; else empty.
std::string year_of_two_digits(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c == ' ' || c == '\''; });
  for (const char* word : {"FY", "fy"})
    if (text.starts_with(word)) text.erase(0, 2);
  const auto digit = [&](std::size_t k) { return std::isdigit(static_cast<unsigned char>(text[k])) != 0; };
  const bool alone = text.size() == 2 && digit(0) && digit(1);
  const bool two =
      text.size() == 5 && (text[2] == '/' || text[2] == '-') && digit(0) && digit(1) && digit(3) && digit(4);
  return alone || two ? "20" + text.substr(0, 2) : "";
}

std::string meant_by_number(const ParameterSpec& spec, const Distribution& given) {
  if (given.values.empty()) return "";
  Distribution hundredth = given;
  double least = unbounded, most = -unbounded;
  for (auto& [key, value] : hundredth.values) {
    if (key == "sigma" || key == "a" || key == "b") continue;
    least = std::min(least, value);
    most = std::max(most, value);
    value /= 100.0;
  }
  if (is_share(spec) && least >= 0.0 && most >= 2.0 && most <= 100.0)
    return fmt::format("; did you mean {}?", describe(hundredth));
  if (spec.unit == "years" && given.kind == "point" && most >= 1900.0 && most <= 2200.0)
    return fmt::format("; {:g} is a calendar year, and {} counts years", most, spec.name);
  return "";
}

std::string meant_by_text(const ParameterSpec& spec, const std::string& given) {
  if (std::holds_alternative<bool>(spec.fallback)) {
    for (const auto& [word, yes] :
         {std::pair{"yes", true}, std::pair{"true", true}, std::pair{"on", true}, std::pair{"no", false},
          std::pair{"false", false}, std::pair{"off", false}})
      if (nearest_word(given, {word}) == word && given.size() == std::string(word).size())
        return fmt::format("; did you mean {}, without quotes?", yes);
    return "";
  }
  if (std::holds_alternative<std::vector<std::string>>(spec.fallback)) {
    const std::string near = spec.choices.empty() ? std::string() : nearest_word(given, spec.choices);
    const std::string meant = spec.choices.empty() ? given : near;
    return meant.empty() ? "" : fmt::format("; did you mean [{}]?", toml_text(meant));
  }
  if (std::holds_alternative<std::vector<double>>(spec.fallback)) {
    std::vector<double> several = written_numbers(given);
    if (const auto one = written_number(given); several.empty() && one) several = {*one};
    return several.empty() ? "" : fmt::format("; did you mean [{}]?", fmt::join(in_toml(several), ", "));
  }
  if (!std::holds_alternative<Distribution>(spec.fallback)) return "";
  if (spec.name == "start" || spec.name.ends_with("_start")) {  // "April 2027", 2027-28, 2027-04-01
    for (std::size_t at = 0; at + 4 <= given.size(); ++at)
      if (given.compare(at, 2, "20") == 0 && std::isdigit(static_cast<unsigned char>(given[at + 2])) != 0 &&
          std::isdigit(static_cast<unsigned char>(given[at + 3])) != 0)
        return fmt::format("; did you mean {}?", given.substr(at, 4));
    if (const std::string year = year_of_two_digits(given); !year.empty())  // FY27, 27/28
      return fmt::format("; did you mean {}?", year);
  }
  if (is_date(given)) return fmt::format("; a date is no number{}", spec.unit == "years" ? " of years" : "");
  if (const std::vector<double> several = written_numbers(given); !several.empty())
    return one_a_run(spec, several);
  const std::optional<double> value = written_number(given);
  if (const std::vector<double> ends = written_range(given);
      !value && !ends.empty() && allows(spec, ends[0]) && allows(spec, ends[1]))
    return fmt::format("; did you mean {{ distribution = \"uniform\", low = {}, high = {} }}?",
                       in_toml(ends[0]), in_toml(ends[1]));
  if (!value || !allows(spec, *value)) {
    const bool percent = value && is_share(spec) && *value >= 2.0 && allows(spec, *value / 100.0);
    return percent ? fmt::format("; did you mean {:g}?", *value / 100.0) : "";
  }
  return fmt::format("; did you mean {}?", in_toml(*value));
}
Distribution distribution(std::string kind, std::map<std::string, double> values, std::string source) {
  Distribution made;
  made.kind = std::move(kind);
  made.values = std::move(values);
  made.source = std::move(source);
  made.date = "2026-11";
  return made;
}

std::string range(const ParameterSpec& spec) {
  if (spec.unit == target_unit) return "type, column or list";
  if (spec.unit == price_year_unit)
    return fmt::format("{} or a year", fmt::join(price_year_words(spec), ", "));
  if (!spec.choices.empty()) return fmt::format("{}", fmt::join(spec.choices, " \\| "));
  if (std::holds_alternative<std::vector<double>>(spec.fallback)) return "a number a year";
  if (!std::holds_alternative<Distribution>(spec.fallback)) return "any";
  if (spec.high == unbounded)
    return spec.low == -unbounded ? "any number" : fmt::format("{:g} or more", spec.low);
  return fmt::format("{:g} to {:g}", spec.low, spec.high);
}

struct Fallback {
  std::string operator()(const Distribution& value) const {
    return value.kind.empty() ? "must be given" : describe(value);
  }
  std::string operator()(const std::string& value) const { return value.empty() ? "(none)" : value; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::vector<std::string>& value) const {
    return value.empty() ? "(none)" : fmt::format("{}", fmt::join(value, ", "));
  }
  std::string operator()(const std::vector<double>& value) const {
    return value.empty() ? "(none)" : fmt::format("{}", fmt::join(value, ", "));
  }
};
}  // namespace

Distribution point(double value, std::string source) {
  return distribution("point", {{"value", value}}, std::move(source));
}
Distribution uniform(double low, double high, std::string source) {
  return distribution("uniform", {{"low", low}, {"high", high}}, std::move(source));
}
Distribution pert(double low, double mode, double high, std::string source) {
  return distribution("pert", {{"low", low}, {"mode", mode}, {"high", high}}, std::move(source));
}
Distribution lognormal(double median, double sigma, std::string source) {
  return distribution("lognormal", {{"median", median}, {"sigma", sigma}}, std::move(source));
}

ParameterSpec number(std::string name, std::string unit, std::string description, Distribution fallback,
                     double low, double high) {
  return {std::move(name), std::move(unit), std::move(description), std::move(fallback), low, high, {}};
}
ParameterSpec pounds(std::string name, std::string description, Distribution fallback, double high,
                     double smallest) {
  ParameterSpec spec = number(std::move(name), "GBP", std::move(description), std::move(fallback), 0.0, high);
  spec.smallest = smallest;
  return spec;
}
ParameterSpec share(std::string name, std::string description, Distribution fallback) {
  return number(std::move(name), "share", std::move(description), std::move(fallback), 0.0, 1.0);
}
ParameterSpec text(std::string name, std::string description, std::string fallback,
                   std::vector<std::string> choices) {
  return {std::move(name), "word", std::move(description), std::move(fallback), 0.0, 0.0, std::move(choices)};
}
ParameterSpec flag(std::string name, std::string description, bool fallback) {
  return {std::move(name), "yes or no", std::move(description), fallback, 0.0, 0.0, {}};
}
ParameterSpec list(std::string name, std::string description, std::vector<std::string> fallback,
                   std::vector<std::string> choices) {
  return {std::move(name), "list", std::move(description), std::move(fallback), 0.0, 0.0, std::move(choices)};
}

ParameterSpec series(std::string name, std::string unit, std::string description) {
  return {
      std::move(name), std::move(unit), std::move(description), std::vector<double>{}, 0.0, unbounded, {}};
}

std::vector<double> series_of(const Parameters& parameters, const std::string& name) {
  std::vector<double> values;
  const auto known = [&](const std::string& one) {
    return std::find(parameters.names.begin(), parameters.names.end(), one) != parameters.names.end();
  };
  for (std::string one = name + "_1"; known(one); one = fmt::format("{}_{}", name, values.size() + 1))
    values.push_back(parameters[one](0));
  return values;
}

std::vector<ParameterSpec> target_parameters(std::string description, std::string fallback) {
  ParameterSpec target = text("target", std::move(description), std::move(fallback));
  target.unit = target_unit;
  return {std::move(target),
          list("where", "names or codes of any grouping of the pack; none: everywhere", {})};
}

InputError refusal(const std::string& name, const std::string& value, const std::string& what) {
  return InputError(std::vector<Fault>{{"", 0, name, value, what}});
}

InputError placed(const InputError& error, const ScenarioConfig& scenario, const RunConfig& config) {
  if (error.faults().empty()) return error;
  std::vector<Fault> faults = error.faults();
  for (Fault& fault : faults) {
    if (!fault.file.empty() || fault.column.empty()) continue;
    const auto line = scenario.parameter_lines.find(fault.column);
    fault.file = config.file.string();
    fault.line = line == scenario.parameter_lines.end() ? scenario.line : line->second;
    fault.column = fmt::format("{}.parameters.{}", config_path(scenario), fault.column);
    const auto place = config.places.find(fault.column);
    if (place == config.places.end() || place->second.origin.empty()) continue;
    fault.file = place->second.origin;  // set on the command line
    fault.line = 0;
  }
  return InputError(std::move(faults));
}

InputError of_package(const InputError& error, const std::string& lever) {
  if (error.faults().empty()) return error;
  std::vector<Fault> faults = error.faults();
  for (Fault& fault : faults)
    if (fault.file.empty() && !fault.column.empty()) fault.column = lever + "_" + fault.column;
  return InputError(std::move(faults));
}

std::vector<ParameterSpec> joined(std::vector<ParameterSpec> first,
                                  const std::vector<ParameterSpec>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string describe(const Distribution& value) {
  const auto at = [&](const char* key) {
    const auto found = value.values.find(key);
    return found == value.values.end() ? std::string("?") : fmt::format("{:g}", found->second);
  };
  const std::string& kind = value.kind;
  if (kind == "point") return at("value");
  if (kind == "pert" || kind == "triangular")
    return fmt::format("{}({}, {}, {})", kind, at("low"), at("mode"), at("high"));
  if (kind == "lognormal") return fmt::format("lognormal(median {}, sigma {})", at("median"), at("sigma"));
  if (kind == "discrete" || kind == "empirical")
    return fmt::format("{}({:g})", kind, fmt::join(value.support, ", "));
  std::vector<std::string> parts;
  for (const auto& [key, number_] : value.values) parts.push_back(fmt::format("{} {:g}", key, number_));
  return fmt::format("{}({})", kind, fmt::join(parts, ", "));
}

std::string page(const std::string& name, const std::string& mechanism,
                 const std::vector<ParameterSpec>& parameters, const std::string& left_out) {
  std::string made = fmt::format(
      "# {}\n\n{}\n## Parameters\n\n| name | unit | allowed | default | what it is | source of "
      "the default |\n|---|---|---|---|---|---|\n",
      name, mechanism);
  for (const ParameterSpec& spec : parameters) {
    const auto* drawn = std::get_if<Distribution>(&spec.fallback);
    made += fmt::format(
        "| `{}` | {} | {} | {} | {} | {} |\n", spec.name, spec.unit, range(spec),
        std::visit(Fallback{}, spec.fallback), spec.description,
        drawn == nullptr || drawn->source.empty() ? std::string("choice of the modeller") : drawn->source);
  }
  return made + fmt::format("\n## What it leaves out\n\n{}", left_out);
}

std::string meant(const ParameterSpec& spec, const ParameterValue& given) {
  if (const auto* word = std::get_if<std::string>(&given)) return meant_by_text(spec, *word);
  if (const auto* words = std::get_if<std::vector<std::string>>(&given);
      words && words->size() == 1 && std::holds_alternative<std::string>(spec.fallback))
    return "; write one word without brackets";
  if (const auto* several = std::get_if<std::vector<double>>(&given);
      several && std::holds_alternative<Distribution>(spec.fallback))
    return one_a_run(spec, *several);
  const auto* number_ = std::get_if<Distribution>(&given);
  if (number_ == nullptr) return "";
  if (std::holds_alternative<std::vector<double>>(spec.fallback) && number_->kind == "point" &&
      allows(spec, number_->values.at("value")))
    return fmt::format("; did you mean [{}]?", in_toml(number_->values.at("value")));
  if (std::holds_alternative<bool>(spec.fallback) && number_->kind == "point") {
    const auto value = number_->values.find("value");
    if (value != number_->values.end() && (value->second == 0.0 || value->second == 1.0))
      return fmt::format("; did you mean {}?", value->second == 1.0);
  }
  return std::holds_alternative<Distribution>(spec.fallback) ? meant_by_number(spec, *number_) : "";
}

std::string too_small(const ParameterSpec& spec, double least) {
  if (!(least > 0.0) || least >= spec.smallest) return "";
  const bool millions = spec.smallest >= 1e4;
  return fmt::format("that is GBP {:g} {}; write {:g}e{} for {:g} {}", least,
                     spec.unit == "GBP" && !millions ? "each" : "in all", least, millions ? 6 : 3, least,
                     millions ? "million" : "thousand");
}

double constant(const Parameters& parameters, const std::string& name) {
  const Eigen::VectorXd values = parameters[name];
  if (values.minCoeff() != values.maxCoeff())
    throw InputError(
        fmt::format("parameter '{}' varies from {:g} to {:g} over the draws (it decides which areas are "
                    "treated: give one number)",
                    name, values.minCoeff(), values.maxCoeff()));
  return values(0);
}

}  // namespace spillway::scenarios
