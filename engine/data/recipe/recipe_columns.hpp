// Functions of a recipe that look at a whole column, or at the rows of one group.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace spillway::recipe {

/// A function of a column: values in, as many values out; missing stays missing, save for the statistics
/// (sum, mean, ...), which give every row its group's figure.
struct WholeColumn {
  std::size_t parameters = 0;  ///< plain numbers between the column and `by`
  /// @param x           values, NaN missing
  /// @param group       row -> group, 0 and up
  /// @param parameters  as many as above
  std::vector<double> (*apply)(const std::vector<double>& x, const std::vector<std::int32_t>& group,
                               const std::vector<double>& parameters) = nullptr;
};

/// The function of this name, or nullptr.
const WholeColumn* whole_column_function(const std::string& name);
std::vector<std::string> whole_column_names();

}  // namespace spillway::recipe
