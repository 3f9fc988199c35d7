// Over all specifications of a curve: is there anything, once one has looked at every one of them?
#pragma once
#include <string>
#include <vector>

namespace spillway::studies {

struct Specification;

/// Draws of one headline as distances from their median in robust standard deviations (interquartile range /
/// 1.349), in the order of the draws, with the median's own distance from zero first; empty where they do not
/// vary.
std::vector<float> distances(const std::vector<double>& draws);

/// max-t: the largest |median / sd| over specifications against the same maximum of the draws' distances from
/// their medians, draw by draw, so that specifications keep their dependence (Romano & Wolf 2005, single
/// step; of specification curves Simonsohn, Simmons & Nelson 2020, with joint draws for the permutations).
struct CurveTest {
  double p = 1.0;  ///< (1 + #{max* >= max}) / (B + 1) of "no specification has an effect"
  double largest = 0.0;
  long tested = 0;    ///< specifications with every draw
  long adjusted = 0;  ///< of them: those whose own |t| passes the 95 % point of the maximum
};

enum class Among { all, standing };

/// @param headline  index of Specification::distance
CurveTest curve_test(const std::vector<Specification>& specifications, std::size_t headline, Among among);

/// "after looking at all 24 ...: p = 0.012 (max-t over joint draws); 3 of them ..."
std::string sentence(const CurveTest& test, const std::string& headline, Among among);

}  // namespace spillway::studies
