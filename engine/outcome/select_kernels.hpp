// The passes over one area's draws: moments, and the draws inside a bracket. One variant for each instruction
// set.
#pragma once

namespace spillway::kernels {

struct RowMoments {
  double sum, squares;  ///< of (x - shift), eight lanes added in a fixed order
  long better;          ///< x sign > 0
};

struct Bracket {
  long below;   ///< draws less than low
  long inside;  ///< draws from low to high, copied out in their order
};

struct Neighbours {
  float at, next;
};

struct SelectKernels {
  /// Moments of row[0, n); the same bits in every variant.
  RowMoments (*moments)(const float* row, long n, double shift, float sign);
  /// Copies low <= x <= high to `out`, which has room for n + 16.
  Bracket (*bracket)(const float* row, long n, float low, float high, float* out);
  /// The order statistics `rank` and `next` of a few values, by counting; writes 16 values beyond the n-th.
  Neighbours (*select)(float* values, long n, long rank, long next);
};

extern const SelectKernels select_kernels_v2, select_kernels_v3, select_kernels_v4;

/// Those of instruction_set().
const SelectKernels& select_kernels();

}  // namespace spillway::kernels
