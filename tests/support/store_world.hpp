// A small run to store: every kind of value that a result file holds, small enough to check by eye.
#pragma once
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"

namespace spillway::test {

/// An empty folder of this process, removed at the end.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("spillway-" + name + "-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      found.push_back(entry.path().filename());
    return found;
  }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline Column text_column(const std::string& name, const std::vector<std::string>& texts) {
  Column column;
  column.name = name;
  column.kind = ColumnKind::text;
  for (const auto& text : texts) {
    auto level = std::find(column.levels.begin(), column.levels.end(), text);
    if (level == column.levels.end()) level = column.levels.insert(level, text);
    column.level.push_back(static_cast<std::int32_t>(level - column.levels.begin()));
  }
  return column;
}

inline Column number_column(const std::string& name, const std::string& unit,
                            const std::vector<double>& values) {
  Column column;
  column.name = name;
  column.unit = unit;
  column.number = values;
  return column;
}

/// Four areas; the fourth is an island.
inline DataPack small_pack() {
  DataPack pack;
  pack.name = "four";
  pack.geography = "lsoa21";
  pack.areas.rows = 4;
  pack.areas.columns = {
      number_column("population", "residents", {1500, 1600, 1700, 1800}),
      text_column("area_code", {"E01", "E02", "E03", "E04"}),
      text_column("area_name", {"Ärea", "", "Two", "Two"}),
      text_column("area_type", {"other", "doubly_disadvantaged", "other", "other_deprived"}),
      number_column("easting", "m", {1, 2, 3, std::nan("")})};
  pack.edges = {{0, 1, 1.0}, {1, 0, 1.0}, {1, 2, 1.0}, {2, 1, 1.0}};
  return pack;
}

inline SpatialWeights small_weights() {
  SpatialWeights::Matrix raw(4, 4);
  raw.insert(0, 1) = 1.0;
  raw.insert(1, 0) = 1.0;
  raw.insert(1, 2) = 1.0;
  raw.insert(2, 1) = 1.0;
  raw.makeCompressed();
  return {raw, true};
}

inline RunRecord small_record() {
  RunRecord record;
  record.name = "small";
  record.seed = 18446744073709551557u;  // beyond 2^63: kept whole
  record.spillway_version = "0.1.0";
  record.git_commit = "abcdef012345";
  record.instruction_set = "x86-64-v2";
  record.host = "a host";
  record.started = "2026-11-24T18:00:00Z";
  record.threads = 2;
  record.config = "[run]\nname = \"small\"  # é\n";
  record.inputs = {{"pack/areas.csv", "areas", "00ff", "ONS", "OGL", "2024"},
                   {"pack/edges.csv", "edges", "", "", "", ""}};
  record.truth = {{"rho", 0.4}, {"phi", 0.1}};
  return record;
}

inline Estimate small_estimate(const std::string& model, const std::string& estimator) {
  Estimate e;
  e.model = model;
  e.kind = "iv";
  e.estimator = estimator;
  e.outcome = "growth";
  e.outcome_unit = "log points a year";
  e.names = {"lag:other", "previous", "(Intercept)"};
  e.coefficients = Eigen::Vector3d(0.4, 0.1, -1.0 / 3.0);
  e.covariance.resize(3, 3);
  e.covariance << 0.04, 0.01, 0.02, 0.01, 0.09, 0.03, 0.02, 0.03, 0.16;
  e.low = Eigen::Vector3d(0.1, -0.2, std::nan(""));
  e.high = Eigen::Vector3d(0.7, 0.4, std::nan(""));
  e.interval_method = "percentile_t";
  e.observations = 40;
  e.areas = 4;
  e.clusters = 2;
  e.echo = "corrected score, 2 clusters";
  e.diagnostics = {{"equal_rho_wald", 3.5, 0.06, "Wald test of equal rho"},
                   {"hansen_j", std::nan(""), {}, ""}};
  e.has_anderson_rubin_set = true;
  e.anderson_rubin_set = {{-std::numeric_limits<double>::infinity(), -1.0}, {2.0, 3.0}};
  e.warnings = {"few clusters"};
  e.notes = {"one", "two"};
  e.refused = true;
  return e;
}

inline DrawSet small_draws() {
  DrawSet draws;
  draws.parameter = {"spillover/corrected_score/lag:other", "iv/2sls/grants"};
  draws.value.resize(2, 3);
  draws.value << 0.4, std::nan(""), 0.5, 1.0, std::nan(""), 2.0;
  draws.status = {0, 1, 0};
  return draws;
}

inline AreaSummary small_summary(AreaOutcome outcome) {
  AreaSummary summary;
  summary.outcome = outcome;
  summary.quantile.resize(3, 4);
  summary.quantile << 1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24;
  summary.mean = Eigen::Vector4f(5, 6, 7, 8);
  summary.sd = Eigen::Vector4f(0.5, 0.6F, 0.7F, 0.8F);
  summary.probability_better = Eigen::Vector4f(0, 0.25, 0.5, 1);
  summary.probability_positive = Eigen::Vector4f(1, 0.75, 0.25, 0);
  summary.draws.resize(2, 2);
  summary.draws << 1, 2, 3, 4;
  return summary;
}

inline Grouping small_grouping() {
  return {"area_type", {0, 1, 0, 2}, {"other", "doubly_disadvantaged", "other_deprived"}};
}

inline AggregateSeries small_series() {
  AggregateSeries series;
  series.outcome = AreaOutcome::uplift;
  series.periods = 2;
  series.groups = 3;
  for (int k = 0; k < 12; ++k) series.value.push_back(static_cast<float>(k) / 8.0F);
  return series;
}

/// Everything but the commit.
inline void write_small_run(RunWriter& writer, const RunRecord& record = small_record()) {
  writer.write_run(record);
  writer.write_areas(small_pack(), "area_type");
  writer.write_weights(small_weights(), small_pack(), "contiguity");
  writer.write_estimate(small_estimate("spillover", "corrected_score"));
  Estimate cell = small_estimate("iv", "2sls");
  cell.cell = "grants:drug_crime+turnout";
  writer.write_estimate(cell);
  cell.cell = "lottery:turnout";
  writer.write_estimate(cell, RunWriter::Place::grid);
  writer.write_draws(small_draws());
  writer.write_scenario("ring_fence", {0, 2},
                        {{"lever", std::string("ukspf_ring_fence")},
                         {"notes", std::vector<std::string>{"a", "b"}},
                         {"warnings", std::vector<std::string>{}}});
  const std::vector<double> cost = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
  writer.write({"/scenarios/ring_fence/cost", {"draw", "period"}, "GBP", "public cost a period"}, cost.data(),
               {2, 3});
  StoredParameters parameters{{"share", "lag_years"}, {"1", "years"}, Eigen::MatrixXd(2, 2)};
  parameters.value << 0.1, 1.0, 0.2, 2.0;
  writer.write_scenario_parameters("ring_fence", parameters);
  writer.write_area_summary("ring_fence", small_summary(AreaOutcome::uplift), {0.05, 0.5, 0.95},
                            "log points a year", {3, 1});
  AreaSummary cumulative = small_summary(AreaOutcome::cumulative_uplift);
  writer.write_area_summary("ring_fence", cumulative, {0.05, 0.5, 0.95}, "log points");
  writer.write_aggregate("ring_fence", small_series(), small_grouping(), 2, "log points a year");
  StoredAppraisal appraisal;
  appraisal.scenario = "ring_fence";
  appraisal.present_value_benefits = {3.0, 4.0};
  appraisal.present_value_costs = {1.0, -1.0};
  appraisal.npsv = {2.0, 5.0};
  appraisal.bcr = {3.0, std::nan("")};
  appraisal.attributes = {{"rulebook", std::string("green-book-2026")},
                          {"price_base_year", std::int64_t{2024}}};
  writer.write_appraisal(appraisal);
  writer.write_table(
      "/sensitivity/morris", "parameter",
      {{"mu_star", "GBP", "mean absolute effect", {1.5, 2.5}, {}}, {"parameter", "1", "", {}, {"a", "b"}}});
  writer.write_stages({{"data", 0.25, 1e6}, {"draws", 0.5, 2e6, 0.75}}, "2026-11-24T18:00:01Z");
}

}  // namespace spillway::test
