#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "engine/config/run_config.hpp"
#include "engine/config/sweep_config.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/run/config_columns.hpp"
#include "tools/studies/catalogues.hpp"
#include "tools/studies/lever_parameters.hpp"

namespace spillway::studies {

namespace {

using scenarios::ParameterSpec;

/// A [[scenario]] of this lever with all its parameters, commented out where they stand at their defaults.
std::string scenario_to_start_from(const scenarios::Lever& lever, const DataPack* pack,
                                   std::vector<std::string>& missing) {
  struct Toml {
    std::string operator()(const Distribution& v) const {
      if (v.kind == "point" && v.values.contains("value")) return fmt::format("{}", v.values.at("value"));
      std::string text = fmt::format("{{ distribution = {}", toml_text(v.kind));
      for (const auto& [key, value] : v.values) text += fmt::format(", {} = {}", key, value);
      return text + fmt::format(", source = {} }}", toml_text(v.source));
    }
    std::string operator()(const std::string& v) const { return toml_text(v); }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::vector<std::string>& v) const {
      std::vector<std::string> words;
      for (const std::string& word : v) words.push_back(toml_text(word));
      return fmt::format("[{}]", fmt::join(words, ", "));
    }
    std::string operator()(const std::vector<double>& v) const {
      return fmt::format("[{}]", fmt::join(v, ", "));
    }
  };
  std::string text = fmt::format(
      "# {}\n[[scenario]]\nname = {}\nlever = {}\n[scenario.parameters]            # what is commented out "
      "stands at "
      "its default\n",
      lever.summary, toml_text(lever.name), toml_text(lever.name));
  for (const ParameterSpec& spec : own_parameters(lever)) {
    const auto* word = std::get_if<std::string>(&spec.fallback);
    const bool lacks = pack != nullptr && word != nullptr && spec.name.ends_with("column") &&
                       !word->empty() && pack->areas.find(*word) == nullptr;
    if (lacks)
      missing.push_back(
          fmt::format("the pack has no column '{}', which {} names by default", *word, spec.name));
    // So much money in so few places is beyond what any estimate has seen: a file to start from must run.
    if (lever.name == "neighbourhood_renewal" && spec.name == "channel")
      text +=
          "channel = \"flow\"   # \"stock\" is the default, and needs extrapolate = \"the reason\" in the "
          "scenario: GBP 2,041 a head are beyond what estimates have seen\n";
    else
      text += fmt::format("# {} = {}   # {}: {}{}\n", spec.name, std::visit(Toml{}, spec.fallback), spec.unit,
                          spec.description, lacks ? "; THE PACK LACKS THIS COLUMN" : "");
  }
  return text;
}

/// One sentence where the models, which are those of the synthetic England, name columns that a pack lacks.
void models_that_lack_columns(const std::string& text, const DataPack& pack,
                              std::vector<std::string>& missing) {
  std::string first;
  try {
    require_columns(parse_config(text), pack);
  } catch (const InputError& error) {
    for (const Fault& fault : error.faults())
      if (first.empty() && fault.column.starts_with("model."))
        first = fmt::format("{} is '{}'", fault.column, fault.value);
  }
  if (first.empty()) return;
  const std::vector<std::string> recipes = {"england-lad", "england-lad-gdhi", "england-lsoa",
                                            "england-lsoa21", "north-east"};
  const bool known = std::find(recipes.begin(), recipes.end(), pack.name) != recipes.end();
  missing.push_back(fmt::format(
      "the models here are those of the synthetic England and name columns that the pack lacks ({}): "
      "`spillway check` "
      "refuses the file until they name the pack's; {}",
      first,
      known ? fmt::format("the models of configs/{}.toml are made for this pack: put them in their place",
                          pack.name)
            : "`spillway inspect PACK` lists them"));
}

}  // namespace

std::string starting_configuration(const std::string& lever, const std::string& folder,
                                   std::vector<std::string>& missing) {
  std::string text = commented_config();
  const auto put = [&](const std::string& from, const std::string& to, const std::string& what) {
    const std::size_t begin = text.find(from), end = text.find(to, begin);
    text.replace(begin, end - begin, what);
  };
  std::optional<DataPack> pack;
  if (!folder.empty()) {
    pack = read_pack(folder);
    put("pack = \"synthetic\"", "  ", fmt::format("pack = {}", toml_text(folder)));
    put("synthetic_areas = ", "# policy_truth", "");
  }
  if (!lever.empty())
    put("# A policy. `lever`", "# [[correlation]]",
        scenario_to_start_from(scenarios::lever(lever), pack ? &*pack : nullptr, missing) + "\n");
  if (pack) models_that_lack_columns(text, *pack, missing);
  return text;
}

}  // namespace spillway::studies
