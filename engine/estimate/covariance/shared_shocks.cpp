#include "engine/estimate/covariance/shared_shocks.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "engine/base/distributions.hpp"

namespace spillway {

namespace {
ClusterPairs ascending(ClusterPairs pairs) {
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}
}  // namespace

ClusterPairs neighbouring_clusters(const SpatialWeights& weights,
                                   const std::vector<std::int32_t>& cluster_of_row) {
  ClusterPairs pairs;
  for (Eigen::Index i = 0; i < weights.areas(); ++i)
    for (SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i); it; ++it) {
      const auto g = cluster_of_row[static_cast<std::size_t>(i)],
                 h = cluster_of_row[static_cast<std::size_t>(it.col())];
      if (g != h && g >= 0 && h >= 0) pairs.emplace_back(std::min(g, h), std::max(g, h));
    }
  return ascending(std::move(pairs));
}

ClusterPairs pairs_within(const std::vector<std::int32_t>& group_of_cluster, std::size_t most) {
  std::map<std::int32_t, std::vector<std::int32_t>> members;
  for (std::size_t g = 0; g < group_of_cluster.size(); ++g)
    if (group_of_cluster[g] >= 0) members[group_of_cluster[g]].push_back(static_cast<std::int32_t>(g));
  std::size_t count = 0;
  for (const auto& [group, own] : members) count += own.size() * (own.size() - 1) / 2;
  ClusterPairs pairs;
  if (count > most) return pairs;
  for (const auto& [group, own] : members)
    for (std::size_t a = 0; a < own.size(); ++a)
      for (std::size_t b = a + 1; b < own.size(); ++b) pairs.emplace_back(own[a], own[b]);
  return pairs;
}

std::vector<std::int32_t> merge_neighbours(const ClusterPairs& neighbours, Eigen::Index clusters,
                                           Eigen::Index groups) {
  const auto n = static_cast<std::size_t>(clusters);
  std::vector<std::set<std::int32_t>> next(n);
  for (const auto& [g, h] : neighbours) {
    next[static_cast<std::size_t>(g)].insert(h);
    next[static_cast<std::size_t>(h)].insert(g);
  }
  std::vector<long> size(n, 1);
  std::vector<std::int32_t> into(n);  // the cluster that a merged one went to
  std::set<std::pair<long, std::int32_t>> open;
  for (std::size_t g = 0; g < n; ++g) {
    into[g] = static_cast<std::int32_t>(g);
    if (!next[g].empty()) open.emplace(1, static_cast<std::int32_t>(g));
  }
  while (static_cast<Eigen::Index>(open.size()) > groups) {
    const auto g = open.begin()->second;
    const auto at = static_cast<std::size_t>(g);
    open.erase(open.begin());
    if (next[at].empty()) continue;  // a component that is one group
    const auto h = *std::min_element(next[at].begin(), next[at].end(), [&](auto a, auto b) {
      return std::pair(size[static_cast<std::size_t>(a)], a) <
             std::pair(size[static_cast<std::size_t>(b)], b);
    });
    const auto to = static_cast<std::size_t>(h);
    for (const auto other : next[at]) {
      next[static_cast<std::size_t>(other)].erase(g);
      if (other == h) continue;
      next[static_cast<std::size_t>(other)].insert(h);
      next[to].insert(other);
    }
    next[at].clear();
    open.erase({size[to], h});
    size[to] += size[at];
    into[at] = h;
    open.emplace(size[to], h);
  }
  std::vector<std::int32_t> group(n);
  std::map<std::int32_t, std::int32_t> number;
  for (std::size_t g = 0; g < n; ++g) {
    auto root = static_cast<std::int32_t>(g);
    while (into[static_cast<std::size_t>(root)] != root) root = into[static_cast<std::size_t>(root)];
    group[g] = number.try_emplace(root, static_cast<std::int32_t>(number.size())).first->second;
  }
  return group;
}

std::vector<std::int32_t> group_of_clusters(const std::vector<std::int32_t>& cluster_of_row,
                                            Eigen::Index clusters,
                                            const std::vector<std::int32_t>& group_of_row) {
  std::vector<std::map<std::int32_t, long>> rows(static_cast<std::size_t>(clusters));
  for (std::size_t i = 0; i < cluster_of_row.size(); ++i)
    ++rows[static_cast<std::size_t>(cluster_of_row[i])][group_of_row[i]];
  std::vector<std::int32_t> group(rows.size(), -1);
  for (std::size_t g = 0; g < rows.size(); ++g) {
    long most = 0;
    for (const auto& [one, count] : rows[g])
      if (count > most) {
        most = count;
        group[g] = one;
      }
  }
  return group;
}

Eigen::MatrixXd sum_groups(const Eigen::MatrixXd& cells, Eigen::Index clusters,
                           const std::vector<std::int32_t>& group_of_cluster, Eigen::Index groups) {
  const Eigen::Index periods = cells.cols() / clusters;
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(cells.rows(), periods * groups);
  for (Eigen::Index t = 0; t < periods; ++t)
    for (Eigen::Index g = 0; g < clusters; ++g)
      if (const auto group = group_of_cluster[static_cast<std::size_t>(g)]; group >= 0)
        sum.col(t * groups + group) += cells.col(t * clusters + g);
  return sum;
}

PanelFindings::Between test_between(const Eigen::MatrixXd& influence, Eigen::Index clusters,
                                    const std::vector<std::string>& names,
                                    const std::vector<ClusterPairs>& pairs) {
  PanelFindings::Between found;
  const Eigen::Index periods = influence.cols() / clusters;
  int tests = 0;
  double largest = 0.0;
  Eigen::MatrixXd by_cluster(periods, clusters);
  for (std::size_t k = 0; k < names.size(); ++k) {
    for (Eigen::Index t = 0; t < periods; ++t)
      by_cluster.row(t) = influence.row(static_cast<Eigen::Index>(k)).segment(t * clusters, clusters);
    const double own = by_cluster.squaredNorm();
    for (const ClusterPairs& set : pairs) {
      double sum = 0.0, square = 0.0;
      for (const auto& [g, h] : set) {
        const double product = by_cluster.col(g).dot(by_cluster.col(h));
        sum += product;
        square += product * product;
      }
      if (!(square > 0.0)) continue;
      ++tests;
      const double z = sum / std::sqrt(square);
      found.inflation = std::max(found.inflation, 2.0 * sum / own);
      if (!(std::abs(z) > std::abs(largest))) continue;
      largest = z;
      found.coefficient = names[k];
    }
  }
  found.test = {largest, tests == 0 ? 1.0 : std::min(1.0, tests * normal_two_sided(largest))};
  return found;
}

}  // namespace spillway
