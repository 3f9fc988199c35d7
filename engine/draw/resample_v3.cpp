// Draws of resamples for AVX2; compiled at -march=x86-64-v3.
#include <immintrin.h>

#include "engine/draw/resample_kernel.hpp"

namespace spillway {

namespace {
struct Avx2 {
  static constexpr int width = 4;
  __m256i value;
  static Avx2 all(std::uint32_t x) { return {_mm256_set1_epi64x(static_cast<long long>(x))}; }
  static Avx2 from(std::uint32_t x) {
    return {_mm256_add_epi64(_mm256_set1_epi64x(static_cast<long long>(x)), _mm256_set_epi64x(3, 2, 1, 0))};
  }
  static Avx2 product(Avx2 a, Avx2 b) { return {_mm256_mul_epu32(a.value, b.value)}; }  ///< of lower halves
  static Avx2 sum(Avx2 a, Avx2 b) { return {_mm256_add_epi64(a.value, b.value)}; }
  static Avx2 exclusive_or(Avx2 a, Avx2 b) { return {_mm256_xor_si256(a.value, b.value)}; }
  static Avx2 upper(Avx2 a) { return {_mm256_srli_epi64(a.value, 32)}; }
  static Avx2 join(Avx2 low, Avx2 high) {
    return {_mm256_or_si256(low.value, _mm256_slli_epi64(high.value, 32))};
  }
  void store(std::uint32_t* out) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), value); }
};
}  // namespace

const DrawKernel& draw_kernel_v3() {
  static const DrawKernel kernel{2 * kPhiloxChains * Avx2::width, &draw_below<Avx2>};
  return kernel;
}

}  // namespace spillway
