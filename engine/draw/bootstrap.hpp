// The joint bootstrap: one resampling of clusters drives every model.
#pragma once
#include <functional>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/draw/draw_set.hpp"
#include "engine/estimate/estimate.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"

namespace spillway {

struct BootstrapPlan {
  Eigen::Index clusters = 0;  ///< of the joint bootstrap, over the whole pack
  long first = 0;             ///< first replicate: a rank's or a resumed run's slice starts here
  long replicates = 9999;
  std::uint64_t seed = 20241;
  Parallelism parallelism;
};

/// Replicates of every fit that offers them, all on the same cluster counts.
///
/// Replicate b depends on (seed, b) alone. A replicate that fails is a status, not an error.
/// @return one Replicates a fit, in order; empty where `fit.resampled` is null.
std::vector<Replicates> joint_bootstrap(const std::vector<const Fit*>& fits, const BootstrapPlan& plan);

/// Replicates of chosen fits under one roof, named "model/estimator/coefficient".
///
/// @param decides  one a fit: whether its failures fail the replicate. A replicate's status is the largest of
/// the
///                 deciding parts'; the others' failures stay NaN in their own rows.
DrawSet draw_set(const std::vector<const Fit*>& fits, const std::vector<const Replicates*>& replicates,
                 const std::vector<bool>& decides);

}  // namespace spillway
