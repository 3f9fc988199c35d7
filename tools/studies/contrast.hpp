// Two scenarios of one run against each other, draw by draw, in groups and in every area.
#pragma once
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/outcome/after_looking.hpp"
#include "engine/store/run_store.hpp"
#include "scenarios/contrast.hpp"
#include "tools/studies/session.hpp"

namespace spillway::studies {

struct ContrastOptions {
  std::string first, second;  ///< scenarios of the run
  bool areas = false;         ///< every area too: the run's estimates are made again
  long area_draws = 1000;     ///< by area, where a scenario changes rho or W
};

/// A less B in one group, or of one amount of money.
struct GroupContrast {
  std::string outcome, grouping, group, unit;
  double p5 = 0, p50 = 0, p95 = 0, first_better = 0, second_better = 0;
};

/// The better of the two in one figure of the nation, picked because it came out better.
struct BetterOfTwo {
  std::string outcome, unit;
  std::string better;           ///< its name; empty where the two are equal in every draw
  WinnerInference lead, worth;  ///< what it has more than the other; its own figure
};

/// The place where one leads the other most, picked among all of a grouping.
struct LeadingPlace {
  std::string leader, place;
  long sure = 0;  ///< places where it is better for sure, all at once
  WinnerInference lead;
};
struct PlacesContrast {
  std::string outcome, grouping, unit;
  std::vector<std::string> places;
  Bands bands;  ///< of A less B
  std::array<LeadingPlace, 2> leading;
};

/// How often one is better in every type of area at once.
struct Dominance {
  std::string outcome;
  double first = 0, second = 0;
};

/// With which what is said after looking holds: that of the quantiles shown.
constexpr double kContrastLevel = 0.9;

struct Contrast {
  std::string first, second;
  double sign = 1.0;  ///< -1 where less of their outcome is better
  long draws = 0;
  std::vector<GroupContrast> groups;
  std::vector<Dominance> dominance;
  std::vector<BetterOfTwo> better;
  std::vector<PlacesContrast> places;
  std::vector<std::string> notes;  ///< what has no contrast, and why
  std::vector<scenarios::AreaContrast> areas;
  std::vector<double> levels;
  std::string area_unit;
  std::optional<Inputs> inputs;  ///< where areas are compared
};

/// @param session  of the run's own configuration
/// @param reader   the run
/// @throws InputError  no such scenario, or the two have no pairs of draws
Contrast contrast(Session& session, const RunReader& reader, const ContrastOptions& options);

/// Tables for people: groups, then areas by type.
std::string contrast_text(const Contrast& contrast);
nlohmann::ordered_json contrast_json(const Contrast& contrast);
/// At /contrast/<A>/<B>: aggregates, dominance, and a table of every area an outcome.
void write_contrast(RunWriter& writer, const Contrast& contrast);

}  // namespace spillway::studies
