#include "engine/estimate/estimate.hpp"

#include <limits>

namespace spillway {

Eigen::Index Estimate::find(const std::string& name) const {
  for (std::size_t k = 0; k < names.size(); ++k)
    if (names[k] == name) return static_cast<Eigen::Index>(k);
  return -1;
}

double Estimate::diagnostic(const std::string& name) const {
  for (const auto& diagnostic : diagnostics)
    if (diagnostic.name == name) return diagnostic.value;
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace spillway
