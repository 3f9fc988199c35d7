// The data of one model, cut from a pack: what estimators read. They never see the pack itself.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// Clusters of areas: area -> cluster number, -1 for none; names in order.
struct Clusters {
  std::string column;
  std::vector<std::int32_t> of_area;
  std::vector<std::string> names;
  Eigen::Index count() const { return static_cast<Eigen::Index>(names.size()); }
};

/// Clusters by a column of areas; an area without a value is in none. @throws InputError  no such column
Clusters clusters_by(const Table& areas, const std::string& column);

/// Model A's data: n areas and T regression periods after the initial ones that lags need. Balanced, unless
/// rows with missing values are left out.
struct PanelData {
  std::string model, outcome, outcome_unit;
  std::vector<int> area;           ///< row -> row of the pack's areas
  Eigen::MatrixXd y;               ///< n x (initial + T): outcome; initial_periods(model) come first
  std::vector<Eigen::MatrixXd> x;  ///< covariates, each n x T (regression periods)
  std::vector<std::string> x_names;
  std::vector<bool> x_predetermined;
  std::vector<std::int32_t> type;  ///< row -> type; all 0 where the lag is common
  std::vector<std::string> type_names;
  std::vector<std::int32_t> effect_group;  ///< row -> group of the period effects; all 0 where common
  std::vector<std::string> effect_group_names;
  SpatialWeights weights;    ///< n x n
  std::vector<int> periods;  ///< labels of the columns of y
  long imputed = 0;          ///< outcome cells that were filled
  /// n x T: 1 where the row of area and period has every variable that the model uses, 0 where it is left
  /// out; empty: the panel is balanced.
  Eigen::MatrixXd seen;
  /// n x T: W y of the period before over all neighbours, those without a row of their own too; empty: to be
  /// computed from `weights` and `y`.
  Eigen::MatrixXd spatial_lag;
  struct LeftOut {
    long rows = 0, areas = 0;  ///< regression rows for a missing value, those of whole areas too
  } left_out;
  std::vector<std::string> notes;  ///< dropped covariates, restricted areas, imputation: sentences
};

/// Cut model A's panel. Time-invariant covariates are dropped and named; missing values are treated by
/// `model.missing`: outcomes imputed by area + period effects + half the neighbours' mean residual, whole
/// areas left out, or rows. A row needs its own lags and, where the model has a spatial lag, every
/// neighbour's outcome of the period before: W is never standardised again over the neighbours that are
/// there, which would bias rho. Periods in which nobody has an outcome are cut off at the ends and, without
/// lags, anywhere.
PanelData panel_data(const PanelModel& model, const RunConfig& config, const DataPack& pack,
                     const SpatialWeights& weights);

/// Model B's data: one row an area with every variable present.
struct CrossSection {
  std::string model, outcome, outcome_unit, cell;
  std::vector<int> area;  ///< row -> row of the pack's areas
  Eigen::VectorXd y;
  Eigen::MatrixXd endogenous, instruments, controls;  ///< controls without the constant
  std::vector<std::string> endogenous_names, instrument_names, control_names;
  Eigen::VectorXd weight;                                ///< analytic weights; empty: none
  std::vector<std::vector<std::int32_t>> fixed_effects;  ///< absorbed: row -> level
  std::vector<std::string> fixed_effect_names;
  std::vector<std::string> notes;  ///< rows left out and why
};

/// Cut one cell of model B: `endogenous`, `instruments` take the place of the configuration's.
CrossSection cross_section(const IvModel& model, const std::vector<std::string>& endogenous,
                           const std::vector<std::string>& instruments, const DataPack& pack);

}  // namespace spillway
