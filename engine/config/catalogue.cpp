#include "engine/config/catalogue.hpp"

#include <fmt/format.h>

#include "engine/base/error.hpp"

namespace spillway {

std::vector<std::string> names_of(const std::vector<Estimator>& list) {
  std::vector<std::string> names;
  for (const Estimator one : list) names.push_back(name_of(one));
  return names;
}

std::vector<Estimator> estimators_named(const std::vector<std::string>& names) {
  std::vector<Estimator> list;
  for (const auto& name : names) {
    const auto found = named<Estimator>(name);
    if (!found) {
      const std::string near = nearest_word(name, names_of<Estimator>());
      throw InputError(fmt::format("'{}' is no estimator{}", name,
                                   near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
    }
    list.push_back(*found);
  }
  return list;
}

std::vector<Estimator> estimators_of(ModelKind kind) {
  std::vector<Estimator> list;
  for (const EstimatorRow& row : estimators)
    if (row.kind == kind) list.push_back(row.id);
  return list;
}

}  // namespace spillway
