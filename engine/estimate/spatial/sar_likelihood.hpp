// Quasi-maximum likelihood of the spatial lag and the spatial error model.
#pragma once
#include <Eigen/Dense>

#include "engine/estimate/spatial/log_determinant.hpp"
#include "engine/estimate/spatial/sar_design.hpp"

namespace spillway {

/// Where W enters: y = rho W y + X b + e, or y = X b + u with u = lambda W u + e.
enum class SarPlace { lag, error };
/// How the log-determinant is had while the likelihood is maximised.
enum class DeterminantMethod { fast, exact };

struct SarLikelihoodFit {
  enum class Maximum { inside, at_reach };
  Maximum maximum =
      Maximum::inside;  ///< at_reach: the likelihood still rises at the end of the fast form's interval
  double rho = 0.0;     ///< or lambda
  Eigen::VectorXd beta;
  Eigen::VectorXd residual;  ///< e, n T
  double sum_of_squares = 0.0;
  double log_likelihood = 0.0;
  LogDeterminant::Traces traces;
  /// Covariance of (rho, beta) from the information matrix at sigma2 = sum_of_squares / (n T).
  Eigen::MatrixXd covariance;
};

/// Maximise the likelihood concentrated in rho:  -(N/2)(log(2 pi s(rho) / N) + 1) + T log|I - rho W|, N = n
/// T.
///
/// The fast form is searched on a grid and then solved for the root of its derivative; the exact one by
/// Brent's (1973) method between the neighbours of the best grid point. Sources: Ord (1975); Anselin (1988)
/// ch. 6 and 12; Lee (2004) for what the estimates mean where errors are not normal. The information matrix
/// is that of Anselin (1988, eq. 6.4) with T tr(G^2 + G'G), T tr G and the effects partialled out of G times
/// the mean.
/// @throws NumericalError  the residuals vanish
SarLikelihoodFit maximise_likelihood(const SarData& data, const SarDesign& design,
                                     const LogDeterminant& determinant, SarPlace place,
                                     DeterminantMethod method);

/// Log-likelihood of least squares without any spatial term.
double least_squares_log_likelihood(const SarDesign& design);

}  // namespace spillway
