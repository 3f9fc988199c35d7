// Runs the exact recursion of one tile for one batch of draws and hands on what is kept.
#pragma once
#include <vector>

#include "engine/outcome/aggregate_sums.hpp"
#include "engine/outcome/outcome.hpp"
#include "engine/propagate/time_tile.hpp"

namespace spillway {

/// The plan's factors and weights for the core rows of one tile, in visiting order.
struct TileFactors {
  TileFactors(const TimeTile& tile, const OutcomePlan& plan, int horizon);
  std::vector<float> rate_weight, head_weight;
  std::vector<float> last_pounds;        ///< GVA_0 exp(H y0)
  std::vector<float> discounted_pounds;  ///< [period][row] discount GVA_0 exp(h y0)
};

/// Where the results of one batch go.
struct BatchSink {
  std::vector<float*> draws;  ///< [outcome] lanes of the first visited row; nullptr: not wanted
  std::int64_t stride = 0;    ///< floats from one row to the next
  float* path = nullptr;      ///< [period][visited row][lane] of u; nullptr: not wanted
  AggregateSums* sums = nullptr;
  const AggregateSums::TilePlan* tile_sums = nullptr;
  long batch = 0;
};

/// Floats of working memory that run_batch needs for a tile.
std::size_t recursion_scratch(const TimeTile& tile);

/// The recursion of one batch over one tile, with the outcomes the plan asks for.
///
/// Single precision: a draw's relative error is below 1e-5 of its area's root mean square (sums of a handful
/// of neighbours, H times); the same bits on every instruction set and in every tile.
void run_batch(const TimeTile& tile, const TileFactors& factors, const OutcomePlan& plan, int horizon,
               const BatchCoefficients& coefficients, float* scratch, const BatchSink& sink);

}  // namespace spillway
