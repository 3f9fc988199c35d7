#include "tools/studies/catalogues.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "scenarios/funds.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/rulebook.hpp"
#include "tools/studies/lever_parameters.hpp"

namespace spillway::studies {

namespace {

using Json = nlohmann::ordered_json;
using scenarios::ParameterSpec;

/// The kind of a parameter's value, in words.
std::string kind_of(const ParameterSpec& spec) {
  if (spec.unit == scenarios::target_unit) return "target";
  constexpr const char* kinds[] = {"number", "word", "flag", "list", "numbers"};
  return kinds[spec.fallback.index()];
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

Json lever_json(const scenarios::Lever& lever) {
  Json one = {{"name", lever.name}, {"summary", lever.summary}, {"parameters", Json::array()}};
  for (const ParameterSpec& spec : own_parameters(lever)) one["parameters"].push_back(parameter_json(spec));
  return one;
}

}  // namespace

Listing levers_listing(const std::string& name) {
  if (!name.empty()) {
    const scenarios::Lever& lever = scenarios::lever(name);
    TextTable table{lever.name + ": " + lever.summary,
                    {"parameter", "kind", "unit", "default", "what it is"},
                    {},
                    {"Mechanism, ranges and sources: docs/guide/levers.md, or --json"},
                    {}};
    for (const ParameterSpec& spec : own_parameters(lever))
      table.rows.push_back(
          {spec.name, kind_of(spec), spec.unit, as_text(fallback_json(spec)), spec.description});
    return {std::move(table), lever_json(lever)};
  }
  TextTable table{"Levers", {"lever", "parameters", "what it does"}, {}, {}, {}};
  Json json = {{"levers", Json::array()}};
  for (const scenarios::Lever& lever : scenarios::catalogue()) {
    table.rows.push_back({lever.name, std::to_string(own_parameters(lever).size()), lever.summary});
    json["levers"].push_back(lever_json(lever));
  }
  return {std::move(table), std::move(json)};
}

Listing funds_listing() {
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
  return {std::move(table), std::move(json)};
}

Listing rulebooks_listing() {
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
  return {std::move(table), std::move(json)};
}

}  // namespace spillway::studies
