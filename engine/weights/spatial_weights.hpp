// Spatial weights W, its checks, and the lag Wy.
#pragma once
#include <Eigen/Dense>
#include <Eigen/Sparse>
#include <string>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/config/run_config.hpp"
#include "engine/data/pack/data_pack.hpp"

namespace spillway {

/// Spatial weights: areas x areas, no negative entries, no self-neighbours. Row-standardised W has rows that
/// sum to 1, or to 0 for an island.
class SpatialWeights {
 public:
  using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor, int>;

  SpatialWeights() = default;

  /// @param raw  areas x areas, unitless; row and column i are the same area.
  /// @param row_standardise  divide each row by its sum.
  /// @throws InputError  not square, a weight negative or not finite, or an area that neighbours itself;
  /// names
  ///                     row and value.
  SpatialWeights(Matrix raw, bool row_standardise);

  Eigen::Index areas() const noexcept { return matrix_.rows(); }
  const Matrix& matrix() const noexcept { return matrix_; }
  bool row_standardised() const noexcept { return row_standardised_; }
  const std::vector<int>& islands() const noexcept { return islands_; }  ///< areas with no neighbour
  double mean_degree() const noexcept;

  /// Connected components of the symmetrised graph: area -> component, numbered by falling size.
  const std::vector<int>& component() const noexcept { return component_; }
  int components() const noexcept { return components_; }

  /// Sentences on where W comes from, for people; describe() ends with them.
  const std::vector<std::string>& notes() const noexcept { return notes_; }
  void add_note(std::string note) { notes_.push_back(std::move(note)); }

  /// W among `areas` only (indices ascending), rows standardised again where this one is.
  SpatialWeights restricted(const std::vector<int>& areas) const;

 private:
  Matrix matrix_;
  bool row_standardised_ = false;
  std::vector<int> islands_, component_;
  int components_ = 0;
  std::vector<std::string> notes_;
};

/// W as the configuration asks for, with islands treated by its policy.
///
/// @throws InputError  no edges or coordinates of that kind in the pack; an island under `error` (all named);
///                     a file of weights that is at fault (all faults, see read_weights_file.hpp).
SpatialWeights build_weights(const RunConfig& config, const DataPack& pack);

/// The file of the pack that kind = "file" names. @throws InputError  it is not there, or outside the pack
std::filesystem::path file_of_weights(const RunConfig& config, const DataPack& pack);

/// One line for people: areas, links, mean degree, islands and components by name.
std::string describe(const SpatialWeights& weights, const DataPack& pack);

/// Spatial lag (Wy)_it = sum_j w_ij y_jt; 0 for islands.
///
/// @param y  areas x periods, any unit; rows ordered as in `weights`.
/// @return   areas x periods, in the unit of y.
/// @throws InputError  y does not have one row per area.
/// Source: Anselin (1988), Spatial Econometrics, ch. 3. Each row is summed in storage order, so the result
/// does not depend on `parallelism`.
Eigen::MatrixXd spatial_lag(const SpatialWeights& weights, const Eigen::MatrixXd& y,
                            Parallelism parallelism = {});

/// Write GeoDa's .gal (binary neighbours) or .gwt (weighted); ids are area codes. read_weights_file.hpp reads
/// them.
void write_gal(const SpatialWeights& weights, const std::vector<std::string>& codes,
               const std::filesystem::path& file);
void write_gwt(const SpatialWeights& weights, const std::vector<std::string>& codes,
               const std::filesystem::path& file);

}  // namespace spillway
