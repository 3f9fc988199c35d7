// The register-tiled product behind multiply(), written once over a vector type and compiled once a level.
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

const GemmKernel& gemm_kernel_v3();
const GemmKernel& gemm_kernel_v4();

namespace {

/// One tile: kVectors vectors of rows by kColumns columns, held in registers over the whole inner loop.
/// @tparam kPanel  vectors of rows of a panel, at least kVectors
template <class Vector, int kPanel, int kVectors, int kColumns>
void multiply_tile(const double* panel, long inner, long rows, const double* b, long b_stride, double* c,
                   long c_stride, Sum begun) {
  constexpr int width = Vector::width;
  Vector sum[kColumns][kVectors];
  double tile[kVectors * width] = {};
  for (int j = 0; j < kColumns; ++j) {
    const double* in = c + j * c_stride;
    if (begun == Sum::goes_on && rows < kVectors * width) {
      for (long r = 0; r < rows; ++r) tile[r] = in[r];
      in = tile;
    }
    for (int v = 0; v < kVectors; ++v)
      sum[j][v] = begun == Sum::goes_on ? Vector::load(in + v * width) : Vector::zero();
  }
  for (long k = 0; k < inner; ++k) {
    Vector left[kVectors];
    for (int v = 0; v < kVectors; ++v) left[v] = Vector::load(panel + (k * kPanel + v) * width);
    for (int j = 0; j < kColumns; ++j) {
      const Vector right = Vector::broadcast(b[j * b_stride + k]);
      for (int v = 0; v < kVectors; ++v) sum[j][v] = Vector::multiply_add(left[v], right, sum[j][v]);
    }
  }
  for (int j = 0; j < kColumns; ++j) {
    double* out = c + j * c_stride;
    if (rows >= kVectors * width) {
      for (int v = 0; v < kVectors; ++v) sum[j][v].store(out + v * width);
      continue;
    }
    for (int v = 0; v < kVectors; ++v) sum[j][v].store(tile + v * width);
    for (long r = 0; r < rows; ++r) out[r] = tile[r];
  }
}

/// A panel of rows by all columns; of the last panel, with `rows` left, no more vectors than they fill.
template <class Vector, int kPanel, int kVectors, int kColumns>
void multiply_panel(const double* panel, long inner, long rows, const double* b, long b_stride, long columns,
                    double* c, long c_stride, Sum sum) {
  if constexpr (kVectors > 1)
    if (rows <= (kVectors - 1) * Vector::width)
      return multiply_panel<Vector, kPanel, kVectors - 1, kColumns>(panel, inner, rows, b, b_stride, columns,
                                                                    c, c_stride, sum);
  long j = 0;
  for (; j + kColumns <= columns; j += kColumns)
    multiply_tile<Vector, kPanel, kVectors, kColumns>(panel, inner, rows, b + j * b_stride, b_stride,
                                                      c + j * c_stride, c_stride, sum);
  for (; j < columns; ++j)
    multiply_tile<Vector, kPanel, kVectors, 1>(panel, inner, rows, b + j * b_stride, b_stride,
                                               c + j * c_stride, c_stride, sum);
}

template <class Vector, int kVectors, int kColumns>
void multiply_packed(const double* packed, long inner, long rows, const double* b, long b_stride,
                     long columns, double* c, Sum sum) {
  constexpr long panel_rows = kVectors * Vector::width;
  for (long first = 0; first < rows; first += panel_rows)
    multiply_panel<Vector, kVectors, kVectors, kColumns>(packed + first * inner, inner, rows - first, b,
                                                         b_stride, columns, c + first, rows, sum);
}

}  // namespace
}  // namespace spillway
