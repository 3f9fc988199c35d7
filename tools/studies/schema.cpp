#include <fmt/format.h>

#include "engine/config/sweep_config.hpp"
#include "engine/config/table_reader.hpp"
#include "scenarios/price_year.hpp"
#include "scenarios/rulebook.hpp"
#include "tools/studies/catalogues.hpp"
#include "tools/studies/lever_parameters.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;
using scenarios::ParameterSpec;

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

}  // namespace

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

}  // namespace spillway::studies
