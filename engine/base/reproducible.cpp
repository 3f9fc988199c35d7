#include "engine/base/reproducible.hpp"

#include <mpfr.h>

#include <Eigen/Core>
#include <atomic>
#include <cfloat>

#include "engine/base/exact_math.hpp"
#include "engine/base/instruction_set.hpp"

namespace spillway {

namespace {
std::atomic<bool> on_{false};

bool on() { return on_.load(std::memory_order_relaxed); }

int log_gamma(mpfr_ptr result, mpfr_srcptr x, mpfr_rnd_t rounding) {
  int sign = 0;
  return mpfr_lgamma(result, &sign, x, rounding);
}

template <class Real>
void set(mpfr_ptr value, Real x) {
  if constexpr (sizeof(Real) == sizeof(double))
    mpfr_set_d(value, x, MPFR_RNDN);
  else
    mpfr_set_ld(value, x, MPFR_RNDN);
}

template <class Real>
Real get(mpfr_srcptr value) {
  if constexpr (sizeof(Real) == sizeof(double))
    return mpfr_get_d(value, MPFR_RNDN);
  else
    return mpfr_get_ld(value, MPFR_RNDN);
}

/// Correctly rounded, unless the result is subnormal.
template <class Real>
Real by_mpfr(int function(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t), Real x) {
  MPFR_DECL_INIT(value, sizeof(Real) == sizeof(double) ? DBL_MANT_DIG : LDBL_MANT_DIG);
  set(value, x);
  function(value, value, MPFR_RNDN);
  return get<Real>(value);
}

template <class Real>
Real by_mpfr(int function(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t), Real x, Real y) {
  MPFR_DECL_INIT(value, sizeof(Real) == sizeof(double) ? DBL_MANT_DIG : LDBL_MANT_DIG);
  MPFR_DECL_INIT(other, sizeof(Real) == sizeof(double) ? DBL_MANT_DIG : LDBL_MANT_DIG);
  set(value, x);
  set(other, y);
  function(value, value, other, MPFR_RNDN);
  return get<Real>(value);
}
}  // namespace

void make_reproducible() {
  limit_instruction_set(InstructionSet::v2);
  Eigen::setCpuCacheSizes(32 << 10, 512 << 10, 4 << 20);
  on_ = true;
}

bool reproducible() { return on(); }

}  // namespace spillway

// What the linker puts in the place of the C library's functions (--wrap): theirs, unless the run is to be
// reproducible. NOLINTBEGIN(bugprone-reserved-identifier)
#define WRAP_1(name, type, value)      \
  extern "C" type __real_##name(type); \
  extern "C" type __wrap_##name(type); \
  extern "C" type __wrap_##name(type x) { return spillway::on() ? (value) : __real_##name(x); }
#define WRAP_2(name, type, value)            \
  extern "C" type __real_##name(type, type); \
  extern "C" type __wrap_##name(type, type); \
  extern "C" type __wrap_##name(type x, type y) { return spillway::on() ? (value) : __real_##name(x, y); }
#define WRAP_PAIR(name, type, sine, cosine)                 \
  extern "C" void __real_##name(type, type*, type*);        \
  extern "C" void __wrap_##name(type, type*, type*);        \
  extern "C" void __wrap_##name(type x, type* s, type* c) { \
    if (!spillway::on()) return __real_##name(x, s, c);     \
    *s = (sine);                                            \
    *c = (cosine);                                          \
  }
#define BY_MPFR(name, function)                        \
  WRAP_1(name, double, spillway::by_mpfr(function, x)) \
  WRAP_1(name##l, long double, spillway::by_mpfr(function, x))

WRAP_1(exp, double, spillway::exact::exp(x))
WRAP_1(expl, long double, spillway::by_mpfr(mpfr_exp, x))
WRAP_1(expm1, double, spillway::exact::expm1(x))
WRAP_1(expm1l, long double, spillway::by_mpfr(mpfr_expm1, x))
WRAP_1(log, double, spillway::exact::log(x))
WRAP_1(logl, long double, spillway::by_mpfr(mpfr_log, x))
WRAP_1(sin, double, spillway::exact::sin(x))
WRAP_1(sinl, long double, spillway::by_mpfr(mpfr_sin, x))
WRAP_1(cos, double, spillway::exact::cos(x))
WRAP_1(cosl, long double, spillway::by_mpfr(mpfr_cos, x))
WRAP_1(erfc, double, spillway::exact::erfc(x))
WRAP_1(erfcl, long double, spillway::by_mpfr(mpfr_erfc, x))
WRAP_2(pow, double, spillway::exact::pow(x, y))
WRAP_2(powl, long double, spillway::by_mpfr(mpfr_pow, x, y))
WRAP_2(hypot, double, spillway::exact::hypot(x, y))
WRAP_2(hypotl, long double, spillway::by_mpfr(mpfr_hypot, x, y))
WRAP_2(atan2, double, spillway::by_mpfr(mpfr_atan2, x, y))
WRAP_2(atan2l, long double, spillway::by_mpfr(mpfr_atan2, x, y))
WRAP_PAIR(sincos, double, spillway::exact::sin(x), spillway::exact::cos(x))
WRAP_PAIR(sincosl, long double, spillway::by_mpfr(mpfr_sin, x), spillway::by_mpfr(mpfr_cos, x))
BY_MPFR(exp2, mpfr_exp2)
BY_MPFR(log2, mpfr_log2)
BY_MPFR(log10, mpfr_log10)
BY_MPFR(log1p, mpfr_log1p)
BY_MPFR(tan, mpfr_tan)
BY_MPFR(asin, mpfr_asin)
BY_MPFR(acos, mpfr_acos)
BY_MPFR(atan, mpfr_atan)
BY_MPFR(sinh, mpfr_sinh)
BY_MPFR(cosh, mpfr_cosh)
BY_MPFR(tanh, mpfr_tanh)
BY_MPFR(asinh, mpfr_asinh)
BY_MPFR(acosh, mpfr_acosh)
BY_MPFR(atanh, mpfr_atanh)
BY_MPFR(erf, mpfr_erf)
BY_MPFR(cbrt, mpfr_cbrt)
BY_MPFR(tgamma, mpfr_gamma)
BY_MPFR(lgamma, spillway::log_gamma)
// NOLINTEND(bugprone-reserved-identifier)
