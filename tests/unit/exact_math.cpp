// Elementary functions of reproducible runs: MPFR's bits, on ordinary arguments, hard ones and the edges.
#include "engine/base/exact_math.hpp"

#include <doctest/doctest.h>
#include <mpfr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace exact = spillway::exact;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(),
                 no_number = std::numeric_limits<double>::quiet_NaN();

using One = int(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);
using Two = int(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t);

double nearest(One* function, double x) {
  MPFR_DECL_INIT(value, 53);
  mpfr_set_d(value, x, MPFR_RNDN);
  function(value, value, MPFR_RNDN);
  return mpfr_get_d(value, MPFR_RNDN);
}

double nearest(Two* function, double x, double y) {
  MPFR_DECL_INIT(value, 53);
  MPFR_DECL_INIT(other, 53);
  mpfr_set_d(value, x, MPFR_RNDN);
  mpfr_set_d(other, y, MPFR_RNDN);
  function(value, value, other, MPFR_RNDN);
  return mpfr_get_d(value, MPFR_RNDN);
}

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

/// Arguments of every size, more of them where functions are used and where they turn.
class Arguments {
 public:
  double next(double largest) {
    const double u = unit_(engine_);
    switch (engine_() % 6) {
      case 0:
        return (2.0 * u - 1.0) * largest;
      case 1:
        return 2.0 * u - 1.0;
      case 2:
        return std::ldexp(2.0 * u - 1.0, -static_cast<int>(engine_() % 70));
      case 3:
        return 1.0 + std::ldexp(2.0 * u - 1.0, -static_cast<int>(engine_() % 50));
      case 4:
        return std::floor(u * 40.0) / 4.0 - 2.0;  // exact results and halves of them
      default:
        return (0.5 - u) * 0.5 + (engine_() & 1 ? 0.78539816339744830962 : 0.0);
    }
  }
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_{20261130};
  std::uniform_real_distribution<double> unit_{0.0, 1.0};
};

constexpr double edges[] = {0.0,
                            -0.0,
                            1.0,
                            -1.0,
                            2.0,
                            0.5,
                            3.0,
                            34.0,
                            inf,
                            -inf,
                            no_number,
                            5e-324,
                            1e-310,
                            2.2250738585072014e-308,
                            1.7976931348623157e308,
                            709.78,
                            709.79,
                            -745.1,
                            -745.2,
                            708.0,
                            0x1p-55,
                            -0x1p-55,
                            0x1p-54,
                            0x1p52,
                            1e22,
                            0.6931471805599453,
                            1.4142135623730951,
                            0.7071067811865476,
                            1.5707963267948966,
                            3.141592653589793,
                            1048575.9,
                            1048577.0,
                            0.25,
                            -0.25,
                            59.9,
                            -39.9,
                            0.78};

void holds(double mine(double), One* theirs, double largest, bool positive) {
  for (const double x : edges) {
    INFO(x);
    CHECK(same(mine(x), nearest(theirs, x)));
  }
  Arguments arguments;
  int wrong = 0;
  for (int k = 0; k < 60000; ++k) {
    const double any = arguments.next(largest), x = positive ? std::abs(any) : any;
    if (!same(mine(x), nearest(theirs, x)) && ++wrong < 4) FAIL_CHECK("at " << doctest::toString(x));
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("exp, expm1, log, sin and cos are MPFR's to the bit") {
  holds(exact::exp, mpfr_exp, 700.0, false);
  holds(exact::expm1, mpfr_expm1, 60.0, false);
  holds(exact::log, mpfr_log, 1e6, true);
  holds(exact::sin, mpfr_sin, 1e5, false);
  holds(exact::cos, mpfr_cos, 1e5, false);
}

TEST_CASE("pow and hypot are MPFR's to the bit") {
  for (const double x : edges)
    for (const double y : edges) {
      INFO(x << ", " << y);
      CHECK(same(exact::pow(x, y), nearest(mpfr_pow, x, y)));
      CHECK(same(exact::hypot(x, y), nearest(mpfr_hypot, x, y)));
    }
  Arguments arguments;
  int wrong = 0;
  for (int k = 0; k < 100000; ++k) {
    const double x = arguments.next(1e4), y = arguments.next(60.0), size = std::abs(x);
    wrong += !same(exact::pow(size, y), nearest(mpfr_pow, size, y));
    wrong += !same(exact::hypot(x, y), nearest(mpfr_hypot, x, y));
  }
  CHECK(wrong == 0);
}

TEST_CASE("the size of an argument does not matter: any bits at all") {
  Arguments arguments;
  int wrong = 0;
  for (int k = 0; k < 30000; ++k) {
    const double x = std::bit_cast<double>(arguments.bits()), y = std::bit_cast<double>(arguments.bits());
    wrong +=
        !same(exact::log(x), nearest(mpfr_log, x)) + !same(exact::hypot(x, y), nearest(mpfr_hypot, x, y));
    wrong += !same(exact::exp(x), nearest(mpfr_exp, x)) + !same(exact::expm1(x), nearest(mpfr_expm1, x));
  }
  CHECK(wrong == 0);
}

TEST_CASE("erfc is within four units in the last place of MPFR's, down to its smallest normal values") {
  Arguments arguments;
  double worst = 0.0;
  for (int k = 0; k < 10000; ++k) {
    const double x = std::clamp(arguments.next(26.5), -8.0, 26.5), theirs = nearest(mpfr_erfc, x);
    const double unit = std::nextafter(theirs, inf) - theirs;
    worst = std::max(worst, std::abs(exact::erfc(x) - theirs) / unit);
  }
  CHECK(worst <= 4.0);
  MESSAGE("worst: " << worst << " units");
  CHECK(exact::erfc(0.0) == 1.0);
  CHECK(exact::erfc(-inf) == 2.0);
  CHECK(exact::erfc(inf) == 0.0);
  CHECK(std::isnan(exact::erfc(no_number)));
}
