// One step of the recursion behind the corrected score, over rows of W, with value and derivatives side by side.
#pragma once
#include <cstddef>
#include <cstdint>

namespace spillway {

/// Arrays of one step; every state is areas x lanes, lanes of an area together. Lane 0 is the value, lanes 1.. the
/// derivatives with respect to theta_d, d = first_derivative..
struct ScoreStep {
  const int* row_start = nullptr;     ///< of W, by rows; null: no spatial lag
  const int* column = nullptr;
  const double* weight = nullptr;
  const std::int32_t* type = nullptr; ///< area -> lag column
  const double* rho = nullptr;        ///< by lag column
  double phi[2] = {0.0, 0.0};
  int lags = 0, own_lags = 0;
  int first_derivative = 0, derivatives = 0;
  double coefficient = 0.0;           ///< c_sm
  const double* e = nullptr;          ///< e_s and its derivatives
  const double* z = nullptr;          ///< iterate
  const double* z_before = nullptr;   ///< iterate before: used with two own lags only
  double* out = nullptr;              ///< next iterate
  // the last step
  double scale = 0.0;                 ///< -1 / (T - 2)
  double* area_q = nullptr;           ///< [i equations + e] lanes: added to
  double* cell_q = nullptr;           ///< [i equations + e] of this period: written; null: not wanted
};

using ScoreRows = void (*)(const ScoreStep&, std::ptrdiff_t begin, std::ptrdiff_t end);

/// The two row loops for a number of lanes (2, 4, 6, 8, 12 or 16).
struct ScoreKernels {
  ScoreRows step, finish;
};

ScoreKernels score_kernels_v3(int lanes);
ScoreKernels score_kernels_v4(int lanes);

namespace {

template <int kLanes>
inline void lag_lanes(const ScoreStep& s, std::ptrdiff_t i, double* lag) {
  for (int l = 0; l < kLanes; ++l) lag[l] = 0.0;
  if (!s.row_start) return;
  for (int k = s.row_start[i]; k < s.row_start[i + 1]; ++k) {
    const double w = s.weight[k];
    const double* z = s.z + static_cast<std::ptrdiff_t>(s.column[k]) * kLanes;
    for (int l = 0; l < kLanes; ++l) lag[l] += w * z[l];
  }
}

template <int kLanes>
void score_step(const ScoreStep& s, std::ptrdiff_t begin, std::ptrdiff_t end) {
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    double lag[kLanes];
    lag_lanes<kLanes>(s, i, lag);
    const double rho = s.row_start ? s.rho[s.type[i]] : 0.0, phi = s.phi[0];
    const double* z = s.z + i * kLanes;
    const double* e = s.e + i * kLanes;
    double* out = s.out + i * kLanes;
    for (int l = 0; l < kLanes; ++l) out[l] = s.coefficient * e[l] + rho * lag[l] + phi * z[l];
    if (s.own_lags > 1) {
      const double* before = s.z_before + i * kLanes;
      for (int l = 0; l < kLanes; ++l) out[l] += s.phi[1] * before[l];
      const int lane = s.lags + 1 - s.first_derivative;
      if (lane >= 0 && lane < s.derivatives) out[1 + lane] += before[0];
    }
    if (s.row_start) {
      const int lane = s.type[i] - s.first_derivative;
      if (lane >= 0 && lane < s.derivatives) out[1 + lane] += lag[0];
    }
    if (s.own_lags > 0) {
      const int lane = s.lags - s.first_derivative;
      if (lane >= 0 && lane < s.derivatives) out[1 + lane] += z[0];
    }
  }
}

template <int kLanes>
void score_finish(const ScoreStep& s, std::ptrdiff_t begin, std::ptrdiff_t end) {
  const int lag_equations = s.row_start ? 1 : 0, equations = lag_equations + s.own_lags;
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    const double* e = s.e + i * kLanes;
    const auto add = [&](int equation, const double* g) {
      double* q = s.area_q + (i * equations + equation) * kLanes;
      const double value = s.scale * e[0] * g[0];
      q[0] += value;
      if (s.cell_q) s.cell_q[i * equations + equation] = value;
      for (int l = 1; l < kLanes; ++l) q[l] += s.scale * (e[l] * g[0] + e[0] * g[l]);
    };
    if (lag_equations) {
      double lag[kLanes];
      lag_lanes<kLanes>(s, i, lag);
      add(0, lag);
    }
    if (s.own_lags > 0) add(lag_equations, s.z + i * kLanes);
    if (s.own_lags > 1) add(lag_equations + 1, s.z_before + i * kLanes);
  }
}

inline ScoreKernels score_kernels_here(int lanes) {
  switch (lanes) {
    case 2: return {&score_step<2>, &score_finish<2>};
    case 4: return {&score_step<4>, &score_finish<4>};
    case 6: return {&score_step<6>, &score_finish<6>};
    case 8: return {&score_step<8>, &score_finish<8>};
    case 12: return {&score_step<12>, &score_finish<12>};
    default: return {&score_step<16>, &score_finish<16>};
  }
}

}  // namespace
}  // namespace spillway
