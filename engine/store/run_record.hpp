// The plain values that a result file holds beside those of earlier stages.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/data/pack/data_pack.hpp"
#include "engine/estimate/estimate.hpp"
#include "engine/outcome/outcome.hpp"

namespace spillway {

/// Version of the format; see engine/store/FORMAT.md. A reader refuses a file with a higher major number.
struct FormatVersion {
  static constexpr int major = 1, minor = 4;
};

/// Attributes of a member that a merged file holds as links: its file, relative to the merged one, and its
/// structure's sum when it was merged.
inline constexpr const char *linked_file = "linked_file", *linked_sum = "linked_sum";

/// What an attribute may be.
using AttributeValue =
    std::variant<std::string, double, std::int64_t, std::vector<std::string>, std::vector<double>>;
using Attribute = std::pair<std::string, AttributeValue>;

/// One stage of the run: its wall seconds, the process's peak resident memory at its end, bytes, and the CPU
/// seconds that the process spent meanwhile (stages that overlap share them).
struct StageCost {
  std::string stage;
  double seconds = 0.0;
  double peak_memory = 0.0;
  double core_seconds = 0.0;
};

/// Where a result came from: what /run says.
struct RunRecord {
  std::string name;
  std::uint64_t seed = 0;
  std::string spillway_version, git_commit;
  std::string instruction_set;  ///< "x86-64-v3"
  std::string host, started,
      finished;  ///< times in UTC, ISO 8601; these and `threads` may differ in equal runs
  int threads = 0;
  std::string config;  ///< the whole configuration text
  std::vector<InputFile> inputs;
  std::vector<std::pair<std::string, double>> truth;  ///< of a synthetic world
  std::vector<StageCost> stages;                      ///< empty when read from a file that has none
  std::vector<Attribute> more;                        ///< further attributes of /run; not read back
};

/// An estimate in the file: its group, and whether it is the one that feeds the draws of its model's grid.
struct StoredEstimate {
  std::string group;     ///< "/estimates/<model>/<estimator>" or ".../cells/<cell>/<estimator>"
  bool in_grid = false;  ///< true: one cell of an IV grid, under cells/
  Estimate estimate;
};

/// Numeric parameters of a scenario, draw by draw.
struct StoredParameters {
  std::vector<std::string> names, units;  ///< units may be empty
  Eigen::MatrixXd value;                  ///< draws x parameters
};

/// One outcome of a scenario for every area, as read back.
struct StoredAreaSummary {
  AreaSummary summary;
  std::vector<double> levels;  ///< of the quantiles, in (0, 1)
  std::string unit;
  std::vector<std::string> kept_areas;  ///< columns of summary.draws
};

/// Aggregates of one outcome and grouping, as read back.
struct StoredAggregate {
  std::string outcome, grouping, unit;
  std::vector<std::string> groups;
  std::vector<int> periods;  ///< periods ahead of the last observed one
  long first_draw = 0, draws = 0;
  std::vector<float> value;  ///< [draw][period][group]

  float at(long draw, std::size_t period, std::size_t group) const {
    return value[(static_cast<std::size_t>(draw) * periods.size() + period) * groups.size() + group];
  }
};

/// A column of a generic table: numbers or texts, one a row.
struct TableColumn {
  std::string name, unit, long_name;
  std::vector<double> numbers;  ///< used where not empty
  std::vector<std::string> texts;
};

/// Where the money stands for one scenario, draw by draw, in pounds of the price base year.
struct StoredAppraisal {
  std::string scenario;
  std::vector<double> present_value_benefits, present_value_costs, npsv;
  std::vector<double> bcr;  ///< NaN where a draw's costs are not positive; empty: null, attributes say why
  std::vector<Attribute> attributes;   ///< rulebook, years, bases, reasons
  std::vector<TableColumn> exchequer;  ///< by year; the first column is `year`; empty: none
  std::vector<TableColumn> worth;      ///< per pound and per head; the first column is `part`; empty: none
};

}  // namespace spillway
