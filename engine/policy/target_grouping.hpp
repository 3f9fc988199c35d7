// The grouping of a scenario's own: the areas that its policy acts on, and the others.
#pragma once

namespace spillway {

/// The grouping of the areas that one scenario acts on, and its groups.
inline constexpr const char *target_grouping = "target", *inside_target = "target",
                            *outside_target = "elsewhere";

}  // namespace spillway
