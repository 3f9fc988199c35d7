// What a pound of public cost brings and what comes to a head, as a result keeps it: one list for every
// table.
#pragma once
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"

namespace spillway::studies {

/// One figure of one policy, or of one lever of a package alone: 5, 50 and 95 % quantiles of draws.
struct WorthRow {
  std::string policy, part;  ///< part: "policy", or the lever whose money it is
  std::string outcome;       ///< of a figure that is uplift; empty: money
  std::string figure, unit;
  double p5 = 0.0, p50 = 0.0, p95 = 0.0;  ///< NaN: costs nothing
};

/// Policy by policy: money and its own outcome, then each further outcome, part by part.
std::vector<WorthRow> worth_rows(const RunReader& reader);

/// What one year means for the Exchequer under one policy: medians of draws, GBP of the price base year.
struct ExchequerRow {
  std::string policy;
  int year = 0;
  std::vector<double> value;  ///< as exchequer_figures; NaN: nobody gave the figure that it needs
};
/// Columns of the file and what people call them, in order; shares of draws where `share`.
struct ExchequerFigure {
  const char *column, *words;
  bool share = false;
};
const std::vector<ExchequerFigure>& exchequer_figures();
struct ExchequerTable {
  std::vector<ExchequerRow> rows;    ///< policy by policy, year by year
  std::vector<std::size_t> told;     ///< the figures that any of them has
  std::vector<std::string> assumed;  ///< whose figures they are what comes back, each once
  std::string prices;                ///< "2024 prices"
};
ExchequerTable exchequer_rows(const RunReader& reader);

/// The attribute of an appraisal that says whose figure it is.
inline constexpr const char* what_comes_back = "what_comes_back";

/// What it says; of a result of before there was one, what its stored configuration says. Empty: nothing
/// comes back.
std::string comes_back(const RunReader& reader, const StoredAppraisal& stored);

/// The name of a scenario's outcome: that of a further outcome within its policy, else the outcome's own.
std::string outcome_named(const RunReader& reader, const std::string& scenario);

}  // namespace spillway::studies
