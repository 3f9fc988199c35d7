// A scenario's parameters: checked against its lever, then sampled.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/config/area_target.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/draw/distribution.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/price_year.hpp"

namespace spillway::scenarios {

namespace {

const char* kind_in_words(const ParameterValue& value) {
  constexpr const char* words[] = {"a number or distribution", "a word", "true or false", "a list of words",
                                   "a list of numbers"};
  return words[value.index()];
}

std::string shown(const ParameterValue& value) {
  struct Show {
    std::string operator()(const Distribution& v) const {
      return v.kind == "point" && v.values.contains("value") ? fmt::format("{:g}", v.values.at("value"))
                                                             : describe(v);
    }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::vector<std::string>& v) const {
      return fmt::format("[{}]", fmt::join(v, ", "));
    }
    std::string operator()(const std::vector<double>& v) const {
      return fmt::format("[{:g}]", fmt::join(v, ", "));
    }
  };
  return std::visit(Show{}, value);
}

std::string allowed(const ParameterSpec& spec) {
  if (spec.high == unbounded)
    return spec.low == -unbounded ? "any number" : fmt::format("{:g} or more", spec.low);
  return fmt::format("from {:g} to {:g}", spec.low, spec.high);
}

/// One scenario under check: its faults, with file, line and key.
struct Check {
  const ScenarioConfig& scenario;
  const RunConfig& config;
  std::vector<Fault> faults = {};

  void add(const std::string& key, std::string value, std::string what) {
    Fault fault;
    fault.file = config.file.string();
    fault.column = fmt::format("{}.parameters.{}", config_path(scenario), key);
    const auto line = scenario.parameter_lines.find(key);
    fault.line = line == scenario.parameter_lines.end() ? scenario.line : line->second;
    if (const Fault place = fault_of_key(config, fault.column, value, what);
        place.line > 0 || place.file != fault.file) {  // else the file does not set it
      fault.file = place.file;
      fault.line = place.line;
    }
    fault.value = std::move(value);
    fault.what = std::move(what);
    faults.push_back(std::move(fault));
  }
};

/// The value that stands for a parameter: the scenario's, else the default.
const ParameterValue& value_of(const ScenarioConfig& scenario, const ParameterSpec& spec) {
  const auto given = scenario.parameters.find(spec.name);
  return given == scenario.parameters.end() ? spec.fallback : given->second;
}

bool is_choice(const ParameterSpec& spec, const std::string& word) {
  return spec.choices.empty() ||
         std::find(spec.choices.begin(), spec.choices.end(), word) != spec.choices.end();
}

void check_words(const ParameterSpec& spec, const std::vector<std::string>& words, Check& check) {
  for (const std::string& word : words) {
    if (is_choice(spec, word)) continue;
    const std::string near = nearest_word(word, spec.choices);
    check.add(spec.name, word,
              fmt::format("is not one of {}{}", fmt::join(spec.choices, ", "),
                          near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
}

/// What a parameter of an earlier name is called now; empty: it has not been renamed.
std::string name_of_now(const std::string& name, const std::vector<std::string>& known) {
  static const std::vector<std::pair<std::string, std::string>> renamed = {
      {"target_type", "target"}, {"leverage", "match_private"}, {"combined_authorities", "where"}};
  if (std::find(known.begin(), known.end(), name) != known.end()) return {};
  for (const auto& [before, now] : renamed)
    if (name.ends_with(before)) {
      const std::string present = name.substr(0, name.size() - before.size()) + now;
      if (std::find(known.begin(), known.end(), present) != known.end()) return present;
    }
  return {};
}

/// Whether a parameter of this name was one of a lever that spends a fund (or of such a lever in a package),
/// where it changed a sentence and no figure.
bool changed_nothing(const std::string& name, const std::vector<std::string>& known) {
  const std::string before = "capital_share";
  if (name != before && !name.ends_with("_" + before)) return false;
  const auto holds = [&](const std::string& one) {
    return std::find(known.begin(), known.end(), one) != known.end();
  };
  return !holds(name) && holds(name.substr(0, name.size() - before.size()) + "fund_years");
}

std::vector<std::string> names_of(const Lever& lever) {
  std::vector<std::string> names;
  for (const ParameterSpec& spec : lever.parameters) names.push_back(spec.name);
  return names;
}

/// The scenario with its parameters under their names of now, where those are not given as well, and without
/// those that are none any more.
ScenarioConfig with_names_of_now(ScenarioConfig scenario, const std::vector<std::string>& known) {
  const auto given = scenario.parameters;
  for (const auto& [name, value] : given) {
    if (changed_nothing(name, known)) scenario.parameters.erase(name);
    const std::string now = name_of_now(name, known);
    if (now.empty() || given.contains(now)) continue;
    scenario.parameters[now] = value;
    scenario.parameters.erase(name);
    if (const auto line = scenario.parameter_lines.find(name); line != scenario.parameter_lines.end())
      scenario.parameter_lines[now] = line->second;
  }
  return scenario;
}

/// Distribution of "scenario.parameter", for a correlation that spans scenarios.
const Distribution* distribution_of(const RunConfig& config, const std::string& qualified) {
  for (const ScenarioConfig& scenario : config.scenarios) {
    if (!qualified.starts_with(scenario.name + ".")) continue;
    const std::string name = qualified.substr(scenario.name.size() + 1);
    for (const ParameterSpec& spec : lever(scenario.lever).parameters)
      if (spec.name == name) return std::get_if<Distribution>(&value_of(scenario, spec));
  }
  return nullptr;
}

/// `start`, a calendar year, as years from the start of the horizon, and the first year where it is left out;
/// under a prefix, in a package.
/// @throws InputError  before the first year, a part of a year, beside start_years
void place_in_time(const ScenarioConfig& scenario, const RunConfig& config, Parameters& parameters) {
  std::vector<std::string> names;
  for (const std::string& name : parameters.names)
    if (name == "start" || name.ends_with("_start")) names.push_back(name);
  for (const std::string& name : names) {
    const auto column_of = [&](const std::string& one) {
      return std::find(parameters.names.begin(), parameters.names.end(), one) - parameters.names.begin();
    };
    auto start = parameters.value.col(column_of(name)),
         years = parameters.value.col(column_of(name + "_years"));
    const double year = start(0);
    if (start.isZero(0.0)) {
      if (years.isZero(0.0)) start.setConstant(config.starts_in());
      continue;
    }
    const auto refuse = [&](const std::string& what) {
      throw placed(refusal(name, fmt::format("{:g}", year), what), scenario, config);
    };
    if (start.minCoeff() != start.maxCoeff() || year != std::floor(year))
      refuse("is no calendar year; expected one whole number, such as 2027");
    if (year < config.starts_in())
      refuse(fmt::format("is before the first year of the appraisal, {}; {}", config.starts_in(),
                         year < 100.0 && 2000.0 + year >= config.starts_in()
                             ? fmt::format("did you mean {:g}?", 2000.0 + year)
                             : std::string("a policy starts then or later")));
    if (!years.isZero(0.0)) refuse(fmt::format("stands beside {}_years; give one", name));
    years.setConstant(year - config.starts_in());
  }
}

}  // namespace

std::vector<std::string> renamed_notes(const ScenarioConfig& scenario, const Lever& lever) {
  std::vector<std::string> notes;
  const std::vector<std::string> known = names_of(lever);
  for (const auto& [name, value] : scenario.parameters)
    if (const std::string now = name_of_now(name, known); !now.empty())
      notes.push_back(fmt::format("'{}' is called '{}' now; the old name is still read.", name, now));
    else if (changed_nothing(name, known))
      notes.push_back(
          fmt::format("'{}' is left out: it changed a sentence and no figure; which share of public cost is "
                      "capital, [appraisal] capital_share says.",
                      name));
  return notes;
}

Parameters sample_parameters(const ScenarioConfig& as_given, const Lever& lever_, const RunConfig& config,
                             long draws) {
  const std::vector<std::string> known = names_of(lever_);
  const ScenarioConfig scenario = with_names_of_now(as_given, known);
  Check check{scenario, config};
  for (const auto& [name, value] : scenario.parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string now = name_of_now(name, known), near = now.empty() ? nearest_word(name, known) : now;
    check.add(name, shown(value),
              fmt::format("lever '{}' has no such parameter; {}", lever_.name,
                          near.empty() ? fmt::format("it has {}", fmt::join(known, ", "))
                                       : fmt::format("did you mean '{}'?", near)));
  }

  // A package samples the parameters of the levers that it lists, and no others.
  const auto listed = [&](const std::string& part) {
    if (part.empty()) return true;
    const ParameterSpec& levers = lever_.parameters.front();
    const auto* words = std::get_if<std::vector<std::string>>(&value_of(scenario, levers));
    return words != nullptr && std::find(words->begin(), words->end(), part) != words->end();
  };
  Parameters parameters;
  std::vector<Distribution> distributions;
  std::vector<const ParameterSpec*> specs;
  for (const ParameterSpec& spec : lever_.parameters) {
    ParameterValue value = value_of(scenario, spec);
    if (!listed(spec.part)) {
      if (scenario.parameters.contains(spec.name))
        check.add(spec.name, shown(value),
                  fmt::format("belongs to lever '{}', which the package does not list; add it to levers",
                              spec.part));
      continue;
    }
    if (spec.unit == target_unit && !std::holds_alternative<std::string>(value)) {
      check.add(spec.name, shown(value),
                fmt::format("is {}; expected a type of area, {{ column = \"in_programme\", equals = \"yes\" "
                            "}} or {{ list = \"places.csv\" }}",
                            kind_in_words(value)));
      continue;
    }
    if (spec.unit == price_year_unit) {
      const std::string word = price_year_word(spec, value);
      if (word.empty()) {
        check.add(spec.name, shown(value),
                  fmt::format("is no year of prices; expected \"{}\" or one whole year, such as 2023",
                              fmt::join(price_year_words(spec), "\", \"")));
        continue;
      }
      value = word;
    }
    // An empty list says nothing, and reads as one of words.
    const auto* words_ = std::get_if<std::vector<std::string>>(&value);
    if (std::holds_alternative<std::vector<double>>(spec.fallback) && words_ != nullptr && words_->empty())
      continue;
    if (value.index() != spec.fallback.index()) {
      check.add(spec.name, shown(value),
                fmt::format("is {}; expected {}{}", kind_in_words(value), kind_in_words(spec.fallback),
                            meant(spec, value)));
      continue;
    }
    if (const auto* drawn = std::get_if<Distribution>(&value)) {
      if (drawn->kind.empty()) {
        check.add(spec.name, "", fmt::format("must be given ({}); {}", spec.description, allowed(spec)));
        continue;
      }
      const std::vector<std::string> wrong = spillway::faults(*drawn);
      for (const std::string& what : wrong) check.add(spec.name, describe(*drawn), what);
      if (!wrong.empty()) continue;
      parameters.names.push_back(spec.name);
      distributions.push_back(*drawn);
      specs.push_back(&spec);
    } else if (const auto* word = std::get_if<std::string>(&value)) {
      check_words(spec, {*word}, check);
      try {
        if (spec.unit == target_unit) area_target(*word);
      } catch (const InputError& error) {
        check.add(spec.name, *word, error.what());
      }
      parameters.texts[spec.name] = *word;
    } else if (const auto* yes = std::get_if<bool>(&value)) {
      parameters.flags[spec.name] = *yes;
    } else if (const auto* words = std::get_if<std::vector<std::string>>(&value)) {
      check_words(spec, *words, check);
      parameters.lists[spec.name] = *words;
    } else if (const auto* numbers = std::get_if<std::vector<double>>(&value)) {
      for (std::size_t k = 0; k < numbers->size(); ++k) {
        if (!((*numbers)[k] >= spec.low && (*numbers)[k] <= spec.high))
          check.add(
              spec.name, shown(value),
              fmt::format("{:g} is out of range; expected {} ({})", (*numbers)[k], allowed(spec), spec.unit));
        parameters.names.push_back(fmt::format("{}_{}", spec.name, k + 1));
        distributions.push_back(point((*numbers)[k], "configuration"));
        specs.push_back(&spec);
      }
    }
  }

  parameters.value = sample(parameters.names, distributions, {}, draws, config.seed);
  for (std::size_t group = 0; group < config.correlated.size(); ++group) {
    const std::vector<std::string>& members = config.correlated[group];
    const std::string own = config_path(scenario).substr(std::string("scenario.").size()) + ".";
    const auto mine = std::count_if(members.begin(), members.end(),
                                    [&](const std::string& m) { return m.starts_with(own); });
    if (mine == 0) continue;
    // A group within one scenario draws under plain names, so that it shares its numbers with other
    // scenarios; a group that spans scenarios draws under full names, the same in each of them.
    const bool spans = mine != static_cast<std::ptrdiff_t>(members.size());
    std::vector<std::string> names;
    std::vector<Distribution> together;
    for (const std::string& member : members) {
      const Distribution* found = distribution_of(config, member);
      if (found == nullptr || found->kind.empty()) {
        const std::string name = member.substr(member.find('.') + 1);
        check.add(name, member,
                  "is correlated but is no number of its lever; correlate numbers and distributions only");
        continue;
      }
      names.push_back(spans ? member : member.substr(own.size()));
      together.push_back(*found);
    }
    if (names.size() != members.size()) continue;
    const auto size = static_cast<Eigen::Index>(members.size());
    Eigen::MatrixXd correlation(size, size);
    std::size_t at = 0;
    for (Eigen::Index i = 0; i < size; ++i)
      for (Eigen::Index j = 0; j <= i; ++j)
        correlation(i, j) = correlation(j, i) = config.correlation[group][at++];
    const Eigen::MatrixXd drawn = sample(names, together, correlation, draws, config.seed);
    for (std::size_t m = 0; m < members.size(); ++m) {
      if (!members[m].starts_with(own)) continue;
      const auto place =
          std::find(parameters.names.begin(), parameters.names.end(), members[m].substr(own.size()));
      if (place != parameters.names.end())
        parameters.value.col(place - parameters.names.begin()) = drawn.col(static_cast<Eigen::Index>(m));
    }
  }

  for (std::size_t k = 0; k < specs.size(); ++k) {
    const auto column = parameters.value.col(static_cast<Eigen::Index>(k));
    const double least = column.minCoeff(), most = column.maxCoeff();
    const ParameterValue given(distributions[k]);
    if (std::holds_alternative<std::vector<double>>(specs[k]->fallback))
      continue;  // each was looked at above
    if (least >= specs[k]->low && most <= specs[k]->high) {
      if (const std::string why = too_small(*specs[k], most); !why.empty())
        check.add(specs[k]->name, shown(given), why);
      continue;
    }
    check.add(specs[k]->name, shown(given),
              fmt::format("{} is out of range; expected {} ({}){}",
                          least == most ? std::string("it")
                                        : fmt::format("its draws reach from {:g} to {:g}: that", least, most),
                          allowed(*specs[k]), specs[k]->unit, meant(*specs[k], given)));
  }
  if (!check.faults.empty()) throw InputError(check.faults);
  place_in_time(scenario, config, parameters);
  return parameters;
}

}  // namespace spillway::scenarios
