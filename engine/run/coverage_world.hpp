// One world of known truth through the whole pipeline, and what its estimates say about that truth.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/run/estimation.hpp"
#include "engine/run/scenario_job.hpp"
#include "engine/synthetic/synthetic.hpp"

namespace spillway {

/// Names that a scenario's figures have: its 90 % band of draws, a set mapped to the outcome and as many
/// draws, and the strength of the instruments behind it, which has no truth (against 0 its bias is its mean).
namespace coverage_names {
inline constexpr const char* band_method = "90 % of draws";
inline constexpr const char* set_method = "set";
inline constexpr const char* draws_method = "as many draws as the set's level";
inline constexpr const char* strength = "effective_f";
}  // namespace coverage_names

/// One quantity of one estimator whose truth is known.
struct CoverageValue {
  std::string model,
      estimator;         ///< model with its cell, for a grid of instruments: "model[proxy:instrument]"
  std::string quantity;  ///< a coefficient; "difference:a-b" of two types' rho; "anderson_rubin_set"
  std::string method;    ///< of the interval: percentile_t, wre_equal_tail, ...
  double truth = std::numeric_limits<double>::quiet_NaN();
  double estimate = truth, standard_error = truth, low = truth, high = truth;  ///< NaN: none
  enum class Covers {
    no,
    yes,
    not_offered
  } covers = Covers::not_offered;  ///< whether the interval holds the truth
  enum class Verdict { accepted, refused } verdict = Verdict::accepted;  ///< of the decision table on the fit
};

/// What a test's null hypothesis says of a world.
enum class NullHypothesis { holds, fails, unknown };

/// p-value of one test of one estimator.
struct CoverageTest {
  std::string model, estimator, test;
  double p = std::numeric_limits<double>::quiet_NaN();
  NullHypothesis null = NullHypothesis::unknown;
};

/// How one fit went.
struct CoverageFit {
  std::string model, estimator;
  enum class State {
    fine,
    refused,
    failed
  } state = State::fine;                             ///< failed: the model threw, all its estimators are gone
  double replicates = 0.0, failed_replicates = 0.0;  ///< failed: singular or without convergence
  std::string message;                               ///< of a failure
};

struct CoverageOutcome {
  std::vector<CoverageValue> values;
  std::vector<CoverageTest> tests;
  std::vector<CoverageFit> fits;
};

/// A design made ready: one geography for all its worlds (the synthetic England says why), W and types.
struct CoverageSetting {
  CoverageDesign design;
  SyntheticConfig world;
  SyntheticGeography geography;
  Inputs inputs;     ///< pack of no world in particular; weights and types of all
  RunConfig config;  ///< the models that the design estimates, and the scenarios of scenario coverage
  /// How a scenario becomes a policy; empty: no scenario coverage.
  std::function<Policy(const ScenarioConfig&, const RunConfig&, const LeverContext&)> prepare;
};

/// Scenarios are kept where config.coverage.policy asks for them; hooks.prepare makes their policies.
/// @throws InputError  a design that no synthetic England can have
CoverageSetting coverage_setting(const RunConfig& config, const CoverageDesign& design,
                                 const RunHooks& hooks = {});

/// What the world's own equation gives for a scenario's money: u(h) = A u(h-1) + b S(h) where social
/// infrastructure stands in the growth equation, u(h) = b S(h) where it moves its own area alone; what works
/// as a figure of GVA spreads through A in either. `context` has the true values in place of draws.
Policy true_policy(const CoverageSetting& setting, const ScenarioConfig& scenario,
                   const LeverContext& context);

/// World `number` of a design: simulated, fitted, replicated and concluded by the functions of a run.
///
/// Its seed and that of its replicates come from (config.seed, Purpose::coverage_world, number), so designs
/// see the same random numbers and their differences are paired. Serial inside. A model that fails in the
/// numbers is an outcome, not an error. @throws InputError  a model that the synthetic England cannot serve
CoverageOutcome coverage_world(const CoverageSetting& setting, std::uint64_t number);

/// The outcome as bytes and back, every bit of it: what a checkpoint keeps of a world.
std::vector<std::byte> to_bytes(const CoverageOutcome& outcome);
CoverageOutcome outcome_from_bytes(const std::vector<std::byte>& bytes);

}  // namespace spillway
