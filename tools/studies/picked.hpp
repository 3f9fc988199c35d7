// Inference on what was picked after looking: the draws it is made of, words and JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/outcome/after_looking.hpp"
#include "engine/store/run_record.hpp"

namespace spillway::studies {

/// Last period of an aggregate: draws x groups.
Eigen::MatrixXd last_period(const StoredAggregate& series);

/// Whether the hybrid interval holds the estimate that was picked. It need not where first and second are
/// hardly apart or draws have heavy tails, as a weak instrument's: so little a lead is unlikely unless the
/// truth lies far below.
bool holds_its_estimate(const WinnerInference& winner);

/// What is said of the winner: the hybrid interval; where that leaves its own estimate out, with the
/// projection joined to it, which covers at least as often.
Interval stated(const WinnerInference& winner);

/// Two sentences: what it is worth now that it has been picked; the intervals beside that.
std::vector<std::string> winner_words(const std::string& name, const WinnerInference& winner, double level,
                                      const std::string& unit);
nlohmann::ordered_json winner_json(const WinnerInference& winner, const std::string& name);
nlohmann::ordered_json bands_json(const Bands& bands);

}  // namespace spillway::studies
