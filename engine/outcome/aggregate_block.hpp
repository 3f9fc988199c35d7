// The values of aggregates as an array with names for its dimensions.
#pragma once
#include <Eigen/Dense>
#include <array>
#include <xtensor/xadapt.hpp>

#include "engine/outcome/outcome.hpp"

namespace spillway {

/// A series' values, [draw, period, group], over its own memory: it must outlive the view.
template <typename Series>
auto draw_period_group(Series& series) {
  const auto periods = static_cast<std::size_t>(series.periods),
             groups = static_cast<std::size_t>(series.groups), of_a_draw = periods * groups;
  const std::array<std::size_t, 3> shape{of_a_draw ? series.value.size() / of_a_draw : 0, periods, groups};
  return xt::adapt(series.value.data(), series.value.size(), xt::no_ownership(), shape);
}

/// Sum of a group's values over the first `periods` periods, draw by draw; added in double, period by period.
inline Eigen::VectorXd summed_over_periods(const AggregateSeries& series, long group, int periods) {
  const auto value = draw_period_group(series);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(value.shape(0)));
  for (Eigen::Index d = 0; d < sum.size(); ++d)
    for (int h = 0; h < periods; ++h) sum[d] += static_cast<double>(value(d, h, group));
  return sum;
}

}  // namespace spillway
