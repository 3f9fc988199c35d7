// Small CSV files, JSON expectations and panels for the tests of model A.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "engine/estimate/model_data.hpp"

namespace spillway::test {

/// A CSV of plain unquoted cells: column name -> cells.
inline std::map<std::string, std::vector<std::string>> read_cells(const std::filesystem::path& file) {
  std::ifstream in(file);
  REQUIRE_MESSAGE(in.good(), file.string());
  std::map<std::string, std::vector<std::string>> cells;
  std::vector<std::string> names;
  std::string line;
  while (std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::istringstream row(line);
    std::string cell;
    for (std::size_t k = 0; std::getline(row, cell, ','); ++k) {
      if (cell.size() > 1 && cell.front() == '"') cell = cell.substr(1, cell.size() - 2);
      if (names.size() <= k && cells.find(cell) == cells.end() &&
          (names.empty() || cells[names[0]].empty())) {
        names.push_back(cell);
        cells[cell];
      } else {
        cells[names[k]].push_back(cell);
      }
    }
  }
  return cells;
}

inline nlohmann::json read_expected(const std::filesystem::path& folder) {
  std::ifstream in(folder / "expected.json");
  REQUIRE(in.good());
  return nlohmann::json::parse(in);
}

/// Levels of a text column in order of first appearance.
struct Levels {
  std::vector<std::int32_t> of_row;
  std::vector<std::string> names;
};
inline Levels levels(const std::vector<std::string>& cells) {
  Levels result;
  std::map<std::string, std::int32_t> number;
  for (const auto& cell : cells) {
    const auto [at, added] = number.try_emplace(cell, static_cast<std::int32_t>(result.names.size()));
    if (added) result.names.push_back(cell);
    result.of_row.push_back(at->second);
  }
  return result;
}

/// The largest relative difference seen, printed at the end of a case: a reference test states its margin.
class Margin {
 public:
  explicit Margin(std::string name) : name_(std::move(name)) {}
  ~Margin() { std::printf("  %s: largest relative difference %.2e\n", name_.c_str(), largest_); }
  void compare(double value, double expected, double tolerance) {
    const double difference = std::abs(value - expected) / std::max(1e-300, std::abs(expected));
    largest_ = std::isnan(difference) ? INFINITY : std::max(largest_, difference);
    CHECK_MESSAGE(difference <= tolerance, name_, ": ", value, " against ", expected);
  }

 private:
  std::string name_;
  double largest_ = 0.0;
};

/// A long file (area, period, columns) as areas x periods; areas in order of first appearance, periods
/// ascending.
struct LongPanel {
  Levels area;
  std::vector<int> periods;
  std::map<std::string, Eigen::MatrixXd> value;
};
inline LongPanel read_long(const std::filesystem::path& file, const std::string& area,
                           const std::string& period, const std::vector<std::string>& columns) {
  const auto cells = read_cells(file);
  LongPanel panel;
  panel.area = levels(cells.at(area));
  for (const auto& cell : cells.at(period)) panel.periods.push_back(std::stoi(cell));
  std::sort(panel.periods.begin(), panel.periods.end());
  panel.periods.erase(std::unique(panel.periods.begin(), panel.periods.end()), panel.periods.end());
  for (const auto& column : columns) {
    Eigen::MatrixXd value(panel.area.names.size(), panel.periods.size());
    for (std::size_t row = 0; row < panel.area.of_row.size(); ++row) {
      const auto t =
          std::lower_bound(panel.periods.begin(), panel.periods.end(), std::stoi(cells.at(period)[row])) -
          panel.periods.begin();
      value(panel.area.of_row[row], t) = std::stod(cells.at(column)[row]);
    }
    panel.value[column] = std::move(value);
  }
  return panel;
}

/// PanelData with one type and one effect group, and clusters of single areas, ready to be refined.
inline PanelData plain_panel(const Eigen::MatrixXd& y, const std::vector<Eigen::MatrixXd>& x,
                             const std::vector<std::string>& x_names) {
  PanelData data;
  data.model = "test";
  data.outcome = "y";
  data.y = y;
  data.x = x;
  data.x_names = x_names;
  data.x_predetermined.assign(x.size(), false);
  for (int i = 0; i < y.rows(); ++i) data.area.push_back(i);
  for (int t = 0; t < y.cols(); ++t) data.periods.push_back(t);
  data.type.assign(static_cast<std::size_t>(y.rows()), 0);
  data.type_names = {"all"};
  data.effect_group.assign(static_cast<std::size_t>(y.rows()), 0);
  data.effect_group_names = {"all"};
  return data;
}

inline Clusters one_cluster_an_area(Eigen::Index areas, const std::string& column = "area_code") {
  Clusters clusters;
  clusters.column = column;
  for (Eigen::Index i = 0; i < areas; ++i) {
    clusters.of_area.push_back(static_cast<std::int32_t>(i));
    clusters.names.push_back(std::to_string(i));
  }
  return clusters;
}

inline SpatialWeights::Matrix sparse(Eigen::Index areas, const std::vector<Eigen::Triplet<double>>& entries) {
  SpatialWeights::Matrix matrix(areas, areas);
  matrix.setFromTriplets(entries.begin(), entries.end());
  return matrix;
}

}  // namespace spillway::test
