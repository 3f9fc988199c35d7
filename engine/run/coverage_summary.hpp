// What many worlds say of an estimator: bias, spread, cover, size and power, each with its Monte Carlo error.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "engine/run/coverage_world.hpp"

namespace spillway {

/// A figure of a simulation and its Monte Carlo standard error.
struct Simulated {
  double value = std::numeric_limits<double>::quiet_NaN(), error = value;
};

/// A share of `count` worlds; its error by Agresti & Coull (1998), (k + 2) / (n + 4), so that 0 and 1 have
/// one too.
Simulated simulated_share(long hits, long count);

/// One quantity of one estimator over all worlds.
struct ValueSummary {
  std::string model, estimator, quantity;
  std::string method;  ///< the interval's, or several with their shares where worlds differ
  double truth = 0.0;
  long worlds = 0;              ///< with an estimate
  long intervals = 0;           ///< worlds with an interval
  Simulated bias, median_bias;  ///< mean and median of estimate - truth
  Simulated sd;                 ///< of the estimate; error sd / sqrt(2 (n - 1))
  double mean_standard_error = 0.0;
  Simulated cover;             ///< share of the worlds with an interval whose interval holds the truth
  Simulated accepted_cover;    ///< the same over fits that the decision table does not refuse
  Simulated right_sign;        ///< share of the worlds whose estimate has the truth's sign
  double median_length = 0.0;  ///< of the interval; inf where half of them are unbounded
};

/// One test of one estimator: its size where the null holds, its power where it fails.
struct TestSummary {
  std::string model, estimator, test;
  NullHypothesis null = NullHypothesis::unknown;
  long worlds = 0;
  Simulated rejects;  ///< share of worlds with p < 1 - level
};

struct FitSummary {
  std::string model, estimator;
  long worlds = 0, refused = 0, failed = 0;
  double failed_replicates = 0.0;  ///< share of all replicates
  std::string first_message;       ///< of the first failure
};

struct DesignSummary {
  std::string design;
  std::vector<ValueSummary> values;
  std::vector<TestSummary> tests;
  std::vector<FitSummary> fits;
};

/// Sum up the worlds of one design, in the order of the worlds.
/// @param significance  of tests, for example 0.05
DesignSummary summarise_worlds(const std::string& design, const std::vector<CoverageOutcome>& worlds,
                               double significance);

/// "size", "power" or "rejects".
std::string meaning_of(NullHypothesis null);

}  // namespace spillway
