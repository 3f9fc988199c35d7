// How what an area gains reaches others (`spread` of a scenario), and which levers allow which.
#pragma once
#include "engine/config/run_config.hpp"

namespace spillway::scenarios {

/// What a scenario's levers act through, as its parameters say.
struct ActsThrough {
  bool stock = false;     ///< pounds build social infrastructure: model B
  bool figure = false;    ///< a sourced figure: a flow of GVA, jobs
  bool dynamics = false;  ///< rho or W change
};
/// @throws InputError  unknown lever
ActsThrough acts_through(const ScenarioConfig& scenario);

/// Refuse what no scenario can mean: spread = "none" or "estimated" where the policy changes rho or W, and
/// "estimated" where a lever does not work through the stock.
/// @throws InputError  all of them, with file and line
void check_spreads(const RunConfig& config);

}  // namespace spillway::scenarios
