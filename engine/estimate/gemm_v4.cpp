// multiply() for AVX-512; compiled at -march=x86-64-v4.
#include <immintrin.h>

#include "engine/estimate/gemm_kernel.hpp"

namespace spillway {

namespace {
struct Avx512 {
  static constexpr int width = 8;
  __m512d value;
  static Avx512 zero() { return {_mm512_setzero_pd()}; }
  static Avx512 load(const double* p) { return {_mm512_loadu_pd(p)}; }
  static Avx512 broadcast(double x) { return {_mm512_set1_pd(x)}; }
  static Avx512 multiply_add(Avx512 a, Avx512 b, Avx512 c) {
    return {_mm512_fmadd_pd(a.value, b.value, c.value)};
  }
  void store(double* p) const { _mm512_storeu_pd(p, value); }
};
}  // namespace

const GemmKernel& gemm_kernel_v4() {
  static const GemmKernel kernel{24, &multiply_packed<Avx512, 3, 8>};
  return kernel;
}

}  // namespace spillway
