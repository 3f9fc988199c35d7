// Row loops of the recursion behind the corrected score: values of many periods side by side in double
// precision, and one period's value and derivatives side by side in single precision.
#pragma once
#include <cstddef>
#include <cstdint>

namespace spillway {

/// What both passes share. Every state is areas x lanes, lanes of an area together.
struct ScoreRecursion {
  const int* row_start = nullptr;  ///< of W, by rows; null: no spatial lag
  const int* column = nullptr;
  const double* weight = nullptr;
  const float* weight_single = nullptr;
  const std::int32_t* type = nullptr;  ///< area -> lag column
  const double* rho = nullptr;         ///< by lag column
  const double* rho_2 = nullptr;       ///< of the second spatial lag; null: none
  double phi[2] = {0.0, 0.0};
  int lags = 0, own_lags = 0;
  double scale = 0.0;  ///< -1 / (T - 2)
};

/// One step for several periods at once: lane l is period first + l.
struct ScoreValues {
  const double* coefficient = nullptr;  ///< c_sm by lane
  const double* e = nullptr;
  const double* z = nullptr;         ///< iterate
  const double* z_before = nullptr;  ///< iterate before: used with second lags only
  double* out = nullptr;
  double* q = nullptr;  ///< last step: [i equations + e], the sum over lanes added to
};

/// One step of one period: lane 0 is the value, lane 1 + d the derivative by theta_(first + d).
struct ScoreDerivatives {
  int first = 0, derivatives = 0;
  float coefficient = 0.0f;
  const float* e = nullptr;
  const float* z = nullptr;
  const float* z_before = nullptr;
  float* out = nullptr;
  double* q = nullptr;  ///< last step: [i equations + e] lanes, added to; lane 0 is not a derivative
};

using ScoreValueRows = void (*)(const ScoreRecursion&, const ScoreValues&, std::ptrdiff_t begin,
                                std::ptrdiff_t end);
using ScoreDerivativeRows = void (*)(const ScoreRecursion&, const ScoreDerivatives&, std::ptrdiff_t begin,
                                     std::ptrdiff_t end);

/// The row loops for 4, 8, 12 or 16 lanes.
struct ScoreKernels {
  ScoreValueRows value_step, value_finish;
  ScoreDerivativeRows derivative_step, derivative_finish;
};

ScoreKernels score_kernels_v2(int lanes), score_kernels_v3(int lanes), score_kernels_v4(int lanes);

}  // namespace spillway
