// Functions whose sensitivity indices are known in closed form.
#pragma once
#include <Eigen/Dense>
#include <cmath>
#include <vector>

namespace spillway::test {

/// sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1, x uniform on (-pi, pi) (Ishigami & Homma 1990); u in the unit cube.
inline Eigen::VectorXd ishigami(const Eigen::MatrixXd& u) {
  const Eigen::ArrayXXd x = M_PI * (2.0 * u.array() - 1.0);
  return x.col(0).sin() + 7.0 * x.col(1).sin().square() + 0.1 * x.col(2).pow(4) * x.col(0).sin();
}

/// Sobol's g-function: prod (|4 u_k - 2| + a_k) / (1 + a_k).
inline Eigen::VectorXd g_function(const Eigen::MatrixXd& u, const std::vector<double>& a) {
  Eigen::ArrayXd value = Eigen::ArrayXd::Ones(u.rows());
  for (Eigen::Index k = 0; k < u.cols(); ++k) {
    const double weight = a[static_cast<std::size_t>(k)];
    value *= ((4.0 * u.col(k).array() - 2.0).abs() + weight) / (1.0 + weight);
  }
  return value;
}

struct GIndices {
  std::vector<double> first, total;
};
inline GIndices g_indices(const std::vector<double>& a) {
  double all = 1.0;
  for (const double weight : a) all *= 1.0 + 1.0 / (3.0 * (1.0 + weight) * (1.0 + weight));
  GIndices result;
  for (const double weight : a) {
    const double own = 1.0 / (3.0 * (1.0 + weight) * (1.0 + weight));
    result.first.push_back(own / (all - 1.0));
    result.total.push_back(own * all / (1.0 + own) / (all - 1.0));
  }
  return result;
}

}  // namespace spillway::test
