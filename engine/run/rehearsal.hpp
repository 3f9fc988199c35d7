// What a run would refuse, found before anything is estimated.
#pragma once
#include <string>
#include <vector>

#include "engine/run/scenario_job.hpp"

namespace spillway {

/// What a run with these settings will warn of.
struct Rehearsal {
  std::vector<std::string> warnings;  ///< "scenario 'x': ..."
  std::vector<int> shapes;            ///< [scenario] of its shocks: the path that is taken hangs on them
  double result_bytes = 0.0;          ///< of rehearse() alone: how large the run's result will be
};

/// Cut every model's data, then rehearse the scenarios.
/// @throws InputError  every fault of all models and scenarios, each with file and line
Rehearsal rehearse(const RunConfig& config, const Inputs& inputs, const RunHooks& hooks);

/// Take every scenario the way the run takes it, through the same calls: parameters sampled, the policy
/// built, its outcomes planned, the appraisal's settings read. Only the estimates of this run are stand-ins,
/// with the names, units and replicates that the real ones will have. Estimates of other runs are read.
/// @param hooks  without `prepare` there is nothing to rehearse
/// @throws InputError  every fault of all scenarios, each with file and line
Rehearsal rehearse_scenarios(const RunConfig& config, const Inputs& inputs, const RunHooks& hooks);

}  // namespace spillway
