// What every estimator is told besides its data.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

struct FitContext {
  Clusters joint;                     ///< clusters of the joint bootstrap, over the pack's areas
  Clusters groups;                    ///< coarser groups that may share shocks; none: neighbours are merged
  std::vector<Clusters> by;           ///< clusters of the model's covariance, in the order of covariance.by
  Eigen::VectorXd easting, northing;  ///< m, over the pack's areas; empty where the pack has none
  std::uint64_t seed = 20241;
  int replicates = 9999;
  std::string wild_weights = "rademacher";
  Parallelism parallelism;
};

}  // namespace spillway
