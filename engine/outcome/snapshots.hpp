// The exact recursion of a few chosen draws over all areas, and of all draws over a few chosen areas.
#pragma once
#include <vector>

#include "engine/outcome/aggregate_sums.hpp"
#include "engine/outcome/recursion.hpp"

namespace spillway {

/// `count` draws that span the parameters, then `more` that test the span: half of each farthest from those
/// chosen before, half evenly spread. Depends on the dynamics alone. Source of the greedy rule: Gonzalez
/// (1985).
struct ChosenDraws {
  std::vector<long> basis, check;
};
ChosenDraws choose_draws(const Dynamics& dynamics, int count, int more);

/// Outcomes of chosen draws by the recursion in double precision.
struct Snapshots {
  std::vector<int> areas;                ///< those that ever move, tile by tile
  std::vector<Eigen::MatrixXf> outcome;  ///< [outcome] draws x areas
  std::vector<AggregateSeries> aggregates;
};
Snapshots run_snapshots(const TileSource& source, const OutcomePlan& plan, const AggregateCells& cells,
                        const std::vector<long>& draws, Parallelism parallelism);

/// Chosen areas with their own halos, for any batch of draws: the path of u and the outcomes.
class SampleAreas {
 public:
  /// @param areas  chosen areas, each once; near ones next to each other share their halos
  SampleAreas(const TileSource& source, const OutcomePlan& plan, std::vector<int> areas);

  const std::vector<int>& areas() const noexcept { return areas_; }
  long row_periods() const;     ///< of one batch, to compare costs
  std::size_t scratch() const;  ///< floats that run() needs

  /// @param path      [period][area][lane] of u
  /// @param outcomes  [outcome][area][lane]
  void run(const BatchCoefficients& coefficients, float* scratch, float* path, float* outcomes) const;

 private:
  const OutcomePlan& plan_;
  int horizon_;
  std::vector<TimeTile> tiles_;
  std::vector<TileFactors> factors_;
  std::vector<int> areas_;
};

}  // namespace spillway
