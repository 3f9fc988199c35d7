// Elementary functions whose bits depend on no processor, compiler flag or C library.
//
// exp, expm1, log, pow, sin, cos and hypot are evaluated in 128-bit integers, and the sum is rounded to a
// double where its error bound leaves no doubt; MPFR decides the rest (and arguments at the edges), so that
// each result is the correctly rounded one wherever it is a normal number. erfc is Boost.Math's in double,
// whose only elementary function is exp: within 4 units in the last place. Everything else is MPFR's.
#pragma once

namespace spillway::exact {

double exp(double x);
double expm1(double x);
double log(double x);
double pow(double x, double y);
double sin(double x);
double cos(double x);
double hypot(double x, double y);
double erfc(double x);

}  // namespace spillway::exact
