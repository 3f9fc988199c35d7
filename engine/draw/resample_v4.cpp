// Draws of resamples for AVX-512; compiled at -march=x86-64-v4.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // false alarms of g++ 12 on its own header (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "engine/draw/resample_kernel.hpp"

namespace spillway {

namespace {
struct Avx512 {
  static constexpr int width = 8;
  __m512i value;
  static Avx512 all(std::uint32_t x) { return {_mm512_set1_epi64(static_cast<long long>(x))}; }
  static Avx512 from(std::uint32_t x) {
    return {_mm512_add_epi64(_mm512_set1_epi64(static_cast<long long>(x)),
                             _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0))};
  }
  static Avx512 product(Avx512 a, Avx512 b) {
    return {_mm512_mul_epu32(a.value, b.value)};
  }  ///< of lower halves
  static Avx512 sum(Avx512 a, Avx512 b) { return {_mm512_add_epi64(a.value, b.value)}; }
  static Avx512 exclusive_or(Avx512 a, Avx512 b) { return {_mm512_xor_si512(a.value, b.value)}; }
  static Avx512 upper(Avx512 a) { return {_mm512_srli_epi64(a.value, 32)}; }
  static Avx512 join(Avx512 low, Avx512 high) {
    return {_mm512_or_si512(low.value, _mm512_slli_epi64(high.value, 32))};
  }
  void store(std::uint32_t* out) const { _mm512_storeu_si512(out, value); }
};
}  // namespace

const DrawKernel& draw_kernel_v4() {
  static const DrawKernel kernel{2 * kPhiloxChains * Avx512::width, &draw_below<Avx512>};
  return kernel;
}

}  // namespace spillway
