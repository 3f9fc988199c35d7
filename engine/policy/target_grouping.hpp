// The grouping of a scenario's own: the areas that its policy acts on, and the others.
#pragma once
#include <string>

namespace spillway {

/// The grouping of the areas that one scenario acts on, and its groups.
inline constexpr const char *target_grouping = "target", *inside_target = "target",
                            *outside_target = "elsewhere";

/// Whom a policy is for, as every output says it: "doubly_disadvantaged areas", or the areas of its own.
inline std::string areas_words(const std::string& group) {
  return group == inside_target ? "the areas that it acts on" : group + " areas";
}

}  // namespace spillway
