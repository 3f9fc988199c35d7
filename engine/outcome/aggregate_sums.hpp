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
  /// object
  AggregateSums(const OutcomePlan& plan, const AggregateCells& cells, long draws,
                std::vector<AggregateSeries>& series);

  /// How the cells of a tile join the groups: [series], empty where the tile has none of its groups.
  using TilePlan = std::vector<std::vector<kernels::MergeEntry>>;
  TilePlan plan_tile(const TimeTile& tile) const;

  /// Add the sums of a tile's cells to one period of the aggregates of one outcome.
  void add(const TilePlan& tile, long batch, std::size_t outcome, int period, const float* cell_sum);

  void finish(Parallelism parallelism);

 private:
  float* values(std::size_t series, long batch);

  const AggregateCells& cells_;
  long draws_;
  std::size_t groupings_;
  std::vector<AggregateSeries>& series_;
  std::vector<std::vector<double>> weight_;  ///< [series][group]
  std::vector<AlignedBuffer> tail_;          ///< [series] the last batch where it is not whole
};

}  // namespace spillway
