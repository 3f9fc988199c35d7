// All models of a run: estimates, their joint replicates, and what is concluded from them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/draw/bootstrap.hpp"
#include "engine/estimate/fit_context.hpp"
#include "engine/run/inputs.hpp"
#include "engine/run/units.hpp"

namespace spillway {

/// A structural form of a model B: with A of which estimate of model A.
struct StructuralOf {
  std::string name;       ///< its estimator, "structural..."; empty: it could not be fitted
  std::string estimator;  ///< "2sls" or "ols": what it is the structural form of
  std::string spillover;  ///< "model/estimator" that gives A
  std::string why_not;
};

/// One model of the configuration with all its fits (of every cell, for a grid of instruments).
struct ModelFits {
  ModelConfig config;
  std::optional<PanelData> panel;  ///< kept for conclude_panel
  std::vector<Fit> fits;
  std::vector<Replicates> replicates;  ///< one a fit; empty where a fit is not replicated
  std::vector<std::string> verdicts;   ///< sentences on the report's claims (instruments)
  std::string spillover_verdict;  ///< of them, whether social infrastructure spills over; empty: not asked
  std::vector<StructuralOf> structural;  ///< structural forms that scenarios asked for

  const std::string& name() const { return common(config).name; }
  /// The fit that feeds the draws, or null where none is (or all are refused).
  const Fit* headline() const;
  const Fit* find(const std::string& estimator) const;  ///< of the headline cell, for a grid
};

/// A model's structural form of `estimator` with A of `spillover` ("model/estimator"), or null.
const StructuralOf* structural_of(const ModelFits& model, const std::string& estimator,
                                  const std::string& spillover);

/// What every estimator of a model is told besides its data.
FitContext fit_context(const ModelCommon& model, const RunConfig& config, const Inputs& inputs,
                       Parallelism parallelism);

/// Fit one model. Independent of the others, so models may run side by side.
ModelFits fit_model(const ModelConfig& model, const RunConfig& config, const Inputs& inputs,
                    Parallelism parallelism);

/// Cut a model's data as fit_model does, and let them go: what is at fault with them is known before any fit.
/// @throws InputError  as the data of the model's kind
void cut_data(const ModelConfig& model, const RunConfig& config, const Inputs& inputs);

/// Replicate every model on the same resamples of clusters, then conclude each model.
///
/// @param work  keeps the replicates in units and shares them out among ranks; collective
/// @return the joint draws of every replicated fit; no parameters where the configuration names no cluster
DrawSet replicate(std::vector<ModelFits>& models, const RunConfig& config, const Inputs& inputs,
                  Parallelism parallelism, const UnitWork& work = {});

/// Each area's counterfactual growth a period: its mean over the sample, shrunk towards its type-by-region
/// mean by the share of the spread that is sampling noise (empirical Bayes; Efron & Morris 1973), or a column
/// of the pack.
///
/// @param line  set to a sentence that says what was done
Eigen::VectorXd counterfactual_growth(const RunConfig& config, const Inputs& inputs,
                                      const std::string& outcome, std::string& line);

}  // namespace spillway
