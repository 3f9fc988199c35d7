// The appraisal of a finished run, anew under another rulebook, or two rulebooks side by side.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"
#include "scenarios/appraisal.hpp"
#include "tools/studies/weak_sets.hpp"

namespace spillway::studies {

struct ReappraisalOptions {
  std::string rulebook;  ///< edition; empty: the run's own
  std::string diff;      ///< a second edition to set beside it; empty: none
  std::string scenario;  ///< empty: every one
  std::string by;        ///< a grouping that the run kept, or a list of places ("list:FILE", or a file): who
                         ///< gains where; empty: not asked for
};

/// What one place has of a scenario.
struct PlaceRow {
  std::string code, name;  ///< name: of the pack's column of names, else the code
  double population = 0.0;
  double received = 0.0;         ///< GBP over the horizon, mean of draws; below 0: it pays
  Eigen::VectorXd gva;           ///< draws: GVA gained, GBP in present value, times its welfare share
  Eigen::VectorXd outcome = {};  ///< draws: residents times the outcome's uplift, summed over the horizon;
                                 ///< where no GVA is counted, else empty
};

struct Reappraisal {
  scenarios::AppraisalResult result;
  std::vector<std::string>
      conclude;                  ///< the paragraph that the run kept; empty: a file of an earlier version
  std::string by;                ///< the grouping of `places`, as asked for
  std::string by_note;           ///< which groups a list's places were put together from; empty: its own
  std::vector<PlaceRow> places;  ///< empty: not asked for; they sum to the nation
  std::string outcome_unit;      ///< of the driving outcome
  double better = 1.0;           ///< +1: a rise of it is good; -1: a fall is
  std::optional<WeakSets> sets;  ///< by the run's own rulebook; none: under another one
  std::string difference;        ///< rules that differ, then the headlines side by side; empty: not asked for
  std::string
      plausibility;  ///< the row that the run kept, beside benchmarks; empty: an earlier version's file
};

/// @throws InputError  no such scenario or edition; a scenario without costs
std::vector<Reappraisal> reappraise(const RunReader& reader, const ReappraisalOptions& options);

/// The table, or the difference, and what to conclude.
std::string appraisal_text(const Reappraisal& appraisal);
/// Everything of the table as numbers, GBP of the price base year; null where it does not exist.
nlohmann::ordered_json appraisal_json(const Reappraisal& appraisal);

}  // namespace spillway::studies
