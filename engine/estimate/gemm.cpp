#include "engine/estimate/gemm.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <vector>

#include "engine/base/instruction_set.hpp"
#include "engine/estimate/gemm_kernel.hpp"

namespace spillway {

namespace {
struct Sse {
  static constexpr int width = 2;
  __m128d value;
  static Sse zero() { return {_mm_setzero_pd()}; }
  static Sse load(const double* p) { return {_mm_loadu_pd(p)}; }
  static Sse broadcast(double x) { return {_mm_set1_pd(x)}; }
  static Sse multiply_add(Sse a, Sse b, Sse c) { return {_mm_add_pd(_mm_mul_pd(a.value, b.value), c.value)}; }
  void store(double* p) const { _mm_storeu_pd(p, value); }
};

const GemmKernel& kernel() {
  static const GemmKernel v2{4, &multiply_packed<Sse, 2, 4>};
  switch (instruction_set()) {
    case InstructionSet::v4:
      return gemm_kernel_v4();
    case InstructionSet::v3:
      return gemm_kernel_v3();
    case InstructionSet::v2:
      break;
  }
  return v2;
}
}  // namespace

void multiply(const double* a, long inner, long rows, const double* b, long columns, double* c) {
  if (rows <= 0 || columns <= 0) return;
  const GemmKernel& chosen = kernel();
  constexpr long deepest =
      1024;  // of `inner` at a time: what is packed of some hundred rows stays in the second-level cache
  const long panel = chosen.panel_rows, panels = (rows + panel - 1) / panel;
  std::vector<double> packed(static_cast<std::size_t>(panels * panel * std::min(inner, deepest)), 0.0);
  for (long begin = 0; begin < std::max(inner, 1L); begin += deepest) {
    const long deep = std::min(deepest, inner - begin);
    for (long p = 0; p < panels; ++p) {
      double* out = packed.data() + p * panel * deep;
      const long filled = std::min(panel, rows - p * panel);
      for (long r = 0; r < filled; ++r) {
        const double* column = a + (p * panel + r) * inner + begin;
        for (long k = 0; k < deep; ++k) out[k * panel + r] = column[k];
      }
      for (long r = filled; r < panel; ++r)
        for (long k = 0; k < deep; ++k) out[k * panel + r] = 0.0;
    }
    chosen.multiply(packed.data(), deep, rows, b + begin, inner, columns, c,
                    begin == 0 ? Sum::begins : Sum::goes_on);
  }
}

}  // namespace spillway
