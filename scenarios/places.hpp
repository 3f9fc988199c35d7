// Which areas a lever treats.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/lever.hpp"

namespace spillway::scenarios {

/// The neediest of `areas`, in order of need (ties: as given), until they hold `residents` people; ascending.
std::vector<std::int32_t> neediest(const LeverContext& context, std::vector<std::int32_t> areas,
                                   const std::string& need_column, double residents);

/// The `share` of `areas` with the smallest `score` (ties: as given), at least one; ascending.
std::vector<std::int32_t> lowest(std::vector<std::int32_t> areas, const Eigen::VectorXd& score, double share);

/// 1 for areas of the named combined authorities, by code or name; 1 for all areas where none is named.
/// @throws InputError  no such authority; names the nearest and lists those there are
std::vector<std::uint8_t> within_authorities(const LeverContext& context,
                                             const std::vector<std::string>& wanted);

/// In how many combined authorities the areas lie; one where the pack has none.
double authorities_of(const LeverContext& context, const std::vector<std::int32_t>& areas);

}  // namespace spillway::scenarios
