#include "engine/base/exact_math.hpp"

#include <mpfr.h>

#include <array>
#include <bit>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <cstdint>
#include <utility>

namespace spillway::exact {

namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

constexpr Wide wide(std::uint64_t high, std::uint64_t low) { return Wide{high} << 64 | low; }
constexpr Wide top_bit = Wide{1} << 127;

// ln 2 as a fraction of 2^128, 2 / pi of 2^192, pi / 4 of 2^128.
constexpr Wide ln2 = wide(0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af);
constexpr std::uint64_t two_over_pi[3] = {0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041};
constexpr Wide quarter_pi = wide(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1);

/// The upper half of a product: fraction times fraction, each of 2^128.
constexpr Wide high(Wide a, Wide b) {
  const auto a1 = static_cast<std::uint64_t>(a >> 64), a0 = static_cast<std::uint64_t>(a);
  const auto b1 = static_cast<std::uint64_t>(b >> 64), b0 = static_cast<std::uint64_t>(b);
  const Wide cross = Wide{a1} * b0, other = Wide{a0} * b1;
  const Wide carry =
      (Wide{a0} * b0 >> 64) + static_cast<std::uint64_t>(cross) + static_cast<std::uint64_t>(other);
  return Wide{a1} * b1 + (cross >> 64) + (other >> 64) + (carry >> 64);
}

int leading_zeros(Wide a) {
  const auto upper = static_cast<std::uint64_t>(a >> 64);
  return upper != 0 ? std::countl_zero(upper) : 64 + std::countl_zero(static_cast<std::uint64_t>(a));
}

/// `a` with its binary point moved; bits that leave on either side are lost.
Wide moved(Wide a, int left) {
  if (left >= 128 || left <= -128) return 0;
  return left >= 0 ? a << left : a >> -left;
}

/// |x| = mantissa 2^exponent, 2^52 <= mantissa < 2^53.
struct Parts {
  std::uint64_t mantissa;
  int exponent;
};

/// Normal numbers only: not zero, subnormal, infinite or NaN.
bool split(double x, Parts& parts) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const int biased = static_cast<int>(bits >> 52 & 0x7ff);
  parts = {(bits & 0xfffffffffffff) | 0x10000000000000, biased - 1075};
  return biased != 0 && biased != 0x7ff;
}

/// The double nearest to value 2^exponent (value not 0), where `value` may be wrong by up to `error` either
/// way; false where that leaves two candidates, or where the result is no normal number.
bool rounded(bool negative, Wide value, int exponent, Wide error, double& result) {
  const int zeros = leading_zeros(value);
  value <<= zeros;
  error <<= zeros;
  exponent -= zeros;
  constexpr int dropped = 128 - 53;
  constexpr Wide half = Wide{1} << (dropped - 1), mask = (Wide{1} << dropped) - 1;
  const Wide rest = value & mask;
  auto mantissa = static_cast<std::uint64_t>(value >> dropped);
  if (error != 0 && (rest > half ? rest - half : half - rest) <= error) return false;
  if (rest > half || (rest == half && (mantissa & 1))) ++mantissa;
  const int biased = exponent + dropped + 52 + 1023;
  if (biased < 1 || biased > 2045) return false;
  // A mantissa of 2^53 carries into the exponent.
  result = std::bit_cast<double>((static_cast<std::uint64_t>(biased) << 52) + (mantissa - 0x10000000000000) +
                                 (negative ? 0x8000000000000000 : 0));
  return true;
}

// ------------------------------------------------------------------------------------------------ MPFR

double by_mpfr(int function(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t), double x) {
  MPFR_DECL_INIT(value, 53);
  mpfr_set_d(value, x, MPFR_RNDN);
  function(value, value, MPFR_RNDN);
  return mpfr_get_d(value, MPFR_RNDN);
}

double by_mpfr(int function(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t), double x, double y) {
  MPFR_DECL_INIT(value, 53);
  MPFR_DECL_INIT(other, 53);
  mpfr_set_d(value, x, MPFR_RNDN);
  mpfr_set_d(other, y, MPFR_RNDN);
  function(value, value, other, MPFR_RNDN);
  return mpfr_get_d(value, MPFR_RNDN);
}

// ------------------------------------------------------------------------------------------------ exp

// 1 / n!, as fractions of 2^127.
constexpr auto inverse_factorial = [] {
  std::array<Wide, 34> c{};
  c[0] = top_bit;
  for (unsigned n = 1; n < c.size(); ++n) c[n] = c[n - 1] / n;
  return c;
}();

/// e^r, a fraction of 2^127, r a fraction of 2^128 below .7; `terms` of the series.
constexpr Wide exp_series(Wide r, std::size_t terms) {
  Wide sum = inverse_factorial[terms];
  for (std::size_t n = terms; n-- > 0;) sum = inverse_factorial[n] + high(r, sum);
  return sum;
}

// 2^(j / 32), as fractions of 2^127; of 32 terms the first left out is below 2^-137.
constexpr auto power_of_two = [] {
  std::array<Wide, 32> table{};
  for (unsigned j = 0; j < 32; ++j) table[j] = exp_series(ln2 / 32 * j, 32);
  return table;
}();

/// e^p = value 2^exponent, value between 2^126 and 2^128.
struct Power {
  Wide value;
  int exponent;
};

/// @param fraction  p modulo 1, as a fraction of 2^128
/// @param near      p to within .01, |near| < 720
///
/// p - k ln 2 / 32 is taken modulo 1, where it is exact but for k times the error of ln 2 / 32 (2^-112 in
/// all); then 14 terms of the series below ln 2 / 32 (the first left out: 2^-122). Relative error below
/// 2^-110, and that of p.
Power exp_of(Wide fraction, double near) {
  constexpr Wide step = ln2 / 32;
  auto k = static_cast<std::int64_t>(std::floor(near * 46.166241308446828384));
  Wide r = fraction - static_cast<Wide>(static_cast<SignedWide>(k)) * step;
  while (r & top_bit) --k, r += step;
  while (r >= step) ++k, r -= step;
  return {high(power_of_two[static_cast<std::size_t>(k & 31)], exp_series(r, 14)),
          static_cast<int>(k >> 5) - 126};
}

/// |x| modulo 1 as a fraction of 2^128, x itself where it is negative.
Wide fraction_of(Parts parts, bool negative) {
  const Wide fraction = moved(parts.mantissa, parts.exponent + 128);
  return negative ? -fraction : fraction;
}

// ------------------------------------------------------------------------------------------------ log

// 1 / (2 k + 1), as fractions of 2^127.
constexpr auto inverse_odd = [] {
  std::array<Wide, 22> c{};
  for (unsigned k = 0; k < c.size(); ++k) c[k] = top_bit / (2 * k + 1);
  return c;
}();

/// value 2^exponent, the top bit of `value` set; or zero.
struct Logarithm {
  bool negative = false;
  Wide value = 0;
  int exponent = 0;
};

/// log of mantissa 2^exponent: with m in [sqrt 1/2, sqrt 2), log m = 2 artanh s, s = (m - 1) / (m + 1), by 22
/// terms in s^2 (s^2 < .0295: the first left out is below 2^-117 of the sum), plus a multiple of ln 2.
/// Relative error below 2^-102: the multiple is wrong by 2^-105, and the sum is no smaller than .34.
Logarithm log_of(Parts parts) {
  constexpr std::uint64_t one = 0x10000000000000, root_two = 0x16a09e667f3bcd;
  const bool above = parts.mantissa > root_two;
  const std::uint64_t unit = above ? 2 * one : one;
  const int twos = parts.exponent + 52 + (above ? 1 : 0);
  const std::uint64_t apart = above ? unit - parts.mantissa : parts.mantissa - unit;
  Logarithm small{above, 0, 0};
  if (apart != 0) {
    const std::uint64_t sum = parts.mantissa + unit;
    const int up = std::countl_zero(sum);
    const std::uint64_t below = sum << up;
    int places = std::countl_zero(apart);
    if (apart << places >= below) --places;
    const Wide first = Wide{apart << places} << 64;
    const auto upper = static_cast<std::uint64_t>(first / below);
    const Wide rest = first - Wide{upper} * below;
    const Wide s =
        wide(upper, static_cast<std::uint64_t>((rest << 64) / below));  // of 2^128, moved by up - places
    const Wide fraction = moved(s, up - places), z = high(fraction, fraction);
    Wide series = inverse_odd.back();
    for (std::size_t k = inverse_odd.size() - 1; k-- > 0;) series = inverse_odd[k] + high(z, series);
    small.value = high(s, series);
    small.exponent = up - places - 127 + 1;
    const int zeros = leading_zeros(small.value);
    small.value <<= zeros;
    small.exponent -= zeros;
  }
  if (twos == 0) return small;
  // Both parts as fractions of 2^116.
  const Wide multiple = (ln2 >> 12) * static_cast<unsigned>(std::abs(twos));
  const Wide part = moved(small.value, small.exponent + 116);
  Logarithm whole{twos < 0, (twos < 0) == small.negative ? multiple + part : multiple - part, -116};
  const int zeros = leading_zeros(whole.value);
  whole.value <<= zeros;
  whole.exponent -= zeros;
  return whole;
}

// ------------------------------------------------------------------------------------------------ sin, cos

/// t = value 2^exponent in [0, pi / 4], top bit of value set.
struct Angle {
  Wide value;
  int exponent;
};

/// Sum of (-z)^k / (2 k + first)! for k <= 15, z a fraction of 2^128 below .62: the first left out is below
/// 2^-120.
Wide alternating(Wide z, std::size_t first) {
  Wide sum = inverse_factorial[30 + first];
  for (std::size_t k = 15; k-- > 0;) sum = inverse_factorial[2 * k + first] - high(z, sum);
  return sum;
}

/// sin x (`quarter` = 0) or cos x (1), where |x| is below 2^20 and x not too near a multiple of pi / 2: false
/// elsewhere.
///
/// |x| = n pi / 2 + t or n pi / 2 - t, t <= pi / 4, from |x| 2 / pi, which is exact to 2^-128.
bool circle(double x, int quarter, double& result) {
  Parts parts{};
  if (!split(x, parts) || parts.exponent > 20 - 53) return false;
  Angle angle{Wide{parts.mantissa} << 75, parts.exponent - 75};
  int turns = quarter;
  bool backwards = false;
  if (std::abs(x) > 0.78) {
    // upper:middle:low 2^(exponent - 192), the last two 64 bits each.
    const Wide low = Wide{parts.mantissa} * two_over_pi[2];
    const Wide middle = Wide{parts.mantissa} * two_over_pi[1] + (low >> 64);
    const Wide upper = Wide{parts.mantissa} * two_over_pi[0] + (middle >> 64);
    const int places = 64 - parts.exponent;  // of `upper` after the point: 97 to 117
    turns += static_cast<int>(static_cast<std::uint64_t>(upper >> places) & 3);
    Wide fraction = upper << (128 - places);
    fraction |= wide(static_cast<std::uint64_t>(middle), static_cast<std::uint64_t>(low)) >> places;
    if (fraction & top_bit) {
      ++turns;
      backwards = true;
      fraction = -fraction;
    }
    if (fraction >> 96 == 0) return false;
    const int zeros = leading_zeros(fraction);
    const Wide value = high(fraction << zeros, quarter_pi);  // half the angle
    const int more = leading_zeros(value);
    angle = {value << more, 1 - 128 - zeros - more};
  }
  const bool cosine = turns & 1;
  const bool negative = (x < 0.0 && quarter == 0) ^ ((turns & 2) != 0) ^ (backwards && !cosine);
  const Wide t = moved(angle.value, angle.exponent + 128), z = high(t, t);
  if (cosine) return rounded(negative, alternating(z, 0), -127, Wide{1} << 30, result);
  return rounded(negative, high(angle.value, alternating(z, 1)), angle.exponent + 1, Wide{1} << 40, result);
}

}  // namespace

double exp(double x) {
  Parts parts{};
  double result = 0.0;
  if (std::abs(x) < 0x1p-55) return 1.0;
  if (split(x, parts) && std::abs(x) < 708.0) {
    const Power power = exp_of(fraction_of(parts, x < 0.0), x);
    if (rounded(false, power.value, power.exponent, Wide{1} << 22, result)) return result;
  }
  return by_mpfr(mpfr_exp, x);
}

double expm1(double x) {
  Parts parts{};
  double result = 0.0;
  if (split(x, parts) && std::abs(x) < 0.25) {
    // x times the sum of x^n / (n + 1)!, 22 terms: the first left out is below 2^-118.
    const Wide r = moved(parts.mantissa, parts.exponent + 128);
    Wide sum = inverse_factorial[23];
    for (std::size_t n = 22; n-- > 0;)
      sum = x < 0.0 ? inverse_factorial[n + 1] - high(r, sum) : inverse_factorial[n + 1] + high(r, sum);
    const Wide value = high(Wide{parts.mantissa} << 75, sum);
    if (rounded(x < 0.0, value, parts.exponent - 75 + 1, Wide{1} << 22, result)) return result;
  } else if (split(x, parts) && x > -40.0 && x < 60.0) {
    const Power power = exp_of(fraction_of(parts, x < 0.0), x);
    const int twos = power.exponent + 126;
    constexpr Wide one = Wide{1} << 126;
    const bool sure = twos >= 0
                          ? rounded(false, power.value - (one >> twos), power.exponent, Wide{1} << 22, result)
                          : rounded(true, one - (power.value >> -twos), -126, Wide{1} << 22, result);
    if (sure) return result;
  }
  return by_mpfr(mpfr_expm1, x);
}

double log(double x) {
  Parts parts{};
  double result = 0.0;
  if (x == 1.0) return 0.0;
  if (split(x, parts) && x > 0.0) {
    const Logarithm whole = log_of(parts);
    if (rounded(whole.negative, whole.value, whole.exponent, Wide{1} << 30, result)) return result;
  }
  return by_mpfr(mpfr_log, x);
}

double pow(double x, double y) {
  Parts base{}, power{};
  double result = 0.0;
  if (x == 1.0 || y == 0.0) return 1.0;
  if (split(x, base) && split(y, power) && x > 0.0) {
    const Logarithm logarithm = log_of(base);
    const Wide product = high(logarithm.value, Wide{power.mantissa} << 75);
    const int exponent =
        logarithm.exponent + 128 + power.exponent + 53;  // |y log x| = product 2^(exponent - 128)
    const bool negative = logarithm.negative != (y < 0.0);
    if (exponent <= -56) return 1.0;
    if (exponent <= 10) {
      const double size =
          std::ldexp(static_cast<double>(static_cast<std::uint64_t>(product >> 64)), exponent - 64);
      if (size < 708.0) {
        const Wide fraction = moved(product, exponent);
        const Power whole = exp_of(negative ? -fraction : fraction, negative ? -size : size);
        // |y log x| < 2^10 carries the logarithm's relative error.
        if (rounded(false, whole.value, whole.exponent, Wide{1} << 38, result)) return result;
      }
    }
  }
  return by_mpfr(mpfr_pow, x, y);
}

double sin(double x) {
  double result = 0.0;
  return circle(x, 0, result) ? result : by_mpfr(mpfr_sin, x);
}

double cos(double x) {
  double result = 0.0;
  if (std::abs(x) < 0x1p-28) return 1.0;
  return circle(x, 1, result) ? result : by_mpfr(mpfr_cos, x);
}

double hypot(double x, double y) {
  Parts longer{}, shorter{};
  double result = 0.0;
  if (split(x, longer) && split(y, shorter)) {
    if (longer.exponent < shorter.exponent) std::swap(longer, shorter);
    const int apart = longer.exponent - shorter.exponent;
    if (apart <= 10) {
      // The sum of squares is exact in 127 bits, and its root is found to the bit.
      Wide square = ((Wide{longer.mantissa} * longer.mantissa) << 2 * apart) +
                    Wide{shorter.mantissa} * shorter.mantissa;
      const int pairs = leading_zeros(square) / 2;
      square <<= 2 * pairs;
      const double near = std::sqrt(static_cast<double>(square));
      auto root = near >= 0x1p64 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(near);
      const auto rest = static_cast<SignedWide>(square - Wide{root} * root);
      root += static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<double>(rest) / (2.0 * near)));
      while (Wide{root} * root > square) --root;
      while (square - Wide{root} * root > 2 * Wide{root}) ++root;
      const Wide value = Wide{root} << 1 | (Wide{root} * root != square ? 1 : 0);
      if (rounded(false, value, shorter.exponent - pairs - 1, 0, result)) return result;
    }
  }
  return by_mpfr(mpfr_hypot, x, y);
}

double erfc(double x) {
  using InDouble = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  return std::isnan(x) ? x : boost::math::erfc(x, InDouble{});
}

}  // namespace spillway::exact
