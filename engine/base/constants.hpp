// Numbers that have a name.
#pragma once
#include <limits>

namespace spillway {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double root_two_pi = 2.50662827463100050242;

}  // namespace spillway
