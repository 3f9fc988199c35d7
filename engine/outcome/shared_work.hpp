// What one scenario of a run hands on to the next: a sampled basis, and room for results.
#pragma once
#include <functional>
#include <memory>
#include <mutex>

#include "engine/outcome/outcome.hpp"

namespace spillway {

struct SampledBasis;

/// Of the scenarios of a run the last basis that a later one may want. A scenario always computes from its
/// unit dynamics (unit_dynamics.hpp), found here or made anew, so its numbers do not depend on what is found:
/// not on ranks, on a restart, or on which scenarios came before.
class SharedWork {
 public:
  /// Whether the scenario in work is followed by one that may have the same unit dynamics: its basis is then
  /// kept.
  void keep_next(bool keep) { keep_ = keep; }

  /// The basis of these dynamics, this attempt and so many ranks: the one that is kept, if it is theirs, or
  /// what `make` makes. Ranks that share their scenarios find alike: what they keep was shared too.
  std::shared_ptr<const SampledBasis> get(const Dynamics& unit, const OutcomePlan& plan, int attempt,
                                          int ranks,
                                          const std::function<std::shared_ptr<const SampledBasis>()>& make);
  long found() const noexcept { return found_; }  ///< how often the kept one was it

  /// Aggregates of a scenario that nobody reads any more: fresh pages for a hundred megabytes cost as much as
  /// filling them.
  void give_room(std::vector<AggregateSeries> aggregates);
  /// Aggregates of the right shapes, their values to be overwritten: such room, or new.
  std::vector<AggregateSeries> room(const OutcomePlan& plan, long draws, int horizon);

 private:
  bool keep_ = false;
  int attempt_ = 0;
  long found_ = 0;
  std::unique_ptr<const OutcomePlan> plan_;  ///< of the basis that is kept
  std::shared_ptr<const SampledBasis> basis_;
  std::mutex mutex_;  ///< of the room: a writer gives while a scenario takes
  std::vector<AggregateSeries> room_;
};

}  // namespace spillway
