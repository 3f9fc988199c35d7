// A confidence set of a coefficient carried to an outcome that the coefficient drives: it holds however weak
// the instruments behind the coefficient are.
#pragma once
#include <Eigen/Dense>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/estimate/confidence_set.hpp"

namespace spillway {

/// What the band of everything but the coefficient leaves out, half of it on either side. The coefficient's
/// set has the level of its estimate; the outcome's set has this much less (Bonferroni): 0.94 where that is
/// 0.95.
inline constexpr double kRestLeftOut = 0.01;

/// Draws without which no such band can be read: half of what it leaves out is one of them.
inline constexpr long kFewestForRest = 199;

struct Band {
  double low, high;
};

/// The band of draws that leaves kRestLeftOut out. Draws that are no number do not count; infinite ones (a
/// coefficient so large that exp overflows) do.
Band band_of_rest(std::vector<double> draws);

/// Of an outcome that is b times a multiplier: every b m with b in `set` and m in `multiplier`. Unbounded
/// where `set` is, but where m is 0; empty where it is; intervals that meet are one.
ConfidenceSet outcome_set(const ConfidenceSet& set, Band multiplier);

/// How an outcome follows the coefficient in every draw of everything else.
enum class Follows { up, down, not_at_all };

/// The same way in every draw, and between any two neighbours of rising values of the coefficient; else
/// nothing.
/// @param outcome  the draws at each of the values, in that order; what is no number does not count
std::optional<Follows> follows(const std::vector<Eigen::VectorXd>& outcome);

/// Of an outcome that follows the coefficient in any form, but the same way in every draw.
///
/// @param at  the band of the outcome where the coefficient is so much; asked at finite values alone. An end
/// of
///            `set` that is infinite is one of the outcome too.
ConfidenceSet outcome_set(const ConfidenceSet& set, Follows follows, const std::function<Band(double)>& at);

/// "+0.2 to no bound", "no bound to -1.1 or +0.3 to +2", "no bound either way", "empty".
/// @param unit  put after each number, with its space: " %"
std::string set_in_words(const ConfidenceSet& set, double scale, const std::string& unit);

/// Whether an interval of the set holds the value.
bool holds(const ConfidenceSet& set, double value);

}  // namespace spillway
