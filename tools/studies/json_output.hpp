// The JSON of the contract.
#pragma once
#include <nlohmann/json.hpp>

#include "engine/run/graph.hpp"
#include "engine/store/run_store.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

/// JSON as text, a line's end behind it; what is not UTF-8 becomes the replacement character.
template <typename Json>
std::string json_text(const Json& value, int indent = 2) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// `estimate --json`: {"models": [...]}, numbers in full double precision, null where not applicable or
/// unbounded.
nlohmann::ordered_json estimates_json(const RunResult& result);
/// `run --json`: the estimates, each scenario's national and type lines, stage times, the file.
nlohmann::ordered_json run_json(const RunResult& result);
/// The estimates of a finished run, in the form of estimates_json(RunResult).
nlohmann::ordered_json estimates_json(const std::vector<StoredEstimate>& estimates);
/// Faults of an input, all of them.
nlohmann::ordered_json faults_json(const InputError& error);

/// A table as an array of objects, one a row, keyed by its header; cells that are numbers become numbers.
nlohmann::ordered_json table_json(const TextTable& table);

/// What is in a result: run, inputs, scenarios, outcomes, and every dataset with its shape, type and unit.
nlohmann::ordered_json inspect_json(const RunReader& reader);
/// What is in a pack: areas, columns with their units, files with their checksums.
nlohmann::ordered_json inspect_json(const DataPack& pack);

}  // namespace spillway::studies
