// What the groups of a result are called: the pack's own names beside its codes.
#pragma once
#include <map>
#include <string>

#include "engine/store/run_store.hpp"

namespace spillway::studies {

/// A result that keeps no areas (store.keep = "summary") has no names: codes stand for themselves.
class GroupNames {
 public:
  explicit GroupNames(const RunReader& reader);

  /// Whether groups of that grouping, or of one of two that it crosses, have names of their own.
  bool known(const std::string& grouping) const;

  /// "Doubly disadvantaged in Tees Valley" where the grouping crosses two; without a name the code in plain
  /// words.
  std::string named(const std::string& grouping, const std::string& group) const;

  const std::string& type_column() const { return type_column_; }  ///< of /areas: the types of the run

 private:
  std::map<std::string, std::map<std::string, std::string>> names_;  ///< grouping -> code -> name
  std::string type_column_;
};

}  // namespace spillway::studies
