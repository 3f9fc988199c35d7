// The recursion in double precision for some draws side by side, one variant for each instruction set; all
// give the same bits.
#pragma once
#include <cstdint>

#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

constexpr long kPlainDraws = 8;  ///< the states of 33,755 areas stay in the third-level cache

/// A row-compressed matrix; rows == 0: none.
struct PlainMatrix {
  const int* first = nullptr;  ///< rows + 1 edges
  const int* column = nullptr;
  const double* value = nullptr;
};

/// One period: now = coefficient W before + coefficient C before of added links + phi before + forcing, where
/// an area has been reached; and what is summed of it while it is in registers.
struct PlainStep {
  long areas;
  int period;                        ///< 1..H
  const std::int16_t* reached;       ///< by area
  PlainMatrix weights, added_links;  ///< added_links.first == nullptr: none
  const std::int32_t* row_class;
  const double* coefficient;        ///< [class][draw]
  const double* added_coefficient;  ///< [class][draw]
  const double* phi;                ///< [draw]
  int shapes;
  const double* shape;   ///< [shape][area]
  const double* forced;  ///< [shape][draw]
  const double* before;  ///< [area][draw]
  double* now;
  double* cumulative;        ///< [area][draw]: now is added
  const std::int32_t* cell;  ///< by area
  const double* weight;      ///< by area; nullptr: no sums
  double* cell_sum;          ///< [cell][draw]: weight now is added
};

struct PlainKernels {
  void (*step)(const PlainStep&);
};
extern const PlainKernels plain_kernels_v2, plain_kernels_v3, plain_kernels_v4;

/// Those of instruction_set().
inline const PlainKernels& plain_kernels() { return SPILLWAY_AT_LEVEL(plain_kernels); }

}  // namespace spillway::kernels
