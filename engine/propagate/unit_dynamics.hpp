// What a policy does per unit of its size in a draw: the part of a scenario that another size of it has in
// common.
#pragma once
#include <vector>

#include "engine/propagate/dynamics.hpp"

namespace spillway {

/// Dynamics whose amplitudes are those of a draw over the draw's largest, and the size that was taken out:
/// u of a draw is `size` times u of the unit dynamics, since u is linear in its amplitudes.
///
/// Amplitudes of different shapes are compared by what they move: |amplitude| times the shape's root mean
/// square over areas. The largest of a draw is +1 of that. The rest is rounded to kUnitGrid, so that two
/// scenarios that differ by a factor a draw (the share of a fund, the pounds of a grant) have the same unit
/// dynamics to the last bit although their arithmetic rounds differently; an amplitude is then off by at most
/// half of it, relative to the draw's largest.
struct UnitDynamics {
  Dynamics dynamics;
  std::vector<double> size;  ///< [draw]; 0 where the policy does nothing
};
constexpr double kUnitGrid = 0x1p-26;

UnitDynamics unit_dynamics(const Dynamics& dynamics);

/// Whether two dynamics are the same numbers: what is computed of one is computed of the other.
bool same(const Dynamics& one, const Dynamics& other);

}  // namespace spillway
