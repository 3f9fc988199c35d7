// Whether the areas that a model uses are all in a cluster.
#pragma once
#include <vector>

#include "engine/estimate/model_data.hpp"

namespace spillway {

/// @param rows  areas that a model uses; of the others clusters_by may have none (-1)
/// @throws InputError  one of them is in no cluster: all are listed
void require_clusters(const Clusters& clusters, const Table& areas, const std::vector<int>& rows);

}  // namespace spillway
