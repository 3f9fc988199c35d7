// Draws of a few areas from their coordinates in a basis: a thin matrix product. One variant for each
// instruction set; those with fused multiply-adds differ from the plain one in the last bits.
#pragma once

namespace spillway::kernels {

constexpr int kExpandRows = 8;    ///< areas of one call
constexpr int kExpandDraws = 32;  ///< draws that stand together in `coordinates`

struct Expand {
  int basis;                 ///< leading modes to add up
  int modes;                 ///< all modes: the stride of row and coordinates
  long blocks;               ///< of kExpandDraws draws
  const float* row;          ///< [kExpandRows][modes]
  const float* coordinates;  ///< [block][modes][kExpandDraws]
  float* out;                ///< [kExpandRows][blocks x kExpandDraws]
};

/// out = row x coordinates
using ExpandKernel = void (*)(const Expand&);
extern const ExpandKernel expand_v2, expand_v3, expand_v4;

/// That of instruction_set().
ExpandKernel expand_kernel();

}  // namespace spillway::kernels
