// The parts of a configuration that have a file each; all collect faults and go on.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/config/backcast_config.hpp"
#include "engine/config/run_config.hpp"
#include "engine/config/table_reader.hpp"

namespace spillway {

/// The tables of [[key]]; empty where absent or not a list of tables (a fault).
std::vector<const ConfigNode*> tables_of(const ConfigNode& root, const std::string& key, FaultList& faults);

/// The path of the k-th entry of [[section]]: "model.NAME", or "model[k]" where it has no usable name.
std::string entry_path(const std::string& section, const ConfigNode& entry, std::size_t k);

/// Read `name` of an entry: letters, digits, - and _, as it names a group of the result file; used once.
void read_name(const TableReader& reader, std::string& name, std::vector<std::string>& used);

/// One [[model]] as read. Where its kind or its estimators are at fault it has no estimators, so that no
/// second fault follows from the first.
struct ModelEntry {
  ModelConfig config;
  bool kind_known = false;
};
std::vector<ModelEntry> read_models(const ConfigNode& root, FaultList& faults);

/// The estimators that a reference may name: those listed and those always fitted; none where none was read.
std::vector<Estimator> offered_by(ModelKind kind, const ModelCommon& model);

/// All [[scenario]]s, with estimates that are not named filled in from the headlines of `models`.
std::vector<ScenarioConfig> read_scenarios(const ConfigNode& root, const std::vector<ModelEntry>& models,
                                           FaultList& faults);

/// All [[correlation]]s of the scenarios in `config`.
void read_correlations(const ConfigNode& root, RunConfig& config, FaultList& faults);

/// [coverage] and its designs; `models` are those that a design may name.
void read_coverage(const TableReader& root, const std::vector<ModelEntry>& models, CoverageConfig& coverage);

/// [backcast] of a configuration whose models are known; nothing where there is none.
std::optional<BackcastConfig> read_backcast(const TableReader& root, const RunConfig& config);

/// A parameter: number, text, flag, list, or table of a distribution. False: at fault.
bool read_parameter(const ConfigNode& node, const std::string& path, FaultList& faults,
                    ParameterValue& target);

}  // namespace spillway
