// Which areas a lever treats: one place for every lever.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/lever.hpp"

namespace spillway::scenarios {

/// Whom a policy reaches, as `target` and `where` say.
struct Reached {
  std::vector<std::int32_t> areas;  ///< ascending, at least one
  Eigen::VectorXd weight;           ///< all areas: what a list's places count or get; empty: no such column
  double gbp = 0.0;                 ///< pounds that a list gives these areas together; 0: it gives none
  bool listed = false;              ///< a list names the areas
  std::string name;                 ///< "type doubly_disadvantaged in Tees Valley"
};

/// The areas of `target` that lie in `where`.
/// @throws InputError  no such type, column, value or place; a place that is several; nobody reached
Reached reached(const LeverContext& context, const Parameters& parameters);

/// The same for a lever that shares no money out. @throws InputError  the list has weights or pounds too
Reached reached_by_change(const LeverContext& context, const Parameters& parameters);

/// Keep these of the areas reached; a list's weights and pounds of the others go.
void keep_areas(Reached& reached, std::vector<std::int32_t> areas);

/// @throws InputError  the list gives pounds, and the lever's money is not the list's: `why`
void refuse_pounds(const Parameters& parameters, const Reached& reached, const std::string& why);

/// 1 for areas that lie in one of the named places, by code or name of any grouping of the pack; 1 for all
/// areas where none is named. "region:North East" says which grouping is meant.
/// @throws InputError  no such place (names the nearest); one that is several, with where each stands
std::vector<std::uint8_t> within(const LeverContext& context, const Parameters& parameters);

/// The areas of `within`, ascending. @throws InputError  as within
std::vector<std::int32_t> areas_within(const LeverContext& context, const Parameters& parameters);

/// The neediest of `areas`, in order of need (ties: as given), until they hold `residents` people; ascending.
std::vector<std::int32_t> neediest(const LeverContext& context, std::vector<std::int32_t> areas,
                                   const std::string& need_column, double residents);

/// The `share` of `areas` with the smallest `score` (ties: as given), at least one; ascending.
std::vector<std::int32_t> lowest(std::vector<std::int32_t> areas, const Eigen::VectorXd& score, double share);

/// In how many transport authorities areas lie.
struct Authorities {
  double count = 1.0;
  std::string words;  ///< what was counted, and what stands in for what
};

/// By `transport_authority_code` where the pack has it; else combined authorities, London as one, and outside
/// both the local authority, which counts the districts of a county each; one where the pack has none of
/// them.
Authorities authorities_of(const LeverContext& context, const std::vector<std::int32_t>& areas);

}  // namespace spillway::scenarios
