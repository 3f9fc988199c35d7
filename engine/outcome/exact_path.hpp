// Exact recursion of every draw, tile by tile, each tile's quantiles taken where its draws lie.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "engine/outcome/area_moments.hpp"
#include "engine/outcome/outcome.hpp"
#include "engine/outcome/recursion.hpp"

namespace spillway {

class SharedWork;

/// Workers that a memory budget makes room for, so that fewer of them take the same path and tiles.
constexpr int kBudgetWorkers = 8;

/// Areas of one tile: as many as keep all their draws within the working memory.
///
/// @throws InputError  the budget has no room for the draws of a handful of areas; names what it needs
int exact_tile_areas(const Dynamics& dynamics, const OutcomePlan& plan, int workers);

/// Exact draws of some areas at a time, and their summaries.
class ExactTiles {
 public:
  /// @param most_areas  of one tile: sets the memory
  /// @param result      filled area by area; must outlive this object, as all arguments must
  ExactTiles(const TileSource& source, const OutcomePlan& plan, const AggregateCells& cells, int most_areas,
             ScenarioOutcome& result);

  /// Propagate all draws of these areas and summarise them.
  ///
  /// @param sums      where their share of the aggregates goes; nullptr: nowhere
  /// @param recorded  their sums by cell are noted there instead of added; nullptr: added
  /// @param take      called with each area that ever moves and its draws, by several workers at once
  void run(const std::vector<int>& areas, AggregateSums* sums, Parallelism parallelism,
           AggregateSums::Recorded* recorded = nullptr,
           const std::function<void(int area, const float* draws)>& take = {});

 private:
  /// Draws of a task in the first of the tile's rows: [row][draw], those of an outcome after those of
  /// another.
  float* part(const TimeTile& tile, std::size_t outcome, long of);
  void visit_rows(const TimeTile& tile, std::size_t outcome, long first, long last,
                  const std::function<void(int area, const float* draws)>& visit);
  void propagate(const TimeTile& tile, AggregateSums* sums, bool keep, Parallelism parallelism);
  void summarise(const TimeTile& tile, Parallelism parallelism);

  const TileSource& source_;
  const OutcomePlan& plan_;
  const AggregateCells& cells_;
  long most_areas_;
  ScenarioOutcome& result_;
  long stride_;
  /// Each of a size that the C library has from what was freed before: 120 MB in one piece are fresh pages,
  /// and rows of all draws are so far apart that every store would miss the TLB without huge ones.
  std::vector<AlignedBuffer> parts_;
  ScratchPool rows_;
  std::vector<std::unique_ptr<AreaMomentsPool>> pools_;
};

/// evaluate() by exact recursion; arguments checked.
/// @param shared  lends its room for aggregates; may be null
/// @param ranks   share the tiles. Sums over cells of areas are noted and added on rank 0 in the order of
///                tiles, so that no bit depends on who made them. Collective.
ScenarioOutcome evaluate_exact(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism,
                               SharedWork* shared = nullptr, Ranks& ranks = Ranks::alone());

}  // namespace spillway
