// spillway levers, funds, rulebooks, schema.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "engine/data/pack/data_pack.hpp"
#include "scenarios/lever.hpp"

namespace spillway::cli {

/// A [[scenario]] of this lever with all its parameters, those that stand at their defaults commented out.
/// @param pack     whose columns the defaults must name; nullptr: not checked
/// @param missing  receives a sentence for every column that the pack lacks
std::string scenario_to_start_from(const scenarios::Lever& lever, const DataPack* pack,
                                   std::vector<std::string>& missing);

/// Adds the four commands: their flags, help and action.
void add_catalogues(CLI::App& app);

}  // namespace spillway::cli
