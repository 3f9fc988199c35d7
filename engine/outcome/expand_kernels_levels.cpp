#include "engine/base/lanes.hpp"
#include "engine/outcome/expand_kernels.hpp"

namespace spillway::kernels {
namespace {

using Block = Lanes<float, kExpandDraws>;
// As many rows as leave their sums in registers, of which AVX2 and SSE have sixteen.
#if defined(__AVX512F__)
constexpr int kRowsAtOnce = 8;
#elif defined(__AVX2__) || defined(__aarch64__)
constexpr int kRowsAtOnce = 2;
#else
constexpr int kRowsAtOnce = 1;
#endif

void expand_rows(const Expand& expand) {
  for (long block = 0; block < expand.blocks; ++block) {
    const float* coordinates = expand.coordinates + block * expand.coordinate_stride;
    for (int first = 0; first < kExpandRows; first += kRowsAtOnce) {
      const float* row = expand.row + first * expand.row_stride;
      Block sum[kRowsAtOnce] = {};
      for (int k = 0; k < expand.modes; ++k) {
        const Block x = Block::load(coordinates + k * kExpandDraws);
        for (int r = 0; r < kRowsAtOnce; ++r)
          sum[r] = multiply_add(x, row[r * expand.row_stride + k], sum[r]);
      }
      for (int r = 0; r < kRowsAtOnce; ++r)
        sum[r].store(expand.out + (first + r) * expand.out_row + block * expand.out_block);
    }
  }
}

}  // namespace

const ExpandKernel SPILLWAY_OF_LEVEL(expand) = expand_rows;

}  // namespace spillway::kernels
