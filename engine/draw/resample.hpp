// Which clusters enter replicate b.
#pragma once
#include <Eigen/Dense>
#include <cstdint>

#include "engine/base/streams.hpp"

namespace spillway {

/// Counts of a pairs resample: `clusters` draws with replacement from `clusters` clusters, for replicates
/// [first, first + count).
///
/// @return clusters x count, each column sums to `clusters`; column b depends on (seed, first + b) alone.
/// Source: multinomial counts are the weights of the pairs bootstrap (Efron 1979; Cameron, Gelbach & Miller
/// 2008).
Eigen::MatrixXd cluster_counts(Eigen::Index clusters, long first, long count, std::uint64_t seed);
/// The same into `counts`, clusters x replicates, overwritten.
void cluster_counts(Eigen::Ref<Eigen::MatrixXd> counts, long first, std::uint64_t seed);

}  // namespace spillway
