// The critical value of the t-ratio that is right whatever the strength of a single instrument.
#pragma once

namespace spillway {

/// c(F) of Lee, McCrary, Moreira & Porter (2022), "Valid t-Ratio Inference for IV", American Economic Review
/// 112, at 5 %: the interval estimate -+ c(F) standard errors covers with probability 0.95 at least for every
/// strength of one instrument and every correlation of the errors. Infinite where F is below 1.96^2 = 3.84,
/// 1.96 from F = 104.67. NaN where F is.
///
/// From the paper's equations rather than its table. With perfectly correlated errors, the worst case, and
/// first-stage t-ratio f about f0, |t| = |f (f - f0) / f0|, so rejection is f > u or f < -x with
/// c(u^2) = u (u - f0) / f0, c(x^2) = x (x + f0) / f0 and P(f > u or f < -x) = 0.05; u = x = 1.96 at f0 = 0,
/// and u(f0) follows from smaller f0. Where f < -x is out of reach, c(F) = 1.645 f / (f - 1.645).
/// Interpolated to 1e-4 of itself; F above 3.85.
///
/// @param f  first-stage F of the one instrument under the covariance of the t-ratio
double tf_critical(double f);

}  // namespace spillway
