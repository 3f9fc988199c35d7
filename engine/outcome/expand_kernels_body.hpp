// Body of the expansion; each expand_kernels_<level>.cpp compiles it for its instruction set.
#pragma once
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#include "engine/outcome/expand_kernels.hpp"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace spillway::kernels {
namespace {

#if defined(__AVX512F__)
using Part = __m512;
constexpr int kRowsAtOnce = 8;
inline Part part_of(const float* from) { return _mm512_loadu_ps(from); }
inline Part add_product(float scale, const Part& x, const Part& sum) {
  return _mm512_fmadd_ps(_mm512_set1_ps(scale), x, sum);
}
#elif defined(__AVX2__)
using Part = __m256;
constexpr int kRowsAtOnce = 2;
inline Part part_of(const float* from) { return _mm256_loadu_ps(from); }
inline Part add_product(float scale, const Part& x, const Part& sum) {
  return _mm256_fmadd_ps(_mm256_set1_ps(scale), x, sum);
}
#else
typedef float Part __attribute__((vector_size(16), may_alias));
constexpr int kRowsAtOnce = 1;
inline Part part_of(const float* from) {
  Part part;
  __builtin_memcpy(&part, from, sizeof part);
  return part;
}
inline Part add_product(float scale, const Part& x, const Part& sum) { return sum + x * scale; }
#endif

constexpr int kParts = kExpandDraws * 4 / static_cast<int>(sizeof(Part));

void expand_rows(const Expand& expand) {
  for (long block = 0; block < expand.blocks; ++block) {
    const float* coordinates = expand.coordinates + block * expand.coordinate_stride;
    for (int first = 0; first < kExpandRows; first += kRowsAtOnce) {
      const float* row = expand.row + first * expand.row_stride;
      Part sum[kRowsAtOnce][kParts] = {};
      for (int k = 0; k < expand.modes; ++k) {
        Part x[kParts];
        for (int p = 0; p < kParts; ++p)
          x[p] = part_of(coordinates + k * kExpandDraws + p * static_cast<int>(sizeof(Part) / 4));
        for (int r = 0; r < kRowsAtOnce; ++r)
          for (int p = 0; p < kParts; ++p)
            sum[r][p] = add_product(row[r * expand.row_stride + k], x[p], sum[r][p]);
      }
      for (int r = 0; r < kRowsAtOnce; ++r)
        __builtin_memcpy(expand.out + (first + r) * expand.out_row + block * expand.out_block, sum[r],
                         sizeof sum[r]);
    }
  }
}

}  // namespace
}  // namespace spillway::kernels
