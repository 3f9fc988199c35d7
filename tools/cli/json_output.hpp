// The JSON of the contract.
#pragma once
#include <nlohmann/json.hpp>

#include "engine/run/graph.hpp"

namespace spillway::cli {

/// `estimate --json`: {"models": [...]}, numbers in full double precision, null where not applicable or unbounded.
nlohmann::ordered_json estimates_json(const RunResult& result);
/// `run --json`: the estimates, each scenario's national and type lines, stage times, the file.
nlohmann::ordered_json run_json(const RunResult& result);
/// Faults of an input, all of them.
nlohmann::ordered_json faults_json(const InputError& error);

}  // namespace spillway::cli
