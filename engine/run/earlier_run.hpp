// `run --reuse`: what an earlier result already holds of a run, taken bit for bit instead of made again.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/run/aggregate_quantiles.hpp"
#include "engine/run/area_split.hpp"
#include "engine/run/estimation.hpp"
#include "engine/run/uplift_split.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

/// Attributes of /estimates/<model> and /scenarios/<name> that are there for a later run.
inline constexpr const char *fits_attribute = "fits", *verdicts_attribute = "verdicts",
                            *spillover_verdict_attribute = "spillover_verdict",
                            *structural_attribute = "structural", *outcome_key_attribute = "outcome_key";

/// Place of a fit below /estimates/<model>: "within", or "cells/<cell>/2sls" where the model is a grid.
std::string place_of(const Fit& fit, const ModelFits& model);
/// A structural form on one line, and back.
std::string line_of(const StructuralOf& form);

/// The estimates, draws and outcomes of a whole result whose estimates are those of this run.
class EarlierRun {
 public:
  /// Reads and verifies the file.
  /// @throws InputError  no result, damaged, a merged one, or one that left its draws out; says what to do
  explicit EarlierRun(const std::filesystem::path& file, Parallelism parallelism = {});

  const std::filesystem::path& file() const { return reader_.path(); }
  const RunReader& reader() const { return reader_; }
  const RunRecord& record() const { return record_; }
  std::uint32_t sum() const { return sum_; }  ///< of its structure, in its seal: its identity

  /// Its estimates are this run's. @throws InputError  they are not; names the first part that differs
  void require(const CheckpointKey& here, const CheckpointKey& there) const;
  /// It was made from the same data. Lists of places that one of the two alone has are no estimate's.
  /// @throws InputError  it was not; names the file
  void require_data(const std::vector<InputFile>& inputs) const;

  /// Fits (without what replicates them) and joint draws, as fit_model() and replicate() would return them.
  void take_estimates(const RunConfig& config, std::vector<ModelFits>& models, DrawSet& draws) const;

  /// The scenario whose outcome has this key; empty: none, or the result left outcomes by area out.
  std::string scenario_of(const std::string& outcome_key) const;
  /// Its outcome. @return  false: not everything that `plan` asks for is there
  bool take_outcome(const std::string& scenario, const OutcomePlan& plan, long draws, int horizon,
                    ScenarioOutcome& outcome) const;
  /// Its split by groups for the groupings of `plan` that are split; nothing where it is not all there.
  std::optional<UpliftSplit> take_split(const std::string& scenario, const OutcomePlan& plan,
                                        long draws) const;
  /// What write_aggregate_quantiles() writes beside the draws of one of its aggregates.
  AggregateFigures take_figures(const std::string& scenario, const std::string& outcome,
                                const std::string& grouping) const;
  /// Its split of areas; nothing where it kept none.
  std::optional<AreaSplit> take_area_split(const std::string& scenario) const;

 private:
  RunReader reader_;
  RunRecord record_;
  std::uint32_t sum_ = 0;
  std::map<std::string, std::string> scenario_of_;  ///< outcome_key -> name
};

}  // namespace spillway
