// The corrected score's row loops; no fused operations, so that every level has the same bits.
#include "engine/base/lanes.hpp"
#include "engine/estimate/panel/corrected_score_kernel.hpp"

namespace spillway {
namespace {

/// (W z)_i for every lane, summed in storage order.
template <int kLanes, class Real>
SPILLWAY_INLINE Lanes<Real, kLanes> lag_lanes(const int* row_start, const int* column, const Real* weight,
                                              const Real* state, std::ptrdiff_t i) {
  Lanes<Real, kLanes> lag{};
  if (!row_start) return lag;
  for (int k = row_start[i], end = row_start[i + 1]; k < end; ++k)
    lag += Lanes<Real, kLanes>::load(state + static_cast<std::ptrdiff_t>(column[k]) * kLanes) * weight[k];
  return lag;
}

template <int kLanes>
void score_value_step(const ScoreRecursion& r, const ScoreValues& s, std::ptrdiff_t begin,
                      std::ptrdiff_t end) {
  using Row = Lanes<double, kLanes>;
  const Row coefficient = Row::load(s.coefficient);
  const ScoreRecursion local = r;
  const ScoreValues own = s;
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    Row lag = lag_lanes<kLanes>(local.row_start, local.column, local.weight, own.z, i);
    const Row z = Row::load(own.z + i * kLanes), e = Row::load(own.e + i * kLanes);
    Row out{};
    out += coefficient * e;
    if (local.row_start) out += lag * local.rho[local.type[i]];
    out += z * local.phi[0];
    if (local.own_lags > 1) out += Row::load(own.z_before + i * kLanes) * local.phi[1];
    if (local.rho_2) {
      lag = lag_lanes<kLanes>(local.row_start, local.column, local.weight, own.z_before, i);
      out += lag * local.rho_2[local.type[i]];
    }
    out.store(own.out + i * kLanes);
  }
}

template <int kLanes>
void score_value_finish(const ScoreRecursion& r, const ScoreValues& s, std::ptrdiff_t begin,
                        std::ptrdiff_t end) {
  using Row = Lanes<double, kLanes>;
  const int lag_equations = r.row_start ? 1 : 0, equations = lag_equations + r.own_lags + (r.rho_2 ? 1 : 0);
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    const Row e = Row::load(s.e + i * kLanes);
    double* out = s.q + i * equations;
    const auto put = [&](const Row& g) {
      // Summed in the order of periods, whatever the width of a vector: the same bits at every level.
      double product[kLanes], total = 0.0;
      (g * e).store(product);
      for (int l = 0; l < kLanes; ++l) total += product[l];
      *out++ += r.scale * total;
    };
    if (lag_equations) put(lag_lanes<kLanes>(r.row_start, r.column, r.weight, s.z, i));
    if (r.own_lags > 0) put(Row::load(s.z + i * kLanes));
    if (r.own_lags > 1) put(Row::load(s.z_before + i * kLanes));
    if (r.rho_2) put(lag_lanes<kLanes>(r.row_start, r.column, r.weight, s.z_before, i));
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
  const auto one_in_lane = [&](int theta) {
    float one[kLanes] = {};
    if (theta >= own.first && theta < own.first + own.derivatives) one[1 + theta - own.first] = 1.0f;
    return Row::load(one);
  };
  const Row by_phi = one_in_lane(local.lags), by_phi_2 = one_in_lane(local.lags + 1);
  float one_hot[2 * kLanes] = {};
  one_hot[kLanes] = 1.0f;  // loaded from (kLanes - lane) the one stands in `lane`
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    Row lag = lag_lanes<kLanes>(local.row_start, local.column, local.weight_single, own.z, i);
    const Row z = Row::load(own.z + i * kLanes), e = Row::load(own.e + i * kLanes);
    Row out{};
    out += e * own.coefficient;
    if (local.row_start) {
      const int type = local.type[i], lane = 1 + type - own.first;
      out += lag * static_cast<float>(local.rho[type]);
      if (lane >= 1 && lane <= own.derivatives) out += Row::load(one_hot + (kLanes - lane)) * lag.part[0][0];
    }
    if (local.own_lags > 0) {
      out += z * phi;
      out += by_phi * z.part[0][0];
    }
    if (local.own_lags > 1) {
      const Row before = Row::load(own.z_before + i * kLanes);
      out += before * phi_2;
      out += by_phi_2 * before.part[0][0];
    }
    if (local.rho_2) {
      const int type = local.type[i], lane = 1 + local.lags + local.own_lags + type - own.first;
      lag = lag_lanes<kLanes>(local.row_start, local.column, local.weight_single, own.z_before, i);
      out += lag * static_cast<float>(local.rho_2[type]);
      if (lane >= 1 && lane <= own.derivatives) out += Row::load(one_hot + (kLanes - lane)) * lag.part[0][0];
    }
    out.store(own.out + i * kLanes);
  }
}

template <int kLanes>
void score_derivative_finish(const ScoreRecursion& r, const ScoreDerivatives& s, std::ptrdiff_t begin,
                             std::ptrdiff_t end) {
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
      float lanes[kLanes];
      lag_lanes<kLanes>(r.row_start, r.column, r.weight_single, state, i).store(lanes);
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

}  // namespace

ScoreKernels SPILLWAY_OF_LEVEL(score_kernels)(int lanes) {
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

}  // namespace spillway
