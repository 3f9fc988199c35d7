// Aggregates of every draw, summed while the recursion runs.
#pragma once
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "engine/propagate/aligned_buffer.hpp"
#include "engine/propagate/time_tile.hpp"

namespace spillway {

/// Areas that share every group of every grouping form a cell: areas are summed once, into their cell, and
/// cells into groups.
struct AggregateCells {
  std::vector<std::int32_t> of_area;
  std::vector<std::vector<std::int32_t>> group;  ///< [grouping][cell], -1: in none
};
AggregateCells aggregate_cells(const OutcomePlan& plan, long areas);

/// Adds sums of cells, tile after tile, to the aggregates of batches of draws. While sums run, a batch's
/// values stand as [period][group][lane]; finish() turns them into [draw][period][group]. Batches may be
/// added to side by side; for one batch the order of the calls fixes the bits.
class AggregateSums {
 public:
  /// @param series  aggregates to fill, as empty_outcome makes them, for `draws` draws; must outlive this
  /// object. None: sums are only recorded
  AggregateSums(const OutcomePlan& plan, const AggregateCells& cells, long draws, int horizon,
                std::vector<AggregateSeries>& series);

  /// How the cells of a tile join the groups: [series], empty where the tile has none of its groups.
  using TilePlan = std::vector<std::vector<kernels::MergeEntry>>;
  /// @param tile_cells  TimeTile::cells()
  TilePlan plan_tile(const std::vector<std::int32_t>& tile_cells) const;

  /// The sums of one tile's cells, kept to be added later or elsewhere: what add() would get.
  struct Recorded {
    std::vector<std::int32_t> cells;
    AlignedBuffer sum;  ///< [batch][outcome and period][cell][lane]
  };
  /// From now on add() only notes what it gets, of the tile with these cells; none: it adds.
  void record(Recorded* tile);
  long recorded_size(std::size_t cells) const;  ///< floats of Recorded::sum
  /// Add what was recorded of a tile.
  void add(const Recorded& tile, Parallelism parallelism);

  /// Add the sums of a tile's cells to one period of the aggregates of one outcome.
  void add(const TilePlan& tile, long batch, std::size_t outcome, int period, const float* cell_sum);

  void finish(Parallelism parallelism);

 private:
  float* values(std::size_t series, long batch);
  long step_of(std::size_t outcome, int period) const { return first_step_[outcome] + period; }

  const AggregateCells& cells_;
  long draws_;
  std::size_t groupings_;
  std::vector<AggregateSeries>& series_;
  std::vector<std::vector<double>> weight_;  ///< [series][group]
  std::vector<AlignedBuffer> tail_;          ///< [series] the last batch where it is not whole
  std::vector<long> first_step_;             ///< [outcome] of its periods among all; last: their number
  Recorded* recorded_ = nullptr;
};

}  // namespace spillway
