// What there is to choose from, out of the catalogues themselves: levers, funds, rulebooks; the schema of a
// configuration, and a configuration to start from.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

/// A catalogue for people and for programs.
struct Listing {
  TextTable table;
  nlohmann::ordered_json json;
};

/// @param name  one lever, with its parameters; empty: all levers
/// @throws InputError  no such lever
Listing levers_listing(const std::string& name = "");
Listing funds_listing();
/// The JSON has every rule with its source.
Listing rulebooks_listing();

/// JSON Schema (2020-12) of a configuration: every key of the reader, every lever with its parameters.
nlohmann::ordered_json configuration_schema();

/// The commented configuration, with one scenario of the lever, on the pack.
/// @param lever    empty: the scenario of the comments
/// @param pack     folder, whose columns the lever's defaults and the models must name; empty: synthetic
/// @param missing  receives a sentence for every column that the pack lacks
/// @throws InputError  no such lever, no such pack
std::string starting_configuration(const std::string& lever, const std::string& pack,
                                   std::vector<std::string>& missing);

}  // namespace spillway::studies
