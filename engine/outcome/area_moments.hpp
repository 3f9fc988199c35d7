// Exact quantiles and moments of one area's draws.
#pragma once
#include <vector>

namespace spillway {

/// Quantiles of type 7 (Hyndman & Fan 1996) and moments of rows of draws. Order statistics are those that sorting
/// would give, bit for bit; the guesses kept from one row to the next change speed only. One object a worker.
class AreaMoments {
 public:
  /// @param quantiles  each in (0, 1)
  /// @param draws      draws in a row, at least 1
  /// @param better     +1 or -1: P(better) is the share of draws with better x value > 0
  AreaMoments(const std::vector<double>& quantiles, long draws, double better);

  struct Result {
    float mean, sd, better;  ///< sd with n - 1; 0 for one draw
  };
  /// @param row       `draws` values, none of them NaN; 64-byte aligned, room up to a whole batch of lanes
  /// @param quantile  as many as quantiles, in their order
  Result summarise(const float* row, float* quantile);

 private:
  struct Wanted {
    long rank;       ///< 0-based rank of the lower order statistic
    double between;  ///< weight of the next one
  };
  std::vector<Wanted> wanted_;
  std::vector<int> by_rank_;  ///< quantiles in order of rank
  long draws_;
  double better_;
  std::vector<float> work_;
};

}  // namespace spillway
