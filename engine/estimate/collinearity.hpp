// Which columns a design can tell apart, and when nothing is left to test: one rule for every estimator.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

namespace spillway {

/// What effects, controls or a fit leave of a column counts as rounding up to this share of the column's own
/// size (R's lm has the same). Numbers kept in single precision leave 3e-8.
inline constexpr double kNothingLeft = 1e-7;

/// Share of its sum of squares below which a column counts as a combination of others. Cross-products carry
/// 1e-16, and elimination loses some digits of them.
inline constexpr double kCollinearShare = 1e-11;

/// Share of its sum of squares below which a column counts as another one but for its last digits: kept, and
/// said.
inline constexpr double kCopyShare = 1e-6;

/// A column's values carry about 1e-16 of themselves: this share of its column_size() is rounding, however
/// far from zero it lies.
inline constexpr double kRoundingShare = 1e-9;

/// Size of a column before anything is taken out of it: its norm about the mean, but at least a millionth of
/// its norm, so that digits lost to a large mean do not count as variation. Any unit.
double column_size(const Eigen::Ref<const Eigen::VectorXd>& column);
/// The same from sums: `count` values, their sum and sum of squares.
double column_size(double count, double sum, double squares);

/// Whether residuals are rounding: below kNothingLeft of what effects and controls leave of the outcome, or
/// below 1e-13 of the outcome's own norm, mean and all. Tests on such residuals would test the arithmetic.
bool fits_exactly(double residual_norm, double outcome_left, double outcome_norm);

/// What is said wherever a test is left empty for that reason.
inline constexpr const char* kExactFit = "the model fits without residual";

/// Columns that others explain.
struct DependentColumn {
  Eigen::Index column = 0;
  std::vector<Eigen::Index> others;  ///< kept columns it is a combination of; empty: nothing was left of it
};
struct IndependentColumns {
  std::vector<Eigen::Index> kept;
  std::vector<DependentColumn> dropped;
  std::vector<DependentColumn> near;  ///< kept, though what others leave of them are the last digits
};

/// Which columns are independent of those before them.
///
/// @param gram  X'X of the columns after effects or controls are taken out
/// @param size  column_size() of each before that
IndependentColumns independent_columns(const Eigen::MatrixXd& gram, const Eigen::VectorXd& size);

/// What columns with these sums of squares are multiplied by before a factorisation judges rank by the size
/// of pivots: about 1 / their norm, a power of two, so that nothing is rounded; 1 of a sum that is zero.
Eigen::VectorXd exact_units(const Eigen::VectorXd& squares);

/// "'a', 'b' and 'c'".
std::string quoted_list(const std::vector<std::string>& names);

/// "covariates 'a' and 'b' are collinear beside area effects but for their last digits: ...": kept all the
/// same.
std::string describe_near(const DependentColumn& near, const std::vector<std::string>& names,
                          const std::string& role, const std::string& beside);

/// "covariate 'age' is explained by area effects" or "covariates 'a', 'b' and 'c' are collinear beside area
/// effects": the set, in the order of its columns.
/// @param beside  what was taken out before: "area and period effects"; empty: nothing
std::string describe_dependence(const DependentColumn& dependent, const std::vector<std::string>& names,
                                const std::string& role, const std::string& beside);

/// Take means of areas (rows) and of each group and period (column) off an areas x periods variable; in a
/// balanced panel the two commute, also with groups of areas.
enum class AreaMeans { kept, removed };
void remove_means(AreaMeans area, const std::vector<std::int32_t>& group, Eigen::Index groups,
                  Eigen::Ref<Eigen::MatrixXd> value);

/// Columns that are independent once effects are taken out of them: their positions; the others get a note by
/// name.
/// @param left    one a covariate, after effects
/// @param size    column_size() of each before
std::vector<std::size_t> noted_independent(const Eigen::MatrixXd& left, const Eigen::VectorXd& size,
                                           const std::vector<std::string>& names, const std::string& beside,
                                           std::vector<std::string>& notes);

/// Covariates (areas x periods each) that effects, or else a constant, and the covariates before them do not
/// explain: their positions. The others get a note by name.
/// @param beside  the effects in words: "area and period effects", "the constant"
std::vector<std::size_t> identified_covariates(const std::vector<Eigen::MatrixXd>& x,
                                               const std::vector<std::string>& names, AreaMeans area,
                                               const std::vector<std::int32_t>& group, Eigen::Index groups,
                                               const std::string& beside, std::vector<std::string>& notes);

}  // namespace spillway
