#include <fmt/format.h>

#include <map>

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

Json whole_number(long low, long high) { return {{"type", "integer"}, {"minimum", low}, {"maximum", high}}; }
Json one_of_words(std::vector<std::string> of) { return {{"enum", std::move(of)}}; }
Json list_of_kind(const char* type) { return {{"type", "array"}, {"items", {{"type", type}}}}; }

/// What single values may be, as the configuration's reader has it (tests/run/command_line.sh holds the two
/// together).
Json values_of(const std::string& section) {
  const Json number = {{"type", "number"}}, text = {{"type", "string"}}, flag = {{"type", "boolean"}};
  constexpr long most = 100'000'000;
  static const std::map<std::string, Json> known = {
      {"run",
       {{"name", text},
        {"seed", {{"type", "integer"}, {"minimum", 0}}},
        {"threads", whole_number(0, 4096)},
        {"memory_gb", number},
        {"reproducible", flag}}},
      {"data", {{"pack", text}, {"synthetic_areas", whole_number(100, 10'000'000)}}},
      {"weights",
       {{"kind", one_of_words({"contiguity", "knn", "distance_band", "inverse_distance", "file", "flows"})},
        {"row_standardise", flag},
        {"islands", one_of_words({"error", "keep-zero", "attach-nearest"})},
        {"k", whole_number(1, 1000)},
        {"cutoff_km", number},
        {"decay", number}}},
      {"bootstrap",
       {{"cluster", text}, {"replicates", whole_number(1, most)}, {"draws", whole_number(1, most)}}},
      {"outcomes",
       {{"horizon", whole_number(1, 200)},
        {"period_years", number},
        {"area", list_of_kind("string")},
        {"quantiles", list_of_kind("number")},
        {"groupings", list_of_kind("string")},
        {"keep_draws_of", list_of_kind("string")}}},
      {"appraisal",
       {{"price_base_year", whole_number(1990, 2100)},
        {"discount_base_year", whole_number(1990, 2100)},
        {"appraisal_years", whole_number(1, 500)},
        {"first_year", whole_number(1990, 2100)},
        {"deflator_series", one_of_words({"gdp-2025-12", "gva-england-2023"})},
        {"reference_option", one_of_words({"business_as_usual", "do_minimum"})},
        {"capital_share", number},
        {"residual_persistence", number},
        {"lower_rate", flag},
        {"health_rate", flag},
        {"department", one_of_words({"dft", "mhclg"})},
        {"envelope", list_of_kind("number")},
        {"distributional_weights", flag},
        {"income_column", text}}}};
  const auto found = known.find(section);
  return found == known.end() ? Json::object() : found->second;
}

Json section_schema(const std::string& section) {
  Json one = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  const Json values = values_of(section);
  for (const std::string& key : keys_of(section))
    one["properties"][key] = values.contains(key) ? values[key] : Json::object();
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
