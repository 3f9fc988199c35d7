// multiply() for AVX2 with fused multiply-add; compiled at -march=x86-64-v3.
#include <immintrin.h>

#include "engine/estimate/gemm_kernel.hpp"

namespace spillway {

namespace {
struct Avx2 {
  static constexpr int width = 4;
  __m256d value;
  static Avx2 zero() { return {_mm256_setzero_pd()}; }
  static Avx2 load(const double* p) { return {_mm256_loadu_pd(p)}; }
  static Avx2 broadcast(double x) { return {_mm256_set1_pd(x)}; }
  static Avx2 multiply_add(Avx2 a, Avx2 b, Avx2 c) { return {_mm256_fmadd_pd(a.value, b.value, c.value)}; }
  void store(double* p) const { _mm256_storeu_pd(p, value); }
};
}  // namespace

const GemmKernel& gemm_kernel_v3() {
  static const GemmKernel kernel{12, &multiply_packed<Avx2, 3, 4>};
  return kernel;
}

}  // namespace spillway
