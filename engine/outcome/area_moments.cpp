#include "engine/outcome/area_moments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spillway {

namespace {
constexpr long kFew = 48;       ///< draws among which counting ranks beats narrowing once more
constexpr double kAim = 0.014;  ///< share of the draws that a bracket should hold
}  // namespace

AreaMoments::AreaMoments(const std::vector<double>& quantiles, long draws, double better)
    : kernels_(kernels::select_kernels()), draws_(draws), better_(static_cast<float>(better)) {
  for (const double p : quantiles) {
    const double position = p * static_cast<double>(draws - 1);
    const long rank = std::min(draws - 1, static_cast<long>(position));
    // A first guess by the normal law's odds: logit(p) / 1.702 is within 0.01 of probability everywhere.
    for (auto& wanted : remembered_)
      wanted.push_back({rank, position - static_cast<double>(rank), std::log(p / (1.0 - p)) / 1.702, 0.2});
  }
  const std::size_t room = static_cast<std::size_t>(draws) + 16;
  inside_.assign(std::clamp<std::size_t>(quantiles.size(), 1, kernels::kMostBrackets),
                 std::vector<float>(room));
  spare_.resize(room);
  closer_.resize(room);
}

/// The order statistics `rank` and the next of inside[0, count), all of which lie in [low, high]: narrows
/// the bracket to where the rank should be if draws lay evenly, or to the side of it where that misses, until
/// few are left.
AreaMoments::Pair AreaMoments::among(std::vector<float>& inside, long count, long rank, float low,
                                     float high) {
  const bool has_next = rank + 1 < count;
  for (int attempt = 0; count > kFew && attempt < 12 && std::isfinite(low) && std::isfinite(high);
       ++attempt) {
    const double step = (static_cast<double>(high) - low) / static_cast<double>(count);
    const double centre = low + step * static_cast<double>(rank + 1);
    const double reach = step * (4.0 + (attempt % 3 + 1) * std::sqrt(static_cast<double>(count)));
    float from = static_cast<float>(std::max<double>(low, centre - reach));
    float to = static_cast<float>(std::min<double>(high, centre + reach));
    if (!(from > low || to < high)) break;
    kernels::Bracket closer = kernels_.bracket(inside.data(), count, from, to, closer_.data());
    if (rank < closer.below) {  // on the lower side; the next value may stand just above it
      if (rank + 1 == closer.below && has_next) break;
      to = std::nextafter(from, low);
      from = low;
      closer = kernels_.bracket(inside.data(), count, from, to, closer_.data());
    } else if (rank + (has_next ? 1 : 0) >= closer.below + closer.inside) {
      if (rank < closer.below + closer.inside) break;
      from = std::nextafter(to, high);
      to = high;
      closer = kernels_.bracket(inside.data(), count, from, to, closer_.data());
    }
    std::swap(inside, closer_);
    count = closer.inside;
    rank -= closer.below;
    low = from;
    high = to;
  }
  const auto values = inside.begin();
  if (count <= 4 * kFew) {
    const auto [at, next] = kernels_.select(inside.data(), count, rank, std::min(rank + 1, count - 1));
    return {at, next};
  }
  std::nth_element(values, values + rank, values + count);
  return {values[rank], has_next ? *std::min_element(values + rank + 1, values + count) : values[rank]};
}

bool AreaMoments::holds(const kernels::Bracket& found, const Wanted& wanted) const {
  return found.below <= wanted.rank && std::min(wanted.rank + 1, draws_ - 1) < found.below + found.inside;
}

AreaMoments::Pair AreaMoments::from_bracket(const kernels::Bracket& found, std::vector<float>& inside,
                                            float low, float high, double mean, double sd, Wanted& wanted) {
  const Pair result = among(inside, found.inside, wanted.rank - found.below, low, high);
  if (sd > 0.0) wanted.position = (result.first - mean) / sd;
  const double share = static_cast<double>(found.inside) / static_cast<double>(draws_);
  wanted.width = std::clamp(wanted.width * (share > kAim ? 0.95 : 1.05), 1e-4, 2.0);
  return result;
}

/// After a bracket that missed: wider ones, at last the whole row.
AreaMoments::Pair AreaMoments::widen(const float* row, double mean, double sd, kernels::Bracket found,
                                     Wanted& wanted) {
  double centre = mean + sd * wanted.position, width = sd * wanted.width;
  for (int attempt = 1;; ++attempt) {
    ++misses_;
    wanted.width = std::min(2.0, 1.5 * wanted.width);
    centre += found.below > wanted.rank ? -1.5 * width : 1.5 * width;
    width *= 2.0;
    float low = static_cast<float>(centre - width), high = static_cast<float>(centre + width);
    if (attempt == 8 || !std::isfinite(low) || !std::isfinite(high) || !(high > low)) {
      low = -std::numeric_limits<float>::infinity();
      high = std::numeric_limits<float>::infinity();
    }
    found = least_.empty() ? kernels_.bracket(row, draws_, low, high, spare_.data())
                           : bracket_of_blocks(row, low, high, spare_.data());
    if (holds(found, wanted)) return from_bracket(found, spare_, low, high, mean, sd, wanted);
  }
}

AreaMoments::Result AreaMoments::summarise(const float* row, float* quantile) {
  const kernels::RowMoments moments = kernels_.moments(row, draws_, row[0]);
  const double n = static_cast<double>(draws_), away = moments.sum / n;
  const double variance = draws_ > 1 ? std::max(0.0, moments.squares - moments.sum * away) / (n - 1.0) : 0.0;
  const double mean = row[0] + away, sd = std::sqrt(variance);
  std::vector<Wanted>& quantiles = remembered_[mean < 0.0 ? 1 : 0];
  least_.clear();
  long better = 0;
  for (std::size_t first = 0; first < quantiles.size() || first == 0; first += kernels::kMostBrackets) {
    kernels::Brackets wanted{};
    wanted.count = static_cast<int>(std::min<std::size_t>(kernels::kMostBrackets, quantiles.size() - first));
    wanted.sign = better_;
    if (wanted.count == 0) {  // no quantile: an empty bracket, for the count of better draws
      wanted.count = 1;
      wanted.low[0] = std::numeric_limits<float>::infinity();
      wanted.inside[0] = inside_[0].data();
    }
    for (int k = 0; first + static_cast<std::size_t>(k) < quantiles.size() && k < wanted.count; ++k) {
      const Wanted& one = quantiles[first + static_cast<std::size_t>(k)];
      wanted.low[k] = static_cast<float>(mean + sd * (one.position - one.width));
      wanted.high[k] = static_cast<float>(mean + sd * (one.position + one.width));
      wanted.inside[k] = inside_[static_cast<std::size_t>(k)].data();
    }
    const kernels::BracketsFound found = kernels_.brackets(row, draws_, wanted, spare_.data());
    better = found.better;
    for (int k = 0; first + static_cast<std::size_t>(k) < quantiles.size() && k < wanted.count; ++k) {
      const std::size_t at = first + static_cast<std::size_t>(k);
      const auto [low, high] = holds(found.bracket[k], quantiles[at])
                                   ? from_bracket(found.bracket[k], inside_[static_cast<std::size_t>(k)],
                                                  wanted.low[k], wanted.high[k], mean, sd, quantiles[at])
                                   : widen(row, mean, sd, found.bracket[k], quantiles[at]);
      const double between = quantiles[at].between;
      quantile[at] =
          between == 0.0 ? low : static_cast<float>(low + between * (static_cast<double>(high) - low));
    }
  }
  const long positive =
      better_ > 0.0f ? better : std::count_if(row, row + draws_, [](float value) { return value > 0.0f; });
  return result(mean, sd, better, positive);
}

AreaMoments::Result AreaMoments::result(double mean, double sd, long better, long positive) const {
  const auto share = [&](long count) {
    return static_cast<float>(static_cast<double>(count) / static_cast<double>(draws_));
  };
  return {static_cast<float>(mean), static_cast<float>(sd), share(better), share(positive)};
}

kernels::Bracket AreaMoments::bracket_of_blocks(const float* row, float low, float high,
                                                float* inside) const {
  kernels::Bracket found{0, 0};
  for (std::size_t k = 0; k < least_.size(); ++k) {
    if (least_[k] > high) continue;
    const long first = static_cast<long>(k) * kernels::kBoundsDraws,
               count = std::min(kernels::kBoundsDraws, draws_ - first);
    if (largest_[k] < low) {
      found.below += count;
      continue;
    }
    const kernels::Bracket here = kernels_.bracket(row + first, count, low, high, inside + found.inside);
    found.below += here.below;
    found.inside += here.inside;
  }
  return found;
}

/// Draws above error, or below -error. Those above it are not below the least number above it.
long AreaMoments::beyond(const float* row, float error, bool above) {
  long found = 0;
  for (std::size_t k = 0; k < least_.size(); ++k) {
    const float nearest = above ? least_[k] : -largest_[k], farthest = above ? largest_[k] : -least_[k];
    const long first = static_cast<long>(k) * kernels::kBoundsDraws,
               count = std::min(kernels::kBoundsDraws, draws_ - first);
    if (!(farthest > error)) continue;
    if (nearest > error) {
      found += count;
      continue;
    }
    const float from = above ? std::nextafter(error, std::numeric_limits<float>::infinity()) : -error;
    const kernels::Bracket here = kernels_.bracket(row + first, count, from, from, inside_[0].data());
    found += above ? count - here.below : here.below;
  }
  return found;
}

AreaMoments::Result AreaMoments::summarise_ordered(const float* row, double mean, double sd, float error,
                                                   float* quantile) {
  const auto blocks = static_cast<std::size_t>((draws_ + kernels::kBoundsDraws - 1) / kernels::kBoundsDraws);
  least_.resize(blocks);
  largest_.resize(blocks);
  kernels_.bounds(row, draws_, least_.data(), largest_.data());
  std::vector<Wanted>& quantiles = remembered_[mean < 0.0 ? 1 : 0];
  for (std::size_t k = 0; k < quantiles.size(); ++k) {
    Wanted& wanted = quantiles[k];
    const float low = static_cast<float>(mean + sd * (wanted.position - wanted.width)),
                high = static_cast<float>(mean + sd * (wanted.position + wanted.width));
    const kernels::Bracket found = bracket_of_blocks(row, low, high, inside_[0].data());
    const auto [at, next] = holds(found, wanted)
                                ? from_bracket(found, inside_[0], low, high, mean, sd, wanted)
                                : widen(row, mean, sd, found, wanted);
    quantile[k] = wanted.between == 0.0
                      ? at
                      : static_cast<float>(at + wanted.between * (static_cast<double>(next) - at));
  }
  const long positive = beyond(row, error, true);
  return result(mean, sd, better_ > 0.0f ? positive : beyond(row, error, false), positive);
}

std::unique_ptr<AreaMoments> AreaMomentsPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto moments = std::move(idle_.back());
      idle_.pop_back();
      return moments;
    }
  }
  return std::make_unique<AreaMoments>(quantiles_, draws_, better_);
}

void AreaMomentsPool::give_back(std::unique_ptr<AreaMoments> moments) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(moments));
}

}  // namespace spillway
