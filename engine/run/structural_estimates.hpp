// The structural form of model B for every pair of estimates that scenarios use, and how it is replicated.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/estimate/iv/structural.hpp"
#include "engine/run/estimation.hpp"

namespace spillway {

/// rho by type and phi among named values; nothing where a type has none or there are second lags.
std::optional<SpreadPoint> spread_point(const std::vector<std::string>& names, const Eigen::VectorXd& values,
                                        const std::vector<std::string>& types);

/// The structural form of one cell of model B with A of one estimate of model A; "structural_ols" where
/// `estimator` is "ols". @throws NumericalError  it cannot be fitted, with the reason
Fit structural_fit(const ModelFits& infrastructure, const std::string& estimator, const Estimate& spillover,
                   const RunConfig& config, const Inputs& inputs, Parallelism parallelism);

/// Its replicates, each with A of the same replicate of model A.
/// @param reduced  set to the reduced forms of the replicates, as evaluate_structural; may be null
Replicates structural_replicates(const Fit& structural, const Fit& spillover, const Replicates& of_spillover,
                                 const RunConfig& config, const Inputs& inputs, Parallelism parallelism,
                                 Eigen::MatrixXd* reduced = nullptr);

/// Does social infrastructure spill over?
enum class SpilloverAnswer { does, opposite, does_not, cannot_be_told };

/// By the interval of theta, the strength of the instruments for W s (10), and the theta that full
/// propagation would give.
SpilloverAnswer spillover_answer(const Estimate& slx, double implied);
/// The same of a model whose structural form and SLX are there; nothing where they are not.
std::optional<SpilloverAnswer> spillover_answer(const ModelFits& model, const Estimate& spillover,
                                                const RunConfig& config, const Inputs& inputs,
                                                Parallelism parallelism);

/// The answer in a sentence, with the figures that it rests on.
std::string spillover_verdict(const Estimate& slx, double implied);

/// Add the structural form and SLX of every pair of estimates of this run that scenarios name. One that
/// cannot be fitted is a verdict of its model.
void add_structural(std::vector<ModelFits>& models, const RunConfig& config, const Inputs& inputs,
                    Parallelism parallelism);

/// Replicate those that `add_structural` added, once model A's replicates are final.
void replicate_structural(std::vector<ModelFits>& models, const RunConfig& config, const Inputs& inputs,
                          Parallelism parallelism);

}  // namespace spillway
