// One substitution of x = right + factor W x for some columns side by side, one variant for each instruction
// set; all give the same bits.
#pragma once
#include <cstdint>

#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

struct SpreadStep {
  const int* first;  ///< W: rows + 1 edges
  const int* column;
  const double* value;
  const std::int32_t* type;  ///< by row
  const double* factor;      ///< by type
  const double* right;       ///< [row][column of x]
  const double* x;
  double* next;
};

/// Rows begin..end-1 of `next`; raises each column's `moved` to its largest |next - x|, `largest` to its
/// largest |next|.
using SpreadRows = void (*)(const SpreadStep& step, long begin, long end, double* moved, double* largest);

struct SpreadKernels {
  SpreadRows two, four, eight;  ///< columns of x
};
extern const SpreadKernels spread_kernels_v2, spread_kernels_v3, spread_kernels_v4;

/// Those of instruction_set().
inline const SpreadKernels& spread_kernels() { return SPILLWAY_AT_LEVEL(spread_kernels); }

}  // namespace spillway::kernels
