#include "engine/estimate/spatial/sar_likelihood.hpp"

#include <fmt/format.h>

#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"

namespace spillway {

namespace {

constexpr double two_pi = 6.28318530717958647692;

/// s(rho) and its derivative.
struct Squares {
  double value = 0.0, slope = 0.0;
};
using SumOfSquares = std::function<Squares(double)>;

/// s(rho) = |M y - rho M Wy|^2, M the residual maker of X.
SumOfSquares lag_squares(const SarDesign& design) {
  const Eigen::LDLT<Eigen::MatrixXd> cross(design.x.transpose() * design.x);
  const Eigen::VectorXd e = design.y - design.x * cross.solve(design.x.transpose() * design.y);
  const Eigen::VectorXd lag = design.wy - design.x * cross.solve(design.x.transpose() * design.wy);
  const double a = e.squaredNorm(), b = e.dot(lag), c = lag.squaredNorm();
  return [a, b, c](double rho) { return Squares{a - 2.0 * rho * b + rho * rho * c, 2.0 * (rho * c - b)}; };
}

/// s(lambda) = min over b of |(y - lambda Wy) - (X - lambda WX) b|^2, from cross-products of [X y] and [WX
/// Wy]. The minimum's derivative is that of the sum at a fixed b (envelope theorem).
SumOfSquares error_squares(const SarDesign& design) {
  const Eigen::Index k = design.regressors;
  Eigen::MatrixXd z(design.x.rows(), k + 1), wz(design.x.rows(), k + 1);
  z << design.x, design.y;
  wz << design.wx, design.wy;
  // Taking off the least-squares fit of y first keeps the digits: s does not change when a combination of X
  // (and the same one of WX) is taken off y (and Wy).
  const Eigen::VectorXd b = (design.x.transpose() * design.x).ldlt().solve(design.x.transpose() * design.y);
  z.col(k) -= design.x * b;
  wz.col(k) -= design.wx * b;
  const Eigen::MatrixXd m0 = z.transpose() * z, half = z.transpose() * wz, m1 = half + half.transpose(),
                        m2 = wz.transpose() * wz;
  return [k, m0, m1, m2](double lambda) {
    const Eigen::MatrixXd m = m0 - lambda * m1 + lambda * lambda * m2, slope = 2.0 * lambda * m2 - m1;
    Eigen::VectorXd v(k + 1);
    v << -m.topLeftCorner(k, k).ldlt().solve(m.topRightCorner(k, 1)), 1.0;
    return Squares{v.dot(m * v), v.dot(slope * v)};
  };
}

double log_likelihood(double observations, double squares, double periods, double determinant) {
  return -0.5 * observations * (std::log(two_pi * squares / observations) + 1.0) + periods * determinant;
}

struct Peak {
  double rho = 0.0, log_likelihood = 0.0;
  SarLikelihoodFit::Maximum maximum = SarLikelihoodFit::Maximum::inside;
};

/// Whether the likelihood could be above `highest` between the ends of the fast form and those of the
/// admissible interval. For reversible W the log-determinant is concave in rho, so that its tangents at the
/// ends of the fast form lie above it.
bool may_be_higher_beyond(const SumOfSquares& squares, double count, double periods,
                          const LogDeterminant& determinant, double highest) {
  if (determinant.structure().kind != SpatialStructure::Kind::reversible) return false;
  const auto admissible = determinant.admissible();
  for (const auto& [end, limit] :
       {std::pair{determinant.lower(), admissible.lower}, std::pair{determinant.upper(), admissible.upper}}) {
    if (!(std::abs(limit) > std::abs(end))) continue;
    const auto tangent = determinant.fast(end);
    constexpr int points = 200;
    for (int j = 1; j < points; ++j) {
      const double step = (limit - end) * j / points;
      if (log_likelihood(count, squares(end + step).value, periods, tangent.value + tangent.first * step) >
          highest)
        return true;
    }
  }
  return false;
}

Peak find_peak(const SumOfSquares& squares, const SarDesign& design, const LogDeterminant& determinant,
               DeterminantMethod method) {
  const double count = static_cast<double>(design.observations()),
               periods = static_cast<double>(design.periods);
  const auto level = [&](double rho) {
    return log_likelihood(count, squares(rho).value, periods, determinant.fast(rho).value);
  };
  const auto slope = [&](double rho) {
    const Squares s = squares(rho);
    return -0.5 * count * s.slope / s.value + periods * determinant.fast(rho).first;
  };
  // The likelihood is nearly always unimodal; the grid guards against the exception.
  constexpr int cells = 160;
  const auto grid = [&](int j) { return determinant.at(2.0 * j / cells - 1.0); };
  int best = 0;
  double highest = -std::numeric_limits<double>::infinity();
  for (int j = 0; j <= cells; ++j)
    if (const double here = level(grid(j)); here > highest) highest = here, best = j;
  double low = grid(std::max(0, best - 1)), high = grid(std::min(cells, best + 1));
  if ((best == 0 && slope(low) < 0.0) || (best == cells && slope(high) > 0.0))
    return {grid(best), highest, SarLikelihoodFit::Maximum::at_reach};
  if (may_be_higher_beyond(squares, count, periods, determinant, highest))
    return {grid(best), highest, SarLikelihoodFit::Maximum::at_reach};
  if (method == DeterminantMethod::exact) {
    SpatialFactor factor(determinant.structure());
    const auto below = [&](double rho) {
      factor.factorise(rho);
      return -log_likelihood(count, squares(rho).value, periods, factor.log_determinant());
    };
    const auto [rho, value] =
        boost::math::tools::brent_find_minima(below, low, high, std::numeric_limits<double>::digits);
    return {rho, -value, SarLikelihoodFit::Maximum::inside};
  }
  const double at_low = slope(low), at_high = slope(high);
  Peak peak{grid(best), highest, SarLikelihoodFit::Maximum::inside};
  if (at_low > 0.0 && at_high < 0.0) {
    std::uintmax_t steps = 100;
    const auto [left, right] = boost::math::tools::toms748_solve(
        slope, low, high, at_low, at_high, boost::math::tools::eps_tolerance<double>(50), steps);
    peak.rho = 0.5 * (left + right);
  }
  peak.log_likelihood = level(peak.rho);
  return peak;
}

}  // namespace

double least_squares_log_likelihood(const SarDesign& design) {
  return log_likelihood(static_cast<double>(design.observations()), lag_squares(design)(0.0).value, 0.0, 0.0);
}

SarLikelihoodFit maximise_likelihood(const SarData& data, const SarDesign& design,
                                     const LogDeterminant& determinant, SarPlace place,
                                     DeterminantMethod method) {
  const SumOfSquares squares = place == SarPlace::lag ? lag_squares(design) : error_squares(design);
  const double count = static_cast<double>(design.observations()),
               periods = static_cast<double>(design.periods);
  if (fits_exactly(std::sqrt(std::max(0.0, squares(0.0).value)), std::sqrt(design.y_left), design.y_norm))
    throw NumericalError(fmt::format(
        "model '{}': the regressors fit '{}' without any residual; there is no likelihood to maximise",
        data.model, data.outcome));
  const Peak peak = find_peak(squares, design, determinant, method);
  SarLikelihoodFit fit;
  fit.maximum = peak.maximum;
  fit.rho = peak.rho;
  fit.log_likelihood = peak.log_likelihood;
  if (fit.maximum == SarLikelihoodFit::Maximum::at_reach) return fit;
  fit.traces = determinant.traces(fit.rho);

  const Eigen::Index k = design.regressors, n = design.areas;
  const Eigen::MatrixXd filtered =
      place == SarPlace::lag ? design.x : Eigen::MatrixXd(design.x - fit.rho * design.wx);
  const Eigen::VectorXd target = design.y - fit.rho * design.wy;
  const Eigen::MatrixXd cross = filtered.transpose() * filtered;
  fit.beta = cross.ldlt().solve(filtered.transpose() * target);
  fit.residual = target - filtered * fit.beta;
  fit.sum_of_squares = fit.residual.squaredNorm();
  if (fits_exactly(std::sqrt(fit.sum_of_squares), std::sqrt(design.y_left), design.y_norm))
    throw NumericalError(fmt::format(
        "model '{}': at {:.6g} the neighbours' values and the regressors fit '{}' without any residual; the "
        "likelihood has no end",
        data.model, fit.rho, data.outcome));
  const double sigma2 = fit.sum_of_squares / count;

  // Parameters (rho, beta, sigma2); beside a constant rho goes with what is left of W y about its mean, which
  // keeps the digits of an outcome far from zero, and the constant takes the mean back.
  double lag_mean = 0.0;
  Eigen::MatrixXd information = Eigen::MatrixXd::Zero(k + 2, k + 2);
  information(0, 0) = periods * (fit.traces.g2 + fit.traces.gg);
  information(0, k + 1) = information(k + 1, 0) = periods * fit.traces.g / sigma2;
  information(k + 1, k + 1) = count / (2.0 * sigma2 * sigma2);
  information.block(1, 1, k, k) = cross / sigma2;
  if (place == SarPlace::lag) {
    // G times the whole mean X b + D d, the effects' part too: G (A y - e) = W y - G e where lags come before
    // effects.
    const auto lag_of_solved = [&](const Eigen::VectorXd& v) {
      return Eigen::MatrixXd(
          determinant.weights() *
          determinant.solve(fit.rho, Eigen::Map<const Eigen::MatrixXd>(v.data(), n, design.periods)));
    };
    Eigen::MatrixXd response;
    if (design.order == LagOrder::before_effects) {
      response = lag_of_solved(fit.residual);
      remove_effects(data, response);
      response = Eigen::Map<const Eigen::MatrixXd>(design.wy.data(), n, design.periods) - response;
    } else {
      response = lag_of_solved(design.x * fit.beta);
    }
    if (design.means.size() > 0) {
      lag_mean = response.mean();
      response.array() -= lag_mean;
    }
    const Eigen::Map<const Eigen::VectorXd> g(response.data(), response.size());
    information(0, 0) += g.squaredNorm() / sigma2;
    information.block(1, 0, k, 1) = design.x.transpose() * g / sigma2;
    information.block(0, 1, 1, k) = information.block(1, 0, k, 1).transpose();
  }
  // Inverted after scaling to a unit diagonal: sigma2 and beta may differ by many orders of magnitude.
  const Eigen::VectorXd unit = information.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd scaled = unit.asDiagonal() * information * unit.asDiagonal();
  const Eigen::MatrixXd inverse =
      unit.asDiagonal() * scaled.ldlt().solve(Eigen::MatrixXd::Identity(k + 2, k + 2)) * unit.asDiagonal();
  fit.covariance = inverse.topLeftCorner(k + 1, k + 1);
  if (lag_mean != 0.0) {
    Eigen::MatrixXd back = Eigen::MatrixXd::Identity(k + 1, k + 1);
    back(1, 0) = -lag_mean;
    fit.covariance = back * fit.covariance * back.transpose();
  }
  return fit;
}

}  // namespace spillway
