#include "scenarios/parameter_specs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace spillway::scenarios {

namespace {
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
    fault.column = fmt::format("scenario.{}.parameters.{}", scenario.name, fault.column);
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
