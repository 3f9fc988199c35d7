#include <cstddef>
#include <cstdint>

#include "engine/base/lanes.hpp"
#include "engine/outcome/select_kernels.hpp"

namespace spillway::kernels {
namespace {

constexpr int kWidth = Floats::width;

RowMoments row_moments(const float* row, long n, double shift) {
  using Sums = Lanes<double, 16>;
  Sums sum{}, squares{};
  long d = 0;
  for (; d + 16 <= n; d += 16) {
    const Sums away = Sums::converted(row + d) - shift;
    sum += away;
    squares += away * away;
  }
  double lane_sum[16], lane_squares[16];
  sum.store(lane_sum);
  squares.store(lane_squares);
  for (int lane = 0; d < n; ++d, ++lane) {
    const double away = row[d] - shift;
    lane_sum[lane] += away;
    lane_squares[lane] += away * away;
  }
  RowMoments total{0.0, 0.0};
  for (int lane = 0; lane < 16; ++lane) {
    total.sum += lane_sum[lane];
    total.squares += lane_squares[lane];
  }
  return total;
}

Bracket row_bracket(const float* row, long n, float low, float high, float* out) {
  const Floats from = Floats::all(low), to = Floats::all(high);
  long reached = 0;
  float* end = out;
  long d = 0;
  for (; d + kWidth <= n; d += kWidth) {
    const Floats x = Floats::load(row + d);
    const Which not_less = not_below(x, from);
    reached += __builtin_popcount(bits_of(not_less));
    end += compress(x, not_above(x, to, not_less), end);
  }
  for (; d < n; ++d) {
    reached += row[d] >= low;
    *end = row[d];
    end += row[d] >= low && row[d] <= high;
  }
  return {n - reached, end - out};
}

long sum_of(const Ints& counts) {
  std::int32_t each[kWidth];
  counts.store(each);
  long sum = 0;
  for (const std::int32_t count : each) sum += count;
  return sum;
}

/// One pass finds the draws inside any bracket and counts what lies below each; the few found are then told
/// apart.
template <int kCount>
BracketsFound brackets_of(const float* row, long n, const Brackets& wanted, float* spare) {
  Floats low[kCount], high[kCount];
  Ints reached[kCount] = {}, better{};
  for (int k = 0; k < kCount; ++k) {
    low[k] = Floats::all(wanted.low[k]);
    high[k] = Floats::all(wanted.high[k]);
  }
  const Floats sign = Floats::all(wanted.sign), zero{};
  float* end = spare;
  const auto see = [&](const Floats& x) {
    tally(better, above(x * sign, zero));
    Which any{};
    for (int k = 0; k < kCount; ++k) {
      const Which not_less = not_below(x, low[k]);
      tally(reached[k], not_less);
      any = either(any, not_above(x, high[k], not_less));
    }
    end += compress(x, any, end);
  };
  long d = 0;
  for (; d + kWidth <= n; d += kWidth) see(Floats::load(row + d));
  if (d < n) {  // the last draws, beside lanes that no comparison is true of
    float last[kWidth];
    for (float& x : last) x = __builtin_nanf("");
    __builtin_memcpy(last, row + d, static_cast<std::size_t>(n - d) * sizeof(float));
    see(Floats::load(last));
  }
  BracketsFound found;
  found.better = sum_of(better);
  for (int k = 0; k < kCount; ++k) {
    found.bracket[k] = row_bracket(spare, end - spare, wanted.low[k], wanted.high[k], wanted.inside[k]);
    found.bracket[k].below = n - sum_of(reached[k]);
  }
  return found;
}

BracketsFound row_brackets(const float* row, long n, const Brackets& wanted, float* spare) {
  switch (wanted.count) {
    case 1:
      return brackets_of<1>(row, n, wanted, spare);
    case 2:
      return brackets_of<2>(row, n, wanted, spare);
    case 3:
      return brackets_of<3>(row, n, wanted, spare);
    case 4:
      return brackets_of<4>(row, n, wanted, spare);
    case 5:
      return brackets_of<5>(row, n, wanted, spare);
    case 6:
      return brackets_of<6>(row, n, wanted, spare);
    case 7:
      return brackets_of<7>(row, n, wanted, spare);
    default:
      return brackets_of<8>(row, n, wanted, spare);
  }
}

/// Least and largest of `low` and `high`, half of them by half.
template <int kCount>
SPILLWAY_INLINE void narrow(float* low, float* high) {
  using Half = Lanes<float, kCount / 2>;
  least(Half::load(low), Half::load(low + kCount / 2)).store(low);
  largest(Half::load(high), Half::load(high + kCount / 2)).store(high);
  if constexpr (kCount > 8) narrow<kCount / 2>(low, high);
}

void row_bounds(const float* row, long n, float* least_of, float* largest_of) {
  constexpr int kTogether = 32;  // a chain of comparisons waits for each
  using Chunk = Lanes<float, kTogether>;
  for (long first = 0; first < n; first += kBoundsDraws) {
    const long count = n - first < kBoundsDraws ? n - first : kBoundsDraws;
    Chunk low = Chunk::all(row[first]), high = low;
    long d = 0;
    for (; d + kTogether <= count; d += kTogether) {
      const Chunk x = Chunk::load(row + first + d);
      low = least(x, low);
      high = largest(x, high);
    }
    float lows[kTogether], highs[kTogether];
    low.store(lows);
    high.store(highs);
    narrow<kTogether>(lows, highs);
    float smallest = lows[0], biggest = highs[0];
    const auto see = [&](float low_one, float high_one) {
      smallest = low_one < smallest ? low_one : smallest;
      biggest = high_one > biggest ? high_one : biggest;
    };
    for (int lane = 1; lane < 4; ++lane) see(lows[lane], highs[lane]);
    for (; d < count; ++d) see(row[first + d], row[first + d]);
    least_of[first / kBoundsDraws] = smallest;
    largest_of[first / kBoundsDraws] = biggest;
  }
}

/// Of kCount values, which are changed.
template <int kCount>
SPILLWAY_INLINE float largest_of(float* values) {
  if constexpr (kCount > 1) {
    for (int k = 0; k < kCount / 2; ++k)
      values[k] = values[k + kCount / 2] > values[k] ? values[k + kCount / 2] : values[k];
    return largest_of<kCount / 2>(values);
  }
  return values[0];
}

/// Position r of the sorted values holds the largest value that at most r values are less than. (Infinities
/// beyond the last value have all of them below, so that they are nobody's.)
Neighbours row_select(float* values, long n, long rank, long next) {
  const float infinity = __builtin_inff();
  for (int k = 0; k < 16; ++k) values[n + k] = infinity;
  const Floats none = Floats::all(-infinity);
  Floats at = none, after = none;
  for (long first = 0; first < n; first += kWidth) {
    const Floats mine = Floats::load(values + first);
    Ints less{};
    for (long k = 0; k < n; ++k) tally(less, above(mine, Floats::all(values[k])));
    const auto up_to = [&](long most) {
      return Floats{less.part[0] <= static_cast<std::int32_t>(most) ? mine.part[0] : none.part[0]};
    };
    at = largest(at, up_to(rank));
    after = largest(after, up_to(next));
  }
  float of_rank[kWidth], of_next[kWidth];
  at.store(of_rank);
  after.store(of_next);
  return {largest_of<kWidth>(of_rank), largest_of<kWidth>(of_next)};
}

}  // namespace

const SelectKernels SPILLWAY_OF_LEVEL(select_kernels) = {row_moments, row_bracket, row_brackets, row_bounds,
                                                         row_select};

}  // namespace spillway::kernels
