// A past programme: which places got how much money in which year.
#pragma once
#include <Eigen/Dense>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/table.hpp"

namespace spillway {

/// One row of a programme's file.
struct ProgrammeSpend {
  std::string code;
  int year = 0;
  double gbp = 0.0;
  long line = 0;  ///< of the file
};

struct Programme {
  std::filesystem::path file;
  std::string sha256;
  std::vector<ProgrammeSpend> spend;  ///< in the order of the file
};

/// Read a CSV with the columns code, year and gbp; more columns are not looked at.
/// @throws InputError  every fault: no such file, a column that is missing, a code that is empty, a year that
///                     is no whole number from 1900 to 2200, money that is no number of 0 or more, a place
///                     and year that stand twice, no row
/// @throws StoreError  the file cannot be read
Programme read_programme(const std::filesystem::path& file);

/// Where a programme's places and money stand in a pack.
struct ProgrammeMoney {
  Eigen::MatrixXd gbp;  ///< areas x periods: spent in the period
  /// Rows of the areas that got something, ascending.
  std::vector<int> places;
  std::ptrdiff_t start = 0;  ///< column of the first period with money
  double after = 0.0;        ///< GBP after the last period: not in `gbp`
};

/// A year's money belongs to the first period whose label is that year or a later one, so that a period of
/// several years, labelled by its last, holds the money of all of them.
/// @param codes    column of areas, one row an area
/// @param periods  labels, ascending
/// @throws InputError  a code that is no area, by file and line with the nearest; no money at all before the
///                     last period ends
ProgrammeMoney programme_money(const Programme& programme, const Column& codes,
                               const std::vector<int>& periods);

/// Stock a head at the end of each period: what was spent so far over residents, areas x periods.
/// @param population  residents, one an area
/// @throws InputError  a place without residents
Eigen::MatrixXd stock_a_head(const ProgrammeMoney& money, const Eigen::VectorXd& population,
                             const Column& codes);

}  // namespace spillway
