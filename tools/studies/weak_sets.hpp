// What a policy does by sets that hold however weak the instruments behind its estimate are.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/outcome/outcome_set.hpp"
#include "engine/store/run_store.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

/// One outcome of one group.
struct OutcomeSets {
  std::string outcome;          ///< "cumulative_uplift"; "bcr_local", "bcr_national"
  std::string grouping, group;  ///< of the first; else empty
  std::string unit;             ///< "1" for a ratio
  ConfidenceSet anderson_rubin, clr;
  Band draws{};           ///< what ordinary draws say at the same level, equal tails
  std::string not_given;  ///< why there is no set of this outcome; empty: there is
};

struct WeakSets {
  std::string scenario, estimate;                        ///< "model/estimator" whose coefficient drives it
  std::string not_given;                                 ///< why there are no sets; empty: there are
  bool weak = false;                                     ///< by IvFindings::weak()
  double effective_f = 0.0, effective_f_critical = 0.0;  ///< NaN: not defined
  double level_of_coefficient = 0.0, level = 0.0;        ///< of the estimate's sets, and of the outcomes'
  std::string coefficient;
  ConfidenceSet anderson_rubin, clr;  ///< of the coefficient
  bool has_clr = false;               ///< files of earlier versions keep none
  std::vector<OutcomeSets> outcomes;
};

/// The sets of the coefficient, as the file has them, carried to the cumulative uplift of the nation, of
/// types of area and of the target, and to the ratio of benefits to costs.
///
/// A stock's effect is in proportion to the coefficient b given everything else, so draw d has the multiplier
/// m_d = (its outcome) / b_d; a band of m_d that leaves 1 % out and the set of b at its own level (0.95) make
/// a set at the level 0.94 by Bonferroni's inequality. Ratios are appraised anew, draw by draw, with b at the
/// ends of its set. Where the effect is not in proportion to one coefficient of instruments, there is no set,
/// and `not_given` says why.
/// @param ratios  an appraisal an end of a set takes most of the time
/// @throws InputError  no such scenario
enum class Ratios { appraised, left_out };
WeakSets weak_sets(const RunReader& reader, const std::string& scenario, Ratios ratios = Ratios::appraised);

/// "by a set that holds however weak they are (94 %): +0.2 % to no bound"; empty: there is none of the group.
std::string set_sentence(const WeakSets& sets, const std::string& grouping, const std::string& group);

/// Lines for the terminal where the instruments are weak: the target's uplift and both ratios; else empty.
std::string sets_text(const WeakSets& sets);

/// Every policy's sets, a row an outcome.
TextTable table_of_sets(const RunReader& reader);

/// An infinite end is null, and `is` says which: bounded, no_lower_bound, no_upper_bound, disjoint (with or
/// without bounds), unbounded, empty.
nlohmann::ordered_json sets_json(const WeakSets& sets);

}  // namespace spillway::studies
