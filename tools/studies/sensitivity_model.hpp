// A scenario's headlines as a function of what is uncertain in it: the lever's parameters and the estimates.
#pragma once
#include <Eigen/Dense>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ranks.hpp"
#include "engine/outcome/aggregate_polynomial.hpp"
#include "engine/run/scenario_job.hpp"
#include "scenarios/appraisal.hpp"
#include "scenarios/lever.hpp"
#include "tools/studies/appraise.hpp"

namespace spillway::studies {

/// One uncertain input.
struct SensitivityInput {
  enum class Origin { lever, estimate };
  std::string name, unit;  ///< "share", "rho:doubly_disadvantaged"
  Origin origin = Origin::lever;
  std::string words;             ///< its distribution, for people
  Distribution distribution;     ///< of a lever's parameter
  double low = 0.0, high = 0.0;  ///< allowed range of a lever's parameter
  std::vector<double> draws;     ///< of an estimate: its replicates, sorted

  /// Its u-quantile, u in (0, 1); of an estimate, type 7 of Hyndman & Fan (1996).
  double at(double u) const;
};

/// How a long evaluation keeps what it has finished, batch by batch, and is told to stop; and who shares it.
/// Any function may be empty.
struct PointUnits {
  Ranks* ranks = &Ranks::alone();  ///< batches by rank, in turn; every rank gets all
  std::function<std::optional<std::vector<double>>(long batch)>
      kept;  ///< outputs of a batch, points x outputs
  std::function<void(long batch, const std::vector<double>& outputs)> keep;
  std::function<bool()> interrupted;
  std::function<void(Eigen::Index points)> done;  ///< told after every batch
};

class SensitivityModel {
 public:
  /// @param context  of the scenario, with every draw; what it points to must outlive the model. Groupings
  /// and outcomes of its
  ///              configuration do not matter here
  /// @throws InputError  the lever's parameters are at fault
  SensitivityModel(const ScenarioConfig& scenario, const RunConfig& config, const LeverContext& context,
                   std::function<std::vector<double>(double)> discount);
  SensitivityModel(const SensitivityModel&) = delete;
  SensitivityModel& operator=(const SensitivityModel&) = delete;

  /// What varies: the lever's parameters that are not fixed, then rho by type (one where it is common), phi
  /// and beta.
  const std::vector<SensitivityInput>& inputs() const { return inputs_; }
  /// Correlation of the inputs' normal scores: the configuration's between a lever's parameters, the draws'
  /// own between estimates, 0 between the two.
  const Eigen::MatrixXd& correlation() const { return correlation_; }
  const std::vector<std::string>& outputs() const { return outputs_; }
  const std::vector<std::string>& output_units() const { return units_; }
  /// What is held fixed and must be said.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Points of the unit cube as values of all inputs; those that are not `varied` stand at their medians.
  /// @param u  points x varied
  /// @throws InputError  a value that the lever does not allow; names it
  Eigen::MatrixXd values(const Eigen::MatrixXd& u, const std::vector<int>& varied) const;

  /// The headlines at each point, exact: points x outputs. Where the lever moves shocks alone, from
  /// AggregatePolynomial, else by propagation. The same bits for any number of workers and ranks. Not for
  /// several threads at a time. Collective.
  /// @param values  points x inputs
  /// @throws Interrupted  units.interrupted() said so between two batches
  Eigen::MatrixXd evaluate(const Eigen::MatrixXd& values, Parallelism parallelism,
                           const PointUnits& units = {}) const;

 private:
  void add_lever_inputs();
  int add_estimate(const std::string& name, const std::string& unit, const Eigen::VectorXd& draws);
  void add_correlation();
  /// One column of `values`, or `fixed` at every point where input is -1.
  static Eigen::VectorXd column(const Eigen::MatrixXd& values, int input, double fixed);
  Eigen::MatrixXd evaluate_batch(const Eigen::MatrixXd& values, Parallelism parallelism) const;

  ScenarioConfig scenario_;
  RunConfig config_;  ///< keeps only what the headlines need
  LeverContext context_;
  std::function<std::vector<double>(double)> discount_;  ///< as in RunHooks
  Parameters base_;                                      ///< one row: what is fixed stands there
  std::vector<int> input_of_lever_;                      ///< column of base_ -> input, -1: fixed
  std::vector<int> input_of_rho_;                        ///< type -> input, -1: fixed
  int input_of_phi_ = -1, input_of_beta_ = -1;
  std::vector<SensitivityInput> inputs_;
  Eigen::MatrixXd correlation_;
  std::vector<std::string> outputs_, units_, notes_;
  mutable bool growth_is_held_ = false;  ///< of the last batch: a run would draw it
  mutable PolicyAreas areas_;            ///< whom the second output is for; known from the first batch on
  mutable std::unique_ptr<AggregatePolynomial> polynomial_;  ///< made by the first batch that allows one
};

}  // namespace spillway::studies
