// The passes over one area's draws: moments, and the draws inside brackets. One variant for each instruction
// set.
#pragma once
#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

struct RowMoments {
  double sum, squares;  ///< of (x - shift), sixteen lanes added in a fixed order
};

struct Bracket {
  long below;   ///< draws less than low
  long inside;  ///< draws from low to high, copied out in their order
};

constexpr int kMostBrackets = 8;    ///< of one pass
constexpr long kBoundsDraws = 128;  ///< draws whose least and largest value are kept

/// Brackets of one row, all found in one pass.
struct Brackets {
  int count;                 ///< at most kMostBrackets
  float low[kMostBrackets];  ///< bounds, both inside
  float high[kMostBrackets];
  float* inside[kMostBrackets];  ///< where the draws from low to high go, in their order; room for n + 16
  float sign;                    ///< better: x sign > 0
};
struct BracketsFound {
  Bracket bracket[kMostBrackets];
  long better;
};

struct Neighbours {
  float at, next;
};

struct SelectKernels {
  /// Moments of row[0, n); the same bits in every variant.
  RowMoments (*moments)(const float* row, long n, double shift);
  /// Copies low <= x <= high to `out`, which has room for n + 16.
  Bracket (*bracket)(const float* row, long n, float low, float high, float* out);
  /// All brackets of a row, and how many draws are better, in one pass; `spare` has room for n + 16.
  BracketsFound (*brackets)(const float* row, long n, const Brackets& wanted, float* spare);
  /// Least and largest value of each kBoundsDraws draws; the last block may be short.
  void (*bounds)(const float* row, long n, float* least, float* largest);
  /// The order statistics `rank` and `next` of a few values, by counting; writes 16 values beyond the n-th.
  Neighbours (*select)(float* values, long n, long rank, long next);
};

extern const SelectKernels select_kernels_v2, select_kernels_v3, select_kernels_v4;

/// Those of instruction_set().
inline const SelectKernels& select_kernels() { return SPILLWAY_AT_LEVEL(select_kernels); }

}  // namespace spillway::kernels
