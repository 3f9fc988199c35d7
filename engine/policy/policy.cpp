#include "engine/policy/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace spillway {

Eigen::VectorXd Parameters::operator[](const std::string& name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw std::logic_error(fmt::format("a lever asked for the parameter '{}' it never declared", name));
  return value.col(found - names.begin());
}

}  // namespace spillway
