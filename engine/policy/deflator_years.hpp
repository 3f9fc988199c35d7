// Which years a series of deflators holds, and what is said of those that it does not.
#pragma once
#include <string>
#include <vector>

#include "engine/policy/prices.hpp"

namespace spillway {

/// The years of `years` that the series does not hold, ascending, each once.
std::vector<int> missing_years(const Deflators& deflators, std::vector<int> years);

/// @throws InputError  every year of `years` that the series does not hold, at once, with what to do
void require_years(const Deflators& deflators, const std::vector<int>& years);

/// "2026", "2026 and 2028" or, where all between are in it, "2026 to 2035". @param years  ascending
std::string years_in_words(const std::vector<int>& years);

}  // namespace spillway
