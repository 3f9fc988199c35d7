#include <cstddef>
#include <cstdint>

#include "engine/base/lanes.hpp"
#include "engine/outcome/looking_kernels.hpp"

namespace spillway::kernels {
namespace {

constexpr int kDraws = kLookDraws;
using Draws = Lanes<float, kDraws>;
using Eighth = Lanes<float, 8>;
using Sums = Lanes<double, 8>;

/// Of eight sums one, always in the same order.
template <class Number>
SPILLWAY_INLINE Number total_of(const Number* each) {
  return ((each[0] + each[4]) + (each[2] + each[6])) + ((each[1] + each[5]) + (each[3] + each[7]));
}

void sum_areas(const float* block, long areas, double* sum) {
  Lanes<double, kDraws> total{};
  for (long i = 0; i < areas; ++i) total += Lanes<double, kDraws>::converted(block + i * kDraws);
  total.store(sum);
}

void square_areas(const float* block, long areas, const float* mean, double* squares) {
  const Draws centre = Draws::load(mean);
  Lanes<double, kDraws> total{};
  for (long i = 0; i < areas; ++i) {
    float away[kDraws];
    (Draws::load(block + i * kDraws) - centre).store(away);
    const auto wide = Lanes<double, kDraws>::converted(away);
    total += wide * wide;
  }
  total.store(squares);
}

SPILLWAY_INLINE void add_moments(const float* x, double* sum, double* squares) {
  Sums plain{}, squared{};
  for (int part = 0; part < kDraws; part += 8) {
    const Sums wide = Sums::converted(x + part);
    plain += wide;
    squared += wide * wide;
  }
  double each[8];
  plain.store(each);
  *sum += total_of(each);
  squared.store(each);
  *squares += total_of(each);
}

void area_moments(const float* block, long areas, const float* mean, const float* scale, double* sums) {
  const Draws centre = Draws::load(mean), factor = Draws::load(scale);
  for (long i = 0; i < areas; ++i, sums += 4) {
    const float* x = block + i * kDraws;
    float score[kDraws];
    ((Draws::load(x) - centre) * factor).store(score);
    add_moments(x, sums, sums + 1);
    add_moments(score, sums + 2, sums + 3);
  }
}

void reach_of(const float* block, long areas, const float* centre, const float* inverse, const float* beside,
              float* most, double* with) {
  Draws largest_yet{};
  const Draws zero{};
  for (long i = 0; i < areas; ++i) {
    const float* x = block + i * kDraws;
    const Draws ratio = (Draws::load(x) - centre[i]) * inverse[i];
    largest_yet = largest(largest_yet, largest(ratio, zero - ratio));
    Eighth product{};
    for (int part = 0; part < kDraws; part += 8)
      product += (Eighth::load(x + part) - centre[i]) * Eighth::load(beside + part);
    float each[8];
    product.store(each);
    with[i] += static_cast<double>(total_of(each));
  }
  largest_yet.store(most);
}

void deviate_areas(float* block, long areas, const float* mean, const float* scale, const float* centre,
                   const float* width) {
  const Draws middle = Draws::load(mean), factor = Draws::load(scale), zero{};
  for (long i = 0; i < areas; ++i) {
    float* x = block + i * kDraws;
    (width[i] > 0.0F ? (Draws::load(x) - middle) * factor - centre[i] : zero).store(x);
  }
}

void extremes_of(const float* block, long areas, const float* width, const float* value, std::int32_t* top,
                 std::int32_t* bottom) {
  using Places = Lanes<std::int32_t, kDraws>;
  const Draws at = Draws::load(value);
  Draws high = Draws::all(-__builtin_inff()), low = high;
  Places highest{}, lowest{};
  for (long i = 0; i < areas; ++i) {
    const Draws x = Draws::load(block + i * kDraws), off = at * width[i];
    const Places place = Places::all(static_cast<std::int32_t>(i));
    for (int p = 0; p < Draws::registers; ++p) {
      const auto above = x.part[p] - off.part[p], below = -x.part[p] - off.part[p];
      highest.part[p] = above > high.part[p] ? place.part[p] : highest.part[p];
      high.part[p] = above > high.part[p] ? above : high.part[p];
      lowest.part[p] = below > low.part[p] ? place.part[p] : lowest.part[p];
      low.part[p] = below > low.part[p] ? below : low.part[p];
    }
  }
  highest.store(top);
  lowest.store(bottom);
}

void hold_area(const float* x, long n, float centre, float inverse, std::int16_t* held, long stride) {
  constexpr float kWhole = 12582912.0F;  // 1.5 x 2^23: what is added to it is rounded to a whole number
  const Draws most = Draws::all(32767.0F), fewest = Draws::all(-32767.0F);
  for (long first = 0; first < n; first += kDraws, held += stride) {
    const long count = n - first < kDraws ? n - first : kDraws;
    float whole[kDraws] = {};
    __builtin_memcpy(whole, x + first, static_cast<std::size_t>(count) * sizeof(float));
    const Draws steps = ((Draws::load(whole) - centre) * inverse + kWhole) - kWhole;
    least(largest(steps, fewest), most).store(whole);
    Lanes<std::int16_t, kDraws>::converted(whole).store(held);
    for (long d = count; d < kDraws; ++d) held[d] = 0;
  }
}

void widen_areas(const std::int16_t* held, long areas, const float* centre, const float* step, float* out) {
  for (long i = 0; i < areas; ++i)
    (Draws::converted(held + i * kDraws) * step[i] + centre[i]).store(out + i * kDraws);
}

double sum_of_squares_apart(const double* a, const double* b, long n) {
  using Many = Lanes<double, 16>;
  Many total{};
  long d = 0;
  for (; d + 16 <= n; d += 16) {
    const Many away = Many::load(a + d) - Many::load(b + d);
    total += away * away;
  }
  double each[16];
  total.store(each);
  for (int lane = 0; d < n; ++d, ++lane) each[lane] += (a[d] - b[d]) * (a[d] - b[d]);
  return total_of(each) + total_of(each + 8);
}

void most_apart(const double* block, long groups, const double* inverse, double* most) {
  using Half = Lanes<double, kDraws / 2>;
  const Half zero{};
  for (long k = 0; k < groups * kDraws; ++k) most[k] = 0.0;
  for (int half = 0; half < kDraws; half += kDraws / 2)
    for (long j = 0; j < groups; ++j) {
      const Half own = Half::load(block + j * kDraws + half);
      Half own_most = Half::load(most + j * kDraws + half);
      for (long k = j + 1; k < groups; ++k) {
        const Half ratio = (own - Half::load(block + k * kDraws + half)) * inverse[j * groups + k];
        const Half size = largest(ratio, zero - ratio);
        double* other = most + k * kDraws + half;
        own_most = largest(own_most, size);
        largest(Half::load(other), size).store(other);
      }
      own_most.store(most + j * kDraws + half);
    }
}

/// Least and largest of `low` and `high`, half of them by half, down to four.
template <int kCount>
SPILLWAY_INLINE void narrow(float* low, float* high) {
  using Half = Lanes<float, kCount / 2>;
  least(Half::load(low), Half::load(low + kCount / 2)).store(low);
  largest(Half::load(high), Half::load(high + kCount / 2)).store(high);
  if constexpr (kCount > 8) narrow<kCount / 2>(low, high);
}

void ends_of(const float* draws, long stride, long chunks, float* least_of, float* largest_of) {
  using Half = Lanes<float, kDraws / 2>;
  for (long k = 0; k < chunks; ++k, draws += stride) {
    const Half first = Half::load(draws), second = Half::load(draws + kDraws / 2);
    float low[kDraws / 2], high[kDraws / 2];
    least(first, second).store(low);
    largest(first, second).store(high);
    narrow<kDraws / 2>(low, high);
    float smallest = low[0], biggest = high[0];
    for (int lane = 1; lane < 4; ++lane) {
      smallest = low[lane] < smallest ? low[lane] : smallest;
      biggest = high[lane] > biggest ? high[lane] : biggest;
    }
    least_of[k] = smallest;
    largest_of[k] = biggest;
  }
}

}  // namespace

const LookKernels SPILLWAY_OF_LEVEL(look_kernels) = {
    sum_areas, square_areas, area_moments,         reach_of,   deviate_areas, extremes_of,
    hold_area, widen_areas,  sum_of_squares_apart, most_apart, ends_of};

}  // namespace spillway::kernels
