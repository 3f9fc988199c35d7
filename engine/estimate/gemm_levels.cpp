#include "engine/base/lanes.hpp"
#include "engine/estimate/gemm_kernel.hpp"

namespace spillway {
namespace {

/// One tile: kVectors vectors of rows by kColumns columns, held in registers over the whole inner loop.
/// @tparam kPanel  vectors of rows of a panel, at least kVectors
template <int kPanel, int kVectors, int kColumns>
void multiply_tile(const double* panel, long inner, long rows, const double* b, long b_stride, double* c,
                   long c_stride, Sum begun) {
  constexpr int width = Doubles::width;
  Doubles sum[kColumns][kVectors];
  double tile[kVectors * width] = {};
  for (int j = 0; j < kColumns; ++j) {
    const double* in = c + j * c_stride;
    if (begun == Sum::goes_on && rows < kVectors * width) {
      for (long r = 0; r < rows; ++r) tile[r] = in[r];
      in = tile;
    }
    for (int v = 0; v < kVectors; ++v)
      sum[j][v] = begun == Sum::goes_on ? Doubles::load(in + v * width) : Doubles{};
  }
  for (long k = 0; k < inner; ++k) {
    Doubles left[kVectors];
    for (int v = 0; v < kVectors; ++v) left[v] = Doubles::load(panel + (k * kPanel + v) * width);
    for (int j = 0; j < kColumns; ++j) {
      const double right = b[j * b_stride + k];
      for (int v = 0; v < kVectors; ++v) sum[j][v] = multiply_add(left[v], right, sum[j][v]);
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
template <int kPanel, int kVectors, int kColumns>
void multiply_panel(const double* panel, long inner, long rows, const double* b, long b_stride, long columns,
                    double* c, long c_stride, Sum sum) {
  if constexpr (kVectors > 1)
    if (rows <= (kVectors - 1) * Doubles::width)
      return multiply_panel<kPanel, kVectors - 1, kColumns>(panel, inner, rows, b, b_stride, columns, c,
                                                            c_stride, sum);
  long j = 0;
  for (; j + kColumns <= columns; j += kColumns)
    multiply_tile<kPanel, kVectors, kColumns>(panel, inner, rows, b + j * b_stride, b_stride,
                                              c + j * c_stride, c_stride, sum);
  for (; j < columns; ++j)
    multiply_tile<kPanel, kVectors, 1>(panel, inner, rows, b + j * b_stride, b_stride, c + j * c_stride,
                                       c_stride, sum);
}

template <int kVectors, int kColumns>
void multiply_packed(const double* packed, long inner, long rows, const double* b, long b_stride,
                     long columns, double* c, Sum sum) {
  constexpr long panel_rows = kVectors * Doubles::width;
  for (long first = 0; first < rows; first += panel_rows)
    multiply_panel<kVectors, kVectors, kColumns>(packed + first * inner, inner, rows - first, b, b_stride,
                                                 columns, c + first, rows, sum);
}

// As many sums as leave room for a column's vectors in the registers: 32 of AVX-512 and NEON, 16 of AVX2 and
// SSE.
#if defined(__AVX512F__)
constexpr int kVectors = 3, kColumns = 8;
#elif defined(__AVX2__)
constexpr int kVectors = 3, kColumns = 4;
#elif defined(__aarch64__)
constexpr int kVectors = 4, kColumns = 6;
#else
constexpr int kVectors = 2, kColumns = 4;
#endif

}  // namespace

const GemmKernel SPILLWAY_OF_LEVEL(gemm_kernel) = {kVectors * Doubles::width,
                                                   multiply_packed<kVectors, kColumns>};

}  // namespace spillway
