// Thin matrix products whose right side has draws in lanes: coordinates from samples, draws from coordinates.
// One variant for each instruction set; those with fused multiply-adds differ from the plain one in the last
// bits.
#pragma once
#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

constexpr int kExpandRows = 8;    ///< rows of one call
constexpr int kExpandDraws = 32;  ///< draws that stand together: a block

struct Expand {
  int modes;         ///< to add up
  const float* row;  ///< [kExpandRows][row_stride]
  long row_stride;
  long blocks;
  const float* coordinates;  ///< [block][mode][kExpandDraws]
  long coordinate_stride;    ///< floats from one block to the next
  float* out;                ///< [block][row][kExpandDraws]
  long out_row, out_block;   ///< floats from one row, one block to the next
};

/// out = row x coordinates
using ExpandKernel = void (*)(const Expand&);
extern const ExpandKernel expand_v2, expand_v3, expand_v4;

/// That of instruction_set().
inline ExpandKernel expand_kernel() { return SPILLWAY_AT_LEVEL(expand); }

}  // namespace spillway::kernels
