#include "engine/base/lanes.hpp"
#include "engine/estimate/covariance/wild_kernels.hpp"

namespace spillway::kernels {
namespace {

using Values = Lanes<double, kWildReplicates>;

SPILLWAY_INLINE Values load(const double* values, long at) {
  return Values::load(values + at * kWildReplicates);
}
SPILLWAY_INLINE void store(double* values, long at, const Values& value) {
  value.store(values + at * kWildReplicates);
}
SPILLWAY_INLINE Values quotient(const Values& a, const Values& b) {
  Values made;
  for (int p = 0; p < Values::registers; ++p) made.part[p] = a.part[p] / b.part[p];
  return made;
}

/// Place of (a, b), a <= b, in the upper triangle by columns; of (0, n): its size.
constexpr long symmetric(long a, long b) { return b * (b + 1) / 2 + a; }

/// kInstruments: how many, where the compiler is to unroll the loops over them; 0: any number
template <int kInstruments>
void statistics(const WildReplicates& of) {
  const long l = kInstruments > 0 ? kInstruments : of.instruments, p = of.controls;
  const long squares = symmetric(0, l), moving = 2 * l + squares, fixed = squares + l * p;
  const double shift = of.shift, *pi = of.pi;
  const double *zs = of.totals + l * kWildReplicates, *zz = zs + l * kWildReplicates,
               *zw = of.totals + moving * kWildReplicates, *wu = zw + l * p * kWildReplicates,
               *ws = wu + p * kWildReplicates;
  double *d_ = of.work, *omega_ = of.work + l * kWildReplicates;
  Values squared{}, theta{};
  for (long a = 0; a < l; ++a) {
    Values d = Values::all(pi[a]);
    if (of.instrumented) {
      d += load(zs, a);
      for (long c = 0; c < l; ++c) d = d - load(zz, symmetric(a < c ? a : c, a < c ? c : a)) * pi[c];
    }
    store(d_, a, d);
    squared += d * d;
    theta += d * (load(of.totals, a) - load(zs, a) * shift);
  }
  theta = quotient(theta, squared);
  store(of.numerator, 0, theta * squared);
  for (long q = 0; q < p; ++q) {
    Values omega = load(wu, q) - load(ws, q) * shift;
    if (of.instrumented) {
      Values v = load(ws, q);
      for (long a = 0; a < l; ++a) v = v - load(zw, q * l + a) * pi[a];
      omega = omega - theta * v;
    }
    store(omega_, q, omega);
  }
  // m and k of the score q_g f'm - f'k.
  const Values away = of.instrumented ? theta + Values::all(shift) : Values::all(shift);
  for (long a = 0; a < l; ++a) {
    const Values d = load(d_, a);
    store(of.moving, a, d);
    store(of.moving, l + a, (away * -1.0) * d);
    for (long c = a; c < l; ++c) {
      const Values on_zz = theta * (c > a ? d * pi[c] + load(d_, c) * pi[a] : d * pi[c]);
      store(of.moving, 2 * l + symmetric(a, c), of.instrumented ? on_zz : Values{});
      store(of.fixed, symmetric(a, c), on_zz);
    }
    for (long q = 0; q < p; ++q) store(of.fixed, squares + q * l + a, load(omega_, q) * d);
  }
  Values variance{};
  long at = 0;
  for (long j = 0; j < moving; ++j) {
    Values sum{};
    for (long i = 0; i <= j; ++i) sum += load(of.squares, at++) * load(of.moving, i);
    variance += sum * load(of.moving, j);
  }
  at = 0;
  for (long j = 0; j < fixed; ++j) {
    Values sum{}, constant{};
    for (long i = 0; i < moving; ++i) sum += load(of.crosses, at++) * load(of.moving, i);
    for (long i = 0; i < fixed; ++i) constant += load(of.fixed, i) * of.constant[j * fixed + i];
    variance += (constant - sum * 2.0) * load(of.fixed, j);
  }
  store(of.variance, 0, variance);
}

void any_statistics(const WildReplicates& of) {
  if (of.instruments == 1)
    statistics<1>(of);
  else if (of.instruments == 2)
    statistics<2>(of);
  else
    statistics<0>(of);
}

}  // namespace

const WildStatistics SPILLWAY_OF_LEVEL(wild_statistics) = any_statistics;

}  // namespace spillway::kernels
