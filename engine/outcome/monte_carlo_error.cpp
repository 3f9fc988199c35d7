#include "engine/outcome/monte_carlo_error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "engine/base/distributions.hpp"
#include "engine/base/statistics.hpp"

namespace spillway {

namespace {

constexpr long kGroupsAtOnce = 16;  // groups read at a time: a cache line of a draw's

/// Draws of `count` groups from `first` on in the last period, [group][draw]. Values of one draw lie next to
/// each other and those of one group far apart, so each draw's are read once for all of the groups.
std::vector<std::vector<float>> draws_of_groups(const AggregateSeries& series, long first, long count,
                                                long draws) {
  std::vector<std::vector<float>> values(static_cast<std::size_t>(count),
                                         std::vector<float>(static_cast<std::size_t>(draws)));
  const long step = series.periods * series.groups;
  const float* from = series.value.data() + step - series.groups + first;
  for (long d = 0; d < draws; ++d, from += step)
    for (long g = 0; g < count; ++g)
      values[static_cast<std::size_t>(g)][static_cast<std::size_t>(d)] = from[g];
  return values;
}

long draws_of(const AggregateSeries& series) {
  return series.groups > 0 ? static_cast<long>(series.value.size()) / (series.periods * series.groups) : 0;
}

}  // namespace

void sort_floats(std::vector<float>& values) {
  // Bits of a float, the sign flipped (and all bits of a negative one), are in the order of the numbers.
  constexpr std::uint32_t digit = (1u << 11) - 1;
  const std::size_t n = values.size();
  std::vector<std::uint32_t> keys(n), other(n);
  std::array<std::array<std::uint32_t, digit + 1>, 3> start{};
  for (std::size_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i]);
    keys[i] = bits ^ ((bits >> 31) != 0 ? 0xffffffffu : 0x80000000u);
    for (unsigned pass = 0; pass < 3; ++pass) ++start[pass][(keys[i] >> (11 * pass)) & digit];
  }
  for (auto& counts : start) {
    std::uint32_t before = 0;
    for (auto& count : counts) before += std::exchange(count, before);
  }
  for (unsigned pass = 0; pass < 3; ++pass) {
    for (const std::uint32_t key : keys) other[start[pass][(key >> (11 * pass)) & digit]++] = key;
    std::swap(keys, other);
  }
  for (std::size_t i = 0; i < n; ++i)
    values[i] = std::bit_cast<float>(keys[i] ^ ((keys[i] >> 31) != 0 ? 0x80000000u : 0xffffffffu));
}

std::shared_ptr<const QuantileErrors::Weights> QuantileErrors::weights_of(long count, double level) {
  static std::mutex mutex;
  static std::map<std::pair<long, double>, std::shared_ptr<const Weights>>
      known;  // a thousand incomplete betas each
  const std::lock_guard lock(mutex);
  std::shared_ptr<const Weights>& found = known[{count, level}];
  if (found) return found;
  const double n = static_cast<double>(count), m = std::clamp(std::floor(level * n + 0.5), 1.0, n);
  // The m-th order statistic of uniforms is within 9 of its standard deviations but for 1e-18.
  const double spread = 9.0 * std::sqrt(m * (n - m + 1.0) / ((n + 1.0) * (n + 1.0) * (n + 2.0))) + 9.0 / n,
               centre = m / (n + 1.0);
  Weights weights;
  weights.first = std::max(0L, static_cast<long>(std::floor((centre - spread) * n)));
  const long last = std::min(count, static_cast<long>(std::ceil((centre + spread) * n)));
  double below =
      weights.first == 0 ? 0.0 : incomplete_beta(m, n - m + 1.0, static_cast<double>(weights.first) / n);
  for (long i = weights.first; i < last; ++i) {
    const double up_to =
        i + 1 == count ? 1.0 : incomplete_beta(m, n - m + 1.0, static_cast<double>(i + 1) / n);
    weights.weight.push_back(up_to - below);
    below = up_to;
  }
  found = std::make_shared<const Weights>(std::move(weights));
  return found;
}

QuantileErrors::QuantileErrors(long count, const std::vector<double>& levels) {
  for (const double p : levels) levels_.push_back(weights_of(count, p));
}

Eigen::VectorXd QuantileErrors::errors(const float* sorted) const {
  Eigen::VectorXd result(static_cast<Eigen::Index>(levels_.size()));
  for (std::size_t k = 0; k < levels_.size(); ++k) {
    const Weights& weights = *levels_[k];
    double sum = 0.0, mean = 0.0, square = 0.0;
    for (std::size_t i = 0; i < weights.weight.size(); ++i) {
      sum += weights.weight[i];
      mean += weights.weight[i] * static_cast<double>(sorted[weights.first + static_cast<long>(i)]);
    }
    mean /= sum;
    for (std::size_t i = 0; i < weights.weight.size(); ++i) {
      const double away = static_cast<double>(sorted[weights.first + static_cast<long>(i)]) - mean;
      square += weights.weight[i] * away * away;
    }
    result[static_cast<Eigen::Index>(k)] = std::sqrt(square / sum);
  }
  return result;
}

AggregateQuantiles aggregate_quantiles(const AggregateSeries& series, const std::vector<double>& levels,
                                       Parallelism parallelism) {
  const long draws = draws_of(series);
  AggregateQuantiles result{
      levels, Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(levels.size()), series.groups), {}, {}, {}};
  result.error = result.quantile;
  result.below = result.above = std::vector<long>(static_cast<std::size_t>(series.groups), 0);
  if (draws == 0) return result;
  const QuantileErrors errors(draws, levels);
  for_each_block(series.groups, kGroupsAtOnce, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::vector<std::vector<float>> values = draws_of_groups(series, first, last - first, draws);
    for (std::ptrdiff_t g = first; g < last; ++g) {
      std::vector<float>& sorted = values[static_cast<std::size_t>(g - first)];
      sort_floats(sorted);
      for (std::size_t k = 0; k < levels.size(); ++k)
        result.quantile(static_cast<Eigen::Index>(k), g) = sorted_quantile(sorted, levels[k]);
      result.error.col(g) = errors.errors(sorted.data());
      const auto [zero, beyond] = std::equal_range(sorted.begin(), sorted.end(), 0.0f);
      result.below[static_cast<std::size_t>(g)] = zero - sorted.begin();
      result.above[static_cast<std::size_t>(g)] = sorted.end() - beyond;
    }
  });
  return result;
}

double largest_relative_error(const AggregateSeries& series, const std::vector<double>& levels,
                              Parallelism parallelism) {
  std::vector<double> all = levels;
  all.push_back(0.25);
  all.push_back(0.75);
  const AggregateQuantiles quantiles = aggregate_quantiles(series, all, parallelism);
  const auto count = static_cast<Eigen::Index>(levels.size());
  double largest = 0.0;
  for (Eigen::Index g = 0; g < quantiles.quantile.cols(); ++g) {
    const double spread = (quantiles.quantile(count + 1, g) - quantiles.quantile(count, g)) / 1.349;
    if (spread > 0.0) largest = std::max(largest, quantiles.error.col(g).head(count).maxCoeff() / spread);
  }
  return largest;
}

}  // namespace spillway
