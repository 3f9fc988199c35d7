// Cross-sections from CSV files, and comparison with other programs' numbers, for the tests of model B.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "engine/estimate/iv/instrumental.hpp"

namespace spillway::test {

/// A CSV of unquoted cells as a pack's areas; columns that do not parse as numbers become texts.
inline DataPack pack_of_csv(const std::filesystem::path& file) {
  std::ifstream in(file);
  REQUIRE_MESSAGE(in.good(), file.string());
  std::string line, cell;
  std::vector<std::vector<std::string>> cells;
  DataPack pack;
  while (std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::istringstream row(line);
    for (std::size_t k = 0; std::getline(row, cell, ','); ++k) {
      cell.erase(std::remove(cell.begin(), cell.end(), '"'), cell.end());
      if (k == cells.size() && pack.areas.rows == 0) {
        cells.emplace_back();
        Column column;
        column.name = cell;
        pack.areas.columns.push_back(column);
        continue;
      }
      cells.at(k).push_back(cell);
    }
    if (!cells.empty()) pack.areas.rows = cells[0].size() + 1;
  }
  pack.areas.rows = cells[0].size();
  for (std::size_t k = 0; k < cells.size(); ++k) {
    Column& column = pack.areas.columns[k];
    for (const auto& text : cells[k]) {
      char* end = nullptr;
      const double value = std::strtod(text.c_str(), &end);
      if (text.empty())
        column.number.push_back(NAN);
      else if (*end)
        column.kind = ColumnKind::text;
      else
        column.number.push_back(value);
    }
    if (column.kind == ColumnKind::text) {
      column.number.clear();
      for (const auto& text : cells[k]) {
        auto found = std::find(column.levels.begin(), column.levels.end(), text);
        column.level.push_back(static_cast<std::int32_t>(found - column.levels.begin()));
        if (found == column.levels.end()) column.levels.push_back(text);
      }
    }
  }
  return pack;
}

/// One model of kind iv, ready to have its covariance set.
inline IvModel iv_model(const std::string& outcome, const std::vector<std::string>& endogenous,
                        const std::vector<std::string>& instruments,
                        const std::vector<std::string>& controls) {
  IvModel model;
  model.name = "case";
  model.outcome = outcome;
  model.endogenous = endogenous;
  model.instruments = instruments;
  model.controls = controls;
  model.estimators = {Estimator::two_stage};
  return model;
}

inline FitContext context_of(const DataPack& pack, const IvModel& model) {
  FitContext context;
  for (const auto& column : model.covariance.by) context.by.push_back(clusters_by(pack.areas, column));
  if (!context.by.empty()) context.joint = context.by[0];
  context.replicates = 999;
  return context;
}

/// cross_section, then fit_instrumental: the way every reference case goes.
inline std::vector<Fit> fit_case(const DataPack& pack, const IvModel& model) {
  return fit_instrumental(cross_section(model, model.endogenous, model.instruments, pack), model,
                          context_of(pack, model));
}

inline double coefficient(const Estimate& estimate, const std::string& name) {
  const auto k = estimate.find(name);
  REQUIRE_MESSAGE(k >= 0, name);
  return estimate.coefficients(k);
}

inline double p_value(const Estimate& estimate, const std::string& name) {
  for (const auto& one : estimate.diagnostics)
    if (one.name == name && one.p) return *one.p;
  return NAN;
}

/// The largest relative difference of a case, printed when it ends: a reference test states its margin.
class LargestDifference {
 public:
  LargestDifference(std::string name, double tolerance) : name_(std::move(name)), tolerance_(tolerance) {}
  ~LargestDifference() {
    std::printf("  %s: %d numbers, largest relative difference %.2e (%s)\n", name_.c_str(), count_, largest_,
                worst_.c_str());
  }
  void compare(const std::string& what, double value, double expected, double tolerance = 0.0) {
    const double difference = std::abs(value - expected) / std::max(1e-300, std::abs(expected));
    ++count_;
    if (!(difference <= largest_)) {
      largest_ = difference;
      worst_ = what;
    }
    CHECK_MESSAGE(difference <= (tolerance > 0 ? tolerance : tolerance_), name_, " ", what, ": ", value,
                  " against ", expected);
  }

 private:
  std::string name_, worst_;
  double tolerance_, largest_ = 0.0;
  int count_ = 0;
};

inline nlohmann::json expected_of(const std::filesystem::path& folder) {
  std::ifstream in(folder / "expected.json");
  REQUIRE_MESSAGE(in.good(), folder.string());
  return nlohmann::json::parse(in).at("expected");
}

}  // namespace spillway::test
