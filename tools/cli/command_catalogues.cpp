// spillway levers, funds, rulebooks, schema: what there is to choose from, out of the catalogues themselves.
#include "tools/cli/command_catalogues.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/config/sweep_config.hpp"
#include "engine/config/table_reader.hpp"
#include "scenarios/funds.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/price_year.hpp"
#include "scenarios/rulebook.hpp"
#include "tools/cli/command.hpp"
#include "tools/studies/json_output.hpp"

namespace spillway::cli {

namespace {

using Json = nlohmann::ordered_json;
using scenarios::ParameterSpec;

struct CatalogueFlags {
  std::string name, json;
};

/// The kind of a parameter's value, in words.
std::string kind_of(const ParameterSpec& spec) {
  if (spec.unit == scenarios::target_unit) return "target";
  constexpr const char* kinds[] = {"number", "word", "flag", "list", "numbers"};
  return kinds[spec.fallback.index()];
}

Json fallback_json(const ParameterSpec& spec) {
  struct Show {
    Json operator()(const Distribution& v) const {
      return v.kind == "point" && v.values.contains("value") ? Json(v.values.at("value"))
                                                             : Json(scenarios::describe(v));
    }
    Json operator()(const std::string& v) const { return v; }
    Json operator()(bool v) const { return v; }
    Json operator()(const std::vector<std::string>& v) const { return v; }
    Json operator()(const std::vector<double>& v) const { return v; }
  };
  return std::visit(Show{}, spec.fallback);
}

Json parameter_json(const ParameterSpec& spec) {
  Json one = {
      {"name", spec.name}, {"kind", kind_of(spec)}, {"unit", spec.unit}, {"description", spec.description}};
  one["default"] = fallback_json(spec);
  if (const auto* drawn = std::get_if<Distribution>(&spec.fallback)) {
    one["source"] = drawn->source;
    one["low"] = spec.low;
    one["high"] = spec.high == scenarios::unbounded ? Json(nullptr) : Json(spec.high);
  }
  if (!spec.choices.empty()) one["choices"] = spec.choices;
  return one;
}

/// The parameters of a lever's own page: a package's parts have pages of their own.
std::vector<ParameterSpec> own_parameters(const scenarios::Lever& lever) {
  std::vector<ParameterSpec> own = lever.parameters;
  std::erase_if(own, [](const ParameterSpec& spec) { return !spec.part.empty(); });
  return own;
}

Json lever_json(const scenarios::Lever& lever) {
  Json one = {{"name", lever.name}, {"summary", lever.summary}, {"parameters", Json::array()}};
  for (const ParameterSpec& spec : own_parameters(lever)) one["parameters"].push_back(parameter_json(spec));
  return one;
}

std::string as_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// Text on standard output, or JSON where --json asks for it ('-': in the text's place).
void answer(const CatalogueFlags& flags, const std::string& text, const Json& json) {
  if (!flags.json.empty()) write_text(flags.json, json_text(json));
  if (flags.json != "-") print("{}", text);
}

void levers_command(const CatalogueFlags& flags) {
  if (!flags.name.empty()) {
    const scenarios::Lever& lever = scenarios::lever(flags.name);
    TextTable table{lever.name + ": " + lever.summary,
                    {"parameter", "kind", "unit", "default", "what it is"},
                    {},
                    {"Mechanism, ranges and sources: docs/guide/levers.md, or --json"},
                    {}};
    for (const ParameterSpec& spec : own_parameters(lever))
      table.rows.push_back(
          {spec.name, kind_of(spec), spec.unit, as_text(fallback_json(spec)), spec.description});
    return answer(flags, format_table(table, TableFormat::terminal), lever_json(lever));
  }
  TextTable table{"Levers", {"lever", "parameters", "what it does"}, {}, {}, {}};
  Json json = {{"levers", Json::array()}};
  for (const scenarios::Lever& lever : scenarios::catalogue()) {
    table.rows.push_back({lever.name, std::to_string(own_parameters(lever).size()), lever.summary});
    json["levers"].push_back(lever_json(lever));
  }
  answer(flags, format_table(table, TableFormat::terminal), json);
}

void funds_command(const CatalogueFlags& flags) {
  TextTable table{"Funds of England that levers know by name",
                  {"fund", "amount, GBP m", "years", "runs", "profile, GBP m a year", "title"},
                  {},
                  {"None is a default. Sources: docs/guide/levers.md, or --json"},
                  {}};
  Json json = {{"funds", Json::array()}};
  for (const scenarios::Fund& fund : scenarios::funds()) {
    const Json amount = fund.amount > 0.0 ? Json(fund.amount) : Json(nullptr);
    table.rows.push_back(
        {fund.name,
         fund.amount > 0.0   ? fmt::format("{:g}", fund.amount / 1e6)
         : fund.places > 0.0 ? fmt::format("{:g} places of {:g}", fund.places, fund.per_place / 1e6)
                             : "not published",
         fmt::format("{:g}", fund.years), fmt::format("{} to {}", fund.first_year, fund.valid_until),
         fund.profile.empty() ? "not published" : fmt::format("{:g}", fmt::join(fund.profile, ", ")),
         fund.title});
    json["funds"].push_back(
        {{"name", fund.name},
         {"title", fund.title},
         {"amount_gbp", amount},
         {"places", fund.places > 0.0 ? Json(fund.places) : Json(nullptr)},
         {"gbp_per_place", fund.places > 0.0 ? Json(fund.per_place) : Json(nullptr)},
         {"years", fund.years},
         {"first_year", fund.first_year},
         {"valid_until", fund.valid_until},
         {"price_year", fund.price_year},
         {"profile_gbp_m", fund.profile},
         {"capital_share", fund.capital_share < 0.0 ? Json(nullptr) : Json(fund.capital_share)},
         {"extent", fund.extent},
         {"source", fund.source}});
  }
  answer(flags, format_table(table, TableFormat::terminal), json);
}

void rulebooks_command(const CatalogueFlags& flags) {
  TextTable table{"Rulebooks of appraisal", {"rulebook", "published", "title"}, {}, {}, {}};
  Json json = {{"rulebooks", Json::array()}};
  for (const scenarios::Rulebook& book : scenarios::rulebooks()) {
    const bool in_force = book.name == scenarios::rulebook_in_force().name;
    table.rows.push_back({book.name + (in_force ? " (in force)" : ""), book.published, book.title});
    Json rules = Json::array();
    for (const scenarios::RuleRow& row : scenarios::rule_table()) {
      const scenarios::RuleCell& cell = row.cells[book.column];
      rules.push_back({{"key", row.key},
                       {"unit", row.unit},
                       {"description", row.description},
                       {"value", cell.value ? Json(*cell.value) : Json(nullptr)},
                       {"source", cell.source}});
    }
    json["rulebooks"].push_back({{"name", book.name},
                                 {"title", book.title},
                                 {"published", book.published},
                                 {"in_force", in_force},
                                 {"rules", rules}});
  }
  answer(flags, format_table(table, TableFormat::terminal), json);
}

/// The JSON Schema of a lever's parameter.
Json schema_of(const ParameterSpec& spec) {
  const Json distribution = {{"$ref", "#/$defs/distribution"}};
  Json one;
  if (spec.unit == scenarios::target_unit) {
    one = {{"$ref", "#/$defs/target"}};
  } else if (spec.unit == scenarios::price_year_unit) {
    one = {{"anyOf",
            {{{"type", "string"}, {"enum", scenarios::price_year_words(spec)}},
             {{"type", "integer"}, {"minimum", 1000}, {"maximum", 9999}}}}};
  } else if (std::holds_alternative<Distribution>(spec.fallback)) {
    Json number = {{"type", "number"}, {"minimum", spec.low}};
    if (spec.low == -scenarios::unbounded) number.erase("minimum");
    if (spec.high != scenarios::unbounded) number["maximum"] = spec.high;
    one = {{"anyOf", {number, distribution}}};
  } else if (std::holds_alternative<bool>(spec.fallback)) {
    one = {{"type", "boolean"}};
  } else if (std::holds_alternative<std::vector<double>>(spec.fallback)) {
    one = {{"type", "array"}, {"items", {{"type", "number"}, {"minimum", spec.low}}}};
  } else {
    Json word = {{"type", "string"}};
    if (!spec.choices.empty()) word["enum"] = spec.choices;
    one =
        std::holds_alternative<std::string>(spec.fallback) ? word : Json{{"type", "array"}, {"items", word}};
  }
  one["description"] =
      fmt::format("{} ({}); default {}", spec.description, spec.unit, as_text(fallback_json(spec)));
  return one;
}

Json section_schema(const std::string& section) {
  Json one = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const std::string& key : keys_of(section)) one["properties"][key] = Json::object();
  return one;
}

/// JSON Schema (2020-12) of a configuration: every key of the reader, every lever with its parameters.
Json configuration_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "Spillway configuration"},
                 {"type", "object"},
                 {"additionalProperties", false},
                 {"properties", Json::object()},
                 {"$defs", Json::object()}};
  for (const std::string& key : keys_of("")) {
    const Json section = section_schema(key);
    const bool many = key == "model" || key == "scenario" || key == "correlation";
    schema["properties"][key] = many ? Json{{"type", "array"}, {"items", section}} : section;
  }
  schema["$defs"]["distribution"] = {
      {"type", "object"},
      {"properties", {{"source", {{"type", "string"}}}}},
      {"anyOf", {{{"required", {"distribution"}}}, {{"required", {"value"}}}}}};
  schema["$defs"]["target"] = {{"anyOf",
                                {{{"type", "string"}, {"minLength", 1}},
                                 {{"type", "object"}, {"required", {"column", "equals"}}},
                                 {{"type", "object"}, {"required", {"list"}}},
                                 {{"type", "object"}, {"required", {"type"}}}}}};
  Json& model = schema["properties"]["model"]["items"]["properties"];
  model["kind"] = {{"enum", names_of<ModelKind>()}};
  model["estimators"] = {{"type", "array"}, {"items", {{"enum", names_of<Estimator>()}}}};
  Json& scenario = schema["properties"]["scenario"]["items"];
  std::vector<std::string> names;
  scenario["required"] = {"name", "lever"};
  scenario["allOf"] = Json::array();
  for (const scenarios::Lever& lever : scenarios::catalogue()) {
    names.push_back(lever.name);
    Json parameters = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
    for (const ParameterSpec& spec : lever.parameters) parameters["properties"][spec.name] = schema_of(spec);
    scenario["allOf"].push_back(
        {{"if", {{"properties", {{"lever", {{"const", lever.name}}}}}, {"required", {"lever"}}}},
         {"then", {{"properties", {{"parameters", parameters}}}}}});
  }
  scenario["properties"]["lever"] = {{"enum", names}};
  scenario["properties"]["spread"] = {{"enum", {"propagated", "none", "estimated"}}};
  scenario["properties"]["effect_is"] = {{"enum", {"total", "impact"}}};
  Json outcome = section_schema("scenario.outcome");
  outcome["required"] = {"name", "estimates"};
  outcome["properties"]["spread"] = scenario["properties"]["spread"];
  outcome["properties"]["effect_is"] = scenario["properties"]["effect_is"];
  scenario["properties"]["outcome"] = {{"type", "array"}, {"items", outcome}};
  std::vector<std::string> books;
  for (const scenarios::Rulebook& book : scenarios::rulebooks()) books.push_back(book.name);
  schema["properties"]["store"]["properties"]["keep"] = {{"enum", {"full", "groups", "summary"}}};
  schema["properties"]["appraisal"]["properties"]["rulebook"] = {{"enum", books}};
  return schema;
}

void add_catalogue(CLI::App& app, const char* name, const char* what, const char* example,
                   void (*command_)(const CatalogueFlags&), const char* positional = nullptr) {
  auto flags = std::make_shared<CatalogueFlags>();
  CLI::App* command = app.add_subcommand(name, what);
  if (positional != nullptr) command->add_option("NAME", flags->name, positional);
  command->add_option("--json", flags->json,
                      "Write it as JSON; '-' for standard output in place of the table");
  command->footer(fmt::format("Example: {}", example));
  command->callback([flags, command_] { command_(*flags); });
}

}  // namespace

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

void add_catalogues(CLI::App& app) {
  add_catalogue(app, "levers", "The levers, or one lever's parameters with kinds, units and defaults",
                "spillway levers community_wealth_fund", levers_command, "A lever; none: all of them");
  add_catalogue(app, "funds", "The funds that levers know by name: amounts, profiles, until when",
                "spillway funds --json funds.json", funds_command);
  add_catalogue(app, "rulebooks", "The rulebooks of appraisal; with --json every rule and its source",
                "spillway rulebooks --json -", rulebooks_command);
  auto output = std::make_shared<std::string>("-");
  CLI::App* schema = app.add_subcommand(
      "schema", "The JSON Schema of a configuration, for editors that complete and check TOML");
  schema->add_option("--output", *output, "File to write; '-' for standard output")->capture_default_str();
  schema->footer("Example: spillway schema --output spillway.schema.json");
  schema->callback([output] { write_text(*output, json_text(configuration_schema())); });
}

}  // namespace spillway::cli
