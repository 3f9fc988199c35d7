// From how many draws anything is told.
#pragma once

namespace spillway {

/// Draws from which a band of 90 % can be read: 5 % of them are two. Of fewer, nothing is told from them.
constexpr int kFewestForBand = 39;

}  // namespace spillway
