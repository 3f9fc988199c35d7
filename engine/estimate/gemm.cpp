#include "engine/estimate/gemm.hpp"

#include <algorithm>
#include <memory>

#include "engine/base/instruction_set.hpp"
#include "engine/estimate/gemm_kernel.hpp"

namespace spillway {

void multiply(const double* a, long inner, long rows, const double* b, long columns, double* c) {
  if (rows <= 0 || columns <= 0) return;
  const GemmKernel& chosen = SPILLWAY_AT_LEVEL(gemm_kernel);
  constexpr long deepest =
      1024;  // of `inner` at a time: what is packed of some hundred rows stays in the second-level cache
  const long panel = chosen.panel_rows, panels = (rows + panel - 1) / panel;
  const auto packed = std::make_unique_for_overwrite<double[]>(
      static_cast<std::size_t>(panels * panel * std::min(inner, deepest)));
  for (long begin = 0; begin < std::max(inner, 1L); begin += deepest) {
    const long deep = std::min(deepest, inner - begin);
    for (long p = 0; p < panels; ++p) {
      double* out = packed.get() + p * panel * deep;
      const long filled = std::min(panel, rows - p * panel);
      for (long r = 0; r < filled; ++r) {
        const double* column = a + (p * panel + r) * inner + begin;
        for (long k = 0; k < deep; ++k) out[k * panel + r] = column[k];
      }
      for (long r = filled; r < panel; ++r)
        for (long k = 0; k < deep; ++k) out[k * panel + r] = 0.0;
    }
    chosen.multiply(packed.get(), deep, rows, b + begin, inner, columns, c,
                    begin == 0 ? Sum::begins : Sum::goes_on);
  }
}

}  // namespace spillway
