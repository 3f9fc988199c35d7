// Whether a column of the areas called `population` can hold numbers of residents: money is shared out by
// them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/data/table.hpp"

namespace spillway {

/// What is wrong with the numbers of residents: negative ones; ten areas or more that all have less than one
/// (shares, millions); where no unit is stated, fewer than ten in most areas, or fewer than five hundred in
/// fractions such as thousands of counted residents have; fewer than British codes of that level can have.
///
/// @param population  its unit is read
/// @param codes  of the areas
/// @param file, line  where the column stands, for the faults: a line a row
std::vector<Fault> population_faults(const Column& population, const Column& codes, const std::string& file,
                                     const std::vector<std::int64_t>& line);

/// Why a unit is none of a number of residents, such as "thousand residents"; empty: it is one, or none.
std::string fault_of_population_unit(const std::string& unit);

/// "population: half of the 30 areas have 1.7 residents or fewer ...", where numbers that were taken may
/// still be thousands: below ten in most areas, below five hundred without a unit, or half a resident a
/// square km and fewer on the ground round all areas, where they have coordinates; empty otherwise.
std::string doubtful_population_line(const Table& areas);

}  // namespace spillway
