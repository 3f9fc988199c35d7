// What is left between clusters: shocks that neighbouring clusters, or clusters of one region, share.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/estimate/findings.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// Unordered pairs (g < h), ascending.
using ClusterPairs = std::vector<std::pair<std::int32_t, std::int32_t>>;

/// Clusters with an area each that W links.
ClusterPairs neighbouring_clusters(const SpatialWeights& weights,
                                   const std::vector<std::int32_t>& cluster_of_row);

/// All pairs of clusters of one group; none where they would be more than `most`.
ClusterPairs pairs_within(const std::vector<std::int32_t>& group_of_cluster, std::size_t most);

/// Clusters merged into `groups` contiguous groups: the smallest group goes to its smallest neighbour, again
/// and again (ties: the lower number). What has no neighbour stays alone and is not counted in `groups`.
///
/// @return  group of each cluster, numbered from 0 in the order of the clusters
std::vector<std::int32_t> merge_neighbours(const ClusterPairs& neighbours, Eigen::Index clusters,
                                           Eigen::Index groups);

/// Group of each cluster: that of most of its rows (ties: the lower number); -1 for a cluster without rows.
std::vector<std::int32_t> group_of_clusters(const std::vector<std::int32_t>& cluster_of_row,
                                            Eigen::Index clusters,
                                            const std::vector<std::int32_t>& group_of_row);

/// Columns t clusters + g summed into t groups + group: a cluster of group -1 goes nowhere.
Eigen::MatrixXd sum_groups(const Eigen::MatrixXd& cells, Eigen::Index clusters,
                           const std::vector<std::int32_t>& group_of_cluster, Eigen::Index groups);

/// Are cells of the same period independent between clusters?
///
/// With u_gt the influence of cluster g and period t on a coefficient and m_gh = sum_t u_gt u_ht, the terms
/// of a set of pairs are uncorrelated where clusters are independent, whatever their variances, so
///     z = sum m_gh / sqrt(sum m_gh^2)
/// over the set (Pesaran 2004 and Moran 1950 of scores instead of residuals). What pairs add to the variance
/// is 2 sum m_gh / sum_g m_gg. One z a coefficient and set of pairs; p of the largest by Bonferroni.
///
/// @param influence  coefficients x (periods clusters), column t clusters + g
/// @param names      of the coefficients tested: the first rows
PanelFindings::Between test_between(const Eigen::MatrixXd& influence, Eigen::Index clusters,
                                    const std::vector<std::string>& names,
                                    const std::vector<ClusterPairs>& pairs);

}  // namespace spillway
