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

ScoreKernels score_kernels_v4(int lanes);

namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#else
constexpr int kVectorBytes = 16;
#endif

/// kLanes numbers as vectors of the compiler, as wide as this level has and kLanes divides into; plain loops
/// would leave the choice to it.
template <class Real, int kLanes>
struct Lanes {
  static constexpr int most = kVectorBytes / static_cast<int>(sizeof(Real));
  static constexpr int width = kLanes % most == 0 ? most : kLanes % (most / 2) == 0 ? most / 2 : most / 4;
  static constexpr int chunks = kLanes / width;
  typedef Real Vector __attribute__((vector_size(width * sizeof(Real))));
  Vector v[chunks];
  void load(const Real* p) {
    for (int c = 0; c < chunks; ++c) __builtin_memcpy(&v[c], p + c * width, sizeof(Vector));
  }
  void store(Real* p) const {
    for (int c = 0; c < chunks; ++c) __builtin_memcpy(p + c * width, &v[c], sizeof(Vector));
  }
  void zero() {
    for (int c = 0; c < chunks; ++c) v[c] = Vector{};
  }
  void add(Real a, const Lanes& x) {
    for (int c = 0; c < chunks; ++c) v[c] += a * x.v[c];
  }
  void add_product(const Lanes& a, const Lanes& x) {
    for (int c = 0; c < chunks; ++c) v[c] += a.v[c] * x.v[c];
  }
};

/// (W z)_i for every lane, summed in storage order.
template <class Real, int kLanes>
inline void lag_lanes(const int* row_start, const int* column, const Real* weight, const Real* state,
                      std::ptrdiff_t i, Lanes<Real, kLanes>& lag) {
  lag.zero();
  if (!row_start) return;
  for (int k = row_start[i], end = row_start[i + 1]; k < end; ++k) {
    Lanes<Real, kLanes> z;
    z.load(state + static_cast<std::ptrdiff_t>(column[k]) * kLanes);
    lag.add(weight[k], z);
  }
}

template <int kLanes>
void score_value_step(const ScoreRecursion& r, const ScoreValues& s, std::ptrdiff_t begin,
                      std::ptrdiff_t end) {
  using Row = Lanes<double, kLanes>;
  Row coefficient, z, e, out, lag, before;
  coefficient.load(s.coefficient);
  const ScoreRecursion local = r;
  const ScoreValues own = s;
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    lag_lanes<double, kLanes>(local.row_start, local.column, local.weight, own.z, i, lag);
    z.load(own.z + i * kLanes);
    e.load(own.e + i * kLanes);
    out.zero();
    out.add_product(coefficient, e);
    if (local.row_start) out.add(local.rho[local.type[i]], lag);
    out.add(local.phi[0], z);
    if (local.own_lags > 1) {
      before.load(own.z_before + i * kLanes);
      out.add(local.phi[1], before);
    }
    if (local.rho_2) {
      lag_lanes<double, kLanes>(local.row_start, local.column, local.weight, own.z_before, i, lag);
      out.add(local.rho_2[local.type[i]], lag);
    }
    out.store(own.out + i * kLanes);
  }
}

template <int kLanes>
void score_value_finish(const ScoreRecursion& r, const ScoreValues& s, std::ptrdiff_t begin,
                        std::ptrdiff_t end) {
  using Row = Lanes<double, kLanes>;
  const int lag_equations = r.row_start ? 1 : 0, equations = lag_equations + r.own_lags + (r.rho_2 ? 1 : 0);
  Row e, g;
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    e.load(s.e + i * kLanes);
    double* out = s.q + i * equations;
    const auto put = [&] {
      // Summed in the order of periods, whatever the width of a vector: the same bits at every level.
      double product[kLanes], total = 0.0;
      for (int c = 0; c < Row::chunks; ++c) g.v[c] *= e.v[c];
      g.store(product);
      for (int l = 0; l < kLanes; ++l) total += product[l];
      *out++ += r.scale * total;
    };
    if (lag_equations) {
      lag_lanes<double, kLanes>(r.row_start, r.column, r.weight, s.z, i, g);
      put();
    }
    if (r.own_lags > 0) {
      g.load(s.z + i * kLanes);
      put();
    }
    if (r.own_lags > 1) {
      g.load(s.z_before + i * kLanes);
      put();
    }
    if (r.rho_2) {
      lag_lanes<double, kLanes>(r.row_start, r.column, r.weight, s.z_before, i, g);
      put();
    }
  }
}

template <int kLanes>
void score_derivative_step(const ScoreRecursion& r, const ScoreDerivatives& s, std::ptrdiff_t begin,
                           std::ptrdiff_t end) {
  using Row = Lanes<float, kLanes>;
  const ScoreRecursion local = r;
  const ScoreDerivatives own = s;
  const float phi = static_cast<float>(r.phi[0]), phi_2 = static_cast<float>(r.phi[1]);
  // A one in the lane of theta's derivative, zeros where the lane belongs to another pass.
  const auto one_in_lane = [&](int theta, Row& row) {
    float one[kLanes] = {};
    if (theta >= own.first && theta < own.first + own.derivatives) one[1 + theta - own.first] = 1.0f;
    row.load(one);
  };
  Row by_phi, by_phi_2, z, e, out, lag, before, by_rho;
  one_in_lane(local.lags, by_phi);
  one_in_lane(local.lags + 1, by_phi_2);
  float one_hot[2 * kLanes] = {};
  one_hot[kLanes] = 1.0f;  // loaded from (kLanes - lane) the one stands in `lane`
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    lag_lanes<float, kLanes>(local.row_start, local.column, local.weight_single, own.z, i, lag);
    z.load(own.z + i * kLanes);
    e.load(own.e + i * kLanes);
    out.zero();
    out.add(own.coefficient, e);
    if (local.row_start) {
      const int type = local.type[i], lane = 1 + type - own.first;
      out.add(static_cast<float>(local.rho[type]), lag);
      if (lane >= 1 && lane <= own.derivatives) {
        by_rho.load(one_hot + (kLanes - lane));
        out.add(lag.v[0][0], by_rho);
      }
    }
    if (local.own_lags > 0) {
      out.add(phi, z);
      out.add(z.v[0][0], by_phi);
    }
    if (local.own_lags > 1) {
      before.load(own.z_before + i * kLanes);
      out.add(phi_2, before);
      out.add(before.v[0][0], by_phi_2);
    }
    if (local.rho_2) {
      const int type = local.type[i], lane = 1 + local.lags + local.own_lags + type - own.first;
      lag_lanes<float, kLanes>(local.row_start, local.column, local.weight_single, own.z_before, i, lag);
      out.add(static_cast<float>(local.rho_2[type]), lag);
      if (lane >= 1 && lane <= own.derivatives) {
        by_rho.load(one_hot + (kLanes - lane));
        out.add(lag.v[0][0], by_rho);
      }
    }
    out.store(own.out + i * kLanes);
  }
}

template <int kLanes>
void score_derivative_finish(const ScoreRecursion& r, const ScoreDerivatives& s, std::ptrdiff_t begin,
                             std::ptrdiff_t end) {
  using Row = Lanes<float, kLanes>;
  const int lag_equations = r.row_start ? 1 : 0, equations = lag_equations + r.own_lags + (r.rho_2 ? 1 : 0);
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    const float* e = s.e + i * kLanes;
    double* q = s.q + i * equations * kLanes;
    const auto add = [&](const float* g) {
      // d(e g) = de g + e dg; lane 0 is the value itself and is not used.
      const double value = r.scale * static_cast<double>(g[0]),
                   residual = r.scale * static_cast<double>(e[0]);
      for (int l = 0; l < kLanes; ++l)
        q[l] += static_cast<double>(e[l]) * value + residual * static_cast<double>(g[l]);
      q += kLanes;
    };
    const auto add_lag = [&](const float* state) {
      Row lag;
      float lanes[kLanes];
      lag_lanes<float, kLanes>(r.row_start, r.column, r.weight_single, state, i, lag);
      lag.store(lanes);
      add(lanes);
    };
    if (lag_equations) add_lag(s.z);
    if (r.own_lags > 0) add(s.z + i * kLanes);
    if (r.own_lags > 1) add(s.z_before + i * kLanes);
    if (r.rho_2) add_lag(s.z_before);
  }
}

template <int kLanes>
ScoreKernels score_kernels_of() {
  return {&score_value_step<kLanes>, &score_value_finish<kLanes>, &score_derivative_step<kLanes>,
          &score_derivative_finish<kLanes>};
}

inline ScoreKernels score_kernels_here(int lanes) {
  switch (lanes) {
    case 4:
      return score_kernels_of<4>();
    case 8:
      return score_kernels_of<8>();
    case 12:
      return score_kernels_of<12>();
    default:
      return score_kernels_of<16>();
  }
}

}  // namespace
}  // namespace spillway
