// How much of a quantile is the luck of the draws: Monte Carlo standard errors.
#pragma once
#include <Eigen/Dense>
#include <memory>
#include <vector>

#include "engine/outcome/outcome.hpp"

namespace spillway {

/// Monte Carlo standard errors of quantiles of `count` independent draws, by Maritz & Jarrett (1978, JASA
/// 73): the standard deviation of the m-th order statistic, m = [p n + 1/2], with the sample in place of its
/// distribution:
///
///     W_i = I(i/n; m, n - m + 1) - I((i - 1)/n; m, n - m + 1) ,   error^2 = sum W_i x_(i)^2 - (sum W_i
///     x_(i))^2 ,
///
/// I the regularised incomplete beta function. No density is estimated and no batches are formed. The weights
/// depend on n and p alone and are made once a process. Where p n < 1/2 or p n > n - 1/2 the extreme order
/// statistic stands in.
class QuantileErrors {
 public:
  /// @param levels  each in (0, 1)
  QuantileErrors(long count, const std::vector<double>& levels);

  /// @param sorted  `count` draws, ascending
  /// @return        one error a level
  Eigen::VectorXd errors(const float* sorted) const;

 private:
  struct Weights {
    long first = 0;  ///< order statistic of the first weight; those left out are below 1e-15
    std::vector<double> weight;
  };
  static std::shared_ptr<const Weights> weights_of(long count, double level);

  std::vector<std::shared_ptr<const Weights>> levels_;
};

/// Quantiles of every group in the last period of an aggregate, their Monte Carlo errors, and how many of its
/// draws lie below and above zero.
struct AggregateQuantiles {
  std::vector<double> levels;
  Eigen::MatrixXd quantile, error;  ///< levels x groups; quantile: type 7 of Hyndman & Fan (1996)
  std::vector<long> below, above;   ///< [group]
};

/// The same bits for any number of workers.
AggregateQuantiles aggregate_quantiles(const AggregateSeries& series, const std::vector<double>& levels,
                                       Parallelism parallelism);

/// Sort floats, none NaN, ascending: by digits, three passes.
void sort_floats(std::vector<float>& values);

/// The largest error of a level and group over the spread of that group's draws (interquartile range / 1.349,
/// the standard deviation where draws are normal). Groups whose draws do not vary are left out.
double largest_relative_error(const AggregateSeries& series, const std::vector<double>& levels,
                              Parallelism parallelism);

}  // namespace spillway
