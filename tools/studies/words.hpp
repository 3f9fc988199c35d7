// Names and numbers as people write and say them.
#pragma once
#include <string>

#include "engine/base/few_draws.hpp"

namespace spillway::studies {

/// A name of a configuration as words: ring_fence_10 is "Ring fence 10".
std::string plain_words(const std::string& name);

/// With a capital, as a line begins: "Areas of places.csv".
std::string capitalised(std::string label);
/// Within a sentence: "doubly disadvantaged".
std::string lower_case(std::string label);

/// "no band from 1 draw (it needs 39)"
std::string no_band_words(long draws);

/// Two digits that people can say: "1.2", "0.32", "13", "1,300"; "about 0" below a thousandth.
std::string said(double value);
/// With its sign: "+1.2".
std::string signed_words(double value);

}  // namespace spillway::studies
