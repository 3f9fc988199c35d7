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

RowMoments row_moments(const float* row, long n, double shift) {
  constexpr int parts = 16 / kWide;
  SomeDoubles sum[parts] = {}, squares[parts] = {};
  long d = 0;
  for (; d + 16 <= n; d += 16)
    for (int part = 0; part < parts; ++part) {
      const SomeFloats x = *reinterpret_cast<const SomeFloats*>(row + d + part * kWide);
      const SomeDoubles away = __builtin_convertvector(x, SomeDoubles) - shift;
      sum[part] += away;
      squares[part] += away * away;
    }
  for (int lane = 0; d < n; ++d, ++lane) {
    const double away = row[d] - shift;
    sum[lane / kWide][lane % kWide] += away;
    squares[lane / kWide][lane % kWide] += away * away;
  }
  RowMoments total{0.0, 0.0};
  for (int lane = 0; lane < 16; ++lane) {
    total.sum += sum[lane / kWide][lane % kWide];
    total.squares += squares[lane / kWide][lane % kWide];
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

/// Sum of sixteen counts.
long sum_of(const __m512i& counts) {
  alignas(64) std::int32_t each[16];
  _mm512_store_si512(each, counts);
  long sum = 0;
  for (const std::int32_t count : each) sum += count;
  return sum;
}

/// One pass finds the draws inside any bracket and counts what lies below each; the few found are then told
/// apart.
template <int kCount>
BracketsFound brackets_of(const float* row, long n, const Brackets& wanted, float* spare) {
  __m512 low[kCount], high[kCount];
  __m512i not_below[kCount];
  for (int k = 0; k < kCount; ++k) {
    low[k] = _mm512_set1_ps(wanted.low[k]);
    high[k] = _mm512_set1_ps(wanted.high[k]);
    not_below[k] = _mm512_setzero_si512();
  }
  const __m512 sign = _mm512_set1_ps(wanted.sign), zero = _mm512_setzero_ps();
  const __m512i minus_one = _mm512_set1_epi32(-1);
  __m512i better = _mm512_setzero_si512();
  float* end = spare;
  for (long d = 0; d < n; d += 16) {
    const __mmask16 there =
        n - d >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1u << (n - d)) - 1u);
    const __m512 x = _mm512_maskz_loadu_ps(there, row + d);
    better = _mm512_mask_sub_epi32(
        better, _mm512_mask_cmp_ps_mask(there, _mm512_mul_ps(x, sign), zero, _CMP_GT_OQ), better, minus_one);
    __mmask16 any = 0;
    for (int k = 0; k < kCount; ++k) {
      const __mmask16 reached = _mm512_mask_cmp_ps_mask(there, x, low[k], _CMP_GE_OQ);
      not_below[k] = _mm512_mask_sub_epi32(not_below[k], reached, not_below[k], minus_one);
      any = static_cast<__mmask16>(any | _mm512_mask_cmp_ps_mask(reached, x, high[k], _CMP_LE_OQ));
    }
    _mm512_storeu_ps(end, _mm512_maskz_compress_ps(any, x));  // to a register: the memory form is slow
    end += __builtin_popcount(any);
  }
  BracketsFound found;
  found.better = sum_of(better);
  for (int k = 0; k < kCount; ++k) {
    found.bracket[k] = row_bracket(spare, end - spare, wanted.low[k], wanted.high[k], wanted.inside[k]);
    found.bracket[k].below = n - sum_of(not_below[k]);
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

#if !defined(__AVX512F__)

BracketsFound row_brackets(const float* row, long n, const Brackets& wanted, float*) {
  BracketsFound found;
  found.better = 0;
  for (long d = 0; d < n; ++d) found.better += row[d] * wanted.sign > 0.0f;
  for (int k = 0; k < wanted.count; ++k)
    found.bracket[k] = row_bracket(row, n, wanted.low[k], wanted.high[k], wanted.inside[k]);
  return found;
}

#endif

void row_bounds(const float* row, long n, float* least, float* largest) {
  for (long first = 0; first < n; first += kBoundsDraws) {
    const long count = n - first < kBoundsDraws ? n - first : kBoundsDraws;
    SixteenFloats low = SixteenFloats{} + row[first], high = low;
    long d = 0;
    for (; d + 16 <= count; d += 16) {
      const SixteenFloats x = *reinterpret_cast<const SixteenFloats*>(row + first + d);
      low = x < low ? x : low;
      high = x > high ? x : high;
    }
    float smallest = low[0], biggest = high[0];
    for (int lane = 1; lane < 16; ++lane) {
      smallest = low[lane] < smallest ? low[lane] : smallest;
      biggest = high[lane] > biggest ? high[lane] : biggest;
    }
    for (; d < count; ++d) {
      smallest = row[first + d] < smallest ? row[first + d] : smallest;
      biggest = row[first + d] > biggest ? row[first + d] : biggest;
    }
    least[first / kBoundsDraws] = smallest;
    largest[first / kBoundsDraws] = biggest;
  }
}

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
