// Effects of areas and periods in a panel that does not see every cell: taken out exactly, and counted.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "engine/estimate/collinearity.hpp"

namespace spillway {

/// The projection off effects of areas and of each group's periods, on the cells that are seen.
///
/// With M the projection off the areas' means and D the dummies of a group's periods, what periods explain
/// beside areas is D (D'MD)^- D'M y: one system of T equations a group, whatever the number of areas. In a
/// balanced panel it is two-way demeaning. Source: Wansbeek & Kapteyn (1989), "Estimation of the
/// error-components model with incomplete panels", J. of Econometrics 41, eq. 2.6.
class UnbalancedEffects {
 public:
  /// @param seen    n x T: 1 where area i is seen in period t, else 0
  /// @param group   area -> group of its period effects
  /// @param groups  0: no period effects
  UnbalancedEffects(Eigen::MatrixXd seen, AreaMeans area, std::vector<std::int32_t> group,
                    Eigen::Index groups);

  /// Take the effects out of a variable whose cells that are not seen are zero; they stay so.
  void remove(Eigen::Ref<Eigen::MatrixXd> value) const;
  /// Rank of the dummies: areas and periods of each group, less one for each set of them that no cell links
  /// to the others.
  Eigen::Index absorbed() const { return absorbed_; }
  /// Diagonal of the projection on the dummies, of a cell that is seen.
  double leverage(Eigen::Index i, Eigen::Index t) const;

  const Eigen::MatrixXd& seen() const { return seen_; }
  bool sees(Eigen::Index i, Eigen::Index t) const { return seen_(i, t) != 0.0; }
  Eigen::Index rows() const { return rows_; }        ///< cells seen
  Eigen::Index periods() const { return periods_; }  ///< periods with a cell seen
  AreaMeans area_means() const { return area_; }
  double of_area(Eigen::Index i) const { return of_area_(i); }  ///< periods seen of an area

 private:
  Eigen::MatrixXd seen_;
  AreaMeans area_;
  std::vector<std::int32_t> group_;
  Eigen::VectorXd of_area_;
  std::vector<Eigen::MatrixXd> inverse_;  ///< (D'MD)^- of each group, T x T
  Eigen::Index rows_ = 0, periods_ = 0, absorbed_ = 0;
};

}  // namespace spillway
