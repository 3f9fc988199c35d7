// The corrected score's row loops compiled at -march=x86-64-v4; no fused operations, so the bits are those of
// v2.
#include "engine/estimate/panel/corrected_score_kernel.hpp"

namespace spillway {

ScoreKernels score_kernels_v4(int lanes) { return score_kernels_here(lanes); }

}  // namespace spillway
