#include "engine/outcome/joint_bands.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <type_traits>

#include "engine/outcome/looking_kernels.hpp"

namespace spillway {

namespace {

template <typename Real>
void ends_of(const Real* draws, long stride, long chunks, Real* least, Real* largest) {
  if constexpr (std::is_same_v<Real, float>) {
    static_assert(OuterRanks<float>::kChunk == kernels::kLookDraws);
    kernels::look_kernels().ends(draws, stride, chunks, least, largest);
  } else {
    for (long k = 0; k < chunks; ++k, draws += stride) {
      const auto [low, high] = std::minmax_element(draws, draws + OuterRanks<Real>::kChunk);
      least[k] = *low;
      largest[k] = *high;
    }
  }
}

}  // namespace

template <typename Real>
OuterRanks<Real>::OuterRanks(long draws, long depth)
    : draws_(draws),
      depth_(std::min(depth, draws)),
      nearest_(static_cast<std::size_t>(draws), static_cast<int>(draws) + 1),
      least_(static_cast<std::size_t>((draws + kChunk - 1) / kChunk)),
      largest_(least_.size()) {}

template <typename Real>
long OuterRanks<Real>::deepest(long draws, double level) {
  return static_cast<long>(0.5 * (1.0 - level) * static_cast<double>(draws)) + 1;
}

template <typename Real>
template <typename Before>
void OuterRanks<Real>::end_of(const Real* draws, long stride, const std::vector<Real>& outermost,
                              Before before, Real* ends) {
  const auto length = [&](long chunk) { return std::min(kChunk, draws_ - chunk * kChunk); };
  const auto chunks = static_cast<long>(outermost.size());
  // `depth` chunks whose outermost draw is no farther in than the bound have so many draws between them.
  if (2 * depth_ < chunks) {
    sorted_ = outermost;
  } else {
    sorted_.clear();
    for (long k = 0; k < chunks; ++k)
      sorted_.insert(sorted_.end(), draws + k * stride, draws + k * stride + length(k));
  }
  std::nth_element(sorted_.begin(), sorted_.begin() + depth_ - 1, sorted_.end(), before);
  const Real bound = sorted_[static_cast<std::size_t>(depth_ - 1)];
  chosen_.clear();
  for (long k = 0; k < chunks; ++k) {
    if (before(bound, outermost[static_cast<std::size_t>(k)])) continue;
    for (long d = 0; d < length(k); ++d)
      if (const Real x = draws[k * stride + d]; !before(bound, x))
        chosen_.emplace_back(x, static_cast<int>(k * kChunk + d));
  }
  std::sort(chosen_.begin(), chosen_.end(),
            [&](const auto& one, const auto& other) { return before(one.first, other.first); });
  for (long k = 0; ends != nullptr && k < depth_; ++k) ends[k] = chosen_[static_cast<std::size_t>(k)].first;
  // Of equal draws each has the innermost rank: an end of a band is inside it.
  for (std::size_t first = 0, last = 0; first < chosen_.size(); first = last) {
    while (last < chosen_.size() && !before(chosen_[first].first, chosen_[last].first)) ++last;
    if (static_cast<long>(last) > depth_) break;
    for (std::size_t k = first; k < last; ++k) {
      int& nearest = nearest_[static_cast<std::size_t>(chosen_[k].second)];
      nearest = std::min(nearest, static_cast<int>(last));
    }
  }
}

template <typename Real>
void OuterRanks<Real>::add(const Real* draws, long stride, Real* least, Real* largest) {
  const long whole = draws_ / kChunk;
  ends_of(draws, stride, whole, least_.data(), largest_.data());
  if (whole < static_cast<long>(least_.size())) {
    const Real* rest = draws + whole * stride;
    const auto [low, high] = std::minmax_element(rest, rest + draws_ % kChunk);
    least_.back() = *low;
    largest_.back() = *high;
  }
  end_of(draws, stride, least_, std::less<Real>(), least);
  end_of(draws, stride, largest_, std::greater<Real>(), largest);
}

template <typename Real>
void OuterRanks<Real>::join(const OuterRanks& other) {
  for (std::size_t d = 0; d < nearest_.size(); ++d) nearest_[d] = std::min(nearest_[d], other.nearest_[d]);
}

template <typename Real>
double OuterRanks<Real>::depth(double level) const {
  std::vector<long> out(static_cast<std::size_t>(depth_) + 1, 0);  // draws among the k outermost of some row
  for (const int rank : nearest_)
    if (rank <= depth_) ++out[static_cast<std::size_t>(rank)];
  for (std::size_t k = 1; k < out.size(); ++k) out[k] += out[k - 1];
  const double allowed = (1.0 - level + 1e-12) * static_cast<double>(draws_);  // a whole number stays one
  std::size_t k = 0;
  while (k + 1 < out.size() && static_cast<double>(out[k + 1]) <= allowed) ++k;
  if (k == 0) return 0.0;
  const double part = k + 1 == out.size() ? 0.0
                                          : (allowed - static_cast<double>(out[k])) /
                                                static_cast<double>(out[k + 1] - out[k]);
  return std::min(static_cast<double>(k) + part, 0.5 * allowed);  // never within each row's own quantiles
}

template class OuterRanks<float>;
template class OuterRanks<double>;

}  // namespace spillway
