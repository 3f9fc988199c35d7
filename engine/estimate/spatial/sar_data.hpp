// The data of a spatial autoregression, cut from a pack: one cross-section, or a balanced panel.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// n areas x T periods; T = 1 is a cross-section.
struct SarData {
  enum class Shape { cross_section, panel };
  enum class AreaEffects { absent, removed };
  std::string model, outcome, outcome_unit;
  Shape shape = Shape::cross_section;
  AreaEffects area_effects = AreaEffects::absent;
  std::vector<int> area;           ///< row -> row of the pack's areas
  Eigen::MatrixXd y;               ///< n x T
  std::vector<Eigen::MatrixXd> x;  ///< regressors without the constant, each n x T
  std::vector<std::string> x_names;
  std::vector<std::int32_t> effect_group;  ///< row -> group of its period effects; empty: no period effects
  Eigen::Index effect_groups = 0;
  std::string effects;             ///< in words: "area and common period effects", "a constant"
  SpatialWeights weights;          ///< n x n
  std::vector<int> periods;        ///< labels; empty for a cross-section
  std::vector<std::string> notes;  ///< areas left out, covariates dropped: sentences

  Eigen::Index areas() const { return y.rows(); }
  Eigen::Index spans() const { return y.cols(); }  ///< T
};

/// Cut the data of `model`: a panel where its outcome is a variable of the pack's panel, else a cross-section
/// of areas' columns. A cross-section has no effects and leaves incomplete areas out under missing = "drop"
/// (W then runs among the rest); a panel treats missing outcomes as model A does.
/// @throws InputError  unknown columns; missing values under "refuse", or in covariates of a panel; "impute"
/// asked of a
///                     cross-section; weights that do not cover the pack's areas
SarData sar_data(const SarModel& model, const RunConfig& config, const DataPack& pack,
                 const SpatialWeights& weights);

/// @throws InputError  no area has a neighbour
void require_links(const SarData& data);

}  // namespace spillway
