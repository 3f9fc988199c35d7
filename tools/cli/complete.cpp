#include "tools/cli/complete.hpp"

#include <algorithm>
#include <regex>

#include "engine/config/run_config.hpp"
#include "engine/config/table_reader.hpp"
#include "engine/store/run_store.hpp"
#include "scenarios/funds.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/rulebook.hpp"

namespace spillway::cli {

namespace {

using Words = std::vector<std::string>;

/// What stands on the line before the word that is being typed.
struct Line {
  const CLI::App* command = nullptr;
  Words places;                           ///< words that are no flags nor their values
  const CLI::Option* awaiting = nullptr;  ///< a flag whose value comes next
};

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

Line parsed(const CLI::App& app, const Words& words) {
  Line line;
  for (std::size_t k = 0; k + 1 < words.size(); ++k) {
    const std::string& word = words[k];
    if (line.awaiting != nullptr) {
      line.awaiting = nullptr;
    } else if (word.starts_with("-") && word != "-") {
      if (line.command == nullptr) continue;
      const CLI::Option* option = line.command->get_option_no_throw(word.substr(0, word.find('=')));
      if (option != nullptr && takes_value(*option) && word.find('=') == std::string::npos)
        line.awaiting = option;
    } else if (line.command == nullptr) {
      line.command = command_named(app, word);
      if (line.command == nullptr) return line;
    } else {
      line.places.push_back(word);
    }
  }
  return line;
}

/// Of the result that a command reads, or of the configuration.
enum class Names { scenarios, groupings, outcomes };

Words names_in(const std::string& file, Names what) {
  Words found;
  const auto add = [&](const Words& more) {
    for (const std::string& one : more)
      if (std::find(found.begin(), found.end(), one) == found.end()) found.push_back(one);
  };
  if (file.ends_with(".toml")) {
    const RunConfig config = read_config(file);
    if (what == Names::groupings) return config.groupings;
    if (what == Names::outcomes) return config.area_outcomes;
    for (const ScenarioConfig& scenario : config.scenarios) found.push_back(scenario.name);
    return found;
  }
  const RunReader reader(file);
  if (what == Names::scenarios) return reader.scenarios();
  for (const std::string& scenario : reader.scenarios()) {
    const Words outcomes = reader.aggregate_outcomes(scenario);
    if (what == Names::outcomes) add(outcomes);
    for (const std::string& outcome : outcomes)
      if (what == Names::groupings) add(reader.groupings(scenario, outcome));
  }
  return found;
}

/// "terminal | csv | latex" of a help text.
Words choices_of(const std::string& help) {
  static const std::regex list(R"(([a-z0-9][a-z0-9_-]*)( \| [a-z0-9][a-z0-9_-]*)+)");
  std::smatch found;
  Words choices;
  if (!std::regex_search(help, found, list)) return choices;
  const std::string text = found.str();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(" | ", at), text.size());
    choices.push_back(text.substr(at, end - at));
    at = end + 3;
  }
  return choices;
}

/// Keys of the sections that there is one of, and of models and scenarios by name.
Words keys_to_set(const std::string& config) {
  Words keys;
  for (const auto& [section, names] : section_keys())
    for (const std::string& name : names)
      if (!section.empty() && section.find('.') == std::string::npos && section != "model" &&
          section != "scenario" && section != "correlation")
        keys.push_back(section + "." + name + "=");
  if (!config.empty())
    for (const std::string& scenario : names_in(config, Names::scenarios)) {
      keys.push_back("scenario." + scenario + ".parameters.");
      keys.push_back("scenario." + scenario + ".spread=");
      for (const scenarios::Fund& fund : scenarios::funds())
        keys.push_back("scenario." + scenario + ".parameters.fund=" + fund.name + "\t" + fund.title);
    }
  return keys;
}

/// What may stand at an option: its values, or ":files ..." alone.
Words values_of(const CLI::Option& option, const CLI::App& command, const Words& places) {
  const std::string name = option.get_name(false, false), of = command.get_name();
  const std::string file = places.empty() ? "" : places.front();
  const auto in_file = [&](Names what) { return file.empty() ? Words{} : names_in(file, what); };
  Words values;
  if (name == "RUN" || name == "--compare" || name == "--with" || name == "--reuse") return {":files .h5"};
  if (of == "diff" && (name == "A" || name == "B")) return {":files .h5"};
  if (name == "CONFIG" || name == "RECIPE") return {":files .toml"};
  if (name == "--scenario" || name == "A" || name == "B") return in_file(Names::scenarios);
  if (name == "--grouping" || name == "--by") return in_file(Names::groupings);
  if (name == "--outcome") return in_file(Names::outcomes);
  if (name == "--set") return keys_to_set(file.ends_with(".toml") ? file : "");
  if (name == "WHAT") {
    values = in_file(Names::groupings);
    values.insert(values.begin(), {"estimates", "outcomes", "appraisal", "sets", "winners"});
  }
  if (name == "--lever" || (of == "levers" && name == "NAME"))
    for (const scenarios::Lever& lever : scenarios::catalogue())
      values.push_back(lever.name + "\t" + lever.summary);
  if (name == "--rulebook" || name == "--rulebooks" || (of == "appraise" && name == "--diff") ||
      (of == "rulebooks" && name == "NAME"))
    for (const scenarios::Rulebook& book : scenarios::rulebooks())
      values.push_back(book.name + "\t" + book.title);
  if (values.empty()) values = choices_of(option.get_description());
  return values.empty() ? Words{":files"} : values;
}

/// A line of a help text, short enough for a list.
std::string in_brief(const std::string& help) {
  std::string text = help.substr(0, help.find_first_of(";\n"));
  for (char& c : text)
    if (c == '\t') c = ' ';
  return text;
}

}  // namespace

const CLI::App* command_named(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (command->get_name() == name) return command;
  return nullptr;
}

std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words) {
  const Line line = parsed(app, words);
  std::string word = words.empty() ? "" : words.back(), before;
  Words all;
  const auto options_of = [&](const CLI::App& of) {
    for (const CLI::Option* option : of.get_options())
      for (const std::string& name : option->get_lnames())
        all.push_back("--" + name + "\t" + in_brief(option->get_description()));
  };
  if (line.command == nullptr) {
    const bool none = std::all_of(words.begin(), words.empty() ? words.end() : words.end() - 1,
                                  [](const std::string& one) { return one.starts_with("-"); });
    if (!none) return {};  // an unknown command
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
      all.push_back(command->get_name() + "\t" + in_brief(command->get_description()));
    options_of(app);
  } else {
    const CLI::Option* option = line.awaiting;
    if (const auto equals = word.find('=');
        option == nullptr && word.starts_with("--") && equals != std::string::npos) {
      option = line.command->get_option_no_throw(word.substr(0, equals));
      before = word.substr(0, equals + 1);
      word.erase(0, equals + 1);
      if (option == nullptr) return {};
    }
    if (option == nullptr && word.starts_with("-")) {
      options_of(*line.command);
    } else {
      if (option == nullptr) {
        const auto places =
            line.command->get_options([](const CLI::Option* one) { return one->get_positional(); });
        if (line.places.size() >= places.size()) return {};
        option = places[line.places.size()];
      }
      try {
        all = values_of(*option, *line.command, line.places);
      } catch (const std::exception&) {
        return {};  // a result or configuration that cannot be read: its own command will say why
      }
    }
  }
  if (all.size() == 1 && all.front().starts_with(":files")) return all;
  std::erase_if(all, [&](const std::string& one) { return !one.starts_with(word); });
  for (std::string& one : all) one = before + one;
  return all;
}

}  // namespace spillway::cli
