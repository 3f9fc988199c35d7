// Exact quantiles and moments of one area's draws.
#pragma once
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/outcome/select_kernels.hpp"

namespace spillway {

/// Quantiles of type 7 (Hyndman & Fan 1996) and moments of rows of draws. Order statistics are those that
/// sorting would give, bit for bit. Each is sought among the few draws inside a bracket, placed where the row
/// before of the same sign had it (in standard deviations from the mean); a bracket that misses is widened,
/// at last to the whole row. What is remembered from one row to the next changes speed only. One object a
/// worker.
class AreaMoments {
 public:
  /// @param quantiles  each in (0, 1)
  /// @param draws      draws in a row, at least 1
  /// @param better     +1 or -1: P(better) is the share of draws with better x value > 0
  AreaMoments(const std::vector<double>& quantiles, long draws, double better);

  struct Result {
    float mean, sd;          ///< sd with n - 1; 0 for one draw
    float better, positive;  ///< shares of draws with better x value > 0, and with value > 0
  };
  /// @param row       `draws` values, none of them NaN
  /// @param quantile  as many as quantiles, in their order
  Result summarise(const float* row, float* quantile);
  /// The same where mean and sd are known and the row is nearly sorted, up or down: only the blocks of draws
  /// that reach into a bracket are read again. Any order gives the same results.
  ///
  /// @param error  of the draws, at least 0: only those beyond it count as better or positive, for the rest
  /// may be zero
  Result summarise_ordered(const float* row, double mean, double sd, float error, float* quantile);

  long misses() const noexcept { return misses_; }  ///< brackets that had to be widened so far

 private:
  struct Wanted {
    long rank;        ///< 0-based rank of the lower order statistic
    double between;   ///< weight of the next one
    double position;  ///< where the row before had it, in sds from its mean
    double width;     ///< half the bracket, in sds
  };
  using Pair = std::pair<float, float>;
  bool holds(const kernels::Bracket& found, const Wanted& wanted) const;
  Pair from_bracket(const kernels::Bracket& found, std::vector<float>& inside, float low, float high,
                    double mean, double sd, Wanted& wanted);
  Result result(double mean, double sd, long better, long positive) const;
  long beyond(const float* row, float error, bool above);
  kernels::Bracket bracket_of_blocks(const float* row, float low, float high, float* inside) const;
  Pair widen(const float* row, double mean, double sd, kernels::Bracket found, Wanted& wanted);
  Pair among(std::vector<float>& inside, long count, long rank, float low, float high);

  const kernels::SelectKernels& kernels_;
  std::vector<Wanted>
      remembered_[2];  ///< of rows whose mean is not, is below zero: one is often the other's mirror image
  long draws_, misses_ = 0;
  float better_;
  std::vector<std::vector<float>> inside_;  ///< of each bracket of a pass
  std::vector<float> spare_, closer_;
  std::vector<float> least_, largest_;  ///< of each block of draws; empty: not known
};

/// AreaMoments that blocks of a parallel loop borrow and give back, so that each goes on with what it
/// remembers.
class AreaMomentsPool {
 public:
  AreaMomentsPool(std::vector<double> quantiles, long draws, double better)
      : quantiles_(std::move(quantiles)), draws_(draws), better_(better) {}
  std::unique_ptr<AreaMoments> take();
  void give_back(std::unique_ptr<AreaMoments> moments);

 private:
  std::vector<double> quantiles_;
  long draws_;
  double better_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<AreaMoments>> idle_;
};

}  // namespace spillway
