#include "engine/outcome/area_moments.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace spillway {

AreaMoments::AreaMoments(const std::vector<double>& quantiles, long draws, double better)
    : draws_(draws), better_(better) {
  for (const double p : quantiles) {
    const double position = p * static_cast<double>(draws - 1);
    const long rank = std::min(draws - 1, static_cast<long>(position));
    wanted_.push_back({rank, position - static_cast<double>(rank)});
  }
  by_rank_.resize(wanted_.size());
  std::iota(by_rank_.begin(), by_rank_.end(), 0);
  std::stable_sort(by_rank_.begin(), by_rank_.end(), [&](int a, int b) {
    return wanted_[static_cast<std::size_t>(a)].rank < wanted_[static_cast<std::size_t>(b)].rank;
  });
  work_.resize(static_cast<std::size_t>(draws));
}

AreaMoments::Result AreaMoments::summarise(const float* row, float* quantile) {
  double sum = 0.0, squares = 0.0;
  long better = 0;
  for (long d = 0; d < draws_; ++d) {
    const double shifted = static_cast<double>(row[d]) - row[0];
    sum += shifted;
    squares += shifted * shifted;
    better += better_ * row[d] > 0.0;
  }
  const double n = static_cast<double>(draws_), mean = sum / n;
  std::copy(row, row + draws_, work_.begin());
  auto first = work_.begin();
  for (const int k : by_rank_) {
    const auto& [rank, between] = wanted_[static_cast<std::size_t>(k)];
    const auto at = work_.begin() + rank;
    if (at >= first) std::nth_element(first, at, work_.end());
    first = at;
    const double low = *at;
    const double high = rank + 1 < draws_ ? *std::min_element(at + 1, work_.end()) : low;
    quantile[k] = static_cast<float>(between == 0.0 ? low : low + between * (high - low));
  }
  return {static_cast<float>(row[0] + mean),
          static_cast<float>(draws_ > 1 ? std::sqrt(std::max(0.0, squares - sum * mean) / (n - 1.0)) : 0.0),
          static_cast<float>(static_cast<double>(better) / n)};
}

}  // namespace spillway
