// What a result says of groups' outcomes in the last period, from their draws or from the quantiles kept of
// them.
#pragma once
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"

namespace spillway::studies {

struct GroupSpread {
  std::string unit;
  std::vector<std::string> groups;
  std::vector<std::vector<double>>
      quantile;                ///< [group][level]; NaN: not known, or its run kept no such quantile
  std::vector<double> better;  ///< [group] share of draws on the better side; NaN: not known
};

/// The dataset of a group of an outcome that holds the share of draws on the better side: results of before
/// format 1.3 have it under the name of the positive side's.
std::string better_dataset(const RunReader& reader, const std::string& place);

/// @param levels  in (0, 1)
GroupSpread group_spread(const RunReader& reader, const std::string& scenario, const std::string& outcome,
                         const std::string& grouping, const std::vector<double>& levels);

}  // namespace spillway::studies
