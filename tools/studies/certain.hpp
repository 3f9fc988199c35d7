// What may be said of a run after one has looked at all of it: bands that hold everywhere at once, ranks that
// are not refuted, and what the best policy and the best place are worth now that they have been picked.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/outcome/after_looking.hpp"
#include "engine/store/run_store.hpp"
#include "tools/studies/knowledge.hpp"
#include "tools/studies/session.hpp"

namespace spillway::studies {

struct CertainOptions {
  std::string scenario;          ///< empty: every one
  std::string outcome;           ///< empty: cumulative_uplift, or the first that the run has
  std::string grouping = "lad";  ///< of the league table
  double level = 0.9;
  bool areas = false;  ///< every area too: the run's estimates are made again
};

/// One outcome of one scenario.
struct CertainScenario {
  std::string scenario, outcome, unit;
  double better = 1.0;
  std::vector<std::string> groups;
  GroupInference league;
  std::optional<MapInference> map;  ///< rows of the pack's areas
  std::string path;                 ///< how the areas' draws were computed
};

/// The scenarios of the run against each other, in one figure.
struct PolicyLeague {
  std::string figure, unit;
  double better = 1.0;
  std::vector<std::string> scenarios;
  GroupInference league;
};

struct Certain {
  double level = 0.9;
  std::string grouping;
  std::vector<CertainScenario> scenarios;
  std::vector<PolicyLeague> policies;
  std::optional<Knowledge> knowledge;
  std::vector<std::string> notes;
  std::optional<Inputs> inputs;  ///< where areas are asked for
};

/// @param session  of the run's own configuration
/// @param reader   the run
/// @throws InputError  no such scenario, outcome or grouping
Certain certain(Session& session, const RunReader& reader, const CertainOptions& options);

std::string certain_text(const Certain& certain);
nlohmann::ordered_json certain_json(const Certain& certain);
/// At /certain.
void write_certain(RunWriter& writer, const Certain& certain);

}  // namespace spillway::studies
