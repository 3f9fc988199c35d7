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

/// A structural form for its draws alone: without tests and intervals.
struct StructuralDraws {
  Fit fit;                ///< its names, and how it is replicated
  Replicates replicates;  ///< none where model A has none
  std::string why_not;    ///< it cannot be fitted
};

/// Structural forms of many cells of one model B with A of one estimate of model A after another. What an
/// estimate's forms share is made once: the responses of each column, cross-products of each pair of columns.
class StructuralStudy {
 public:
  struct Wanted {
    const ModelFits* cell;  ///< its configuration names the cell as its headline
    std::string estimator;  ///< "ols" or another
  };
  StructuralStudy(std::vector<Wanted> wanted, const RunConfig& config, const Inputs& inputs);

  /// Of each wanted form the draws that structural_fit and structural_replicates give it.
  ///
  /// @param inputs  with the weights of `spillover`, over the same areas
  std::vector<StructuralDraws> draws(const Fit& spillover, const Replicates& of_spillover,
                                     const Inputs& inputs, Parallelism parallelism) const;

 private:
  struct Cell {
    StructuralData data;
    std::string why_not;
  };
  std::vector<Wanted> wanted_;
  std::vector<std::size_t> cell_;  ///< [wanted] its cell
  std::vector<Cell> cells_;
  Clusters joint_;
  std::uint64_t seed_;
};

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
