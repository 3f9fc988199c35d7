// Whom a scenario is for, as its configuration says it.
#pragma once
#include <string>

#include "engine/config/run_config.hpp"

namespace spillway {

struct Aim {
  std::string type;     ///< the type of area that its levers are for; empty: a column, a list, several types
  bool narrow = false;  ///< it is for no whole type: `where`, a column, a list, several types, any cold spot
};

/// Of a package the aims of its levers together. A lever without a target is for doubly disadvantaged areas.
/// @throws InputError  a target that is none (area_target)
Aim aim_of(const ScenarioConfig& scenario);

}  // namespace spillway
