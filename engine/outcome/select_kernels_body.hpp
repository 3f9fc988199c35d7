// Body of the selection kernels; each select_kernels_<level>.cpp compiles it for its instruction set.
#pragma once
#include <cstdint>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#include "engine/outcome/select_kernels.hpp"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace spillway::kernels {
namespace {

typedef float SixteenFloats __attribute__((vector_size(64), may_alias, aligned(4)));
typedef std::int32_t SixteenInts __attribute__((vector_size(64)));

// Sixteen lanes of doubles, in as many registers as the instruction set converts to at a time.
#if defined(__AVX512F__)
constexpr int kWide = 8;
#elif defined(__AVX2__)
constexpr int kWide = 4;
#else
constexpr int kWide = 2;
#endif
typedef float SomeFloats __attribute__((vector_size(4 * kWide), may_alias, aligned(4)));
typedef double SomeDoubles __attribute__((vector_size(8 * kWide), may_alias));

RowMoments row_moments(const float* row, long n, double shift, float sign) {
  constexpr int parts = 16 / kWide;
  SomeDoubles sum[parts] = {}, squares[parts] = {};
  SixteenInts better{};
  long d = 0;
  for (; d + 16 <= n; d += 16) {
    for (int part = 0; part < parts; ++part) {
      const SomeFloats x = *reinterpret_cast<const SomeFloats*>(row + d + part * kWide);
      const SomeDoubles away = __builtin_convertvector(x, SomeDoubles) - shift;
      sum[part] += away;
      squares[part] += away * away;
    }
    better -= *reinterpret_cast<const SixteenFloats*>(row + d) * sign > 0.0f;
  }
  for (int lane = 0; d < n; ++d, ++lane) {
    const double away = row[d] - shift;
    sum[lane / kWide][lane % kWide] += away;
    squares[lane / kWide][lane % kWide] += away * away;
    better[lane] += row[d] * sign > 0.0f;
  }
  RowMoments total{0.0, 0.0, 0};
  for (int lane = 0; lane < 16; ++lane) {
    total.sum += sum[lane / kWide][lane % kWide];
    total.squares += squares[lane / kWide][lane % kWide];
    total.better += better[lane];
  }
  return total;
}

#if defined(__AVX512F__)

Bracket row_bracket(const float* row, long n, float low, float high, float* out) {
  const __m512 from = _mm512_set1_ps(low), to = _mm512_set1_ps(high);
  long not_below = 0;
  float* end = out;
  long d = 0;
  for (; d + 16 <= n; d += 16) {
    const __m512 x = _mm512_loadu_ps(row + d);
    const __mmask16 reached = _mm512_cmp_ps_mask(x, from, _CMP_GE_OQ);
    const __mmask16 inside = _mm512_mask_cmp_ps_mask(reached, x, to, _CMP_LE_OQ);
    not_below += __builtin_popcount(reached);
    _mm512_storeu_ps(end, _mm512_maskz_compress_ps(inside, x));  // to a register: the memory form is slow
    end += __builtin_popcount(inside);
  }
  for (; d < n; ++d) {
    not_below += row[d] >= low;
    *end = row[d];
    end += row[d] >= low && row[d] <= high;
  }
  return {n - not_below, end - out};
}

#elif defined(__AVX2__)

/// For each mask of eight lanes, the lanes that it keeps, moved to the front.
struct Compressions {
  alignas(32) std::int32_t lane[256][8];
  Compressions() {
    for (int mask = 0; mask < 256; ++mask) {
      int kept = 0;
      for (int k = 0; k < 8; ++k) lane[mask][k] = 0;
      for (int k = 0; k < 8; ++k)
        if (mask >> k & 1) lane[mask][kept++] = k;
    }
  }
};

Bracket row_bracket(const float* row, long n, float low, float high, float* out) {
  static const Compressions compressions;
  const __m256 from = _mm256_set1_ps(low), to = _mm256_set1_ps(high);
  long not_below = 0;
  float* end = out;
  long d = 0;
  for (; d + 8 <= n; d += 8) {
    const __m256 x = _mm256_loadu_ps(row + d);
    const int reached = _mm256_movemask_ps(_mm256_cmp_ps(x, from, _CMP_GE_OQ));
    const int inside = reached & _mm256_movemask_ps(_mm256_cmp_ps(x, to, _CMP_LE_OQ));
    not_below += __builtin_popcount(static_cast<unsigned>(reached));
    const __m256i lanes = _mm256_load_si256(reinterpret_cast<const __m256i*>(compressions.lane[inside]));
    _mm256_storeu_ps(end, _mm256_permutevar8x32_ps(x, lanes));
    end += __builtin_popcount(static_cast<unsigned>(inside));
  }
  for (; d < n; ++d) {
    not_below += row[d] >= low;
    *end = row[d];
    end += row[d] >= low && row[d] <= high;
  }
  return {n - not_below, end - out};
}

#else

Bracket row_bracket(const float* row, long n, float low, float high, float* out) {
  long below = 0, inside = 0;
  for (long d = 0; d < n; ++d) {
    const float x = row[d];
    below += x < low;
    out[inside] = x;
    inside += static_cast<long>(x >= low) & static_cast<long>(x <= high);
  }
  return {below, inside};
}

#endif

/// Position r of the sorted values holds the largest value that at most r values are less than.
Neighbours row_select(float* values, long n, long rank, long next) {
  const float infinity = __builtin_inff();
  for (int k = 0; k < 16; ++k) values[n + k] = infinity;
  float at = -infinity, after = -infinity;
  for (long first = 0; first < n; first += 16) {
    const SixteenFloats mine = *reinterpret_cast<const SixteenFloats*>(values + first);
    SixteenInts less{};
    for (long k = 0; k < n; ++k) less -= mine > values[k];
    const long count = n - first < 16 ? n - first : 16;
    const SixteenInts low = less <= static_cast<std::int32_t>(rank),
                      high = less <= static_cast<std::int32_t>(next);
    for (int lane = 0; lane < count; ++lane) {
      if (low[lane] && mine[lane] > at) at = mine[lane];
      if (high[lane] && mine[lane] > after) after = mine[lane];
    }
  }
  return {at, after};
}

}  // namespace
}  // namespace spillway::kernels
