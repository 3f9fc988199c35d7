// The register-tiled product behind multiply(): one kernel for each instruction set.
#pragma once

namespace spillway {

/// Whether a product overwrites C or goes on from it: a sum cut in two has the bits of the whole.
enum class Sum { begins, goes_on };

/// Multiply `a`, packed in panels of `panel_rows` rows (panel, inner, row; zero-padded), by column-major b,
/// whose columns stand `b_stride` apart.
using PackedMultiply = void (*)(const double* packed, long inner, long rows, const double* b, long b_stride,
                                long columns, double* c, Sum sum);

struct GemmKernel {
  int panel_rows;
  PackedMultiply multiply;
};

extern const GemmKernel gemm_kernel_v2, gemm_kernel_v3, gemm_kernel_v4;

}  // namespace spillway
