#include "engine/data/recipe/recipe_columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "engine/base/constants.hpp"

namespace spillway::recipe {
namespace {

using Numbers = std::vector<double>;
using Groups = std::vector<std::int32_t>;

/// Rows of each group whose value is there, in row order, so that sums have one order.
std::vector<std::vector<std::size_t>> rows_by_group(const Numbers& x, const Groups& group) {
  std::int32_t groups = 0;
  for (const std::int32_t each : group) groups = std::max(groups, each + 1);
  std::vector<std::vector<std::size_t>> rows(static_cast<std::size_t>(groups));
  for (std::size_t row = 0; row < x.size(); ++row)
    if (!std::isnan(x[row])) rows[static_cast<std::size_t>(group[row])].push_back(row);
  return rows;
}

/// Every row gets statistic(values of its group); groups without a value are missing.
template <typename Statistic>
Numbers statistic(const Numbers& x, const Groups& group, Statistic compute) {
  const auto rows = rows_by_group(x, group);
  Numbers of_group(rows.size(), nan);
  for (std::size_t g = 0; g < rows.size(); ++g) {
    if (rows[g].empty()) continue;
    Numbers values;
    values.reserve(rows[g].size());
    for (const std::size_t row : rows[g]) values.push_back(x[row]);
    of_group[g] = compute(values);
  }
  Numbers result(x.size());
  for (std::size_t row = 0; row < x.size(); ++row)
    result[row] = of_group[static_cast<std::size_t>(group[row])];
  return result;
}

double total(const Numbers& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum;
}

/// Quantile of sorted values, type 7 of Hyndman & Fan (1996): linear between order statistics.
double quantile(const Numbers& sorted, double level) {
  const double place = level * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double standard_deviation(const Numbers& values) {
  if (values.size() < 2) return nan;
  const double mean = total(values) / static_cast<double>(values.size());
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// Ranks in each group, 1 the lowest; ties share the lowest rank. `tenths`: the tenth, 1..10, that the rank
/// falls in.
Numbers ranked(const Numbers& x, const Groups& group, bool tenths) {
  Numbers result(x.size(), nan);
  for (auto& rows : rows_by_group(x, group)) {
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
    double rank = 1.0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      if (k > 0 && x[rows[k]] != x[rows[k - 1]]) rank = static_cast<double>(k + 1);
      result[rows[k]] = tenths ? std::ceil(10.0 * rank / static_cast<double>(rows.size())) : rank;
    }
  }
  return result;
}

Numbers winsorised(const Numbers& x, const Groups& group, const Numbers& levels) {
  Numbers result = x;
  for (const auto& rows : rows_by_group(x, group)) {
    if (rows.empty()) continue;
    Numbers sorted;
    for (const std::size_t row : rows) sorted.push_back(x[row]);
    std::sort(sorted.begin(), sorted.end());
    const double low = quantile(sorted, levels[0]), high = quantile(sorted, levels[1]);
    for (const std::size_t row : rows) result[row] = std::clamp(x[row], low, high);
  }
  return result;
}

const std::map<std::string, WholeColumn>& functions() {
  static const std::map<std::string, WholeColumn> all = {
      {"sum", {0, [](const Numbers& x, const Groups& g, const Numbers&) { return statistic(x, g, total); }}},
      {"mean",
       {0,
        [](const Numbers& x, const Groups& g, const Numbers&) {
          return statistic(x, g, [](const Numbers& v) { return total(v) / static_cast<double>(v.size()); });
        }}},
      {"count",
       {0,
        [](const Numbers& x, const Groups& g, const Numbers&) {
          Numbers counted = statistic(x, g, [](const Numbers& v) { return static_cast<double>(v.size()); });
          for (double& each : counted)
            if (std::isnan(each)) each = 0.0;  // a group without a value counts none
          return counted;
        }}},
      {"lowest",
       {0,
        [](const Numbers& x, const Groups& g, const Numbers&) {
          return statistic(x, g, [](const Numbers& v) { return *std::min_element(v.begin(), v.end()); });
        }}},
      {"highest",
       {0,
        [](const Numbers& x, const Groups& g, const Numbers&) {
          return statistic(x, g, [](const Numbers& v) { return *std::max_element(v.begin(), v.end()); });
        }}},
      {"median",
       {0,
        [](const Numbers& x, const Groups& g, const Numbers&) {
          return statistic(x, g, [](Numbers v) {
            std::sort(v.begin(), v.end());
            return quantile(v, 0.5);
          });
        }}},
      {"sd",
       {0, [](const Numbers& x, const Groups& g,
              const Numbers&) { return statistic(x, g, standard_deviation); }}},
      {"rank", {0, [](const Numbers& x, const Groups& g, const Numbers&) { return ranked(x, g, false); }}},
      {"decile", {0, [](const Numbers& x, const Groups& g, const Numbers&) { return ranked(x, g, true); }}},
      {"winsorise", {2, winsorised}},
  };
  return all;
}

}  // namespace

const WholeColumn* whole_column_function(const std::string& name) {
  const auto found = functions().find(name);
  return found == functions().end() ? nullptr : &found->second;
}

std::vector<std::string> whole_column_names() {
  std::vector<std::string> names;
  for (const auto& each : functions()) names.push_back(each.first);
  return names;
}

}  // namespace spillway::recipe
