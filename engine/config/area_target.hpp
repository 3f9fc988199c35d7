// Whom a policy aims at, as a configuration says it.
#pragma once
#include <string>
#include <vector>

namespace spillway {

/// A type of area, the areas where a column has one of some values, or a list of places: one of the three.
struct AreaTarget {
  std::string type;                 ///< "doubly_disadvantaged"
  std::string column;               ///< else a column of areas ...
  std::vector<std::string> equals;  ///< ... and the values wanted
  std::string list;                 ///< else a CSV file of places, relative to the configuration
  std::string place = {};           ///< of the type those in this place alone; empty: everywhere
};

/// As a parameter keeps it: "doubly_disadvantaged", "doubly_disadvantaged:Tees Valley",
/// "column:in_programme=yes|part", "list:places.csv".
std::string to_text(const AreaTarget& target);

/// From such a text. @throws InputError  "column:" without a name or value, "list:" without a file, nothing
AreaTarget area_target(const std::string& text);

}  // namespace spillway
